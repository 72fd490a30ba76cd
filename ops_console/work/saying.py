"""
When a cadence falls, in words, in every language in which contracts are written.

These words are part of what is signed, so they stand here and not in catalogues of translations, which change.
"""

from typing import Any

from babel.dates import get_day_names, get_month_names
from babel.lists import format_list

_LOCALES = {"en": "en", "zh-hans": "zh_Hans"}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
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
    """Return when a rule of RFC 5545 falls: "each Monday, Wednesday and Friday"; "" is once, at the start."""
    words = _WORDS[language]
    if not rule:
        return words["once"]
    parts = dict(part.split("=", 1) for part in rule.upper().split(";") if "=" in part)
    said = _frequency(parts, words, language) or words["rule"].format(rule=rule)
    if "BYMONTH" in parts:
        names = get_month_names(locale=_LOCALES[language])
        said += words["in_months"].format(
            months=_listed([names[int(one)] for one in parts["BYMONTH"].split(",")], language)
        )
    return said


def _frequency(parts: dict[str, str], words: dict[str, str], language: str) -> str:
    count = int(parts.get("INTERVAL", "1"))
    if parts.get("FREQ") == "MONTHLY":
        said = _month(parts, words, language)
        return words["each_months"].format(count=count) + said if said and count > 1 else said
    if parts.get("FREQ") == "WEEKLY" or (parts.get("FREQ") == "DAILY" and "BYDAY" in parts):
        if "BYDAY" not in parts:
            return words["week"] if count == 1 else words["weeks"].format(count=count)
        days = _weekdays(parts["BYDAY"], language)
        return words["weekly"].format(days=days) if count == 1 else words["each_weeks"].format(count=count, days=days)
    if parts.get("FREQ") == "YEARLY":
        return (
            _month(parts, words, language) if "BYMONTH" in parts and count == 1 else words["year"] if count == 1 else ""
        )
    if parts.get("FREQ") == "DAILY":
        return words["daily"] if count == 1 else words["each_days"].format(count=count)
    return ""


def _month(parts: dict[str, str], words: dict[str, str], language: str) -> str:
    if "BYMONTHDAY" in parts and "BYDAY" not in parts:
        if parts["BYMONTHDAY"] == "-1":
            return words["monthly_last"]
        return words["monthly_day"].format(days=_listed(parts["BYMONTHDAY"].split(","), language))
    named = parts.get("BYDAY", "")
    if "BYSETPOS" in parts:
        days = words["workday"] if named == "MO,TU,WE,TH,FR" else _weekdays(named, language)
        return words["monthly_nth"].format(nth=_nth(parts["BYSETPOS"], words), days=days)
    places = [one for one in named.split(",") if one[:-2].lstrip("-+").isdigit()]
    if places and len(places) == len(named.split(",")):
        said = [words["nth_day"].format(nth=_nth(one[:-2], words), day=_weekdays(one[-2:], language)) for one in places]
        return words["monthly_on"].format(days=_listed(said, language))
    return ""


def _nth(text: str, words: dict[str, str]) -> str:
    names = words["nth"].split(",")
    place = int(text)
    return names[-1] if place == -1 else names[place - 1] if 0 < place < len(names) else text


def _weekdays(text: str, language: str) -> str:
    names = get_day_names("wide", locale=_LOCALES[language])
    return _listed([names[_DAYS.index(one)] for one in text.split(",") if one in _DAYS], language)


def _listed(items: Any, language: str) -> str:
    return str(format_list(list(items), locale=_LOCALES[language]))
