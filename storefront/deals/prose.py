"""What stands on a deal's page, as text for people: a description without its markup, its links with where they lead."""

from html.parser import HTMLParser
from typing import Any

from django.utils.translation import gettext as _

_BLOCKS = frozenset("p h2 h3 h4 li ul ol blockquote hr br".split())


class _Lines(HTMLParser):
    """Collects text; a new line for each block, a dash for each item of a list, and each link's address behind its words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, or remember where a link leads."""
        if tag in _BLOCKS:
            self.pieces.append("\n– " if tag == "li" else "\n")
        if tag == "a":
            known = dict(attrs)
            self.links.append(known.get("href") or f"{known.get('linktype') or ''} {known.get('id') or ''}".strip())

    def handle_endtag(self, tag: str) -> None:
        """Say where a link leads."""
        if tag == "a" and self.links and (href := self.links.pop()):
            self.pieces.append(f" ({href})")

    def handle_data(self, data: str) -> None:
        """Keep words."""
        self.pieces.append(data)


def lines(html: str) -> str:
    """Return a description as lines of text."""
    reader = _Lines()
    reader.feed(html)
    reader.close()
    found = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return "\n".join(line for line in found if line and line != "–")


def shown(name: str, value: Any) -> str:
    """Write what stands in one of `pages.FIELDS`, line by line."""
    if name == "page_description":
        return lines(str(value))
    if name == "page_gallery":
        return "\n".join(_picture(one) for one in value)
    if name == "page_steps":
        return "\n".join(f"{place}. {step}" for place, step in enumerate(value, start=1))
    return "\n".join(str(line) for line in value if line)


def _picture(one: dict[str, Any]) -> str:
    title, alt = one.get("title", ""), one.get("alt", "")
    return _("%(title)s, described as “%(alt)s”") % {"title": title, "alt": alt} if alt and alt != title else str(title)
