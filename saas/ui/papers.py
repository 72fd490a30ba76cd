"""Documents on A4 as PDF. Plain data in, bytes out."""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import noto_cjk_sans_otc
import typst


def as_pdf(package: str, template: str, paper: Mapping[str, object]) -> bytes:
    """
    Return the document that a package's template (`….typ`) makes of `paper`, as a tagged PDF.

    Texts reach the typesetter as data, so that none is read as its language; fonts come with the product, Chinese, Japanese and Korean
    among them.
    """
    content: bytes = typst.compile(
        str(files(package).joinpath(template)),
        font_paths=[str(Path(str(noto_cjk_sans_otc.FONT_PATH)).parent)],
        ignore_system_fonts=True,
        sys_inputs={"paper": json.dumps(paper, ensure_ascii=False)},
        pdf_standards=["ua-1"],
    )
    return content
