"""Codes: derived, found by a keyed hash, forgiving to people, nowhere in the database (V13, A1, A2)."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from saas.kernel.ids import ALPHABET
from storefront.vouchers import codes, qr, queries
from storefront.vouchers.models import Voucher
from storefront.vouchers.refusals import UnknownCode
from tenants.isolation.entrance import inside
from tests.storefront.vouchers.making import issue, make_deal, make_order, make_store, make_voucher


@pytest.mark.usefixtures("mall")
def test_v13_a_code_has_80_bits_without_look_alikes_in_groups_of_four(now: datetime) -> None:
    code = codes.code_for(make_voucher(make_store(), now=now))

    groups = code.split(" ")
    assert [len(group) for group in groups] == [4, 4, 4, 4]
    assert set("".join(groups)) <= set(ALPHABET)
    assert not set("".join(groups)) & set("ilou")


@pytest.mark.usefixtures("mall")
def test_v10_each_unit_has_its_own_code_and_each_leads_to_its_own_voucher(now: datetime) -> None:
    vouchers = issue(make_order(make_deal(make_store(), now=now), now=now, units=5), now=now)

    found = [queries.find(codes.code_for(voucher)) for voucher in vouchers]
    assert found == [voucher.public_id for voucher in vouchers]
    assert len(set(found)) == 5


@pytest.mark.usefixtures("mall")
@pytest.mark.parametrize(
    "spoil",
    [
        str.upper,
        lambda code: code.replace(" ", ""),
        lambda code: code.replace(" ", "-"),
        lambda code: f"  {code}\n",
        lambda code: code.replace("0", "O").replace("1", "l"),
        lambda code: code.replace("0", "o").replace("1", "I"),
        lambda code: "".join(chr(ord(letter) + 0xFEE0) if letter != " " else "　" for letter in code),
        lambda code: f"https://riverside.example/counter/#{code.replace(' ', '')}",
    ],
)
def test_what_people_type_is_understood(spoil: Any, now: datetime) -> None:
    store = make_store()
    for voucher in issue(make_order(make_deal(store, now=now), now=now, units=8), now=now):
        assert queries.find(spoil(codes.code_for(voucher))) == voucher.public_id


@given(st.text(max_size=500))
def test_whatever_is_typed_gives_a_code_or_nothing(typed: str) -> None:
    code = codes.normalise(typed)
    assert code == "" or (len(code) == 16 and set(code) <= set(ALPHABET))


def test_a1_another_malls_code_gets_the_answer_of_an_unknown_one(riverside: Any, hillside: Any, now: datetime) -> None:
    with inside(hillside):
        code = codes.code_for(make_voucher(make_store(), now=now))
    with inside(riverside):
        with pytest.raises(UnknownCode) as foreign:
            queries.find(code)
        with pytest.raises(UnknownCode) as unknown:
            queries.find("0000 0000 0000 0000")
        with pytest.raises(UnknownCode) as nonsense:
            queries.find("hello")
    answers = {(str(error.value), error.value.code, str(error.value.data)) for error in (foreign, unknown, nonsense)}
    assert len(answers) == 1


@pytest.mark.usefixtures("mall")
def test_a2_no_row_of_the_mall_holds_a_code(now: datetime) -> None:
    code = codes.bare_code_for(make_voucher(make_store(), now=now))

    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [connection.schema_name])
        for (table,) in cursor.fetchall():
            rows = sql.SQL("SELECT count(*) FROM {} AS row WHERE row::text ILIKE %s").format(sql.Identifier(table))
            cursor.execute(rows, [f"%{code}%"])
            assert cursor.fetchone() == (0,), table


@pytest.mark.usefixtures("mall")
def test_a_code_outlives_a_new_secret_key_while_the_former_one_is_named(now: datetime, settings: Any) -> None:
    voucher = make_voucher(make_store(), now=now)
    code = codes.code_for(voucher)
    settings.VOUCHER_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key-of-the-same-installation"

    assert codes.code_for(voucher) == code
    assert queries.find(code) == voucher.public_id
    assert codes.code_for(make_voucher(make_store("Station Road"), now=now)) != code

    settings.VOUCHER_KEY_FALLBACKS = []
    with pytest.raises(codes.CodeKeyMissing):
        codes.code_for(voucher)
    with pytest.raises(UnknownCode):
        queries.find(code)


def test_two_malls_with_the_same_public_id_have_different_codes(riverside: Any, hillside: Any, now: datetime) -> None:
    with inside(riverside):
        voucher = make_voucher(make_store(), now=now)
        here = codes.code_for(voucher)
    with inside(hillside):
        twin = Voucher(public_id=voucher.public_id, code_hash=codes.new_hash(voucher.public_id))
        assert codes.code_for(twin) != here


@pytest.mark.usefixtures("mall")
def test_the_qr_code_leads_to_the_counter_and_keeps_the_code_behind_the_hash_sign(now: datetime) -> None:
    voucher = make_voucher(make_store(), now=now)
    content = qr.content_for(voucher, mall_address="https://riverside.example/")

    assert content == f"https://riverside.example/counter/#{codes.bare_code_for(voucher)}"
    assert queries.find(content) == voucher.public_id
    assert "style=" not in qr.as_svg(content)
    assert qr.as_png(content).startswith(b"\x89PNG")
