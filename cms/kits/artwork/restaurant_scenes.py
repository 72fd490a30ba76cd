"""Pictures for restaurants, seen from the side: the kitchen, the counter and the lane."""

from cms.kits.artwork.palette import RESTAURANT as P
from cms.kits.artwork.shapes import (
    dice,
    disc,
    form,
    glow,
    group,
    lantern,
    line,
    mirror,
    move,
    oval,
    rect,
    ring,
    sheet,
    steam,
    tiles,
    window,
)

# A drawing reads as a list of shapes, back to front.
# fmt: off

SKIN, SKIN_SHADE = "#e0a273", "#c58557"


def lamp(x: float, y: float, size: float = 1) -> str:
    """A hanging lamp whose cord comes from above; x,y is the rim's middle."""
    return move(
        x, y, rect(-3, -900, 6, 830, "#14121d"), form("M-96 0C-90 -56 -46 -84 0 -84C46 -84 90 -56 96 0z", P.base),
        form("M-96 0C-90 -56 -46 -84 0 -84C-30 -70 -58 -46 -60 0z", P.light, opacity=0.7),
        rect(-16, -100, 32, 20, P.dark, rx=4), oval(0, 0, 96, 15, P.dark), oval(0, 2, 74, 10, P.lamp), size=size,
    )


def stacked_bowls(x: float, y: float, count: int, size: float = 1) -> str:
    """Bowls in a pile, standing on y."""
    one = group(
        form("M-74 -52H74C72 -14 46 0 30 0H-30C-46 0 -72 -14 -74 -52z", P.cream), rect(-74, -52, 148, 12, P.base),
        rect(-28, -4, 56, 8, "#dcc495"), form("M20 -40C16 -14 0 -2 -10 0H30C46 0 72 -14 74 -40z", "#e9d3a0"),
    )
    return move(x, y, *(move(0, -i * 24, one) for i in range(count)), size=size)


def steaming_pot() -> str:
    """A clay pot on the stove, lid ajar."""
    wall = "".join(
        rect(i * 104 - 60 + (52 if j % 2 else 0), j * 76 - 20, 96, 68, P.dusk, rx=4)
        for i in range(13) for j in range(8)
    )
    flames = "".join(
        form(f"M{420 + i * 60} 742c-26 -34 4 -52 8 -84c26 26 34 58 12 84z", colour)
        for i, colour in enumerate((P.light, P.lamp, P.light, P.lamp, P.light, P.lamp, P.light))
    )
    pot = group(
        oval(600, 716, 330, 22, "#000", opacity=0.3),
        form("M276 452H924C922 600 850 712 720 716H480C350 712 278 600 276 452z", P.base),
            form("M700 452H924C922 600 850 712 720 716H620C720 690 716 560 700 452z", P.dark),
        form("M300 500C306 570 330 630 362 664C340 610 332 556 332 500z", P.light, opacity=0.8),
        mirror(600, form("M292 492C210 470 196 560 300 580L298 552C246 548 252 510 294 520z", P.dark)),
        rect(250, 426, 700, 40, P.light, rx=20), rect(250, 446, 700, 20, P.base, rx=10),
        line("M360 590C420 560 440 620 500 590S580 620 640 590S720 620 780 590S850 600 862 590", P.lamp, 9,
            opacity=0.9),
    )
    lid = move(
        640, 400, form("M-330 10C-300 -96 -120 -136 0 -136C120 -136 300 -96 330 10z", P.light),
        form("M40 -135C160 -130 306 -90 330 10H200C190 -60 130 -110 40 -135z", P.base),
        rect(-340, 0, 680, 26, P.base, rx=13), rect(-34, -164, 68, 34, P.dark, rx=14), turn=8,
    )
    return sheet(
        rect(0, 0, 1200, 900, "#2a2740"), wall, glow(600, 330, 540, P.lamp, 0.12), lamp(240, 150, 0.9),
        lamp(960, 150, 0.9), rect(0, 250, 250, 16, P.wood), stacked_bowls(92, 250, 4),
        rect(950, 250, 250, 16, P.wood), stacked_bowls(1100, 250, 3),
        steam(420, 350, 330, P.cream, width=26, opacity=0.5), steam(310, 370, 260, P.cream, width=20, opacity=0.35),
        steam(540, 300, 290, P.cream, width=24, opacity=0.4), steam(760, 270, 240, P.cream, width=20, opacity=0.35),
        group(lid, pot, transform="translate(0 -44)"), flames, rect(0, 760, 1200, 140, P.wood_dark),
        rect(0, 742, 1200, 30, "#14121d"), rect(400, 722, 400, 24, "#14121d", rx=6),
        *(disc(x, 836, 30, P.dusk) + rect(x - 4, 812, 8, 26, P.lamp, rx=4) for x in (300, 440, 760, 900)),
        ground="#2a2740",
    )


def _fist() -> str:
    """A closed hand that holds strands below it, drawn around 0,0; the arm goes up."""
    fingers = "".join(rect(-62 + i * 30, -12, 30, 66, SKIN if i % 2 else "#e8ad80", rx=15) for i in range(4))
    return group(
        rect(-58, -60, 118, 76, SKIN, rx=34), fingers,
        form("M-74 -24C-96 -4 -84 36 -56 34C-40 30 -46 4 -52 -20z", SKIN_SHADE),
    )


def _cook() -> str:
    """The cook with the noodles between the hands; the head is above the picture's edge."""
    strands = []
    for i in range(13):
        low = 560 + i * 17
        colour = (P.cream, "#f3d9a4", "#e6c588")[i % 3]
        strands.append(
            line(
                f"M{296 + i * 5} {378 - i * 1.5:.0f}C{360 + i * 10} {low} {840 - i * 10} {low} {904 - i * 5} "
                f"{378 - i * 1.5:.0f}",
                colour, 12,
            ),
        )
    sleeve = form("M452 150C360 170 270 210 214 262L300 356C360 310 430 292 486 286z", P.cream) + form(
        "M214 262L300 356L322 338L240 242z", P.light
    )
    return group(
        form(
            "M424 990C416 640 410 360 440 190C470 120 530 84 600 84C670 84 730 120 760 190C790 360 784 640 776 990z",
            P.cream,
        ),
        form("M600 84C670 84 730 120 760 190C790 360 784 640 776 990H660C690 600 690 300 600 84z", "#ecd6a8"),
        form("M540 70H660V150L600 210L540 150z", SKIN),
        form("M540 84L600 200L660 84L700 116L610 250H590L500 116z", P.base),
        form("M476 330H724C744 520 740 720 730 990H470C460 720 456 520 476 330z", P.base),
        form("M640 330H724C744 520 740 720 730 990H640z", P.dark), rect(470, 470, 262, 16, P.dark),
        rect(540, 560, 120, 96, P.light, rx=10), mirror(600, sleeve), mirror(600, move(286, 352, _fist(), turn=28)),
        group(*strands), mirror(600, move(286, 352, _fist(), turn=28)), transform="translate(0 -84)",
    )


def pulling_noodles() -> str:
    """A cook pulls noodles between two hands."""
    dust = dice(5)
    return sheet(
        rect(0, 0, 1200, 900, P.night), glow(600, 300, 560, P.lamp, 0.12),
        *(
            rect(60 + i * 190, 40, 130, 12, P.wood) + "".join(
                rect(
                    74 + i * 190 + j * 38, 52 - 0, 26, 74 + (i * 7 + j * 13) % 30,
                    (P.base, P.cream, P.leaf)[(i + j) % 3], rx=5, opacity=0.55,
                )
                for j in range(3)
            )
            for i in (0, 5)
        ),
        lamp(130, 250, 0.8), lamp(1070, 250, 0.8), _cook(),
        rect(0, 800, 1200, 100, P.wood),
        rect(0, 800, 1200, 14, "#6b483c"), oval(600, 812, 360, 22, P.cream, opacity=0.85),
        oval(330, 822, 160, 12, P.cream, opacity=0.6),
        *(
            disc(dust.randrange(220, 980), dust.randrange(640, 800), dust.choice((3, 4, 6)), P.cream, opacity=0.7)
            for _ in range(40)
        ),
        move(
            1050, 802, form("M-90 -74H90C84 -20 60 0 40 0H-40C-60 0 -84 -20 -90 -74z", P.dusk),
            oval(0, -76, 90, 22, "#fff4dc"),
        ),
        move(
            150, 806, rect(-70, -40, 190, 40, "#d7ac6b", rx=20), rect(-104, -30, 60, 20, "#b4864a", rx=10),
            rect(96, -30, 60, 20, "#b4864a", rx=10),
        ),
        ground=P.night,
    )


def _person(x: float, y: float, colour: str, size: float = 1) -> str:
    """Somebody at a table, as a plain silhouette; y is the table's height."""
    return move(
        x, y, disc(0, -112, 34, colour), form("M-62 0C-62 -56 -40 -76 0 -76C40 -76 62 -56 62 0z", colour), size=size,
    )


def shop_front() -> str:
    """The shop at dusk, seen from across the lane."""
    inside = rect(200, 372, 330, 360, P.lamp) + rect(670, 372, 330, 250, P.lamp)
    stool = group(
        rect(-44, -66, 88, 16, P.base, rx=6), rect(-36, -52, 10, 52, P.dark), rect(26, -52, 10, 52, P.dark),
        rect(-36, -26, 72, 8, P.dark),
    )
    reflections = "".join(
        rect(x, 800 + i * 17 % 70, w, 7, colour, rx=3, opacity=0.4)
        for i, (x, w, colour) in enumerate(
            (
                (150, 210, P.lamp), (260, 120, P.light), (430, 160, P.lamp), (620, 110, P.light), (700, 240, P.lamp),
                (860, 150, P.base), (330, 90, P.base), (980, 120, P.lamp), (60, 90, P.light), (560, 80, P.lamp),
            ),
        )
    )
    return sheet(
        rect(0, 0, 1200, 900, "#3a3556"), disc(1010, 96, 58, P.cream, opacity=0.9), disc(1036, 82, 52, "#3a3556"),
        *(
            disc(x, y, 3, P.cream, opacity=0.8)
            for x, y in ((120, 60), (300, 34), (470, 90), (720, 44), (860, 110), (610, 26), (1130, 190))
        ),
        rect(0, 210, 120, 560, "#2b2743"), rect(1080, 250, 120, 520, "#2b2743"),
        window(24, 330, (62, 90), frame="#211e35", light="#d79a45", bars=2),
        window(1112, 360, (60, 84), frame="#211e35", light="#d79a45", bars=2), rect(110, 300, 980, 472, P.wood),
        rect(110, 300, 980, 40, P.wood_dark), inside, glow(600, 470, 430, P.lamp, 0.1), _person(300, 664, P.dark),
        _person(428, 664, P.wood_dark), rect(210, 660, 310, 16, P.wood_dark), _person(800, 616, P.dark, 0.96),
        form("M880 616v-52h70v52z", P.base), steam(914, 548, 90, P.cream, width=9),
        *(rect(x, 372, 8, 360, P.wood_dark) for x in (200, 362, 522)), rect(200, 470, 330, 8, P.wood_dark),
        *(rect(x, 372, 8, 250, P.wood_dark) for x in (670, 832, 992)), rect(670, 450, 330, 8, P.wood_dark),
        rect(650, 620, 370, 22, P.cream), rect(662, 642, 346, 118, P.base),
        *(rect(662 + i * 58, 642, 29, 118, P.dark, opacity=0.45) for i in range(6)),
        rect(548, 372, 104, 400, "#2a1a1c"), rect(560, 384, 80, 388, "#c9812f"), rect(560, 700, 80, 72, "#a5642a"),
        form("M552 372h96v104q-24 -16 -48 0q-24 -16 -48 0z", P.base), line("M600 372v98", P.dark, 4),
        form("M70 214H1130L1170 300H30z", "#221f33"), tiles(40, 280, 1120, 2, ("#2b2740", "#3d3858")),
        rect(60, 204, 1080, 18, "#14121d", rx=8), rect(360, 150, 480, 118, P.dark, rx=8),
        rect(372, 162, 456, 94, P.base, rx=6), move(470, 210, noodle_glyph(P.cream), size=0.62),
        rect(546, 192, 220, 14, P.cream, rx=7), rect(546, 220, 150, 12, P.lamp, rx=6),
        lantern(170, 400, 1.1, P.tones, P.night), lantern(1042, 400, 1.1, P.tones, P.night),
        rect(0, 770, 1200, 130, "#26233a"), rect(0, 770, 1200, 10, "#171523"), reflections, move(740, 792, stool),
        move(860, 796, stool), move(980, 792, stool),
        move(
            132, 790, rect(-44, -60, 88, 64, P.dark, rx=8), disc(-20, -92, 40, P.leaf), disc(24, -100, 46, "#5b7a47"),
            disc(0, -126, 36, "#7fa163"),
        ),
        ground="#3a3556",
    )


def noodle_glyph(colour: str) -> str:
    """A bowl with two curls of steam around 0,0: the sign's picture."""
    return group(
        form("M-70 -6H70C68 40 40 60 24 62H-24C-40 60 -68 40 -70 -6z", colour), rect(-84, -14, 168, 16, colour, rx=8),
        steam(-22, -24, 56, colour, width=10, opacity=1), steam(24, -24, 56, colour, width=10, opacity=1),
    )


def tea_set() -> str:
    """A teapot and two cups before a round window."""
    cup = group(
        oval(0, 2, 84, 12, "#000", opacity=0.25),
        form("M-66 -72H66C64 -22 40 0 24 0H-24C-40 0 -64 -22 -66 -72z", P.cream),
        form("M20 -72H66C64 -22 40 0 24 0H0C24 -16 26 -44 20 -72z", "#e9d3a0"), oval(0, -72, 66, 14, "#fff6e2"),
        oval(0, -70, 54, 10, "#b9843c"),
    )
    pot = group(
        oval(0, 4, 270, 22, "#000", opacity=0.3), form("M-150 -196C-330 -220 -330 -20 -168 -46L-160 -76C-264 -58 "
            "-262 -172 -160 -160z", P.dark),
        form("M156 -120C240 -130 236 -214 290 -226L326 -206C300 -180 300 -60 170 -46z", P.base),
            form("M-190 -110C-190 -210 -110 -246 0 -246C110 -246 190 -210 190 -110C190 -30 120 0 60 0H-60C-120 0 "
                "-190 -30 -190 -110z", P.base),
        form("M40 -244C130 -236 190 -200 190 -110C190 -30 120 0 60 0H10C110 -40 130 -170 40 -244z", P.dark),
            form("M-160 -120C-160 -170 -130 -202 -96 -214C-124 -180 -134 -130 -130 -84C-150 -90 -160 -104 -160 -120z",
                P.light),
        oval(0, -240, 104, 22, P.dark), form("M-92 -244C-84 -286 -40 -298 0 -298C40 -298 84 -286 92 -244z", P.light),
            disc(0, -312, 24, P.lamp), line("M-100 -60C-40 -30 40 -30 100 -60", P.lamp, 8, opacity=0.8),
    )
    lattice = "".join(rect(600 + i * 92 - 5, 40, 10, 640, P.wood_dark) for i in range(-3, 4)) + "".join(
        rect(280, 360 + j * 92 - 5, 640, 10, P.wood_dark) for j in range(-3, 4)
    )
    return sheet(
        rect(0, 0, 1200, 900, P.dusk), disc(600, 352, 330, P.wood_dark),
        '<clipPath id="moon"><circle cx="600" cy="352" r="300"/></clipPath>',
        group(
            rect(280, 40, 640, 640, "#5b5480"), disc(720, 240, 90, P.cream),
            form("M280 520C380 420 440 470 520 430C620 380 700 470 940 400V700H280z", "#3a3556"),
            form("M280 580C420 500 560 560 660 520C780 480 840 540 940 500V700H280z", "#2b2743"), lattice,
            clip_path="url(#moon)",
        ),
        ring(600, 352, 314, P.wood, 30), glow(560, 560, 420, P.lamp, 0.1), lantern(130, 210, 1.5, P.tones, P.night),
        lantern(1072, 210, 1.5, P.tones, P.night), rect(0, 740, 1200, 160, P.wood), rect(0, 740, 1200, 16, "#6b483c"),
        rect(170, 716, 860, 34, P.wood_dark, rx=12), rect(190, 706, 820, 22, "#8a5c43", rx=10), move(440, 708, pot),
        move(848, 708, cup), move(992, 708, cup), steam(848, 616, 150, P.cream, width=14),
        steam(992, 616, 120, P.cream, width=12, opacity=0.4),
        move(
            285, 836, oval(0, 0, 74, 14, "#000", opacity=0.2),
            form("M-60 -8C-20 -60 50 -50 70 -6C20 14 -20 12 -60 -8z", P.leaf),
            line("M-50 -8C0 -26 30 -26 62 -8", "#b7cf93", 4),
        ),
        ground=P.dusk,
    )


def noodle_counter() -> str:
    """The counter inside, with stools and hanging lamps."""
    stool = group(
        rect(-66, 0, 132, 26, P.base, rx=12), rect(-66, 12, 132, 14, P.dark, rx=7),
        form("M-46 26H-26L-40 220H-64z", "#14121d"), form("M46 26H26L40 220H64z", "#14121d"),
        rect(-52, 130, 104, 12, "#14121d"),
    )
    board = "".join(
        rect(120 + i * 168, 110, 128, 190, P.cream, rx=4) + rect(120 + i * 168, 110, 128, 20, P.base, rx=4) + "".join(
            rect(144 + i * 168 + j * 30, 150, 16, 60 + (i * 31 + j * 47) % 70, P.wood_dark, rx=4)
            for j in range(3)
        )
        for i in range(6)
    )
    return sheet(
        rect(0, 0, 1200, 900, P.night), rect(0, 60, 1200, 430, P.wood_dark),
        *(rect(0, 60 + i * 62, 1200, 4, "#382019") for i in range(7)), board, rect(0, 350, 1200, 16, P.wood),
        stacked_bowls(120, 350, 3, 0.9), stacked_bowls(1076, 350, 4, 0.9),
        *(
            rect(250 + i * 50, 290 - i % 3 * 12, 34, 60 + i % 3 * 12, (P.base, P.leaf, P.lamp, P.light)[i % 4], rx=8)
            for i in range(5)
        ),
        *(
            rect(700 + i * 52, 296 - i % 2 * 16, 36, 54 + i % 2 * 16, (P.light, P.cream, P.base)[i % 3], rx=8)
            for i in range(5)
        ),
        glow(300, 330, 300, P.lamp, 0.1), glow(600, 330, 300, P.lamp, 0.1), glow(900, 330, 300, P.lamp, 0.1),
        lamp(300, 232), lamp(600, 232), lamp(900, 232), rect(0, 520, 1200, 40, "#8a5c43"),
        rect(0, 520, 1200, 10, "#a9745a"), rect(0, 560, 1200, 340, P.wood),
        *(rect(i * 100, 560, 5, 340, P.wood_dark) for i in range(13)), rect(0, 560, 1200, 26, "#000", opacity=0.2),
        *(
            move(
                x, 522, form("M-92 -84H92C90 -24 60 0 36 0H-36C-60 0 -90 -24 -92 -84z", P.base),
                form("M30 -84H92C90 -24 60 0 36 0H10C34 -20 36 -54 30 -84z", P.dark), oval(0, -84, 92, 20, P.cream),
                oval(0, -82, 78, 14, "#dd9140"), line("M-50 -84q20 -12 40 0t40 0", P.cream, 7),
                line("M40 -90L120 -190M56 -88L136 -184", P.light, 8),
            ) + steam(x - 20, 420, 130, P.cream, width=13)
            for x in (300, 880)
        ),
        move(
            600, 522, rect(-28, -96, 56, 96, P.dusk, rx=10), rect(-14, -120, 28, 30, P.dusk),
            rect(-28, -60, 56, 30, P.lamp),
        ),
        move(
            700, 522, rect(-22, -66, 44, 66, P.cream, rx=6),
            *(rect(-14 + i * 8, -120 - i % 2 * 12, 4, 64, P.light) for i in range(4)),
        ),
        move(200, 640, stool), move(470, 640, stool), move(740, 640, stool), move(1010, 640, stool), ground=P.night,
    )
