"""Fills a mall with one or more of everything that has an id, so that the crawler has something to steal."""

from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile

from tenants.isolation.entrance import inside


def furnish(tenant: Any, *, each: int, now: datetime) -> None:
    """Put deals, sales, redemptions, products, an import, people, a visit, pages, a document into the mall, `each` of every kind."""
    _package(tenant, now=now)
    _settled(tenant, now=now)
    _contract(tenant, now=now)
    _audit(tenant, now=now)
    with inside(tenant):
        for number in range(each):
            _sales(now=now)
            _refund(now=now)
            _dispute(now=now)
            _goods(number, now=now)
            _terms(number, now=now)
            _promotions(number, now=now)
            _contents(number)
            _people(tenant, number, now=now)


def _package(tenant: Any, *, now: datetime) -> None:
    from billing.packages.models import Package, Subscription

    package, _is_new = Package.objects.get_or_create(name="Care", defaults={"currency": "usd"})
    _leaving(tenant, now=now)
    _case(tenant, now=now)
    _held(tenant, now=now)
    _lead(tenant, now=now)
    _posts(tenant, now=now)
    Subscription.objects.create(
        tenant_schema=tenant.schema_name,
        package=package,
        name=f"Care for {tenant.name}",
        currency="usd",
        items=[],
        minimum_months=0,
        notice_days=30,
        pays_by=Subscription.PaysBy.INVOICE,
        offered_by="Tomas Berg",
        offered_at=now,
    )


def _posts(tenant: Any, *, now: datetime) -> None:
    from cms.news import operations as news
    from ops_console.posts.models import Channel, Post
    from saas.accounts.models import User
    from saas.kernel.actors import SYSTEM

    channel = Channel.objects.create(tenant=tenant, kind="news", name=f"News of {tenant.name}", created_at=now)
    author = User.objects.filter(kind=User.Kind.AGENCY).first() or User.objects.create_user(
        "writer@hutong.example", name="A writer", kind=User.Kind.AGENCY
    )
    Post.objects.create(
        tenant=tenant,
        channel=channel,
        state=Post.State.WAITING,
        title=f"Secret plans of {tenant.name}",
        text=f"Only {tenant.name} reads this yet",
        author=author,
        needs_merchant=True,
        planned_at=now,
        answer_until_at=now,
        created_at=now,
        changed_at=now,
    )
    with inside(tenant):
        draft = news.Draft(source=f"furnished-{tenant.slug}"[:26], title=f"News of {tenant.name}", text="Open again")
        news.publish(draft=draft, by=SYSTEM, now=now)


def _audit(tenant: Any, *, now: datetime) -> None:
    from ops_console.audits import pipelines
    from ops_console.audits.models import AuditCase, StageEvidence
    from saas.accounts.models import User

    person = User.objects.filter(kind=User.Kind.AGENCY).first()
    case = AuditCase.objects.create(
        tenant=tenant,
        pipeline=pipelines.ensure_default(now=now),
        deal="nothing",
        title=f"A deal of {tenant.name}",
        currency="usd",
        submission="s",
        fingerprint="f",
        snapshot={"title": "Noodles"},
        submitted_at=now,
        told_version=1,
    )
    if person is not None:
        StageEvidence.objects.create(
            case=case,
            stage="desk",
            kind="picture",
            file_key=f"{tenant.schema_name}/audits/none.jpg",
            added_by=person,
            added_at=now,
        )


def _contract(tenant: Any, *, now: datetime) -> None:
    from ops_console.contracts.models import Contract, ContractVersion
    from saas.accounts.models import User

    manager = User.objects.filter(kind=User.Kind.AGENCY).first() or User.objects.create_user(
        "manager@hutong.example", name="The manager", kind=User.Kind.AGENCY
    )
    contract = Contract.objects.create(
        tenant=tenant,
        state=Contract.State.SENT,
        account_manager=manager,
        title=f"Hosting of {tenant.name}",
        language="en",
        currency="usd",
        pays_by="invoice",
        starts_on=now.date(),
        minimum_months=3,
        notice_days=30,
        created_by="The manager",
        created_at=now,
    )
    ContractVersion.objects.create(
        contract=contract,
        number=1,
        state=ContractVersion.State.SENT,
        effective_on=now.date(),
        prices=[],
        text=f"# Hosting of {tenant.name}\n",
        text_hash="0" * 64,
        answer_until=now.date(),
        created_by="The manager",
        created_at=now,
    )


def _case(tenant: Any, *, now: datetime) -> None:
    from ops_console.disputes.models import Case

    Case.objects.create(
        tenant_schema=tenant.schema_name,
        public_id=f"case-{tenant.public_id}"[:26],
        stripe_dispute=f"du_case_{tenant.public_id}",
        order_number=f"Order of {tenant.name}"[:40],
        state="open",
        is_inquiry=False,
        reason="fraudulent",
        amount_minor=2400,
        currency="usd",
        fee_minor=1500,
        merchant_minor=0,
        is_saved=False,
        has_note=False,
        opened_at=now,
        answer_until_at=now,
        told_at=now,
    )


def _held(tenant: Any, *, now: datetime) -> None:
    from ops_console.refunds.models import HeldRefund

    HeldRefund.objects.create(
        tenant_schema=tenant.schema_name,
        public_id=f"held-{tenant.public_id}"[:26],
        order_number=f"Order of {tenant.name}"[:40],
        amount_minor=2400,
        currency="usd",
        state="refused",
        held_at=now,
        told_at=now,
    )


def _lead(tenant: Any, *, now: datetime) -> None:
    from ops_console.leads.models import Contact, Entry, Lead

    lead = Lead.objects.create(
        name=f"Lead {tenant.name}", trade=tenant.trade, tenant=tenant, created_at=now, stage_since_at=now
    )
    Contact.objects.create(lead=lead, name=f"Contact of {tenant.name}", role=Contact.Role.DECIDES, phone="123")
    Entry.objects.create(lead=lead, kind="note", happened_on=now.date(), text="Said", by_name="Mei", at=now)
    _report(tenant, now=now)


def _report(tenant: Any, *, now: datetime) -> None:
    from ops_console.reports.making import EMPTY
    from ops_console.reports.models import CreditLine, Report

    first = now.date() - timedelta(days=7)
    CreditLine.objects.create(
        tenant=tenant, contract=f"contract-{tenant.public_id}"[:26], clause="1", task=f"task-{tenant.public_id}"[:26],
        title=f"Missed at {tenant.name}", occurs_on=first, amount_minor=100, currency="usd", problem="No package runs.", made_at=now,
    )  # fmt: skip
    Report.objects.create(
        tenant=tenant, contract=f"contract-{tenant.public_id}"[:26], contract_title=f"Hosting of {tenant.name}", kind="weekly",
        starts_on=first, ends_on=now.date(), time_zone="UTC", language="en", currency="usd", issued_at=now,
        content={**EMPTY, "waiting": [{"title": f"Wanted of {tenant.name}", "question": "Which?"}]},
    )  # fmt: skip


def _settled(tenant: Any, *, now: datetime) -> None:
    from billing.payouts.models import Payout
    from billing.settlements.models import Settlement, SettlementRun
    from billing.statements.models import Statement, StatementLine

    run, _is_new = SettlementRun.objects.get_or_create(day=now.date(), defaults={"cutoff_at": now, "created_at": now})
    place = {"tenant_schema": tenant.schema_name, "currency": "usd"}
    Settlement.objects.create(run=run, **place, state=Settlement.State.SENT, earned_minor=700, claimed_at=now)
    Payout.objects.create(
        payout_id=f"po_{tenant.slug}",
        **place,
        amount_minor=700,
        state=Payout.State.PAID,
        created_at=now,
        changed_at=now,
    )
    balances = {"pending_minor": 700, "available_minor": 0, "in_transit_minor": 0, "owed_minor": 0}
    first_day = now.date().replace(day=1)
    said = {"first_day": first_day, "starts_at": now, "ends_at": now, "issued_at": now, "lines_count": 1}
    statement = Statement.objects.create(**place, **said, opening_minor=0, closing_minor=700, **balances)
    line = {"kind": "earned", "journal_id": tenant.slug, "title": f"Earned by {tenant.name}", "happened_at": now}
    StatementLine.objects.create(
        statement=statement,
        number=1,
        key=f"redeemed:{tenant.slug}",
        **line,
        gross_minor=700,
        net_minor=700,
        booked_at=now,
    )


def _leaving(tenant: Any, *, now: datetime) -> None:
    from tenants.archives.models import MallExport
    from tenants.domains.models import DomainClaim

    done = {
        "state": MallExport.State.DONE,
        "by_kind": "merchant",
        "by_name": "The owner",
        "asked_at": now,
        "ended_at": now,
    }
    MallExport.objects.create(tenant=tenant, key=f"{tenant.schema_name}/archives/a.zip", **done)
    DomainClaim.objects.create(tenant=tenant, domain=f"www.{tenant.slug}.example", claimed_at=now)


def _sales(*, now: datetime) -> None:
    from saas.accounts.middleware import actor_for
    from saas.accounts.models import User
    from saas.kernel.ids import public_id
    from storefront.vouchers import operations as vouchers
    from storefront.vouchers.models import Voucher
    from tests.factories import shop

    deal = shop.a_deal(now=now)
    shop.an_order(deal, now=now)
    for _order in range(2):
        _paid(deal, now=now)
    owner = User.objects.filter(kind=User.Kind.MERCHANT).earliest("pk")
    vouchers.redeem(
        voucher_public_id=Voucher.objects.latest("pk").public_id,
        store_id=deal.stores.get().pk,
        request_key=public_id(),
        by=actor_for(owner),
        staff=owner,
        now=now,
    )


def _refund(*, now: datetime) -> None:
    from storefront.refunds.models import Refund
    from storefront.vouchers.models import Voucher

    Refund.objects.create(
        voucher=Voucher.objects.latest("pk"),
        state=Refund.State.ASKED,
        amount_minor=1200,
        currency="usd",
        reason="The lantern was torn",
        asked_by="Mei Lin",
        asked_at=now,
        decide_until_at=now,
    )


def _dispute(*, now: datetime) -> None:
    from storefront.disputes.models import Dispute
    from storefront.payments.models import Payment
    from storefront.vouchers.models import Voucher

    order = Voucher.objects.latest("pk").line.order
    Dispute.objects.create(
        stripe_dispute=f"du_{order.public_id}",
        order=order,
        payment_reference=Payment.objects.get(order_public_id=order.public_id).reference,
        reason="fraudulent",
        amount_minor=order.total_minor,
        taken_minor=order.total_minor,
        currency="usd",
        note="She came with two lanterns",
        opened_at=now,
        answer_until_at=now,
        checked_at=now,
    )


def _paid(deal: Any, *, now: datetime) -> None:
    from storefront.checkout.settling import settle
    from tests.factories import shop

    payment = shop.a_payment(shop.an_order(deal, now=now), now=now)
    settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)


def _goods(number: int, *, now: datetime) -> None:
    from storefront.catalog.models import Product
    from tests.storefront.catalog import making

    rows = [making.row(f"lamp-{number}", title="Paper lamp", body="<p>A lamp of paper</p>")]
    making.uploaded(making.written(rows), now=now)
    Product.objects.create(title=f"Lamp number {number}", handle=f"lamp-number-{number}", vendor="Lantern & Sons")


def _terms(number: int, *, now: datetime) -> None:
    from storefront.deals.models import Deal
    from storefront.terms.models import CommissionTerm, TermProposal

    TermProposal.objects.create(
        name=f"Lantern week {number}",
        scope=CommissionTerm.Scope.DEAL,
        scope_id=Deal.objects.latest("pk").public_id,
        rate_bp=250,
        starts_at=now,
        reason="A week for lanterns",
        proposed_by="Tomas Berg",
        proposed_at=now,
    )


def _promotions(number: int, *, now: datetime) -> None:
    from tests.factories.promotions import a_promotion

    a_promotion(now=now, code=f"LANTERN{number}", name=f"Lantern night {number}")
    a_promotion(now=now, code=f"OFFER{number}", name=f"Offer {number}", state="proposed", is_of_platform=True)


def _contents(number: int) -> None:
    from wagtail.documents import get_document_model
    from wagtail.models import Collection, Page

    document = get_document_model()(title=f"House rules {number}")
    document.file.save(f"rules-{number}.txt", ContentFile(b"the rules of the house"))
    document.save()
    Collection.get_first_root_node().add_child(name=f"Drawer {number}")
    for page in Page.objects.filter(depth__gt=1).specific():
        page.save_revision()


def _people(tenant: Any, number: int, *, now: datetime) -> None:
    from allauth.account.models import EmailAddress

    from saas.accounts.models import User
    from saas.kernel.ids import public_id
    from tenants.entry import visits

    email = f"mei{number}@{tenant.slug}.example"
    User.objects.create_user(email, name=f"Mei of {tenant.name}", joined_at=now)
    for person in User.objects.filter(email__isnull=False, emailaddress__isnull=True):
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    invitation = visits.Invitation(
        visit=public_id(), person=public_id(), person_name="Tomas Berg", reason="The books of November", ends_at=now
    )
    visits.begin(invitation, mall_name=tenant.name, now=now)
