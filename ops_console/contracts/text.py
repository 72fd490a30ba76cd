"""The exact text of a version, made from its clauses and prices. Plain text: "# " and "## " are headings, "- " a point of a list."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher
from hashlib import sha256
from typing import Any

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from billing.packages.models import Price, Subscription
from ops_console.work.clauses import Clause, from_json
from saas.ui.formats import format_money
from tenants.isolation.addresses import mall_url
from tenants.registry import queries as registry

from . import words
from .models import Contract, ContractVersion

PaysBy = Subscription.PaysBy
_PAYS = {
    "en": {
        PaysBy.CARD: "It is paid by card, each month in advance.",
        PaysBy.INVOICE: "It is paid by invoice, each month, within 14 days.",
        PaysBy.BALANCE: "It is taken out of what the mall has earned and has available; where that is too little, it is owed for 14 days.",
    },
    "zh-hans": {
        PaysBy.CARD: "每月预先以银行卡支付。",
        PaysBy.INVOICE: "每月开具账单，14 天内支付。",
        PaysBy.BALANCE: "从商城可用收入中扣除；不足部分须在 14 天内支付。",
    },
}
_LINES = {
    "en": {
        "monthly": "{module}: {amount} each month",
        "intro": "{module}: {intro} each month from {starts} to {last}, then {amount} each month from {then} on",
        "per_unit": "{module}: {amount} for each {unit}",
        "one_off": "{module}: {amount} once, at the start",
    },
    "zh-hans": {
        "monthly": "{module}：每月 {amount}",
        "intro": "{module}：{starts} 至 {last} 每月 {intro}，自 {then} 起每月 {amount}",
        "per_unit": "{module}：每{unit} {amount}",
        "one_off": "{module}：开始时一次性 {amount}",
    },
}
_EVIDENCE = {
    "en": {
        "picture": "a picture",
        "link": "a link",
        "text": "a text",
        "figure": "a figure",
        "trail": "the mall's own log",
    },
    "zh-hans": {"picture": "图片", "link": "链接", "text": "文字", "figure": "数据", "trail": "商城日志"},
}


@dataclass(frozen=True)
class Block:
    """A piece of a text as it is shown: `kind` is title, heading, point or paragraph, or, between two texts, same, gone or new."""

    kind: str
    text: str


def hash_of(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8, hexadecimal."""
    return sha256(text.encode()).hexdigest()


def blocks(text: str) -> list[Block]:
    """Return a text cut into what a page or a typesetter draws; nothing but line ends and marks is lost."""
    found = []
    for line in filter(None, text.split("\n")):
        mark, _space, rest = line.partition(" ")
        kind = {"#": "title", "##": "heading", "-": "point"}.get(mark)
        found.append(Block(kind, rest) if kind else Block("paragraph", line))
    return found


def changes(before: str, after: str) -> list[Block]:
    """Return two texts as lines that stay (`kind` is "same"), go ("gone") or come ("new"), in the order in which one reads them."""
    old, new = ([one.text for one in blocks(said)] for said in (before, after))
    found: list[Block] = []
    for what, old_from, old_to, new_from, new_to in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if what == "equal":
            found += [Block("same", one) for one in old[old_from:old_to]]
        else:
            found += [Block("gone", one) for one in old[old_from:old_to]]
            found += [Block("new", one) for one in new[new_from:new_to]]
    return found


def write(contract: Contract, version: ContractVersion, *, answer_until: date) -> str:
    """Return the text of a version, in the contract's language. The same facts always give the same text."""
    language = words.language_of(contract.language)
    clauses = [from_json(one) for one in version.clauses]
    with override(language):
        data = {
            **_parties(contract, version, language),
            **_term(contract, language),
            "parts": _parts(clauses, contract.currency, language),
            "permissions": permissions(clauses, language),
            **limits(version.limits, contract.currency, language),
            "prices": price_lines(version.prices, _since(contract, version), contract.currency, language),
            "pays": _PAYS[language][PaysBy(contract.pays_by)],
            "answer_until": words.day(answer_until, language),
        }
        text = render_to_string(f"contracts/text/{language}.txt", data)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip() + "\n"


def price_lines(prices: Sequence[dict[str, Any]], since: Mapping[str, date], currency: str, language: str) -> list[str]:
    """Return what it costs in words; an introductory price with its days (M21), from the price's day in `since` on."""
    return [_price(one, since[one["price"]], currency, language) for one in prices]


def since(versions: Iterable[tuple[date, Sequence[dict[str, Any]]]]) -> dict[str, date]:
    """Return since when each price holds, of versions as pairs of their day and their prices."""
    found: dict[str, date] = {}
    for day, prices in sorted(versions, key=lambda one: one[0]):
        for one in prices:
            found.setdefault(one["price"], day)
    return found


def _since(contract: Contract, version: ContractVersion) -> dict[str, date]:
    if version.number == 1:
        return since([(contract.starts_on, version.prices)])
    former = contract.versions.filter(state=ContractVersion.State.SIGNED, number__lt=version.number)
    return since([*((row.effective_on, row.prices) for row in former), (version.effective_on, version.prices)])


def permissions(clauses: Sequence[Clause], language: str) -> list[dict[str, str]]:
    """Return what the agency may do, each with the numbers of the clauses that need it; looking is always possible."""
    needed: dict[str, list[str]] = {"look": []}
    for clause in clauses:
        for key in clause.permissions:
            needed.setdefault(key, []).append(clause.number)
    return [
        {"key": key, "words": words.permission(key, language), "clauses": ", ".join(numbers) if key != "look" else ""}
        for key, numbers in needed.items()
    ]


def _parties(contract: Contract, version: ContractVersion, language: str) -> dict[str, object]:
    tenant = contract.tenant
    return {
        "number": contract.number,
        "version": version.number,
        "before": version.number - 1,
        "effective": words.day(version.effective_on, language),
        "note": " ".join(version.note.split()),
        "title": " ".join(contract.title.split()),
        "mall": " ".join(tenant.name.split()),
        "agency": settings.AGENCY_NAME,
        "zone": tenant.time_zone,
        "address": mall_url(registry.primary_domain(tenant), "/"),
    }


def _term(contract: Contract, language: str) -> dict[str, object]:
    last_day = contract.ends_on - timedelta(days=1) if contract.ends_on else None
    return {
        "starts": words.day(contract.starts_on, language),
        "fixed_end": contract.ends_on,
        "last_day": words.day(last_day, language) if last_day else "",
        "minimum_months": contract.minimum_months,
        "minimum_until": words.day(contract.minimum_until, language),
        "notice_days": contract.notice_days,
    }


def _parts(clauses: Sequence[Clause], currency: str, language: str) -> list[dict[str, object]]:
    modules: dict[str, list[dict[str, object]]] = {}
    for clause in clauses:
        modules.setdefault(clause.module_name, []).append(_clause(clause, currency, language))
    return [{"module": words.named(name, language), "clauses": rows} for name, rows in modules.items()]


def _clause(clause: Clause, currency: str, language: str) -> dict[str, object]:
    separator = "、" if language == "zh-hans" else ", "
    return {
        "number": clause.number,
        "title": " ".join(words.named(clause.title, language).split()),
        "cadence": words.when(clause.rrule, clause.holidays, language),
        "recurs": bool(clause.rrule),
        "at": clause.at,
        "due_hours": clause.due_hours,
        "grace_hours": clause.grace_hours,
        "needs_merchant": clause.needs_merchant,
        "evidence": separator.join(_EVIDENCE[language].get(one, one) for one in clause.evidence),
        "figures": separator.join(" ".join(words.named(one, language).split()) for one in clause.figures),
        "credit": format_money(clause.credit_minor, currency) if clause.credit_minor else "",
    }


def limits(given: dict[str, Any], currency: str, language: str) -> dict[str, str]:
    """
    Return the limits of a version in words: the largest refund, price cut and number of uses without a second person, and what is refunded
    on one day, "" where an earlier release wrote the version.
    """
    day_minor = given.get("refund_day_minor")
    return {
        "refund_day_limit": "" if day_minor is None else format_money(int(day_minor), currency),
        "refund_limit": format_money(int(given.get("refund_minor", 0)), currency),
        "price_limit": f"{int(given.get('price_cut_percent', 0))} %",
        "coupon_limit": str(int(given.get("coupon_uses", 0))),
    }


def _price(one: dict[str, Any], starts_on: date, currency: str, language: str) -> str:
    lines = _LINES[language]
    amount = format_money(one["amount_minor"], currency)
    if one["kind"] == Price.Kind.MONTHLY and one.get("intro_months"):
        then = starts_on + relativedelta(months=one["intro_months"])
        return lines["intro"].format(
            module=words.named(one["module"], language),
            amount=amount,
            intro=format_money(one["intro_amount_minor"], currency),
            starts=words.day(starts_on, language),
            last=words.day(then - timedelta(days=1), language),
            then=words.day(then, language),
        )
    return lines[one["kind"]].format(
        module=words.named(one["module"], language), amount=amount, unit=words.named(one.get("unit_name", ""), language)
    )
