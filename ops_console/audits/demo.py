"""The demo's audits: one deal that the guard stops, one half through its stages, one that waits for the merchant."""

from datetime import datetime
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from cms.backoffice.deals import operations as deals
from ops_console.mandates import roles
from saas.accounts.middleware import actor_for
from saas.accounts.models import User
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.money import to_minor
from storefront.deals import reviews
from storefront.deals.checks import DealDraft
from storefront.deals.models import Deal
from storefront.stores.models import Store
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tenants.relay.operations import relay

from . import evidence, operations, pipelines, telling
from .models import AuditCase
from .operations import Decision

_WEEK = {day: [["10:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}


def make(*, tenant: Tenant, now: datetime) -> bool:
    """
    Let a demo mall's deals be audited, with three of them on their way. Not inside a transaction; tells whether anything was made.

    Needs the agency's people (`manage.py demo_staff`). A mall that has audits stays as it is.
    """
    if AuditCase.objects.filter(tenant=tenant).exists():
        return False
    pipelines.require(tenant=tenant, by=SYSTEM, now=now)
    with inside(tenant):
        owner = actor_for(User.objects.get(email=tenant.owner_email))
        stores = list(Store.objects.serving())
        Store.objects.filter(stations=None).update(stations=2)
        for store in stores:
            store.hours = store.hours or _WEEK
            store.save(update_fields=["hours"])
        drafts = _drafts(tenant, stores, now=now)
        made = [deals.create(draft=draft, by=owner, now=now) for draft in drafts]
        for deal in made[1:]:
            reviews.submit(deal_public_id=deal.public_id, by=owner, now=now)
    relay(schema=tenant.schema_name, now=now)
    _walk(AuditCase.objects.get(tenant=tenant, deal=made[1].public_id), now=now)
    _ask(AuditCase.objects.get(tenant=tenant, deal=made[2].public_id), made[2], now=now)
    telling.tell_all(now=now)
    return True


def _drafts(tenant: Tenant, stores: list[Store], *, now: datetime) -> list[DealDraft]:
    def draft(title: str, price: str, cost: str, units: int, minutes: int) -> DealDraft:
        return DealDraft(
            title=title, price_minor=to_minor(price, tenant.currency), cost_minor=to_minor(cost, tenant.currency),
            units_total=units, service_minutes=minutes, sale_starts_at=now, valid_days=90,
            store_ids=tuple(store.pk for store in stores[:1]),
        )  # fmt: skip

    return [
        draft("Manicure for everybody", "19", "9", 5000, 60),
        draft("Evening visit, first time", "38", "14", 120, 45),
        draft("Treatment for two", "24", "23", 80, 90),
    ]


def _person(*names: str) -> User | None:
    people = User.objects.filter(kind=User.Kind.AGENCY, is_active=True, groups__name__in=names)
    return people.order_by("pk").first()


def _walk(case: AuditCase, *, now: datetime) -> None:
    """Take a deal through its first stages."""
    visitor, reviewer = _person(roles.OPERATOR), _person(roles.REVIEWER)
    if visitor is None or reviewer is None:
        return
    scores = {"place": 4, "product": 5, "service": 4, "clean": 5, "honest": 4}
    words = "Two chairs, both taken at six. Staff explain everything; the room is bright and clean."
    operations.note_visit(case=case.public_id, scores=scores, words=words, recommends=True, person=visitor, now=now)
    for name, colour in (("Front", "#b9543f"), ("Room", "#4d6b5a")):
        evidence.add_picture(case=case.public_id, stage="field", file=_drawn(name, colour), person=visitor, now=now)
    _pass(case, "desk", reviewer, "Reads well; the picture is the shop's own.", now=now)
    _pass(case, "field", visitor, "Would go again.", now=now)


def _ask(case: AuditCase, deal: Deal, *, now: datetime) -> None:
    finance = _person(roles.FINANCE)
    if finance is None:
        return
    wish = ("price_minor", "After commission next to nothing is left of each. Ask for more, or offer less.")
    decision = Decision("asked", case.exact, f"Looked at cost and price of {deal.title}.", [wish])
    operations.decide(
        case=case.public_id, stage="price", decision=decision, person=finance, by=_actor(finance), now=now
    )


def _pass(case: AuditCase, stage: str, person: User, note: str, *, now: datetime) -> None:
    decision = Decision("passed", case.exact, note)
    operations.decide(case=case.public_id, stage=stage, decision=decision, person=person, by=_actor(person), now=now)


def _actor(person: User) -> Actor:
    return actor_for(person)


def _drawn(name: str, colour: str) -> SimpleUploadedFile:
    """Return a plain picture with a word on it."""
    picture, held = Image.new("RGB", (640, 480), colour), BytesIO()
    ImageDraw.Draw(picture).text((260, 230), name, fill="white", font_size=48)
    picture.save(held, "JPEG", quality=80)
    return SimpleUploadedFile(f"{name.lower()}.jpg", held.getvalue(), content_type="image/jpeg")
