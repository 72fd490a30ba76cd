"""
Draws the pictures of the starter kits: `python -m cms.kits.artwork.draw [name …]`.

Writes WebP files of 1200 by 900 beside this file, at most 45 KB each; they are committed, so running a mall needs no
drawing tool. Needs the development dependencies (resvg-py, Pillow).
"""

import io
import sys
from pathlib import Path

import resvg_py
from PIL import Image

from cms.kits.artwork.catalogue import LOGOS, PICTURES, SIGNUP

HERE = Path(__file__).parent
LIMIT_BYTES = 45 * 1024


def raster(svg: str, width: int) -> Image.Image:
    """Render an SVG document at a width in pixels."""
    return Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, width=width)))).convert("RGBA")


def webp(svg: str, width: int) -> bytes:
    """
    Give WebP bytes of the best quality that fits in `LIMIT_BYTES`.

    :raises ValueError: even quality 30 does not fit
    """
    image = raster(svg, width)
    if image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    for quality in range(90, 29, -5):
        out = io.BytesIO()
        image.save(out, "WEBP", quality=quality, method=6)
        if out.tell() <= LIMIT_BYTES:
            return out.getvalue()
    raise ValueError(f"does not fit in {LIMIT_BYTES} bytes")


def main(names: list[str]) -> None:
    """Write every picture, or those whose names are given."""
    for picture in PICTURES:
        if not names or picture.name in names:
            target = HERE / picture.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(webp(picture.draw(), 1200))
    for logo in LOGOS:
        if not names or logo.name in names:
            target = HERE / logo.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(webp(logo.draw(), 512))
    folder = HERE.parents[2] / "tenants" / "signup" / "static" / "signup"
    for scene in SIGNUP:
        if not names or scene.name in names:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{scene.name}.svg").write_text(scene.draw(), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
