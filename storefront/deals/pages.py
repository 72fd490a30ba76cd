"""
What a deal's own page says, as the audit sees it. The page is the CMS's: it is read and shown by name (`settings.DEAL_PAGES`).

`Held` is plain data: `page_description` (HTML as the editor keeps it), `page_steps` (texts), `page_search` ([title, text] for search
engines, or []), `page_gallery` ([{id, title, alt, hash}]); with a draft of its deal, `picture_file`, the SHA-1 of the deal's own picture.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from saas.kernel.actors import Actor

from .checks import DealDraft
from .models import Deal

Held = dict[str, Any]
WORDS = ("page_description", "page_steps", "page_search")
FIELDS = (*WORDS, "page_gallery")
FILE = "picture_file"


@dataclass(frozen=True)
class PageText:
    """A page, or one version of it: its id, what it says, whether shoppers see it, and when it was last worked on."""

    page: int
    held: Held = field(default_factory=dict)
    is_live: bool = False
    changed_at: datetime | None = None


class Pages(Protocol):
    """What `settings.DEAL_PAGES` names."""

    def shown(self, deal: Deal) -> PageText | None:
        """Return the page as it stands where shoppers read it, None without one."""
        ...

    def latest(self, deal: Deal) -> PageText | None:
        """Return the page as it was last written, drafts too."""
        ...

    def version(self, deal: Deal, revision: int) -> PageText | None:
        """Return one version of the page, None when it is gone or another page's."""
        ...

    def show(self, deal: Deal, revision: int, *, by: Actor, now: datetime) -> None:
        """Show a version of the page to shoppers."""
        ...


def source() -> Pages:
    """Return who knows the pages."""
    found: Pages = import_string(settings.DEAL_PAGES)
    return found


def part(taken: Mapping[str, Any]) -> Held:
    """Return what of a snapshot is the page's."""
    return {name: taken[name] for name in (*FIELDS, FILE) if name in taken}


def with_picture(held: Mapping[str, Any], draft: DealDraft) -> Held:
    """Return all that is audited of a page: what it says, and which file is under the picture of the deal."""
    picture = Deal(picture_id=draft.picture_id).picture if draft.picture_id else None
    return {**{name: held.get(name) or ([] if name != FIELDS[0] else "") for name in FIELDS}, FILE: _file(picture)}


def has_file_of(held: Mapping[str, Any] | None, draft: DealDraft) -> bool:
    """Tell whether under the picture of a draft is the file that was kept with a page; where none was, nobody can say."""
    return held is None or FILE not in held or with_picture({}, draft)[FILE] == held[FILE]


def _file(picture: Any) -> str:
    return str(picture.file_hash) if picture is not None else ""


def own(held: Mapping[str, Any] | None) -> list[Any]:
    """Return what somebody wrote on the page itself, for comparing: words, and pictures with their files, not what they are called."""
    taken = held or {}
    pictures = [[one["id"], one.get("hash", "")] for one in taken.get("page_gallery") or []]
    return [*(taken.get(name) or None for name in WORDS), pictures]


def exact(name: str, taken: Mapping[str, Any]) -> object:
    """Return one field for comparing; pictures by their file and words, not by what they are called."""
    value = taken.get(name) or None
    if name == "page_gallery" and value:
        return [[one["id"], one.get("hash", ""), one.get("alt", "")] for one in value]
    return value


def digest(taken: Mapping[str, Any] | None) -> str:
    """Return the SHA-256 of what a page says, in canonical JSON; "" for a page that says nothing, and for none."""
    found = [exact(name, taken or {}) for name in (*FIELDS, FILE)]
    if not any(found):
        return ""
    return hashlib.sha256(json.dumps(found, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
