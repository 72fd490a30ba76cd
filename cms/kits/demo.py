"""Opens the demo malls: Riverside Noodles, Hillside Salon and, in Chinese, 南门茶馆, with people, stores and deals on sale."""

import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from cms.backoffice.staff import operations as staff
from cms.media import operations as media
from cms.media.models import MallImage
from cms.pages import operations as pages
from cms.pages.models import HomePage, PlainPage
from cms.theming.models import Theme
from saas.accounts.middleware import actor_for
from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.tasks import enqueue
from storefront.deals import operations as deals
from storefront.deals.models import Deal
from storefront.stores.models import Store
from tenants.isolation.entrance import inside, on_platform
from tenants.provisioning import operations as provisioning
from tenants.registry.models import Tenant

from . import common, operations
from .demo_malls import MALLS, DemoMall

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_DRESSED = "demo.dressed"
# The demo malls were opened so long ago: their deals have been on sale, and can have been sold.
AGE = timedelta(weeks=5)


def password() -> str:
    """Return the password of all demo logins: readable, and another one for each installation, because its secret makes it."""
    digest = hmac.new(settings.SECRET_KEY.encode(), b"the demo malls' password", hashlib.sha256).digest()
    return "lane-" + "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:8])


def open_demo(*, now: datetime) -> list[Tenant]:
    """
    Open the demo malls that are not there and return those that were opened. Not inside a transaction.

    Repeated it costs one query for each mall, and leaves everything that somebody has changed as it is. A mall that was left half
    made is finished.
    """
    return [tenant for one in MALLS if (tenant := _open(one, now=now))]


def _open(one: DemoMall, *, now: datetime) -> Tenant | None:
    key = f"demo-{one.slug}"
    with on_platform():
        known = Tenant.objects.filter(slug=one.slug).first()
    if known and known.opening_key != key:
        return None  # somebody else has the address
    opening = provisioning.Opening(
        name=one.name, slug=one.slug, trade=one.trade, owner_email=one.owner.email, owner_password=password(),
        owner_name=one.owner.name, currency=one.currency, time_zone=one.time_zone, language=one.language, key=key,
    )  # fmt: skip
    tenant = known or provisioning.open_mall(opening, by=SYSTEM, now=now - AGE)
    with inside(tenant):
        if AuditEntry.objects.filter(action=_DRESSED).exists():
            return None
        dress(one, now=now - AGE)
    return tenant


@transaction.atomic
def dress(one: DemoMall, *, now: datetime) -> None:
    """Give a newly opened mall its staff, stores, own words, and put the kit's deals on sale. Runs inside the mall."""
    owner = User.objects.get(email=one.owner.email)
    by = actor_for(owner)
    for person in one.staff:
        account = User.objects.create_user(
            person.email, password(), kind=User.Kind.MERCHANT, name=person.name, joined_at=now
        )
        staff.give_role(user=account, role=person.role)
    stores = [Store.objects.create(**fields) for fields in one.stores]
    _hang_sign(one, now=now)
    _write(one, now=now)
    _sell(stores, by=by, now=now)
    audit.record(action=_DRESSED, subject=("mall", one.slug), summary=one.name, by=SYSTEM, now=now)


def _hang_sign(one: DemoMall, *, now: datetime) -> None:
    Theme.objects.update(tagline=one.tagline, email=one.email, phone=one.phone, updated_at=now)
    if not one.has_logo:
        return
    logo = operations.hang_pictures((("logos", one.slug),), now=now, size=operations.LOGO_SIZE)[one.slug]
    Theme.objects.update(logo=logo)
    enqueue("cms.media.make_logo", image_id=logo.pk)
    media.prepare(image_ids=[logo.pk])


def _write(one: DemoMall, *, now: datetime) -> None:
    ids = {_drawing(image): image.pk for image in MallImage.objects.all()}
    HomePage.objects.update(body=common.stream(one.home, {}, ids))
    PlainPage.objects.filter(slug="about").update(body=common.stream(one.about, {}, ids), last_published_at=now)


def _drawing(image: MallImage) -> str:
    return image.title.lower().replace(" ", "-")


def _sell(stores: list[Store], *, by: Actor, now: datetime) -> None:
    for place, deal in enumerate(Deal.objects.order_by("pk")):
        at = now - timedelta(minutes=place)  # the newest stands first
        deal.stores.set(stores if not deal.needs_booking else stores[:1])
        deals.publish(deal_public_id=deal.public_id, by=by, now=at)
        pages.publish_deal_page(deal=deal, by=by, now=at)
