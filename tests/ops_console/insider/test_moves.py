"""
A scripted insider: what somebody of the agency would try for themselves, or against the merchant. Each move is stopped or needs the
right person, and each try is in the mall's audit (A1–A4, A9, R3).
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from time_machine import travel

from ops_console.mandates import grants, operations, roles
from ops_console.mandates.models import Asked, Visit
from saas.accounts.middleware import actor_for
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM, Actor, Bounds
from saas.kernel.ids import public_id
from storefront.deals.models import Deal
from storefront.promotions import operations as promotions
from storefront.promotions.models import Promotion
from storefront.promotions.refusals import AnotherPersonNeeded
from storefront.refunds.models import Refund
from storefront.vouchers.models import Voucher
from tenants.entry import approvals
from tenants.entry.models import Approval, SupportInvitation
from tenants.isolation.entrance import inside
from tests.cms.backoffice.making import a_paid_order, deal_form
from tests.cms.backoffice.test_promotions import a_draft
from tests.cms.media.pictures import picture_bytes, stored_picture
from tests.factories import shop
from tests.factories.mandates import CLAUSES, give
from tests.factories.visiting import come_in, staff
from tests.ops_console.insider.moves import Move

LIMITS = {"refund_minor": 2000, "price_cut_percent": 20, "coupon_uses": 100}
X = "x" * 26


MOVES = [
    Move("raise the agency's share", f"money/terms/{X}/confirm/"),
    Move("decline the merchant's better terms", f"money/terms/{X}/decline/"),
    Move("lead payouts to an account of one's own", "money/payouts/connect/"),
    Move("change when the merchant is paid", "money/payouts/schedule/", {"schedule": "manual"}),
    Move("confirm a statement for the merchant", f"money/statements/{X}/confirm/"),
    Move("ask about a statement in the merchant's name", f"money/statements/{X}/ask/", {"text": "why"}),
    Move("invite a friend as owner", "staff/invite/", {"email": "eve@evil.example", "role": "Owner"}),
    Move("make oneself an owner", "staff/{self}/", {"role": "Owner"}),
    Move("close the owner's account", "staff/{alma}/close/"),
    Move("add a person by Wagtail's form", "users/add/", {"email": "eve@evil.example"}),
    Move("widen a role by Wagtail's form", "groups/1/", {"permissions": "1"}),
    Move("point the site at a host of one's own", "sites/1/", {"hostname": "evil.example"}),
    Move(
        "set a password for oneself",
        "/account/password/set/",
        {"password1": "correct-horse", "password2": "correct-horse"},
    ),
    Move("set an address for oneself", "/account/email/", {"email": "eve@evil.example", "action_add": ""}),
    Move("set a second factor for oneself", "/account/second-factor/totp/activate/"),
    Move("change one's account in the mall", "account/", {"name": "Alma"}),
    Move("take the whole mall along as a file", "leave/export/"),
    Move("end the mall", "leave/end/"),
    Move("keep a mall that the merchant ends", "leave/keep/"),
    Move("add a domain of one's own", "domains/", {"domain": "evil.example"}),
    Move("lead shoppers elsewhere", "domains/choose/", {"domain": "evil.example"}),
    Move("take a package in the merchant's name", f"services/{X}/take/"),
    Move("decline a package in the merchant's name", f"services/{X}/decline/"),
    Move("end a package in the merchant's name", f"services/{X}/end/"),
    Move("sign the contract for the merchant", f"hosting/contracts/{X}/sign/", {"name": "Alma"}),
    Move("decline the contract for the merchant", f"hosting/contracts/{X}/decline/"),
    Move("end the contract for the merchant", f"hosting/contracts/{X}/end/"),
    Move("go on although the merchant paused", "hosting/resume/"),
    Move("pause a colleague's work", "hosting/pause/"),
    Move("take back what a colleague did", "hosting/feed/1/revert/"),
    Move("say the merchant's yes to one's own wish", f"hosting/second-yes/{X}/", {"answer": "yes"}),
    Move("invite support in the merchant's name", "hosting/support/", {"days": "7", "permissions": "deals.draft"}),
    Move("approve one's own post for the merchant", f"hosting/content/{X}/answer/", {"answer": "yes"}),
    Move("send money back without the right", "orders/{order}/refund/", {"voucher": "{voucher}", "reason": "a friend"}),
    Move("decide a refund without the right", f"refunds/{X}/decide/", {"decision": "accept"}),
    Move("send a refund again without the right", f"refunds/{X}/again/"),
    Move("say yes to one's own coupon", "promotions/{coupon}/confirm/"),
    Move("let a deal through above the capacity", "deals/{deal}/override/", {"reason": "more is better"}),
    Move("delete a page", "pages/3/delete/"),
    Move("delete many pages", "bulk/wagtailcore/page/delete/?id=3", {"id": "3"}),
    Move("delete a picture", "images/1/delete/"),
    Move("delete a product", f"products/{X}/remove/"),
    Move("hide a page behind a password", "pages/3/privacy/", {"restriction_type": "password", "password": "x"}),
    Move("end a colleague's visit", f"/visit/{X}/end/"),
    Move("buy a deal of the hosted mall (R3)", "/deals/{slug}/buy/", {"units": "1", "email": "eve@evil.example"}),
    Move("pay an order of the hosted mall (R3)", "/orders/{order}/pay/"),
    Move("act as a shopper's refund", "/orders/{order}/refunds/", {"reason": "mine"}),
]


@pytest.fixture
def shop_of(riverside: Any, now: datetime) -> dict[str, str]:
    """A deal on sale, a paid order, a coupon that waits for the merchant; their ids."""
    with inside(riverside):
        deal = shop.a_deal(now=now)
        order = a_paid_order(deal, now=now)
        omar = Actor(kind="agency", name="Omar", public_id="o" * 26, on_behalf_of=riverside.name, clause="1.1")
        coupon = promotions.create(draft=a_draft(code="FRIENDS", starts_at=now), by=omar, now=now)
        voucher = Voucher.objects.filter(line__order=order).first()
        assert voucher is not None
        return {
            "deal": deal.public_id, "slug": deal.slug, "order": order.public_id, "voucher": voucher.public_id,
            "coupon": coupon.public_id,
        }  # fmt: skip


@pytest.fixture
def omar(riverside: Any) -> User:
    """Omar, an operator."""
    return staff("omar.test@hutong.example", "Omar", roles.OPERATOR)


def state_of(riverside: Any) -> list[object]:
    """What an insider wants to change."""
    with inside(riverside):
        return [
            sorted(Deal.objects.values_list("public_id", "state", "price_minor", "units_total")),
            sorted(Voucher.objects.values_list("public_id", "state")),
            sorted(Refund.objects.values_list("public_id", "state")),
            sorted(Promotion.objects.values_list("public_id", "state")),
            sorted(User.objects.values_list("public_id", "is_active", "email", "password", "name"), key=str),
            sorted(User.groups.through.objects.values_list("user_id", "group_id")),
        ]


def test_forty_moves_of_an_insider_change_nothing_and_each_is_recorded(
    riverside: Any, alma: Any, omar: User, client_for: Any, shop_of: dict[str, str], now: datetime
) -> None:
    give(riverside, now=now, limits=LIMITS)
    client = come_in(client_for(riverside), riverside, omar, now=now, task="t" * 26)
    client.raise_request_exception = False
    ids, wrong = shop_of | {"alma": alma.public_id, "self": omar.public_id}, []
    before = state_of(riverside)
    with travel(now + timedelta(minutes=1), tick=False):
        for move in MOVES:
            path = (move.path if move.path.startswith("/") else f"/manage/{move.path}").format(**ids)
            answer = client.post(path, {name: value.format(**ids) for name, value in move.data.items()})
            if answer.status_code not in (403, 404, 405):
                wrong.append(f"{move.what}: {answer.status_code}")
            with inside(riverside):
                told = AuditEntry.objects.filter(action="agency.request").latest("pk")
            if not told.summary.startswith(f"POST {path.partition('?')[0]} → 4") or not told.clause:
                wrong.append(f"{move.what}: recorded as {told.summary!r} by {told.clause!r}")
        assert client.get("/manage/").status_code == 200, "the insider was still inside"
    assert wrong == []
    assert state_of(riverside) == before
    assert len(MOVES) >= 40


def test_a_visit_gives_a_picture_a_title_but_never_another_file_a3(
    riverside: Any, omar: User, client_for: Any, now: datetime
) -> None:
    """Wagtail shows a new file on every live page at once and deletes the one before: no draft, and nothing to take back."""
    give(riverside, now=now)
    with inside(riverside):
        picture = stored_picture()
        key = picture.file.name
    client = come_in(client_for(riverside), riverside, omar, now=now)
    path, form = f"/manage/images/{picture.pk}/", {"title": "Hot soup", "collection": picture.collection_id, "tags": ""}
    with travel(now + timedelta(minutes=1), tick=False):
        assert client.post(path, form | {"file": ContentFile(picture_bytes(), name="other.png")}).status_code == 403
        assert client.post(path, form).status_code == 302
    with inside(riverside):
        picture.refresh_from_db()
        assert (picture.title, picture.file.name, picture.file.storage.exists(key)) == ("Hot soup", key, True)


def test_a_ticket_of_another_and_a_used_one_open_nothing_and_are_reported_on_both_sides(
    riverside: Any, hillside: Any, omar: User, client_for: Any, carry: Any, now: datetime
) -> None:
    give(riverside, now=now)
    address = operations.open_visit(tenant=riverside, person=omar, reason="The lunch deal's rules", minutes=30, now=now)
    path = "/" + address.split("/", 3)[3]
    with travel(now, tick=False):
        assert client_for(hillside).get(path).status_code == 403
        assert client_for(riverside).get(path).status_code == 302
        assert client_for(riverside).get(path).status_code == 403
    with inside(riverside):
        refused = AuditEntry.objects.get(action="ticket.refused")
        assert (refused.actor_name, refused.data["refusal"]) == ("Omar", "ticket_used")
    carry(now)
    told = AuditEntry.objects.get(action=operations.MISUSED)
    assert told.subject_id == Visit.objects.get().public_id
    ada = staff("ada.test@hutong.example", "Ada", roles.ADMIN)
    with travel(now, tick=False):
        assert "was tried again" in client_for(None, ada).get("/ops/").content.decode()


@pytest.mark.parametrize("how", ["end", "role", "account", "session elsewhere"])
def test_nothing_is_possible_after_what_gave_the_right_is_gone(
    riverside: Any, hillside: Any, omar: User, client_for: Any, now: datetime, how: str
) -> None:
    """On the next request, and closed on the platform within the minute."""
    mandate = give(riverside, now=now)
    client = come_in(client_for(riverside), riverside, omar, now=now)
    if how == "session elsewhere":
        other = client_for(hillside)
        other.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
        assert other.get("/manage/").status_code == 302
        return
    with travel(now + timedelta(minutes=1), tick=False):
        assert client.get("/manage/").status_code == 200
        if how == "end":
            grants.end(contract=mandate.contract, at=now, by=SYSTEM, now=now + timedelta(minutes=1))
        elif how == "role":
            omar.groups.clear()
        else:
            User.objects.filter(pk=omar.pk).update(is_active=False)
        assert client.post("/manage/deals/new/", deal_form()).status_code == 403
    assert operations.close_ended(now=now + timedelta(minutes=1, seconds=30)) >= 0
    with inside(riverside):
        assert not Deal.objects.filter(title="Noodles for two").exists()
        told = AuditEntry.objects.filter(action="agency.request").latest("pk")
        assert told.summary == "POST /manage/deals/new/ → 403"


def cut_of(full: int) -> str:
    """What a second person reads of a cut from a tenth off to a quarter off, minor units."""
    prices = f"${full * 0.9 / 100:.2f} → ${full * 0.75 / 100:.2f}"
    return f": {prices}, 25 % less than the highest of the last week, ${full / 100:.2f}"


def test_a_large_price_cut_waits_for_a_second_person_and_small_cuts_count_together(
    riverside: Any, mei: User, client_for: Any, shop_of: dict[str, str], carry: Any, now: datetime
) -> None:
    """A4, maker and checker: the one who asks is refused as the checker; the yes does what was asked for, once, and opens nothing else."""
    give(riverside, now=now, limits=LIMITS)
    omar = staff("omar.test@hutong.example", "Omar", roles.OPERATOR)
    client = come_in(client_for(riverside), riverside, omar, now=now, task="t" * 26)
    with inside(riverside):
        deal = Deal.objects.get(public_id=shop_of["deal"])
        store = deal.stores.first()
        assert store is not None

    def price(amount: str) -> tuple[int, int]:
        form = deal_form(title=deal.title, price=amount, units_total="500", stores=str(store.pk))
        answer = client.post(f"/manage/deals/{deal.public_id}/", form)
        assert (answer.status_code == 422) == (f'value="{amount}"' in answer.content.decode()), "what was typed is kept"
        with inside(riverside):
            deal.refresh_from_db()
        return answer.status_code, deal.price_minor

    full = deal.price_minor
    tenth = f"{full * 0.9 / 100:.2f}"
    with travel(now + timedelta(minutes=1), tick=False):
        assert price(tenth) == (302, round(full * 0.9))
        assert price(f"{full * 0.75 / 100:.2f}") == (422, round(full * 0.9)), "a tenth and another sixth are a quarter"
        price(f"{full * 0.75 / 100:.2f}")
        with inside(riverside):
            wish = Approval.objects.get()
        assert (wish.amount, wish.asked_by, wish.task, wish.state, wish.sentence) == (
            25,
            "Omar",
            "t" * 26,
            "open",
            f"{deal.title}{cut_of(full)}",
        )
        assert wish.clause == CLAUSES["deals.price"], "the one that gives prices, not the first that opens the page"
        carry(now)
        assert client_for(None, omar).post(f"/ops/second-yes/{wish.public_id}/", {"answer": "yes"}).status_code == 403
        with inside(riverside), pytest.raises(approvals.NotTheSamePerson):
            approvals.decide(approval=wish.public_id, accept=True, by=actor_for(omar), now=now)
        console = client_for(None, mei)
        assert deal.title in console.get("/ops/second-yes/").content.decode()
        assert console.post(f"/ops/second-yes/{wish.public_id}/", {"answer": "yes"}).status_code == 302
        carry(now)
        assert (Asked.objects.get().state, Asked.objects.get().told_by) == ("used", "Mei"), (
            "who said yes, not who asked"
        )
        with inside(riverside):
            deal.refresh_from_db()
            assert deal.price_minor == round(full * 0.75), "done by the yes"
            done = AuditEntry.objects.filter(action="deal.changed").latest("pk")
            assert (done.actor_name, done.clause, done.data["task"]) == ("Omar", wish.clause, "t" * 26)
        assert price(tenth) == (302, round(full * 0.9))
        assert console.post(f"/ops/second-yes/{wish.public_id}/", {"answer": "yes"}).status_code == 302
        assert price(tenth) == (302, round(full * 0.9)), "the same yes again does nothing"
        assert price(f"{full * 0.75 / 100:.2f}")[0] == 422, "the yes is used"
        carry(now)
        again = Asked.objects.get(state="open")
        grants.pause(tenant=riverside, by=SYSTEM, now=now)
        page = console.post(f"/ops/second-yes/{again.approval}/", {"answer": "yes"}, follow=True).content.decode()
        assert "does not let the agency do this any more" in page
        with inside(riverside):
            deal.refresh_from_db()
        assert deal.price_minor == round(full * 0.9)


def test_a_refund_above_the_limit_waits_for_the_merchant_also_in_parts(
    riverside: Any, alma: Any, client_for: Any, shop_of: dict[str, str], now: datetime
) -> None:
    """A4: care may refund up to the limit; what is above it, alone or together, the merchant or a second person agrees to."""
    give(riverside, now=now, limits=LIMITS)
    care = staff("care.test@hutong.example", "Carl", roles.CARE)
    client = come_in(client_for(riverside), riverside, care, now=now)
    path, data = f"/manage/orders/{shop_of['order']}/refund/", {"voucher": shop_of["voucher"], "reason": "cold soup"}
    with travel(now + timedelta(minutes=1), tick=False):
        assert "above the limit" in client.post(path, data, follow=True).content.decode()
        with inside(riverside):
            wish = Approval.objects.get()
            assert not Refund.objects.exists()
        owner = client_for(riverside, alma)
        assert "Carl" in owner.get("/manage/hosting/second-yes/").content.decode()
        assert "waits for a second yes" in owner.get("/manage/hosting/feed/").content.decode()
        for _twice in range(2):
            said = owner.post(f"/manage/hosting/second-yes/{wish.public_id}/", {"answer": "yes"}, follow=True)
            assert "Agreed, and done." in said.content.decode()
    with inside(riverside):
        assert Refund.objects.get().state == "sending"
        wish.refresh_from_db()
        assert (wish.state, wish.decided_by) == ("used", "Alma")
        made = AuditEntry.objects.get(action="voucher.refund_requested")
    assert (made.actor_name, bool(made.clause)) == ("Carl", True)


def test_bulk_coupons_wait_for_a_second_person_or_for_the_merchant(mall: Any, alma: Any, now: datetime) -> None:
    bounds = Bounds(frozenset({"promotions.manage"}), (("coupon_uses", 100),))
    omar = Actor(kind="agency", name="Omar", public_id="o" * 26, on_behalf_of=mall.name, clause="1.1", bounds=bounds)
    for code, uses, state in (("SMALL", 100, "proposed"), ("BULK", 101, "second"), ("ENDLESS", None, "second")):
        made = promotions.create(draft=a_draft(code=code, starts_at=now, uses_total=uses), by=omar, now=now)
        assert made.state == state
    with pytest.raises(AnotherPersonNeeded):
        promotions.second(promotion=made.public_id, by=omar, now=now)
    with pytest.raises(AnotherPersonNeeded):
        promotions.second(promotion=made.public_id, by=actor_for(alma), now=now)
    seconded = promotions.second(
        promotion=made.public_id, by=Actor(kind="agency", name="Mei", public_id="m" * 26), now=now
    )
    assert seconded.state == "proposed", "and now it is the merchant's to say"
    alone = promotions.create(draft=a_draft(code="ALONE", starts_at=now, uses_total=101), by=omar, now=now)
    assert promotions.accept(promotion=alone.public_id, by=actor_for(alma), now=now).state == "active", (
        "theirs suffices"
    )


def test_support_looks_only_until_the_merchant_lets_it_change_things(
    riverside: Any, mei: User, alma: Any, client_for: Any, now: datetime
) -> None:
    """A1: without a contract access to change begins by the merchant's invitation, and ends with it, within seven days."""
    client, owner = come_in(client_for(riverside), riverside, mei, now=now), client_for(riverside, alma)
    page = "/manage/hosting/support/"
    with travel(now + timedelta(minutes=1), tick=False):
        assert client.get("/manage/deals/").status_code == 200
        assert client.post("/manage/deals/new/", deal_form()).status_code == 403
        assert client.post(page, {"days": "7", "permissions": "deals.draft"}).status_code == 403
        assert owner.post(page, {"days": "8", "permissions": "deals.draft"}).status_code == 422
        assert owner.post(page, {"days": "2"}).status_code == 422, "it says what"
        assert owner.post(page, {"days": "2", "permissions": "stores.edit"}).status_code == 302
        assert client.post("/manage/deals/new/", deal_form()).status_code == 403, "it was invited to something else"
        assert owner.post(page, {"days": "2", "permissions": "deals.draft"}).status_code == 302
        assert "Write deals, as drafts" in owner.get(page).content.decode()
        assert client.post("/manage/deals/new/", deal_form()).status_code == 302
        with inside(riverside):
            row = SupportInvitation.objects.latest("pk")
        assert row.until_at == row.invited_at, "a process of the release before, which knows no names, reads it as over"
        assert owner.post(page, {"act": "end"}).status_code == 302
        assert client.post("/manage/deals/new/", deal_form(title="Another")).status_code == 403
    with inside(riverside):
        made = Deal.objects.filter(title__in=["Noodles for two", "Another"])
        assert list(made.values_list("title", flat=True)) == ["Noodles for two"]


def test_the_agencys_people_do_not_buy_in_a_mall_that_they_host_outside_a_visit_either(
    riverside: Any, omar: User, client_for: Any, shop_of: dict[str, str], now: datetime
) -> None:
    """R3: as a guest with one's own address, or one with something behind a plus; a shopper's sale and other malls go on."""
    client = client_for(riverside)

    def buys(email: str) -> int:
        with inside(riverside):
            price = Deal.objects.get(slug=shop_of["slug"]).price_minor
        form = {"units": "1", "price_minor": str(price), "request_key": public_id(), "email": email}
        answer = client.post(f"/deals/{shop_of['slug']}/buy/", form)
        assert ("Its people do not buy here" in answer.content.decode()) == (answer.status_code == 422)
        return int(answer.status_code)

    with travel(now + timedelta(minutes=1), tick=False):
        assert buys("omar.test@hutong.example") == 303, "nobody hosts it yet"
        mandate = give(riverside, now=now)
        assert buys("Omar.Test+noodles@hutong.example") == 422
        assert buys("mei.lin@shoppers.example") == 303
        grants.end(contract=mandate.contract, at=now, by=SYSTEM, now=now)
        assert buys("omar.test@hutong.example") == 303
