"""The pages that every mall has, whatever its trade, and how a kit's streams become blocks."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import escape

PLAIN_PAGES = (("about", "About us"), ("help", "Help"), ("terms", "Terms"))

_HELP = """
<h2>How does it work?</h2>
<p>Choose a deal, pay on the secure payment page, and you have a voucher at once. Show its code in the store. You do not need an account:
the vouchers also come by e-mail.</p>
<h2>Where are my vouchers?</h2>
<p>In the e-mail that we sent after you paid, and under My vouchers if you sign in with the same e-mail address or phone number.</p>
<h2>How do I use a voucher?</h2>
<p>Show the code on your phone. The staff scan it or type it in. A voucher counts as used only when they have confirmed it, and the page
then says when and where.</p>
<h2>Can I get my money back?</h2>
<p>Each deal says so under Rules, before you buy. Where a voucher can be refunded, write to us at the address at the foot of this page; the
money goes back the way it came.</p>
<h2>My payment did not go through</h2>
<p>Then nothing was charged, and what you had chosen goes back on sale. If your bank shows the amount as reserved, it releases it by itself
within a few days.</p>
"""

_TERMS = """
<h2>What you buy</h2>
<p>You buy a prepaid voucher for what the deal's page describes. The price, what the voucher holds, where and how long it is valid, and
whether it can be refunded are those that the page showed when you bought it. Later changes of the deal do not change your voucher.</p>
<h2>Who serves you</h2>
<p>The merchant of this mall serves you and answers for the quality of the service. The payment is taken by card through Stripe; we never
see your card number.</p>
<h2>Using a voucher</h2>
<p>Each voucher has one code and can be used once. Whoever shows the code first uses it, so treat it like cash.</p>
<h2>Refunds</h2>
<p>The deal's rules say whether and until when an unused voucher is refunded. A voucher that was used is not refunded. Rights that the law
gives you stay as they are.</p>
<h2>Your data</h2>
<p>We keep your e-mail address or phone number and your orders in order to serve you, and use them for nothing else.</p>
"""

BODIES: dict[str, tuple[tuple[str, Any], ...]] = {
    "about": (),
    "help": (("text", _HELP.strip()),),
    "terms": (("text", _TERMS.strip()),),
}


def stream(
    blocks: Sequence[tuple[str, Any]], words: Mapping[str, str], pictures: Mapping[str, int] | None = None
) -> list[dict[str, Any]]:
    """Return blocks in the form in which a stream is stored, with the words filled in and pictures by their ids."""
    return [
        {"type": kind, "value": _filled(value, words, pictures or {}), "id": str(uuid.uuid4())}
        for kind, value in blocks
    ]


def _filled(value: Any, words: Mapping[str, str], pictures: Mapping[str, int]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(one, words, pictures) for key, one in value.items()}
    if isinstance(value, str):
        return pictures[value.partition(":")[2]] if value.startswith("picture:") else fill(value, words)
    return value


def fill(text: str, words: Mapping[str, str]) -> str:
    """Put the words into a text: `{mall}` is the merchant's name. A rich text, which starts with a tag, gets them escaped."""
    is_rich = text.lstrip().startswith("<")
    for name, word in words.items():
        text = text.replace("{" + name + "}", escape(word) if is_rich else word)
    return text
