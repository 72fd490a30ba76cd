"""The trail's sentences are read in the reader's language, whatever language they were written in."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.utils.translation import gettext, gettext_lazy, override, pgettext_lazy

from saas.audit import phrases
from saas.audit.models import AuditEntry
from saas.audit.phrases import Amount, phrase


def _entry(said: phrases.Phrase) -> AuditEntry:
    return AuditEntry(summary=said.in_english(), data={"said": said.as_json()})


def test_a_sentence_is_in_the_language_of_who_reads_with_days_and_money_as_there() -> None:
    # Texts of the catalogues, of the contracts, the credits and the work.
    with override("zh-hans"):
        credit = _entry(
            phrase(
                gettext_lazy("%(mall)s: %(amount)s for %(task)s, %(day)s"),
                mall="Riverside",
                amount=Amount(1250, "USD"),
                task="Post",
                day=date(2026, 11, 22),
            )
        )
        assert credit.sentence == "Riverside：因 2026年11月22日 的“Post”抵扣 US$12.50"
    assert credit.summary == "Riverside: $12.50 for Post, Nov 22, 2026"
    with override("en"):
        assert credit.sentence == credit.summary
    nested = _entry(
        phrase(
            gettext_lazy("%(person)s: %(what)s"),
            person="Ada",
            what=phrase(
                gettext_lazy("Added as %(roles)s"), roles=[gettext_lazy("Operator"), pgettext_lazy("role", "Owner")]
            ),
        )
    )
    with override("zh-hans"):
        assert nested.sentence == f"Ada：添加为{gettext('Operator')}、店主"
    ends = _entry(phrase(gettext_lazy("ends %(at)s"), at=datetime(2026, 11, 22, 9, 5, tzinfo=UTC)))
    with override("zh-hans"):
        assert ends.sentence == "于 2026年11月22日 09:05 UTC 结束"
    assert (
        phrase(gettext_lazy("ends %(at)s"), at=datetime(2026, 11, 22, 9, 5, tzinfo=UTC)).in_english()
        == "ends Nov 22, 2026, 9:05 AM UTC"
    )


def test_what_a_function_words_is_kept_in_each_language() -> None:
    said = _entry(phrases.each(lambda: gettext("Done")))
    with override("zh-hans"):
        assert said.sentence == gettext("Done") != "Done"
    assert said.summary == "Done"


def test_rows_from_before_and_a_persons_own_words_stay_as_they_are() -> None:
    with override("zh-hans"):
        assert AuditEntry(summary="Invited Bo as Clerk", data={}).sentence == "Invited Bo as Clerk"
        percent = phrase(gettext_lazy("Excused: %(words)s"), words="100% closed %(x)s")
        assert str(percent) == "免做：100% closed %(x)s"


@pytest.mark.parametrize(
    "kept", [{"text": "Gone %(nothing)s", "with": {"x": 1}}, {"text": "Half %(", "with": {"x": 1}}]
)
def test_a_phrase_that_does_not_fit_does_not_take_the_page_down(kept: dict[str, Any]) -> None:
    assert AuditEntry(summary="s", data={"said": kept}).sentence == kept["text"]


def test_what_was_translated_already_is_refused() -> None:
    with pytest.raises(TypeError):
        phrase(gettext("Done"))
