"""
Recordings as files: a second database on the same machine takes a release's template from the first one's, instead of running
every migration again, which is half a minute of computing.

Off unless `MALL_RECORDINGS` names a folder. What stands in it is run as SQL, so nobody but the product may write there.
"""

import os
from pathlib import Path

from django.conf import settings


def _path(fingerprint: str) -> Path:
    return Path(settings.MALL_RECORDINGS) / f"{fingerprint}.sql"


def script(fingerprint: str) -> str:
    """Return the script that was kept of what a mall's schema is made from (`template.mall_fingerprint`); "" when there is none."""
    if not settings.MALL_RECORDINGS:
        return ""
    path = _path(fingerprint)
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def keep(fingerprint: str, recorded: str) -> None:
    """Keep a script, whole or not at all. Repeated it changes nothing."""
    if not settings.MALL_RECORDINGS or (path := _path(fingerprint)).is_file():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(recorded, encoding="utf-8")
    draft.replace(path)
