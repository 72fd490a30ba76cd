"""What Finance reads of the books is words, in both languages: no name of a kind, a detail or an actor as the code has it."""

import re
from pathlib import Path

from django.utils import translation

from ops_console.portfolio import transfers

_LEG, _BOOK = re.compile(r'Leg\(\s*"(\w+)"'), re.compile(r'_book\(\w+, "(\w+)"')
_TAKEN_BACK = re.compile(r'_taken_back\("(\w+)"')
_PARTS = ("", "_commission", "_tax", "_agency")


def test_every_kind_of_transfer_that_the_code_books_has_words_in_both_languages() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in Path("billing").rglob("*.py"))
    booked = {*_LEG.findall(code), *_BOOK.findall(code)}
    booked |= {f"{kind}{part}" for kind in _TAKEN_BACK.findall(code) for part in _PARTS}
    assert len(booked) > 35
    assert booked - set(transfers.TRANSFERS) == set()
    named = {**transfers.TRANSFERS, **transfers.DETAILS, **transfers.KINDS}
    with translation.override("zh-hans"):
        assert [word for word in map(str, named.values()) if not re.search(r"[\u4e00-\u9fff]", word)] == []
        assert transfers.word_of("payout_begun_reversed") == "结算：已撤回"
