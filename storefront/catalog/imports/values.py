"""Reads single cells: prices, numbers, handles, descriptions."""

import re
from dataclasses import dataclass

import nh3
from django.utils.text import slugify
from django.utils.translation import gettext as _

from saas.kernel import money
from saas.kernel.money import AmountRefused

MAXIMUM_BODY = 100_000
_TAGS = {
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "em",
    "h2",
    "h3",
    "h4",
    "hr",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
    "dl",
    "dt",
    "dd",
    "div",
}
_UNSAFE = re.compile(
    r"<\s*(script|style|iframe|object|embed|form|svg|link|meta)\b|\son\w+\s*=|javascript:", re.IGNORECASE
)


@dataclass(frozen=True)
class Read:
    """A value and what should be told about how it was read ("" for nothing)."""

    minor: int
    note: str = ""


def price(text: str, currency: str) -> Read:
    """
    Read a price as people write it in files: "12.50", "12,50", "$1,250.00", "1.250,00 €".

    :raises AmountRefused: no amount, negative, too large, too fine, or readable in two ways ("1,500")
    """
    bare = re.sub(r"[\s\u00a0\u202f]|^[A-Z]{0,3}[$€£¥₹]|[$€£¥₹]$", "", text)
    if not re.fullmatch(r"-?[0-9][0-9.,']*", bare, re.ASCII):
        raise AmountRefused(_("“%(text)s” is not an amount.") % {"text": text[:40]})
    plain = _with_point(bare.replace("'", ""), text, money.digits(currency))
    minor = money.to_minor(plain, currency)
    note = (
        _("The price “%(text)s” was read as %(plain)s.") % {"text": text[:40], "plain": plain}
        if plain != text.strip()
        else ""
    )
    return Read(minor, note)


def _with_point(bare: str, text: str, digits: int) -> str:
    comma, point = bare.rfind(","), bare.rfind(".")
    if comma >= 0 and point >= 0:
        decimal, thousands = (",", ".") if comma > point else (".", ",")
        whole, _sep, fraction = bare.rpartition(decimal)
        if not re.fullmatch(rf"-?\d{{1,3}}(\{thousands}\d{{3}})+", whole):
            raise AmountRefused(_("“%(text)s” is not an amount.") % {"text": text[:40]})
        return f"{whole.replace(thousands, '')}.{fraction}"
    if comma < 0:
        if digits < 3 and re.fullmatch(r"-?\d{1,3}(\.\d{3})+", bare):
            raise AmountRefused(
                _("“%(text)s” can be read in two ways. Write it without a point.") % {"text": text[:40]}
            )
        return bare
    groups = re.fullmatch(r"-?\d{1,3}(,\d{3})+", bare)
    if groups and (digits == 0 or bare.count(",") > 1):
        return bare.replace(",", "")
    if groups:
        raise AmountRefused(_("“%(text)s” can be read in two ways. Write it without a comma.") % {"text": text[:40]})
    if bare.count(",") > 1:
        raise AmountRefused(_("“%(text)s” is not an amount.") % {"text": text[:40]})
    return bare.replace(",", ".")


def whole(text: str, *, lowest: int, highest: int = 2_000_000_000) -> int | None:
    """Read a whole number ("12", "12.0"); None where it is none or outside the bounds."""
    match = re.fullmatch(r"(-?[0-9]{1,12})(?:\.0*)?", text, re.ASCII)
    number = int(match[1]) if match else None
    return number if number is not None and lowest <= number <= highest else None


def truth(text: str, *, default: bool) -> bool:
    """Read "true" or "false" in any case."""
    lower = text.lower()
    return lower in ("true", "yes", "1") if lower in ("true", "false", "yes", "no", "1", "0") else default


def handle(text: str) -> str:
    """Return the handle as an address can have it; "" where nothing is left."""
    return slugify(text, allow_unicode=True)[:200].strip("-_")


def body(html: str) -> tuple[str, str]:
    """Return the description as clean HTML, and a note where something unsafe was in it."""
    note = _("Scripts or other unsafe markup were taken out of the description.") if _UNSAFE.search(html) else ""
    clean = nh3.clean(
        html[:MAXIMUM_BODY],
        tags=_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto", "tel"},
        clean_content_tags={"script", "style", "iframe", "object", "svg"},
    )
    return clean, note
