"""
Contracts in words: what a permission allows, when a cadence falls, in every language in which contracts are written.

These words are part of what is signed, so they stand here beside the texts and not in catalogues of translations, which change.
"""

from datetime import date
from typing import Any

from babel.dates import format_date, get_day_names, get_month_names
from babel.lists import format_list

LANGUAGES = {"en": "English", "zh-hans": "简体中文"}
_LOCALES = {"en": "en", "zh-hans": "zh_Hans"}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

PERMISSIONS: dict[str, dict[str, str]] = {
    "en": {
        "look": "look at the mall's back office",
        "content.edit": "write and change pages, pictures and posts, without publishing them",
        "content.publish": "publish pages and posts",
        "deals.draft": "prepare deals, without putting them on sale",
        "deals.publish": "put deals on sale that have passed their audit, and take them off",
        "deals.price": "change prices of deals, within the limits below",
        "promotions.manage": "make and stop promotion codes, within the limits below",
        "catalog.edit": "add and change products",
        "stores.edit": "change stores and their hours",
        "orders.view": "see orders, vouchers and sales",
        "refunds.decide": "decide about refunds, within the limits below",
        "members.message": "write to members who agreed to be written to",
        "theme.edit": "change the logo and the colours",
        "counter.redeem": "redeem vouchers at the counter",
    },
    "zh-hans": {
        "look": "查看商城后台",
        "content.edit": "撰写和修改页面、图片与内容，但不发布",
        "content.publish": "发布页面与内容",
        "deals.draft": "准备优惠套餐，但不上架",
        "deals.publish": "上架已通过审核的优惠套餐，以及下架",
        "deals.price": "在下述限额内修改优惠套餐价格",
        "promotions.manage": "在下述限额内创建和停止优惠码",
        "catalog.edit": "添加和修改商品",
        "stores.edit": "修改门店及营业时间",
        "orders.view": "查看订单、券码和销售额",
        "refunds.decide": "在下述限额内处理退款",
        "members.message": "向同意接收消息的会员发送消息",
        "theme.edit": "修改标志和配色",
        "counter.redeem": "在柜台核销券码",
    },
}
# The trade's four modules as they are seeded; what an agency wrote itself stands as it wrote it.
_NAMES = {
    "zh-hans": {
        "Social maintenance": "社交媒体维护",
        "Mall hosting": "商城托管",
        "Promotion": "推广",
        "Customer maintenance": "客户维护",
        "Write and publish a post": "撰写并发布内容",
        "Answer comments and messages": "回复评论和消息",
        "Note the week's followers and readers": "记录每周的关注与阅读数据",
        "Walk through the mall as a shopper": "以顾客身份巡查商城",
        "Refresh the deals": "更新优惠套餐",
        "Bring prices and products up to date": "更新价格与商品",
        "Change the look for the season": "按季节更换页面风格",
        "Draft a new deal": "策划新的优惠套餐",
        "Run a promotion": "开展促销活动",
        "Put up posters with the QR code": "张贴二维码海报",
        "Say what came of it": "说明活动效果",
        "Follow up complaints": "跟进投诉",
        "Visit or call guests who were let down": "回访不满意的顾客",
        "Write to the members": "致会员的信",
        "Prepare a gift for the festival": "准备节日礼物",
        "Invite last year’s guests": "邀请去年的顾客再来",
        "extra post": "增加一篇内容",
    }
}
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


def language_of(code: str) -> str:
    """Return the language in which a contract is written for a mall of a language: its own where there is a text, else English."""
    return code if code in LANGUAGES else "en"


def permission(key: str, language: str) -> str:
    """Return what a permission allows, as the contract says it; the key itself where no words are known."""
    return PERMISSIONS[language].get(key, key)


def named(name: str, language: str) -> str:
    """Return a module's or a task's name in the language, where it is one of the trade's own; else the name."""
    return _NAMES.get(language, {}).get(name, name)


def day(value: date, language: str) -> str:
    """Return a day as the language writes it in full."""
    return str(format_date(value, "long", locale=_LOCALES[language]))


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
