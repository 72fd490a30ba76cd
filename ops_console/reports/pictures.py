"""Pictures of the evidence as a report's paper shows them: few, small, the newest first. Enters the mall for each."""

from dataclasses import dataclass
from io import BytesIO

from django.http import Http404
from PIL import Image, ImageOps, UnidentifiedImageError

from . import queries
from .models import Report
from .presenting import Shown

MOST = 6
SIDE = (640, 480)
# What is larger is not unpacked for a paper; the page shows it.
MOST_PIXELS = 50_000_000
_QUALITY = 72


@dataclass(frozen=True)
class Printed:
    """A picture as JPEG, with the words under it."""

    content: bytes
    words: str


def of_report(report: Report, shown: Shown) -> list[Printed]:
    """Return up to `MOST` pictures, of each clause the newest before any clause's second; what cannot be read is left out."""
    by_clause = [
        [
            (proof.id, ", ".join(filter(None, [clause.title, task.day])))
            for task in reversed(clause.tasks)
            for proof in task.evidence
            if proof.kind == "picture"
        ]
        for clause in shown.clauses
    ]
    longest = max(map(len, by_clause), default=0)
    asked = [rows[place] for place in range(longest) for rows in by_clause if place < len(rows)]
    found: list[Printed] = []
    for evidence, words in asked[: 2 * MOST]:
        content = _read(report, evidence)
        if content and len(found) < MOST:
            found.append(Printed(content, words))
    return found


def _read(report: Report, evidence: str) -> bytes:
    """Return a picture of the report, made small; nothing where it is gone or cannot be read."""
    try:
        with Image.open(BytesIO(queries.picture(report, evidence).body)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return b""
            picture.draft("RGB", SIDE)
            small = ImageOps.exif_transpose(picture).convert("RGB")
    except (Http404, UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return b""
    small.thumbnail(SIDE)
    held = BytesIO()
    small.save(held, "JPEG", quality=_QUALITY)
    return held.getvalue()
