"""Guessing codes: counted for the account, the mall, the address and the platform; no header resets it (A1, V13, C42)."""

from typing import Any

import pytest

from saas.kernel.ids import random_id
from storefront.counter import guard
from storefront.counter.guard import Tryer
from storefront.vouchers import codes
from storefront.vouchers.models import Voucher
from storefront.vouchers.refusals import UnknownCode
from tenants.isolation.entrance import inside

BO = Tryer("bo", "192.0.2.1")


def guess(by: Tryer = BO, times: int = 1) -> list[str]:
    """Try wrong codes; give what each try was answered with."""
    answers = []
    for _guess in range(times):
        try:
            guard.find(random_id(16), by=by)
        except (UnknownCode, guard.TooManyTries) as error:
            answers.append(error.code)
    return answers


def test_a1_of_a_thousand_guesses_next_to_none_is_answered(mall: Any) -> None:
    answers = guess(times=1000)

    # Ten in the first minute, and should the machine be slow, at most forty in ten.
    assert 10 <= answers.count("unknown_code") <= 40
    assert answers.count("too_many_tries") == 1000 - answers.count("unknown_code")


@pytest.mark.usefixtures("store")
def test_a1_no_header_resets_the_count(counter: Any) -> None:
    statuses = []
    for number in range(30):
        forged = f"198.51.100.{number}"
        headers = {"X-Forwarded-For": forged, "X-Real-IP": forged, "Forwarded": f"for={forged}", "User-Agent": forged}
        statuses.append(counter.post("/counter/look-up/", {"code": random_id(16)}, headers=headers).status_code)

    assert statuses == [422] * 10 + [429] * 20


def test_a1_the_answer_while_limited_tells_nothing_about_the_code(counter: Any, voucher: Voucher) -> None:
    for _guess in range(10):
        counter.post("/counter/look-up/", {"code": random_id(16)})

    right = counter.post("/counter/look-up/", {"code": codes.code_for(voucher)})
    wrong = counter.post("/counter/look-up/", {"code": random_id(16)})

    assert right.status_code == wrong.status_code == 429
    assert 1 <= int(right["Retry-After"]) <= 60
    assert f"Wait {right['Retry-After']} seconds" in right.content.decode()


def test_a_busy_clerk_is_not_limited(counter: Any, voucher: Voucher) -> None:
    code = codes.code_for(voucher)

    assert {counter.post("/counter/look-up/", {"code": code}).status_code for _scan in range(60)} == {302}
    assert counter.post("/counter/look-up/", {"code": code}).status_code == 429


def test_one_clerks_wrong_codes_do_not_stop_another(mall: Any) -> None:
    assert guess(times=11)[-1] == "too_many_tries"
    assert guess(Tryer("alma", "192.0.2.1")) == ["unknown_code"]


def test_c42_changing_the_mall_does_not_reset_the_count_of_an_address(riverside: Any, hillside: Any) -> None:
    limit = guard.WRONG_OF_ADDRESS.amount
    for number in range(limit // 5):
        with inside(riverside if number % 2 else hillside):
            assert guess(Tryer(f"account-{number}", "192.0.2.9"), times=5) == ["unknown_code"] * 5

    with inside(hillside):
        assert guess(Tryer("fresh", "192.0.2.9"), times=5) == ["unknown_code"] * 3 + ["too_many_tries"] * 2
        assert guess(Tryer("elsewhere", "192.0.2.10"), times=5) == ["unknown_code"] * 5


def test_c42_a_full_count_of_the_mall_leaves_its_honest_clerks_alone(mall: Any, voucher: Voucher) -> None:
    for number in range(guard.WRONG_OF_MALL.amount // 10):
        guess(Tryer(f"account-{number}", f"198.51.100.{number}"), times=10)

    honest = Tryer("honest", "203.0.113.1")
    assert guard.find(codes.code_for(voucher), by=honest) == voucher.public_id
    assert guess(honest, times=5) == ["unknown_code"] * 3 + ["too_many_tries"] * 2


def test_c42_the_keys_name_the_mall_or_say_that_they_are_shared(mall: Any) -> None:
    guess()

    storage = guard._counter().storage
    keys = {key.decode() for key in storage.storage.scan_iter(f"{storage.key_prefix}:*")}
    scopes = {key.removeprefix(f"{storage.key_prefix}:").strip("{").split(":")[0] for key in keys}
    assert scopes == {mall.schema_name, "platform"}


def test_addresses_of_one_ipv6_network_count_together() -> None:
    assert guard._network("2001:db8:1:2:aaaa::1") == guard._network("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::/64"
    assert guard._network("2001:db8:1:3::1") != guard._network("2001:db8:1:2::1")
    assert guard._network("192.0.2.1") == "192.0.2.1"


def test_without_valkey_the_counter_goes_on(mall: Any, voucher: Voucher, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    guard._counter.cache_clear()
    try:
        assert guard.find(codes.code_for(voucher), by=BO) == voucher.public_id
        assert guess(times=3) == ["unknown_code"] * 3
    finally:
        guard._counter.cache_clear()


def test_pictures_are_limited_too(mall: Any) -> None:
    for _frame in range(guard.FRAMES.amount):
        guard.admit_frame(BO)
    with pytest.raises(guard.TooManyTries):
        guard.admit_frame(BO)
