"""
Contracts in words: what a permission allows, in every language in which contracts are written; cadences as the work says them.

These words are part of what is signed, so they stand here beside the texts and not in catalogues of translations, which change.
"""

from datetime import date

from babel.dates import format_date

from billing.packages.trade import named
from ops_console.work.cadence import Policy
from ops_console.work.saying import cadence

__all__ = ["cadence", "day", "language_of", "named", "permission", "when"]

LANGUAGES = {"en": "English", "zh-hans": "简体中文"}
_LOCALES = {"en": "en", "zh-hans": "zh_Hans"}

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

# What becomes of a day's work that is a public holiday where the mall is.
HOLIDAYS = {
    "en": {Policy.SKIP: " (left out on public holidays)", Policy.MOVE: " (on a public holiday: on the next free day)"},
    "zh-hans": {Policy.SKIP: "（遇公共假日不做）", Policy.MOVE: "（遇公共假日顺延至下一个空闲日）"},
}


def when(rule: str, holidays: str, language: str) -> str:
    """Return when a clause's work falls, with what becomes of it on public holidays."""
    return cadence(rule, language) + (HOLIDAYS[language].get(Policy(holidays), "") if rule else "")


def language_of(code: str) -> str:
    """Return the language in which a contract is written for a mall of a language: its own where there is a text, else English."""
    return code if code in LANGUAGES else "en"


def permission(key: str, language: str) -> str:
    """Return what a permission allows, as the contract says it; the key itself where no words are known."""
    return PERMISSIONS[language].get(key, key)


def day(value: date, language: str) -> str:
    """Return a day as the language writes it in full."""
    return str(format_date(value, "long", locale=_LOCALES[language]))
