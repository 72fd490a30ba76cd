"""
Saved evidence as files: PDF, text, JSON. Plain data in, bytes out; nothing here asks the database.

The PDF goes to the bank with the texts (`looking.submit`), and to a person of the agency who wants it. In English, as the evidence is.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC

from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from saas.ui import papers
from saas.ui.formats import format_money

from . import wording
from .evidence import FIELDS
from .models import Dispute


@dataclass(frozen=True)
class Pack:
    """What a file is made of: the dispute with its order, the mall's name, the saved texts by Stripe's field names."""

    dispute: Dispute
    mall: str
    texts: dict[str, str]

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Label and text of each field that is filled, in the order in which people read them."""
        return [(str(label), self.texts[name]) for name, label in FIELDS.items() if name in self.texts]


def as_json(pack: Pack) -> bytes:
    """Return the texts under Stripe's names."""
    return json.dumps(pack.texts, ensure_ascii=False, indent=2).encode()


def as_text(pack: Pack) -> bytes:
    """Return the texts one below the other."""
    return "\n".join(f"{label}\n{'-' * len(label)}\n{text}\n" for label, text in pack.parts).encode()


def as_pdf(pack: Pack) -> bytes:
    """Return the evidence as a tagged PDF on A4: what is disputed, then field by field."""
    with override("en"):
        return papers.as_pdf("storefront.disputes", "evidence.typ", _typeset(pack))


def _typeset(pack: Pack) -> dict[str, object]:
    dispute, order = pack.dispute, pack.dispute.order
    until = dispute.answer_until_at
    return {
        "title": _("Evidence for dispute %(id)s") % {"id": dispute.stripe_dispute},
        "mall": pack.mall,
        "facts": [
            [_("Order"), order.number],
            [_("Disputed"), format_money(dispute.amount_minor, dispute.currency)],
            [_("The bank's reason"), wording.reason(dispute.reason)],
            [_("Opened"), f"{dispute.opened_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"],
            *([[_("Answer until"), f"{until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"]] if until else []),
            [_("Version"), str(dispute.version)],
        ],
        "parts": [[label, text.splitlines()] for label, text in pack.parts],
        "page": pgettext("document", "Page"),
    }


# By the ending of the file's name: its bytes and its type.
FORMS: dict[str, Callable[[Pack], tuple[bytes, str]]] = {
    "pdf": lambda pack: (as_pdf(pack), "application/pdf"),
    "txt": lambda pack: (as_text(pack), "text/plain; charset=utf-8"),
    "json": lambda pack: (as_json(pack), "application/json"),
}
