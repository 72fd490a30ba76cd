"""Every page in the other language: it answers as in English, and shows no text whose translation is known in English."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from babel.messages.pofile import read_po
from django.test import Client

from ops_console.mandates import roles
from saas.accounts.models import User
from saas.project import catalogues
from tenants.registry.models import Tenant
from tests.factories.sessions import confirm
from tests.isolation.crawler.loot import Loot
from tests.isolation.crawler.test_staff import asked, cells, staff

Clients = Callable[..., Client]
# Wagtail's own pages; a gallery for developers; and pages whose texts are rows, in the language in which somebody wrote them.
LEFT_OUT = ("wagtail", "/", "ui:gallery", "pages:", "audits:pipeline")
CHINESE = {"HTTP_ACCEPT_LANGUAGE": "zh-hans"}


class Texts(HTMLParser):
    """Collects what a page says: its texts, and the attributes that are read out or shown."""

    SAID = ("alt", "title", "placeholder", "aria-label")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.language, self._inside = "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the page's language and its attributes' texts."""
        self._inside = tag
        given = dict(attrs)
        if tag == "html":
            self.language = given.get("lang") or ""
        self.found |= {" ".join((given.get(name) or "").split()) for name in self.SAID}

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        if self._inside not in ("script", "style"):
            self.found.add(" ".join(data.split()))


def known_sentences() -> set[str]:
    """Return the English texts of three words and more that have a translation and no placeholder."""
    found = set()
    for source in catalogues.sources():
        with source.open("rb") as file:
            ids = [message.id for message in read_po(file) if isinstance(message.id, str) and message.string]
        found |= {text for text in ids if len(text.split()) > 2 and "%" not in text and "<" not in text}
    return found


def test_every_page_answers_in_chinese_and_leaves_nothing_of_ours_in_english(
    loot: Loot, riverside: Tenant, alma: User, client_for: Clients
) -> None:
    ada = staff(roles.ADMIN)
    people = {"platform": client_for(None, ada), "mall": client_for(riverside, alma)}
    confirm(people["platform"], ada)
    confirm(people["mall"], alma)
    english, wrong, pages = known_sentences(), [], 0
    for place, client in people.items():
        for address, row in cells(place):
            if address.name.startswith(LEFT_OUT):
                continue
            ids = {name: kind[1:] if kind.startswith("=") else loot.pick(kind, 0) for name, kind in row.takes.items()}
            answer: Any = asked(client, "GET", address.filled(ids), **CHINESE)
            if answer.status_code != 200 or not answer.get("Content-Type", "").startswith("text/html"):
                continue
            page = Texts(answer.content.decode())
            pages += page.language == "zh-hans"
            wrong += [f"{address.name}: {text}" for text in sorted(page.found & english)]
    assert not wrong, "\n".join(wrong)
    assert pages > 100
