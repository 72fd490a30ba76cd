"""Pages of objects, and `expand[]`."""

from collections.abc import Callable, Sequence
from typing import Any

from billing.sandbox.errors import Json, bad, no_such
from billing.sandbox.params import Text, Whole
from billing.sandbox.store import Transaction, public

RANGE = {"gt": Whole(), "gte": Whole(), "lt": Whole(), "lte": Whole()}
PAGE: Json = {
    "limit": Whole(1, 100),
    "starting_after": Text(),
    "ending_before": Text(),
}
"""What every list accepts besides its own filters."""
COMPARE = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}

LINKS: dict[str, dict[str, str]] = {
    "checkout.session": {
        "payment_intent": "payment_intent",
        "customer": "customer",
        "subscription": "subscription",
        "invoice": "invoice",
    },
    "payment_intent": {"latest_charge": "charge", "customer": "customer", "payment_method": "payment_method"},
    "charge": {
        "balance_transaction": "balance_transaction",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
        "customer": "customer",
    },
    "refund": {
        "charge": "charge",
        "payment_intent": "payment_intent",
        "balance_transaction": "balance_transaction",
        "failure_balance_transaction": "balance_transaction",
    },
    "price": {"product": "product"},
    "transfer": {
        "balance_transaction": "balance_transaction",
        "destination": "account",
        "source_transaction": "charge",
    },
    "transfer_reversal": {"balance_transaction": "balance_transaction", "transfer": "transfer"},
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "payout": {"balance_transaction": "balance_transaction", "failure_balance_transaction": "balance_transaction"},
    "subscription": {"customer": "customer", "latest_invoice": "invoice", "default_payment_method": "payment_method"},
    "invoice": {"customer": "customer"},
    "invoiceitem": {"customer": "customer", "invoice": "invoice"},
    "credit_note": {"customer": "customer", "invoice": "invoice"},
}
"""Which fields hold the id of what; these can be expanded."""
SOURCES = {
    "ch_": "charge",
    "py_": "charge",
    "re_": "refund",
    "pyr_": "refund",
    "tr_": "transfer",
    "trr_": "transfer_reversal",
    "du_": "dispute",
    "po_": "payout",
}
Extra = Callable[[Transaction, Json], Json]
EXTRAS: dict[tuple[str, str], Extra] = {}
"""Fields that are absent until somebody asks for them, such as a session's line items."""
DEEPEST = 4


def extra(kind: str, field: str) -> Callable[[Extra], Extra]:
    """Register how to make a field that only `expand[]` brings."""

    def register(make: Extra) -> Extra:
        EXTRAS[kind, field] = make
        return make

    return register


def listing(data: list[Json], *, url: str, has_more: bool = False) -> Json:
    """Return a list object."""
    return {"object": "list", "data": [public(body) for body in data], "has_more": has_more, "url": url}


def page(
    tx: Transaction, kind: str, params: Json, *, url: str, where: Sequence[str] = (), values: Sequence[Any] = ()
) -> Json:
    """Return one page of this account's objects, newest first, as `limit`, `starting_after`, `ending_before` say."""
    limit = params.get("limit") or 10
    where, values = list(where), list(values)
    backwards = bool(params.get("ending_before"))
    anchor = params.get("ending_before") or params.get("starting_after")
    if anchor:
        if tx.get(kind, anchor) is None:
            raise no_such(
                kind.replace(".", " "), anchor, param="ending_before" if backwards else "starting_after", status=400
            )
        where.append(f"seq {'>' if backwards else '<'} (SELECT seq FROM objects WHERE id = ?)")  # noqa: S608 - one of two signs
        values.append(anchor)
    found = tx.find(kind, where, values, limit=limit + 1, oldest_first=backwards)
    data = found[:limit]
    return listing(data[::-1] if backwards else data, url=url, has_more=len(found) > limit)


def equal(params: Json, *names: str) -> tuple[list[str], list[Any]]:
    """Return conditions that keep objects whose fields equal the parameters that were sent."""
    sent = [name for name in names if params.get(name) is not None]
    return [f"json_extract(body, '$.{name}') = ?" for name in sent], [params[name] for name in sent]


def created(params: Json) -> tuple[list[str], list[Any]]:
    """Return conditions for `created[gte]` and its sisters."""
    sent = params.get("created") or {}
    return [f"created {COMPARE[name]} ?" for name in sent], list(sent.values())


def expand(tx: Transaction, body: Json, paths: list[str]) -> Json:
    """
    Replace ids by the objects they name, along each path; `data.` goes into the members of a list.

    :raises ApiError: a path that is too deep or names something that cannot be expanded
    """
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEEPEST + (parts[0] == "data"):
            raise bad(f"You cannot expand more than {DEEPEST} levels of a property: {path}", param="expand")
        body = _expanded(tx, body, parts, path)
    return body


def _expanded(tx: Transaction, body: Json, parts: list[str], path: str) -> Json:
    head, rest = parts[0], parts[1:]
    kind = body.get("object", "")
    if kind == "list" and head == "data" and rest:
        return {**body, "data": [_expanded(tx, member, rest, path) for member in body["data"]]}
    value = body.get(head)
    if (kind, head) in EXTRAS and value is None:
        value = EXTRAS[kind, head](tx, body)
    elif isinstance(value, dict):
        pass  # here already, whole
    elif isinstance(value, str):
        found = tx.get(_kind_behind(kind, head, value, path), value)
        value = public(found) if found else value
    else:
        _kind_behind(kind, head, "", path)
    if rest and isinstance(value, dict):
        value = _expanded(tx, value, rest, path)
    return {**body, head: value}


def _kind_behind(kind: str, field: str, value: str, path: str) -> str:
    if kind == "balance_transaction" and field == "source":
        return next((source for prefix, source in SOURCES.items() if value.startswith(prefix)), "charge")
    linked = LINKS.get(kind, {}).get(field)
    if linked is None:
        raise _not_expandable(path)
    return linked


def _not_expandable(path: str) -> Exception:
    return bad(f"This property cannot be expanded ({path}).", param="expand")
