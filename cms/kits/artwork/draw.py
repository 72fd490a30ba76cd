"""
Draws the pictures of the starter kits: `python -m cms.kits.artwork.draw [name …]`.

Writes WebP files of 1200 by 900 beside this file, at most 45 KB each; they are committed, so running a mall needs no
drawing tool. Needs the development dependencies (resvg-py, Pillow).
"""

import hashlib
import io
import shutil
import sys
from pathlib import Path

import resvg_py
from PIL import Image

from cms.kits.artwork.catalogue import LOGOS, PICTURES, SIGNUP
from cms.media.sizes import FORMATS, PHOTO_WIDTHS, RATIO, file_name

HERE = Path(__file__).parent
LIMIT_BYTES = 45 * 1024
# As WAGTAILIMAGES_AVIF_QUALITY and WAGTAILIMAGES_WEBP_QUALITY say for everybody's pictures.
QUALITY = {"avif": 60, "webp": 78}


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


def render(original: bytes, folder: Path) -> None:
    """Write every rendition that a photograph needs, as a mall's worker would make it."""
    folder.mkdir(parents=True)
    for width in PHOTO_WIDTHS:
        small = Image.open(io.BytesIO(original)).convert("RGB")
        small = small.resize((width, width * RATIO[1] // RATIO[0]), Image.Resampling.LANCZOS)
        for extension in FORMATS:
            small.save(folder / file_name(width, extension), quality=QUALITY[extension])


def render_all() -> None:
    """Make the renditions of drawings that have none, and remove those of drawings that are no more."""
    folder = HERE / "renditions"
    originals = [(HERE / picture.path).read_bytes() for picture in PICTURES]
    wanted = {hashlib.sha1(original, usedforsecurity=False).hexdigest(): original for original in originals}
    for stale in [path for path in folder.glob("*") if path.name not in wanted]:
        shutil.rmtree(stale)
    for name, original in wanted.items():
        if not (folder / name).is_dir():
            render(original, folder / name)


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
    render_all()
    folder = HERE.parents[2] / "tenants" / "signup" / "static" / "signup"
    for scene in SIGNUP:
        if not names or scene.name in names:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{scene.name}.svg").write_text(scene.draw(), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
