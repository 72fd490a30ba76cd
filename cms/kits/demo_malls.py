"""What the demo malls are made of, beyond their trades' kits. People, streets and numbers are made up."""

from dataclasses import dataclass
from typing import Any

from .shape import Stream


def _open(days: str, *pairs: list[str]) -> dict[str, list[list[str]]]:
    """Return the same hours for several days."""
    return {day: list(pairs) for day in days.split()}


@dataclass(frozen=True)
class Person:
    """Somebody who works in the mall, with a role."""

    name: str
    email: str
    role: str


@dataclass(frozen=True)
class DemoMall:
    """A demo mall. `stores` are fields of Store; `home` and `about` replace the kit's streams, with its pictures."""

    slug: str
    name: str
    trade: str
    owner: Person
    staff: tuple[Person, ...]
    tagline: str
    email: str
    phone: str
    stores: tuple[dict[str, Any], ...]
    home: Stream
    about: Stream
    time_zone: str = "America/Los_Angeles"
    currency: str = "usd"
    language: str = "en"
    has_logo: bool = True


RIVERSIDE = DemoMall(
    slug="riverside",
    name="Riverside Noodles",
    trade="restaurant",
    owner=Person("Alma", "alma@riverside.example", "Owner"),
    staff=(Person("Bo", "bo@riverside.example", "Clerk"), Person("Dan", "dan@riverside.example", "Editor")),
    tagline="Hand-pulled noodles by the river",
    email="hello@riverside.example",
    phone="+19515550142",
    stores=(
        {
            "name": "Mill Lane",
            "street": "4 Mill Lane",
            "district": "Old Town",
            "city": "Riverside",
            "postcode": "92501",
            "phone": "+19515550142",
            "latitude": "33.982500",
            "longitude": "-117.373800",
            "hours": {
                **_open("tue wed thu", ["11:30", "14:30"], ["17:00", "21:30"]),
                **_open("fri sat", ["11:30", "22:30"]),
                **_open("sun", ["11:30", "21:00"]),
            },
            "directions": "The red door under the lanterns, between the bookbinder and the bakery.",
            "position": 0,
        },
        {
            "name": "Station Road",
            "street": "88 Station Road",
            "district": "Eastside",
            "city": "Riverside",
            "postcode": "92507",
            "phone": "+19515550187",
            "latitude": "33.975900",
            "longitude": "-117.369600",
            "hours": {**_open("mon tue wed thu fri", ["07:30", "20:30"]), **_open("sat", ["10:00", "20:30"])},
            "directions": "Two minutes from platform 1, ground floor of the clock house.",
            "position": 1,
        },
    ),
    home=(
        (
            "hero",
            {
                "heading": "Noodles pulled while you watch",
                "text": "Buy lunch for less before you come: pay on your phone, show the code at the counter, sit "
                "down.",
                "picture": "picture:noodle-counter",
                "link_label": "See the deals",
                "link_page": None,
            },
        ),
        (
            "notice",
            {
                "kind": "info",
                "title": "Breakfast at Station Road",
                "text": "From half past seven on weekdays: rice porridge, tea eggs and the first bowls of the day.",
            },
        ),
        ("deals", {"heading": "On the stove now", "show": "latest", "count": 6, "chosen": []}),
        (
            "picture_text",
            {
                "heading": "Nine folds, 512 strands",
                "text": "<p>Every bowl starts as one piece of dough, rested overnight. Alma folds and pulls it nine "
                "times, and counts: after the ninth fold there are 512 noodles in her hands. They cook in forty "
                "seconds.</p><p>If you would rather pull them yourself, the noodle class is on Saturday "
                "mornings.</p>",
                "picture": "picture:pulling-noodles",
                "side": "end",
            },
        ),
        ("stores", {"heading": "Two kitchens, one broth", "text": ""}),
    ),
    about=(
        (
            "picture_text",
            {
                "heading": "A small shop that became two",
                "text": "<p>Alma opened on Mill Lane with six stools and one pot. The pot is still there. The broth "
                "in it is made every night and runs out every day, which is how we know that it is "
                "fresh.</p><p>Station Road came later, for people with a train to catch. The menu is shorter there "
                "and the noodles are the same.</p>",
                "picture": "picture:steaming-pot",
                "side": "start",
            },
        ),
        (
            "text",
            (
                "<h2>What is in it</h2><p>Flour, water, salt, and time. The beef broth has beef; the vegetable "
                "broth has none, and neither does the pot that it is cooked in. Tell us about allergies: we cook to "
                "order and can leave things out.</p>"
            ),
        ),
        (
            "notice",
            {
                "kind": "success",
                "title": "Large tables",
                "text": "From eight people on, write to us a day ahead and we push the tables together.",
            },
        ),
        ("stores", {"heading": "Come by", "text": ""}),
    ),
)

HILLSIDE = DemoMall(
    slug="hillside",
    name="Hillside Salon",
    trade="salon",
    owner=Person("Cleo", "cleo@hillside.example", "Owner"),
    staff=(),
    tagline="Hair and nails on the hill",
    email="hello@hillside.example",
    phone="+19515550163",
    stores=(
        {
            "name": "Hillside Salon",
            "street": "12 Orange Terrace",
            "district": "Hillside",
            "city": "Riverside",
            "postcode": "92506",
            "phone": "+19515550163",
            "latitude": "33.948200",
            "longitude": "-117.388600",
            "hours": {**_open("tue wed fri sat", ["10:00", "19:00"]), **_open("thu", ["12:00", "21:00"])},
            "directions": "Up the stairs beside the florist; there is a lift at the back.",
            "position": 0,
        },
    ),
    home=(
        (
            "hero",
            {
                "heading": "One chair, one hour, all yours",
                "text": "Buy your visit on your phone, call to find a time, and show your voucher when you come up "
                "the hill.",
                "picture": "picture:mirror-and-chair",
                "link_label": "See the deals",
                "link_page": None,
            },
        ),
        ("deals", {"heading": "This season", "show": "latest", "count": 6, "chosen": []}),
        (
            "picture_text",
            {
                "heading": "We listen first",
                "text": "<p>Every cut begins with ten minutes in the chair and no scissors. Tell Cleo how you wear "
                "your hair on a bad day; that is the one she cuts for.</p>",
                "picture": "picture:scissors-and-comb",
                "side": "end",
            },
        ),
        ("stores", {"heading": "Up the hill", "text": ""}),
    ),
    about=(
        (
            "picture_text",
            {
                "heading": "Small on purpose",
                "text": "<p>There are two chairs, and on most days only one is taken. Whoever washes your hair also "
                "cuts it, and remembers you the next time.</p><p>On Thursdays we stay late for people who work.</p>",
                "picture": "picture:wash-basin",
                "side": "start",
            },
        ),
        ("stores", {"heading": "Come by", "text": ""}),
    ),
)

NANMEN = DemoMall(
    slug="nanmen-teahouse",
    name="南门茶馆",
    trade="restaurant",
    owner=Person("Lin Wei", "lin@nanmen-teahouse.example", "Owner"),
    staff=(),
    tagline="南门里的一碗面、一壶茶",
    email="hello@nanmen-teahouse.example",
    phone="+862887550126",
    stores=(
        {
            "name": "南门店",
            "street": "南门巷 26 号",
            "district": "老城区",
            "city": "成都",
            "postcode": "610041",
            "phone": "+862887550126",
            "latitude": "30.642100",
            "longitude": "104.063900",
            "hours": {
                **_open("mon tue wed thu", ["10:30", "14:30"], ["17:00", "21:30"]),
                **_open("fri sat sun", ["10:30", "22:30"]),
            },
            "directions": "进巷口第三家，门前有一棵银杏树。",
            "position": 0,
        },
    ),
    home=(
        (
            "hero",
            {
                "heading": "南门里的一碗面、一壶茶",
                "text": "手机下单更优惠，到店出示券码，入座开吃。",
                "picture": "picture:noodle-counter",
                "link_label": "查看套餐",
                "link_page": None,
            },
        ),
        ("deals", {"heading": "本周套餐", "show": "latest", "count": 6, "chosen": []}),
        (
            "picture_text",
            {
                "heading": "九折拉面，五百一十二根",
                "text": "<p>面团隔夜醒好，折九次、拉九次，手里就有五百一十二根面，下锅四十秒。</p>"
                "<p>想自己试试？周六上午有拉面体验课。</p>",
                "picture": "picture:pulling-noodles",
                "side": "end",
            },
        ),
        ("stores", {"heading": "到店路线", "text": ""}),
    ),
    about=(
        (
            "picture_text",
            {
                "heading": "巷子里的小店",
                "text": "<p>开张时只有六张凳子和一口锅，锅还在。每晚熬汤，每天卖完，所以总是新鲜的。</p>",
                "picture": "picture:steaming-pot",
                "side": "start",
            },
        ),
        ("stores", {"heading": "欢迎光临", "text": ""}),
    ),
    time_zone="Asia/Shanghai",
    currency="cny",
    language="zh-hans",
    has_logo=False,
)

MALLS = (RIVERSIDE, HILLSIDE, NANMEN)
