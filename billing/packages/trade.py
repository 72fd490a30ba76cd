"""
The trade's four modules as they are seeded (`ops_console.work.seeding`), in every language in which contracts are written.

A module, a template and what is frozen of them in a contract keep one text. Whoever shows it asks `named`, so that a Chinese reader has
the trade's own words in Chinese and an English one has them in English, in whichever of the two they were frozen. These words are part of
what is signed, so they stand here and not in catalogues of translations, which change.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language

from saas.audit.phrases import Phrase, each

NAMES: dict[str, dict[str, str]] = {
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
        "Your official account and the like, kept alive every day: posts, answers, figures.": (
            "每天打理您的公众号等账号：内容、回复、数据。"
        ),
        "Your mall looked after: opening hours, prices, pictures and deals are right, every day.": (
            "每天照看您的商城：营业时间、价格、图片和套餐始终正确。"
        ),
        "Reasons to come now: deals, codes and posters, and what came of them.": "让顾客现在就来的理由：套餐、优惠码和海报，以及成效说明。",
        "Guests who were here come again: thanks, apologies, invitations, gifts at festivals.": (
            "让来过的顾客再来：致谢、致歉、邀请和节日礼物。"
        ),
        "It says one thing, in the shop's own words": "只讲一件事，用店家自己的话",
        "Prices and dates are those of the mall": "价格和日期与商城一致",
        "The link opens on a phone": "链接能在手机上打开",
        "Nothing older than a day is unanswered": "没有超过一天未回复的内容",
        "Complaints were passed on to the shop": "投诉已转达店家",
        "Followers": "关注人数",
        "Readers of each post": "每篇内容的阅读数",
        "Home page and deals open": "首页和套餐页能打开",
        "A deal can be bought up to the payment page": "套餐可以一直购买到付款页",
        "Opening hours are today's": "营业时间与今日相符",
        "Deals that end within two weeks have a successor": "两周内结束的套餐已有接续",
        "Pictures are from this season": "图片是本季的",
        "Rules fit on a phone's screen": "规则在手机屏幕上放得下",
        "The shop's price list was asked for": "已向店家索取价目表",
        "Sold-out products are hidden": "售罄商品已隐藏",
        "Colours can be read": "配色清晰可读",
        "Seen on a phone": "已在手机上查看",
        "Capacity and margin were computed": "已测算接待能力和毛利",
        "Field visit within three months": "三个月内做过实地走访",
        "Ends before the next high season": "在下一个旺季之前结束",
        "Budget and limits are set": "已设定预算和限额",
        "It ends within the month": "当月内结束",
        "At the door and at the till": "贴在门口和收银台",
        "The code was scanned with two phones": "已用两部手机扫码验证",
        "Orders, redemptions and second visits": "订单、核销和二次到店",
        "What to do next week": "下周做什么",
        "Each complaint has an answer within a day": "每条投诉一天内有答复",
        "What the shop has to change was told to it": "已告知店家需要改进之处",
        "Guests were chosen with the shop": "已与店家一起选定顾客",
        "What was promised stands in the note": "承诺的内容写在备注里",
        "Only to who agreed": "只发给同意接收的人",
        "One reason to come, one link": "一个到店理由，一个链接",
        "Budget agreed with the shop": "预算已与店家商定",
        "Gifts counted": "已清点礼物",
        "The list was read with the shop": "名单已与店家一起核对",
        "readers": "阅读数",
        "visits": "访问数",
        "answers": "回复数",
        "complaints": "投诉数",
        "followers": "关注数",
        "orders": "订单数",
        "redemptions": "核销数",
        "second visits": "二次到店数",
        "codes used": "优惠码使用数",
        "scans": "扫码数",
        "answered": "已答复数",
        "came again": "再次到店数",
        "sent": "发送数",
        "gifts": "礼物数",
        "invited": "邀请数",
        "came": "到店数",
    }
}
_SOURCE = {name: text for names in NAMES.values() for text, name in names.items()}


_LINE = re.compile(r"(?P<many>\d+ × )(?P<name>.+?)(?P<price>(?: \(at .+\))?)")


def named(text: str, language: str = "") -> str:
    """Return a text of the trade's own in a language, the active one by default; what an agency wrote itself stands as it was written."""
    source = _SOURCE.get(text, text)
    return NAMES.get(language or get_language() or "", {}).get(source, source)


def line(description: str) -> str:
    """Return an invoice's line in the active language, "1 × Promotion (at $9.00 / month)" as Stripe writes it, however it was billed."""
    found = _LINE.fullmatch(description)
    if not found:
        return named(description)
    return found["many"] + ": ".join(named(part) for part in found["name"].split(": ")) + found["price"]


def worded(item: Mapping[str, Any], language: str) -> dict[str, Any]:
    """
    Return a subscription's item with its module and unit named in a language, as its invoices say it.

    `language` stands in the item where that is not the trade's first one: at Stripe such a price is another, whose product has that name.
    """
    texts = {name: item[name] for name in ("module", "unit_name") if item.get(name)}
    said, source = ({name: named(text, code) for name, text in texts.items()} for code in (language, "en"))
    return {**item, **said, **({"language": language} if said != source else {})}


def told(text: str) -> Phrase | str:
    """Return a text for the trail: worded for its reader where it is the trade's own."""
    is_known = text in _SOURCE or any(text in names for names in NAMES.values())
    return each(lambda: named(text)) if is_known else text
