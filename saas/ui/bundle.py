"""
The one stylesheet: the files under `static/ui/css/`, joined in the order of their layers.

`build()` is pure reading; `write()` puts the result at `static/ui/ui.css`, which is committed, so that neither running
nor shipping needs a tool.
"""

import re
from pathlib import Path

STATIC = Path(__file__).parent / "static" / "ui"
TARGET = STATIC / "ui.css"
LAYERS = ("reset", "tokens", "base", "components", "pages")
LIMIT_BYTES_GZ = 15 * 1024

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACE = re.compile(r"\s+")
_AROUND = re.compile(r" ?([{};,>]) ?")
_COLON = re.compile(r": ")


def sources(layer: str) -> list[Path]:
    """Give a layer's files: `<layer>.css`, or every file of the folder `<layer>/` by name."""
    single = STATIC / "css" / f"{layer}.css"
    return [single] if single.exists() else sorted((STATIC / "css" / layer).glob("*.css"))


def squeeze(css: str) -> str:
    """Drop comments and spare white space; the text inside quotes must not hold two spaces or a comment."""
    css = _SPACE.sub(" ", _COMMENT.sub("", css))
    css = _COLON.sub(":", _AROUND.sub(r"\1", css))
    return css.replace(";}", "}").strip()


def build() -> str:
    """Give the whole stylesheet as one line for each source file."""
    parts = [f"@layer {','.join(LAYERS)};"]
    for layer in LAYERS:
        body = "\n".join(squeeze(path.read_text("utf-8")) for path in sources(layer))
        parts.append(f"@layer {layer}{{\n{body}\n}}")
    return "\n".join(parts) + "\n"


def write() -> int:
    """Write the stylesheet; give its size in bytes."""
    text = build()
    TARGET.write_text(text, "utf-8")
    return len(text.encode())
