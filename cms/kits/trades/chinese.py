"""
The starter kits in Simplified Chinese: the same looks, pictures and prices in other words.

A kit's streams are worded block by block, its deals by their slug; `Words` stand in the order of the deal's own rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.text import slugify

from cms.kits.shape import Kit, SampleDeal, Stream
from tenants.registry.models import Trade

from . import cinema, convenience, home, restaurant, salon

Block = Mapping[str, str]
_DEALS_LINK = {"link_label": "查看套餐"}
_WHERE: Block = {"heading": "门店地址"}
_COME: Block = {"heading": "欢迎光临"}


@dataclass(frozen=True)
class Words:
    """What a sample deal says."""

    title: str
    summary: str
    description: str
    category: str
    contents: tuple[str, ...]
    rules: tuple[tuple[str, str], ...] = ()


def worded(kit: Kit, *, tagline: str, home: Sequence[Block], about: Sequence[Block], deals: Mapping[str, Words]) -> Kit:
    """Return the kit in these words: `home` and `about` have one for each block, `deals` one for each slug."""
    return replace(
        kit,
        tagline=tagline,
        deals_intro="手机下单，到店出示券码即可使用。",
        home=_stream(kit.home, home),
        about=_stream(kit.about, about),
        deals=tuple(_deal(sample, deals[sample.slug]) for sample in kit.deals),
    )


def _stream(blocks: Stream, words: Sequence[Block]) -> Stream:
    return tuple((kind, {**value, **said}) for (kind, value), said in zip(blocks, words, strict=True))


def _deal(sample: SampleDeal, words: Words) -> SampleDeal:
    named = zip(words.contents, sample.contents, strict=True)
    contents: tuple[Any, ...] = tuple((name, quantity, worth) for name, (_english, quantity, worth) in named)
    if len(words.rules) != len(sample.rules):
        raise ValueError(f"{sample.slug} has {len(sample.rules)} rules")
    return replace(
        sample,
        title=words.title,
        summary=words.summary,
        description=words.description,
        category=words.category,
        category_slug=slugify(sample.category),
        contents=contents,
        rules=words.rules,
    )


RESTAURANT = worded(
    restaurant.KIT,
    tagline="每日现点现做",
    home=(
        {"heading": "{mall}，指尖订座", "text": "挑选套餐，手机支付，到店出示券码，其余交给后厨。"} | _DEALS_LINK,
        {"heading": "优惠套餐"},
        {
            "heading": "从后厨到餐桌",
            "text": "<p>{mall}的每一碗都是下单后现做。欢迎空腹而来，也欢迎呼朋唤友。有忌口请告诉我们，总能找到合您口味的。</p>",
        },
        _WHERE,
    ),
    about=(
        {
            "text": "<p>我们只做自己爱吃的菜，而且从头做起。午餐快，晚餐慢，茶总是先上桌。</p><p>生日聚会或公司聚餐，"
            "请提前联系我们，我们为您留桌。</p>"
        },
        _COME,
    ),
    deals={
        "two-noodle-bowls-with-tea": Words(
            "手工拉面双人套餐配茶",
            "牛肉汤或素汤任选，配溏心蛋，一壶茉莉花茶共享。",
            "<p>两大碗拉面，现拉现煮。每碗可选牛肉汤或素汤，都配溏心蛋。入座即上一壶茉莉花茶，可续一次。</p>",
            "午餐",
            ("大碗拉面", "茉莉花茶（壶）"),
            (("适用时段", "每天午餐和晚餐"), ("堂食", "仅限堂食，不可外带")),
        ),
        "dumpling-basket-for-the-table": Words(
            "蒸饺拼盘 24 只",
            "三种馅料，现蒸上桌，配两种蘸料，适合三至四人。",
            "<p>猪肉韭菜、鸡肉生姜、香菇各八只，连蒸笼上桌，配陈醋和辣油。</p>",
            "多人分享",
            ("三味蒸饺", "蘸料"),
            (("适用时段", "周一至周四"), ("过敏提示", "含小麦、大豆和芝麻")),
        ),
        "weekday-lunch-for-two": Words(
            "工作日双人午餐：拉面、蒸饺、小菜",
            "快捷又饱足：每人一碗面，共享蒸饺和一碟小菜。",
            "<p>十五分钟内上齐。每人一碗拉面，共享六只蒸饺和一碟当日小菜：拍黄瓜、花生或豆腐。</p>",
            "午餐",
            ("拉面", "蒸饺", "当日小菜"),
            (("适用时段", "周一至周五 11:30–14:30"), ("不适用", "法定节假日")),
        ),
        "noodle-class": Words(
            "拉面体验课：亲手拉一碗午餐",
            "在师傅的案板前学九十分钟，拉多少吃多少。",
            "<p>和面、醒面、折叠、拉抻，顺利的话能拉出 512 根。之后师傅下锅，大家一起坐下吃。围裙我们准备，请穿方便卷袖的衣服。</p>",
            "体验课",
            ("九十分钟课程", "亲手拉的午餐", "茶"),
            (("时间", "每周六 10:00"), ("年龄", "10 岁以上，需成人陪同")),
        ),
    },
)
SALON = worded(
    salon.KIT,
    tagline="美发美甲，无需久等",
    home=(
        {"heading": "请坐，剩下的交给我们", "text": "手机购买{mall}的服务，约好时间，到店出示券码。"} | _DEALS_LINK,
        {"heading": "{mall}本季推荐"},
        {
            "heading": "先听您说",
            "text": "<p>每次剪发都从十分钟的沟通开始，先不动剪刀。告诉我们您平时不打理时的发型，我们就按那样来剪。</p>",
        },
        _WHERE,
    ),
    about=(
        {
            "text": "<p>我们是一家小店，也乐于做小店：为您洗头的人也为您剪发，下次来还记得您。</p>"
            "<p>每个座位每小时只约一位顾客，不用等，也不赶时间。</p>"
        },
        _COME,
    ),
    deals={
        "cut-wash-and-blow-dry": Words(
            "洗剪吹套餐",
            "一小时专属服务，从沟通到定型。",
            "<p>沟通、洗发、修剪、吹干，洗发含头部按摩。长短发同价。</p>",
            "美发",
            ("发型沟通", "洗发和头部按摩", "修剪和吹干"),
            (("适用时段", "周二至周五"), ("取消", "请提前 24 小时；逾期视为已使用")),
        ),
        "manicure-with-polish": Words(
            "美甲护理，颜色任选",
            "修型、护理、上色，四十五分钟。本季新增六款颜色。",
            "<p>修型、浸泡、去死皮、手部按摩，再涂两层您选的颜色，离店时已全干。</p>",
            "美甲",
            ("手部护理", "甲油两层"),
            (("适用时段", "营业时间内均可"),),
        ),
        "three-blow-dries": Words(
            "洗吹三次卡，随时可用",
            "适合有婚礼的一周，也适合没有婚礼的三周。",
            "<p>每次洗发加吹干，约半小时。可自己用，也可送朋友：一张券含三次，由我们记次数。</p>",
            "美发",
            ("洗发和吹干",),
            (("适用时段", "周二至周四"),),
        ),
    },
)
CINEMA = worded(
    cinema.KIT,
    tagline="大银幕，好座位",
    home=(
        {"heading": "今晚，看场好电影", "text": "提前优惠购买{mall}的电影票，到售票处出示券码选座。"} | _DEALS_LINK,
        {"heading": "影票和小食"},
        _WHERE,
    ),
    about=({"text": "<p>灯光暗下，手机静音，音量调好：电影就该这样看。首场前半小时开门。</p>"}, _COME),
    deals={
        "two-tickets-and-popcorn": Words(
            "双人影票加大份爆米花",
            "任选影片、日期和空余座位。",
            "<p>观影当天到售票处凭券兑换两张影票。爆米花在柜台领取，甜味或咸味任选。</p>",
            "影票",
            ("电影票", "大份爆米花"),
            (("影片", "特别场次除外"), ("座位", "以现场余座为准")),
        ),
        "five-weekday-tickets": Words(
            "工作日影票五张",
            "周一至周四可看五部影片，独自或结伴都行。",
            "<p>一张券含五张影票，可一晚用完，也可每周用一张。</p>",
            "影票",
            ("工作日电影票",),
            (("适用时段", "周一至周四"), ("不适用", "法定节假日")),
        ),
    },
)
HOME = worded(
    home.KIT,
    tagline="工具、涂料，还有好帮手",
    home=(
        {"heading": "周末焕新，从这里开始", "text": "上门施工和自备材料都一口价。手机购买，其余由我们安排。"}
        | _DEALS_LINK,
        {"heading": "可预约的服务"},
        _WHERE,
    ),
    about=(
        {
            "text": "<p>买之前先问我们。宁可卖您一颗合适的螺丝，也不卖一盒用不上的。更适合由我们施工的，我们会直说并报价。</p>"
        },
        _COME,
    ),
    deals={
        "one-room-painted": Words(
            "单间墙面粉刷，20 ㎡ 以内",
            "四面墙刷两遍，地面铺保护膜，家具搬移复位。",
            "<p>上门测量并约定日期。含白色或十二种颜色的涂料，多数房间一天完工。</p>",
            "上门服务",
            ("油漆工一天", "涂料（两遍）"),
            (("服务范围", "门店 15 公里内"), ("天花板", "不含，可另行报价")),
        ),
        "an-hour-with-the-handyman": Words(
            "师傅上门一小时",
            "装层板、换灯具、修卡住的门：一小时内能做多少做多少。",
            "<p>请列好要做的事，师傅自带工具，从第一项做起。</p>",
            "上门服务",
            ("一小时工时", "上门费"),
            (("服务范围", "门店 15 公里内"), ("材料", "不含")),
        ),
    },
)
CONVENIENCE = worded(
    convenience.KIT,
    tagline="就在街角，夜里也开",
    home=(
        {"heading": "忘了买的，街角都有", "text": "手机购买{mall}的提篮套餐，下班路上来取。"} | _DEALS_LINK,
        {"heading": "随时自提"},
        _WHERE,
    ),
    about=({"text": "<p>早上有面包，半夜有牛奶，柜台后总有人知道电池放在哪里。</p>"}, _COME),
    deals={
        "supper-basket": Words(
            "双人晚餐提篮",
            "面包、奶酪、番茄、大葱和牛奶：煮个汤，烤片面包就是一餐。",
            "<p>早上打包，下午四点起至打烊前均可自提。</p>",
            "提篮",
            ("面包一个", "奶酪 200 克", "煮汤蔬菜", "牛奶 1 升"),
            (("自提时间", "16:00 起"), ("购物袋", "请自备")),
        ),
        "ten-coffees": Words(
            "外带咖啡十杯",
            "一张券，喝两个工作周。",
            "<p>机器现做的咖啡任选，可用自己的杯子，由我们记杯数。</p>",
            "咖啡",
            ("咖啡",),
        ),
    },
)
KITS: dict[str, Kit] = {
    Trade.RESTAURANT: RESTAURANT,
    Trade.SALON: SALON,
    Trade.CINEMA: CINEMA,
    Trade.HOME: HOME,
    Trade.CONVENIENCE: CONVENIENCE,
}
