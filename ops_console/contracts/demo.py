"""The demo's hosted malls: ten of them with contracts that both sides signed, eight today and two some weeks ago."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from billing.packages.models import Price
from cms.kits import demo
from ops_console.work import cadence
from saas.accounts.middleware import actor_for
from saas.accounts.models import User
from saas.kernel.actors import SYSTEM, Actor
from tenants.isolation.entrance import inside, on_platform
from tenants.provisioning import operations as provisioning
from tenants.registry.models import Tenant

from . import drafting, quoting, signing
from .models import Contract
from .signing import Hand

SOCIAL, CARE, PROMOTION, CUSTOMERS = "Social maintenance", "Mall hosting", "Promotion", "Customer maintenance"


@dataclass(frozen=True)
class Hosted:
    """
    A mall of the demo and what the agency does for it. `modules` are names; it was signed on the Monday so many whole `weeks` ago, or
    today where there are none.
    """

    slug: str
    name: str
    trade: str
    owner: str
    modules: tuple[str, ...]
    currency: str = "usd"
    time_zone: str = "America/Los_Angeles"
    language: str = "en"
    weeks: int = 0

    @property
    def email(self) -> str:
        """The owner's address."""
        return f"{self.owner.split()[0].lower()}@{self.slug}.example"


HOSTED = (
    Hosted("riverside", "Riverside Noodles", "restaurant", "Alma", (SOCIAL, CARE), weeks=2),
    Hosted("hillside", "Hillside Salon", "salon", "Cleo", (SOCIAL, CUSTOMERS), weeks=1),
    Hosted("lantern-cinema", "Lantern Cinema", "cinema", "Ines Duarte", (PROMOTION,)),
    Hosted("oak-and-tile", "Oak & Tile", "home", "Peter Lindgren", (CARE, CUSTOMERS), "eur", "Europe/Berlin"),
    Hosted("corner-nine", "Corner Nine", "convenience", "Yusuf Demir", (CARE,), "eur", "Europe/Istanbul"),
    Hosted("nanmen-teahouse", "南门茶馆", "restaurant", "Lin Wei", (SOCIAL, CARE), "cny", "Asia/Shanghai", "zh-hans"),
    Hosted("silk-road-salon", "丝路理发店", "salon", "Zhao Min", (SOCIAL, PROMOTION), "cny", "Asia/Shanghai", "zh-hans"),
    Hosted("harbour-bakery", "Harbour Bakery", "restaurant", "Rosa Marin", (SOCIAL,), "eur", "Europe/Lisbon"),
    Hosted("studio-fern", "Studio Fern", "salon", "Maya Cohen", (SOCIAL, CARE, CUSTOMERS), time_zone="America/New_York"),
    Hosted("quick-stop", "Quick Stop", "convenience", "Sam Okoro", (CARE, PROMOTION), time_zone="America/Chicago"),
)  # fmt: skip


def host(one: Hosted, *, now: datetime) -> Contract | None:
    """
    Open a mall of the demo if it is missing, and let both sides sign where no contract is; return the contract if it is new.

    Not inside a transaction. Repeated it costs two queries and leaves what stands as it is.
    """
    tenant = Tenant.objects.filter(slug=one.slug).first()
    if tenant is None:
        opening = provisioning.Opening(
            name=one.name, slug=one.slug, trade=one.trade, owner_email=one.email, owner_password=demo.password(),
            owner_name=one.owner, currency=one.currency, time_zone=one.time_zone, language=one.language, key=f"demo-{one.slug}",
        )  # fmt: skip
        tenant = provisioning.open_mall(opening, by=SYSTEM, now=now)
    if tenant.opening_key != f"demo-{one.slug}" or Contract.objects.filter(tenant=tenant).exists():
        return None
    return _contract(one, tenant, now=_signed_at(one, now=now))


def _signed_at(one: Hosted, *, now: datetime) -> datetime:
    """Return when both sides signed: now, or at eight in the morning of a Monday of the past."""
    if not one.weeks:
        return now
    today = cadence.today(one.time_zone, now=now)
    monday = today - timedelta(days=today.weekday() + 7 * one.weeks)
    return datetime.combine(monday, time(8), tzinfo=ZoneInfo(one.time_zone))


def _contract(one: Hosted, tenant: Tenant, *, now: datetime) -> Contract:
    place = HOSTED.index(one)
    people = {role: User.objects.filter(email=f"{role}@hutong.example").first() for role in ("mei", "omar", "grace")}
    manager = people["mei"]
    if manager is None:
        raise LookupError("the demo's agency staff is missing: run demo_staff first")
    by = actor_for(manager)
    prices = Price.objects.filter(
        module__name__in=one.modules, kind=Price.Kind.MONTHLY, currency=tenant.currency, retired_at=None
    )
    title = "社交与商城托管" if one.language == "zh-hans" else " and ".join(one.modules[:2])
    draft = quoting.QuoteDraft(tenant, title, one.language, list(prices.values_list("public_id", flat=True)), (), 3, 30)
    quote = quoting.make(draft, by=by, now=now)
    terms = drafting.Terms(cadence.today(tenant.time_zone, now=now), None, 3, 30)
    commission = drafting.Commission(
        tenant,
        manager,
        "balance" if place % 3 == 2 else "invoice",
        terms,
        people["omar"] if place % 4 else people["grace"],
    )
    contract = drafting.draft(quote=quote.public_id, commission=commission, by=by, now=now)
    _sign(contract.public_id, tenant, manager, now=now)
    return Contract.objects.get(pk=contract.pk)


def _sign(contract: str, tenant: Tenant, manager: User, *, now: datetime) -> None:
    owner = owner_of(tenant)
    version = signing.send(contract=contract, by=actor_for(manager), now=now)
    hand = Hand(owner.name, tenant.owner_email, version.text_hash, "127.0.0.1", "The demo")
    signing.sign(contract=contract, schema=tenant.schema_name, hand=hand, by=owner, now=now)
    agency = Hand(manager.get_full_name(), str(manager.email), version.text_hash, "127.0.0.1", "The demo")
    with on_platform():
        signing.countersign(contract=contract, person=manager, hand=agency, by=actor_for(manager), now=now)


def owner_of(tenant: Tenant) -> Actor:
    """Return the owner of a demo mall, acting in person."""
    with inside(tenant):
        return actor_for(User.objects.get(email=tenant.owner_email))
