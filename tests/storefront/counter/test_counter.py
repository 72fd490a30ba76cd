"""The counter by plain forms, as it works without script."""

import io
import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import segno
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from saas.accounts.models import User
from saas.audit.models import AuditEntry
from storefront.counter import camera
from storefront.stores import moments
from storefront.stores.models import Store
from storefront.vouchers import codes, operations
from storefront.vouchers.models import Redemption, Voucher
from tenants.isolation.entrance import inside, on_platform
from tenants.registry.models import Tenant
from tests.storefront.vouchers.making import BO, make_store, make_voucher, redeem


def word(response: Any) -> str:
    """Return the one word that fills the screen."""
    found = re.search(r'<h1 class="word">(.*?)</h1>', response.content.decode())
    return found.group(1) if found else ""


def look_up(counter: Any, code: str) -> Any:
    return counter.post("/counter/look-up/", {"code": code}, follow=True)


def confirmation(response: Any) -> dict[str, str]:
    """Return the fields of the page's redeem form."""
    form = response.content.decode().partition('action="/counter/redemptions/"')[2]
    return {name: re.search(rf'name="{name}" value="(.*?)"', form)[1] for name in ("voucher", "store", "request_key")}  # type: ignore[index]


def test_a_code_is_checked_confirmed_and_redeemed_and_a_second_try_says_when_where_and_by_whom(
    counter: Any, voucher: Voucher, now: datetime
) -> None:
    code = codes.code_for(voucher)

    valid = look_up(counter, code.upper())
    assert (valid.status_code, word(valid)) == (200, "VALID")
    page = valid.content.decode()
    assert "Two bowls of noodles" in page
    assert "Mei" in page
    assert "Mill Lane" in page

    done = counter.post("/counter/redemptions/", confirmation(valid), follow=True)
    assert (done.status_code, word(done)) == (200, "REDEEMED")
    voucher.refresh_from_db()
    assert voucher.state == Voucher.State.REDEEMED

    again = look_up(counter, code)
    assert word(again) == "ALREADY USED"
    assert f"{moments.when(now)}, Mill Lane, by Bo" in again.content.decode()
    assert 'action="/counter/redemptions/"' not in again.content.decode()


def test_v5_a_confirmation_sent_twice_redeems_once_and_shows_the_same_page(counter: Any, voucher: Voucher) -> None:
    fields = confirmation(look_up(counter, codes.code_for(voucher)))

    first = counter.post("/counter/redemptions/", fields)
    second = counter.post("/counter/redemptions/", fields)

    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert Redemption.objects.count() == 1


def test_v6_a_confirmation_that_somebody_else_overtook_is_refused(
    counter: Any, voucher: Voucher, store: Store, bo: User, now: datetime
) -> None:
    fields = confirmation(look_up(counter, codes.code_for(voucher)))
    redeem(voucher, store, bo, now=now)

    response = counter.post("/counter/redemptions/", fields)

    assert (response.status_code, word(response)) == (422, "ALREADY USED")
    assert Redemption.objects.count() == 1


def test_m4_a_key_with_another_voucher_is_refused(counter: Any, voucher: Voucher, store: Store, now: datetime) -> None:
    fields = confirmation(look_up(counter, codes.code_for(voucher)))
    counter.post("/counter/redemptions/", fields)
    other = make_voucher(store, now=now)

    response = counter.post("/counter/redemptions/", {**fields, "voucher": other.public_id})

    assert (response.status_code, word(response)) == (409, "CHECK AGAIN")


@pytest.mark.parametrize(
    "change",
    [{"request_key": ""}, {"request_key": "short"}, {"store": "nowhere"}, {"voucher": "0" * 26}, {"voucher": "'; --"}],
)
def test_a_confirmation_that_was_tampered_with_redeems_nothing(
    counter: Any, voucher: Voucher, change: dict[str, str]
) -> None:
    fields = confirmation(look_up(counter, codes.code_for(voucher)))

    response = counter.post("/counter/redemptions/", {**fields, **change})

    assert response.status_code == 422
    assert not Redemption.objects.exists()


def test_each_refusal_has_its_own_word(counter: Any, store: Store, bo: User, now: datetime) -> None:
    refunded, elsewhere = (
        make_voucher(store, now=now),
        make_voucher(make_store("Station Road", is_serving=False), now=now),
    )
    early = make_voucher(
        store, now=now, valid_days=None, valid_from_at=now + timedelta(days=1), valid_until_at=now + timedelta(days=9)
    )
    expired = make_voucher(store, now=now - timedelta(days=90))
    pending = make_voucher(store, now=now)
    operations.mark_refunded(voucher=refunded.public_id, refund="r", by=BO, now=now)
    Voucher.objects.filter(pk=pending.pk).update(state=Voucher.State.REFUND_PENDING)

    words = [word(look_up(counter, codes.code_for(one))) for one in (refunded, elsewhere, early, expired, pending)]

    assert words == ["REFUNDED", "WRONG STORE", "NOT YET", "EXPIRED", "ON HOLD"]


def test_a1_another_malls_code_and_an_unknown_one_get_the_same_page(
    hillside_code: str, counter: Any, store: Store
) -> None:
    answers = [
        counter.post("/counter/look-up/", {"code": code})
        for code in (hillside_code, "0000 0000 0000 0000", "", "🍜" * 99)
    ]

    assert {(answer.status_code, word(answer)) for answer in answers} == {(422, "NOT FOUND")}
    bodies = {re.sub(r'name="csrfmiddlewaretoken" value=".*?"', "", answer.content.decode()) for answer in answers}
    assert len(bodies) == 1


@pytest.fixture
def hillside_code(riverside: Any, hillside: Any, now: datetime) -> str:
    with inside(hillside):
        return codes.code_for(make_voucher(make_store("Hill"), now=now))


def test_v7_no_page_of_the_counter_shows_a_code(counter: Any, voucher: Voucher) -> None:
    code = codes.code_for(voucher)
    valid = look_up(counter, code)
    done = counter.post("/counter/redemptions/", confirmation(valid), follow=True)

    for page in (valid, done, counter.get("/counter/"), look_up(counter, code)):
        assert code not in page.content.decode()
        assert code.replace(" ", "") not in page.content.decode()
        assert page["Cache-Control"] == "no-store"


def test_a2_no_log_line_holds_a_code(counter: Any, voucher: Voucher, caplog: pytest.LogCaptureFixture) -> None:
    code = codes.bare_code_for(voucher)
    with caplog.at_level(logging.DEBUG):
        look_up(counter, code)
        look_up(counter, code[::-1])
        counter.get(f"/counter/vouchers/{code}/")

    lines = [line for line in caplog.messages if "/counter/vouchers/" not in line]
    assert not any(code in line or code[::-1] in line for line in lines)


def test_an_undo_asks_for_a_reason_and_is_in_the_list(
    counter: Any, voucher: Voucher, store: Store, bo: User, now: datetime
) -> None:
    redemption = redeem(voucher, store, bo, now=now)
    path = f"/counter/redemptions/{redemption.public_id}/undo/"

    assert counter.post(path, {"why": "other"}).status_code == 422
    assert counter.post(path, {}).status_code == 422
    redemption.refresh_from_db()
    assert redemption.undone_at is None

    home = counter.post(path, {"why": "mistake", "note": "two at once"}, follow=True)
    redemption.refresh_from_db()
    assert redemption.undo_reason == "Redeemed by mistake: two at once"
    assert "Undone: Two bowls of noodles" in home.content.decode()
    assert word(counter.get(f"/counter/redemptions/{redemption.public_id}/")) == "UNDONE"


def test_v3_an_undo_after_the_window_is_refused(
    counter: Any, voucher: Voucher, store: Store, bo: User, now: datetime, at_now: Any
) -> None:
    redemption = redeem(voucher, store, bo, now=now)
    at_now.move_to(now + timedelta(minutes=60))

    assert "/undo/" not in counter.get("/counter/").content.decode()
    response = counter.post(f"/counter/redemptions/{redemption.public_id}/undo/", {"why": "mistake"})
    assert (response.status_code, word(response)) == (422, "TOO LATE")


def test_staff_choose_the_store_once(counter: Any, store: Store) -> None:
    other = make_store("Station Road")

    assert counter.get("/counter/")["Location"] == "/counter/store/"
    assert counter.post("/counter/store/", {"store": "nowhere"}).status_code == 422
    assert counter.post("/counter/store/", {"store": other.public_id})["Location"] == "/counter/"
    assert "Station Road" in counter.get("/counter/").content.decode()

    Store.objects.filter(pk=other.pk).update(is_serving=False)
    assert "Mill Lane" in counter.get("/counter/").content.decode()


def test_who_is_bound_to_a_store_redeems_and_undoes_there_only_and_other_tries_are_kept_v8(
    counter: Any, voucher: Voucher, store: Store, bo: User
) -> None:
    """Bo's page of Mill Lane was open when the owner bound Bo to Station Road; what it sends later is refused (V8)."""
    second = make_store("Station Road")
    for one in (store, second):
        voucher.deal.stores.add(one)
    counter.post("/counter/store/", {"store": store.public_id})
    form = confirmation(look_up(counter, codes.code_for(voucher)))
    User.objects.filter(pk=bo.pk).update(store_ids=[second.public_id])

    refused = counter.post("/counter/redemptions/", form)
    assert (refused.status_code, word(refused)) == (422, "NOT YOUR STORE")
    assert "You redeem at: Station Road" in refused.content.decode()
    voucher.refresh_from_db()
    assert (voucher.state, Redemption.objects.count()) == (Voucher.State.ISSUED, 0)
    kept = AuditEntry.objects.get(action="voucher.redemption_refused")
    assert (kept.actor_name, kept.subject_id) == ("Bo", voucher.public_id)

    assert "Station Road" in counter.get("/counter/").content.decode()
    assert store.public_id not in counter.get("/counter/store/").content.decode()
    assert "Choose one of yours" in counter.post("/counter/store/", {"store": store.public_id}).content.decode()
    done = counter.post("/counter/redemptions/", confirmation(look_up(counter, codes.code_for(voucher))), follow=True)
    assert word(done) == "REDEEMED"

    User.objects.filter(pk=bo.pk).update(store_ids=[store.public_id])
    undo = f"/counter/redemptions/{Redemption.objects.get().public_id}/undo/"
    assert word(counter.post(undo, {"why": "mistake"})) == "NOT YOUR STORE"
    Store.objects.filter(pk=store.pk).update(is_serving=False)
    assert "Your stores are closed" in counter.get("/counter/", follow=True).content.decode()


def test_a_mall_without_stores_says_who_adds_them(counter: Any, store: Store) -> None:
    Store.objects.update(is_serving=False)

    assert "The owner adds stores" in counter.get("/counter/", follow=True).content.decode()


PAGES = ("/counter/", "/counter/store/", f"/counter/vouchers/{'0' * 26}/", f"/counter/redemptions/{'0' * 26}/")
POSTS = ("/counter/look-up/", "/counter/scan/", "/counter/redemptions/", f"/counter/redemptions/{'0' * 26}/undo/")


@pytest.mark.usefixtures("store")
def test_strangers_sign_in_first_and_shoppers_are_told_who_can_help(
    riverside: Any, client_for: Callable[..., Any]
) -> None:
    with inside(riverside):
        shopper = User.objects.create_user("mei@example.com", None)
    for path in PAGES:
        assert client_for(riverside).get(path)["Location"].startswith("/account/login/?next=/counter/")
        assert client_for(riverside, shopper).get(path).status_code == 403
    for path in POSTS:
        assert client_for(riverside).post(path)["Location"] == "/account/login/?next=/counter/"
        assert client_for(riverside, shopper).post(path).status_code == 403


@pytest.mark.usefixtures("store")
def test_unknown_ids_are_not_found(counter: Any) -> None:
    assert counter.get(f"/counter/vouchers/{'0' * 26}/").status_code == 404
    assert counter.get(f"/counter/redemptions/{'0' * 26}/").status_code == 404
    assert counter.post(f"/counter/redemptions/{'0' * 26}/undo/", {"why": "mistake"}).status_code == 404


def test_m19_the_counter_works_while_the_mall_is_suspended(
    riverside: Any, bo: User, store: Store, voucher: Voucher, client_for: Callable[..., Any]
) -> None:
    with on_platform():
        Tenant.objects.filter(pk=riverside.pk).update(status=Tenant.Status.SUSPENDED)
    counter = client_for(riverside, bo)

    assert counter.get("/deals/").status_code == 503
    done = counter.post("/counter/redemptions/", confirmation(look_up(counter, codes.code_for(voucher))), follow=True)
    assert word(done) == "REDEEMED"


# --- Pictures from the camera


def picture(content: str = "", *, side: int = 480, kind: str = "JPEG") -> SimpleUploadedFile:
    """Return a camera's picture, with a QR code in it if there is content."""
    image = Image.new("RGB", (side, side), "#888888")
    if content:
        file = io.BytesIO()
        segno.make(content, error="m").save(file, kind="png", scale=6, border=4)
        image.paste(Image.open(file).convert("RGB").rotate(12, expand=True, fillcolor="#888888"), (20, 20))
    file = io.BytesIO()
    image.save(file, kind)
    return SimpleUploadedFile("frame", file.getvalue(), content_type=f"image/{kind.lower()}")


def test_a_picture_with_a_code_leads_where_the_typed_code_does(counter: Any, voucher: Voucher) -> None:
    content = f"https://riverside.example/counter/#{codes.bare_code_for(voucher)}"

    response = counter.post("/counter/scan/", {"frame": picture(content)}, follow=True)

    assert word(response) == "VALID"
    assert codes.bare_code_for(voucher) not in response.content.decode()


def test_a_foreign_code_in_a_picture_is_not_found_and_a_picture_without_one_is_nothing(
    counter: Any, store: Store
) -> None:
    assert word(counter.post("/counter/scan/", {"frame": picture("https://example.com/menu")})) == "NOT FOUND"
    assert counter.post("/counter/scan/", {"frame": picture()}).status_code == 204
    assert counter.post("/counter/scan/").status_code == 204


@pytest.mark.parametrize(
    "frame",
    [
        SimpleUploadedFile("frame", b"not a picture"),
        SimpleUploadedFile("frame", b""),
        SimpleUploadedFile("frame", b"\xff\xd8\xff\xe0" + b"0" * 400_000),
        SimpleUploadedFile("frame", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        picture(kind="GIF"),
        picture(side=camera.MAXIMUM_SIDE + 1),
        SimpleUploadedFile("frame", picture("x" * 40).read()[:900]),
    ],
)
def test_what_is_no_small_picture_is_refused(counter: Any, store: Store, frame: SimpleUploadedFile) -> None:
    assert counter.post("/counter/scan/", {"frame": frame}).status_code == 422
