"""
When a cadence falls, in words, in every language in which contracts are written.

These words are part of what is signed, so they stand here and not in catalogues of translations, which change.
"""

from typing import Any

from babel.dates import get_day_names, get_month_names
from babel.lists import format_list

_LOCALES = {"en": "en", "zh-hans": "zh_Hans"}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WORKDAYS = "MO,TU,WE,TH,FR"
# Days that every month has.
_SHORTEST_MONTH = 28
_EN = {
    "once": "once, at the start",
    "daily": "each day",
    "each_days": "every {count} days",
    "weekly": "each {days}",
    "each_weeks": "every {count} weeks on {days}",
    "week": "once a week",
    "weeks": "once in {count} weeks",
    "year": "once a year",
    "monthly_day": "on day {days} of each month",
    "monthly_day_if": "on day {days} of each month, left out in a month that does not have it",
    "monthly_last": "on the last day of each month",
    "monthly_nth": "on the {nth} {days} of each month",
    "monthly_on": "on the {days} of each month",
    "nth_day": "{nth} {day}",
    "each_months": "every {count} months: ",
    "in_months": ", in {months}",
    "rule": "by the rule {rule}",
    "workday": "working day",
    "nth": "first,second,third,fourth,fifth,last",
}
_ZH = {
    "once": "开始时一次",
    "daily": "每天",
    "each_days": "每 {count} 天一次",
    "weekly": "每周的{days}",
    "each_weeks": "每 {count} 周的{days}",
    "week": "每周一次",
    "weeks": "每 {count} 周一次",
    "year": "每年一次",
    "monthly_day": "每月 {days} 日",
    "monthly_day_if": "每月 {days} 日（当月没有该日则略过）",
    "monthly_last": "每月最后一天",
    "monthly_nth": "每月{nth}{days}",
    "monthly_on": "每月{days}",
    "nth_day": "{nth}{day}",
    "each_months": "每 {count} 个月：",
    "in_months": "，仅在{months}",
    "rule": "按规则 {rule}",
    "workday": "工作日",
    "nth": "第一个,第二个,第三个,第四个,第五个,最后一个",
}
_WORDS = {"en": _EN, "zh-hans": _ZH}
LANGUAGES = tuple(_WORDS)


def cadence(rule: str, language: str) -> str:
    """
    Return when a rule of RFC 5545 falls: "each Monday, Wednesday and Friday"; "" is once, at the start.

    Words are only said where they are exactly what the rule does; any other rule stands as it is written.
    """
    words = _WORDS[language]
    if not rule:
        return words["once"]
    parts = dict(part.split("=", 1) for part in rule.upper().split(";") if "=" in part)
    try:
        return _said(parts, words, language) or words["rule"].format(rule=rule)
    except (ValueError, LookupError):  # numbers that there are not, as a rule of a former release may have
        return words["rule"].format(rule=rule)


def _said(parts: dict[str, str], words: dict[str, str], language: str) -> str:
    said = _frequency(parts, words, language)
    if said and "BYMONTH" in parts:
        names = get_month_names(locale=_LOCALES[language])
        months = _listed([names[int(one)] for one in parts["BYMONTH"].split(",")], language)
        said += words["in_months"].format(months=months)
    return said


def _frequency(parts: dict[str, str], words: dict[str, str], language: str) -> str:
    count, frequency = int(parts.get("INTERVAL", "1")), parts.get("FREQ")
    choosing = set(parts) - {"FREQ", "INTERVAL", "WKST", "BYMONTH"}
    if frequency == "DAILY" and not choosing:
        return words["daily"] if count == 1 else words["each_days"].format(count=count)
    if frequency == "WEEKLY" and not choosing:
        return words["week"] if count == 1 else words["weeks"].format(count=count)
    if choosing == {"BYDAY"} and (frequency == "WEEKLY" or (frequency == "DAILY" and count == 1)):
        days = _weekdays(parts["BYDAY"], language)
        return words["weekly"].format(days=days) if count == 1 else words["each_weeks"].format(count=count, days=days)
    if frequency == "MONTHLY":
        said = _month(parts, choosing, words, language)
        if count == 1:
            return said
        return words["each_months"].format(count=count) + said if said and "BYMONTH" not in parts else ""
    if frequency != "YEARLY" or count > 1 or "BYSETPOS" in parts:
        return ""
    if "BYMONTH" in parts:
        return _month(parts, choosing, words, language)
    return "" if choosing else words["year"]


def _month(parts: dict[str, str], choosing: set[str], words: dict[str, str], language: str) -> str:
    named = parts.get("BYDAY", "")
    if choosing == {"BYMONTHDAY"}:
        return _month_days(parts["BYMONTHDAY"], words, language)
    if choosing == {"BYDAY", "BYSETPOS"} and (named in _DAYS or named == _WORKDAYS):
        days = words["workday"] if named == _WORKDAYS else _weekdays(named, language)
        return words["monthly_nth"].format(nth=_nth(parts["BYSETPOS"], words), days=days)
    if choosing == {"BYDAY"} and all(len(one) > 2 for one in named.split(",")):
        said = [
            words["nth_day"].format(nth=_nth(one[:-2], words), day=_weekdays(one[-2:], language))
            for one in named.split(",")
        ]
        return words["monthly_on"].format(days=_listed(said, language))
    return ""


def _month_days(text: str, words: dict[str, str], language: str) -> str:
    """Say days of a month by number; of one that not every month has, also that."""
    if text == "-1":
        return words["monthly_last"]
    days = [int(one) for one in text.split(",")]
    if min(days) < 1:
        return ""
    said = words["monthly_day" if max(days) <= _SHORTEST_MONTH else "monthly_day_if"]
    return said.format(days=_listed([str(day) for day in days], language))


def _nth(text: str, words: dict[str, str]) -> str:
    """
    Return "first" for "1", "last" for "-1".

    :raises LookupError: there is no word for it
    """
    names = words["nth"].split(",")
    place = int(text)
    if place != -1 and not 0 < place < len(names):
        raise LookupError(text)
    return names[-1] if place == -1 else names[place - 1]


def _weekdays(text: str, language: str) -> str:
    """
    Return the days' names.

    :raises ValueError: there is no such day
    """
    names = get_day_names("wide", locale=_LOCALES[language])
    return _listed([names[_DAYS.index(one)] for one in text.split(",")], language)


def _listed(items: Any, language: str) -> str:
    return str(format_list(list(items), locale=_LOCALES[language]))
