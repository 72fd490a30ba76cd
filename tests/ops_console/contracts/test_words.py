"""Contracts in words, in both languages."""

import pytest

from ops_console.contracts import words


@pytest.mark.parametrize(
    ("rule", "english", "chinese"),
    [
        ("", "once, at the start", "开始时一次"),
        ("FREQ=DAILY", "each day", "每天"),
        ("FREQ=WEEKLY;BYDAY=MO,WE", "each Monday and Wednesday", "每周的星期一和星期三"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "every 2 weeks on Tuesday", "每 2 周的星期二"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "on the last day of each month", "每月最后一天"),
        (
            "FREQ=MONTHLY;BYDAY=1TH,3TH",
            "on the first Thursday and third Thursday of each month",
            "每月第一个星期四和第三个星期四",
        ),
        (
            "FREQ=YEARLY;BYMONTH=3,9;BYMONTHDAY=1",
            "on day 1 of each month, in March and September",
            "每月 1 日，仅在三月和九月",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=31",
            "on day 31 of each month, left out in a month that does not have it",
            "每月 31 日（当月没有该日则略过）",
        ),
        ("FREQ=YEARLY;INTERVAL=2", "by the rule FREQ=YEARLY;INTERVAL=2", "按规则 FREQ=YEARLY;INTERVAL=2"),
    ],
)
def test_a_cadence_is_said_in_both_languages(rule: str, english: str, chinese: str) -> None:
    assert (words.cadence(rule, "en"), words.cadence(rule, "zh-hans")) == (english, chinese)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTHDAY=31",  # once stood as "each day", and is done seven times a year
        "FREQ=DAILY;BYDAY=FR;BYMONTHDAY=13",
        "FREQ=YEARLY;BYDAY=FR",  # once a week, not once a year
        "FREQ=YEARLY;BYMONTH=3,9;BYDAY=MO;BYSETPOS=1",
        "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",  # one day, not three
        "FREQ=MONTHLY;BYDAY=MO,FR;BYSETPOS=1",
        "FREQ=MONTHLY;BYDAY=-2FR",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1,3",  # could not be shown at all
        "FREQ=MONTHLY;BYMONTHDAY=-3",
        "FREQ=MONTHLY;INTERVAL=2;BYMONTH=1;BYMONTHDAY=1",
        "FREQ=WEEKLY;BYMONTH=3,13",
    ],
)
def test_what_has_no_exact_words_stands_as_the_rule_that_is_signed(rule: str) -> None:
    assert words.cadence(rule, "en").startswith(f"by the rule {rule}")


def test_a_text_says_what_becomes_of_work_on_public_holidays() -> None:
    """What is left out on them is neither done nor missed, so the merchant signs that too."""
    said = [words.when("FREQ=DAILY", policy, "en") for policy in ("keep", "skip", "move")]
    assert said == [
        "each day",
        "each day (left out on public holidays)",
        "each day (on a public holiday: on the next free day)",
    ]
    assert (words.when("", "skip", "en"), words.when("FREQ=DAILY", "skip", "zh-hans")) == (
        "once, at the start",
        "每天（遇公共假日不做）",
    )


def test_every_permission_that_can_be_given_has_words_in_every_language() -> None:
    from tenants.entry import mandated

    for language in words.LANGUAGES:
        assert set(words.PERMISSIONS[language]) == set(mandated.KEYS)


def test_what_the_agency_wrote_itself_stands_as_it_wrote_it() -> None:
    assert words.named("Promotion", "zh-hans") == "推广"
    assert words.named("Our own thing", "zh-hans") == "Our own thing"
    assert words.named("Promotion", "en") == "Promotion"
