"""A deal as an audit sees it: the audited fields as plain data, their fingerprint, what changed, and how each reads."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from saas.ui.formats import format_money
from storefront.catalog.models import Category
from storefront.stores.models import Store

from . import pages, prose
from .checks import DealDraft
from .models import Deal, DealReview

Snapshot = dict[str, Any]
# The audited fields in the form's order, then the page's. Whoever adds a field to `DealDraft` decides here whether it is audited.
LABELS: dict[str, Any] = {
    "title": gettext_lazy("Title"),
    "summary": gettext_lazy("One sentence about it"),
    "picture_id": gettext_lazy("Picture"),
    "category_id": gettext_lazy("Category"),
    "price_minor": gettext_lazy("Price"),
    "was_price_minor": gettext_lazy("Price before"),
    "units_total": gettext_lazy("Units for sale"),
    "units_per_person": gettext_lazy("Units for each person"),
    "sale_starts_at": gettext_lazy("On sale from"),
    "sale_ends_at": gettext_lazy("On sale until"),
    "valid_from_at": gettext_lazy("Vouchers valid from"),
    "valid_until_at": gettext_lazy("Vouchers valid until"),
    "valid_days": gettext_lazy("Valid for days after the purchase"),
    "refund_policy": gettext_lazy("Unused vouchers"),
    "needs_booking": gettext_lazy("Booking needed"),
    "contents": gettext_lazy("What one gets"),
    "rules": gettext_lazy("Further rules"),
    "stores": gettext_lazy("Stores"),
    "service_minutes": gettext_lazy("Minutes that one guest takes"),
    "cost_minor": gettext_lazy("What serving one unit costs"),
    "page_description": gettext_lazy("Description on the page"),
    "page_steps": gettext_lazy("How to use it, on the page"),
    "page_search": gettext_lazy("The page in search engines"),
    "page_gallery": gettext_lazy("More pictures on the page"),
}
AUDITED = tuple(LABELS)
# What the deal itself says. What its page says has a digest of its own (`pages.digest`), so that a release without it reads both.
OF_DEAL = tuple(name for name in AUDITED if name not in pages.FIELDS)
_INSTANTS = ("sale_starts_at", "sale_ends_at", "valid_from_at", "valid_until_at")
_AMOUNTS = ("price_minor", "was_price_minor", "cost_minor")


def draft_of(deal: Deal) -> DealDraft:
    """Return the draft that a deal would be written from."""
    names = [field.name for field in fields(DealDraft) if field.name != "store_ids"]
    return DealDraft(
        **{name: getattr(deal, name) for name in names}, store_ids=tuple(deal.stores.values_list("pk", flat=True))
    )


def as_json(draft: DealDraft) -> Snapshot:
    """Return a draft as JSON, for a change that waits."""
    held = {field.name: getattr(draft, field.name) for field in fields(DealDraft)}
    return {**held, **{name: _text(held[name]) for name in _INSTANTS}, "store_ids": list(draft.store_ids)}


def waiting(deal: Deal) -> Snapshot | None:
    """Return the change of a deal that waits for the audit, as `as_json`; None without."""
    return DealReview.objects.filter(deal=deal).values_list("proposed", flat=True).first()


def from_json(held: Mapping[str, Any]) -> DealDraft:
    """
    Return the draft of `as_json`; fields that a newer release added are left out, those it lacks have their default. A picture or category
    that has been deleted since is none.
    """
    known = {field.name for field in fields(DealDraft)}
    values = {name: value for name, value in held.items() if name in known}
    values |= {name: datetime.fromisoformat(held[name]) if held.get(name) else None for name in _INSTANTS}
    values |= {f"{name}_id": None for name in ("picture", "category") if not _is_there(name, held.get(f"{name}_id"))}
    return DealDraft(**{**values, "store_ids": tuple(held.get("store_ids", ()))})


def _is_there(name: str, pk: int | None) -> bool:
    model: Any = Deal._meta.get_field(name).related_model
    return pk is not None and model._base_manager.filter(pk=pk).exists()


def snapshot(draft: DealDraft) -> Snapshot:
    """Return the deal's own audited fields as plain data: instants in UTC as text, stores by public id; `names` is what ids are called."""
    stores = Store.objects.filter(pk__in=draft.store_ids).order_by("public_id")
    taken = {name: getattr(draft, name) for name in OF_DEAL if name != "stores"}
    taken |= {name: _text(taken[name]) for name in _INSTANTS}
    category = Category.objects.filter(pk=draft.category_id).first() if draft.category_id else None
    picture = Deal(picture_id=draft.picture_id).picture if draft.picture_id else None
    names = {"category_id": category.name if category else "", "picture_id": picture.title if picture else ""}
    return {**taken, "stores": [{"id": store.public_id, "name": store.name} for store in stores], "names": names}


def fingerprint(taken: Snapshot) -> str:
    """Return the SHA-256 of the deal's own audited fields in canonical JSON. A store that was renamed stays the same store."""
    exact = {**{name: taken.get(name) for name in OF_DEAL}, "stores": [one["id"] for one in taken.get("stores") or []]}
    return hashlib.sha256(json.dumps(exact, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def fingerprint_of(deal: Deal) -> str:
    """Return the fingerprint of a deal as it is."""
    return fingerprint(snapshot(draft_of(deal)))


def changed(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """Return the audited fields that differ, in the form's order. A picture differs with the file under it, where both sides know it."""
    known = pages.FILE in before and pages.FILE in after
    return tuple(name for name in AUDITED if _exact(name, before, known) != _exact(name, after, known))


def _exact(name: str, taken: Snapshot, is_file_known: bool) -> object:
    if name in pages.FIELDS:
        return pages.exact(name, taken)
    value = taken.get(name)
    if name == "picture_id" and is_file_known:
        return [value, taken[pages.FILE]]
    return [one["id"] for one in value or []] if name == "stores" else value


def shown(name: str, taken: Snapshot, *, currency: str) -> str:
    """Write one audited value for people, in the active language and time zone."""
    value = taken.get(name)
    if value is None or value in ("", []):
        return "–"
    if name in _AMOUNTS:
        return format_money(int(value), currency)
    if name in _INSTANTS:
        return date_format(timezone.localtime(datetime.fromisoformat(value)), "DATETIME_FORMAT")
    if name == "needs_booking":
        return _("yes") if value else _("no")
    if name == "refund_policy":
        return str(dict(Deal.RefundPolicy.choices).get(value, value))
    if name == "valid_days":
        return ngettext("%(days)d day", "%(days)d days", value) % {"days": value}
    if name in ("category_id", "picture_id"):
        return str(taken.get("names", {}).get(name) or value)
    if name == "stores":
        return ", ".join(one["name"] for one in value)
    if name == "contents":
        return "; ".join(f"{one.get('quantity', 1)} × {one['name']}" for one in value)
    if name == "rules":
        return "; ".join(f"{one['label']}: {one['text']}" for one in value)
    if name in pages.FIELDS:
        return prose.shown(name, value)
    return str(value)


def _text(at: datetime | None) -> str | None:
    return at.astimezone(timezone.get_fixed_timezone(0)).isoformat() if at else None
