"""Pictures for corner shops, cinemas and home improvement."""

from random import Random

from cms.kits.artwork.palette import CINEMA as C
from cms.kits.artwork.palette import CONVENIENCE as S
from cms.kits.artwork.palette import HOME as B
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
    sheet,
    window,
    within,
)

# A drawing reads as a list of shapes, back to front.
# fmt: off


def _bottle(x: float, y: float, colour: str) -> str:
    return move(
        x + 28, y, rect(-24, -118, 48, 118, colour, rx=12), rect(-11, -160, 22, 50, colour, rx=6),
        rect(-13, -168, 26, 18, S.night, rx=4), rect(-24, -84, 48, 44, S.cream),
    )


def _tins(x: float, y: float, colours: tuple[str, str]) -> str:
    boxes = (
        rect(-32, -72 * i, 64, 70, colour, rx=6) + rect(-32, -72 * i + 22, 64, 26, S.cream)
        for i, colour in enumerate(colours, start=1)
    )
    return move(x + 34, y, *boxes)


def _goods(random: Random, y: float, colours: tuple[str, ...], *, left: float = 60, right: float = 1140) -> str:
    """A row of packets, bottles and tins that stand on y."""
    parts: list[str] = []
    x = left
    while x < right - 70:
        kind = random.choice("bottle tin box jar pack".split())
        colour, other = random.choice(colours), random.choice(colours)
        if kind == "bottle":
            parts += [_bottle(x, y, colour)]
            x += 62
        elif kind == "tin":
            parts += [_tins(x, y, (colour, other))]
            x += 74
        elif kind == "box":
            height = random.randrange(112, 156)
            parts += [
                rect(x, y - height, 84, height, colour, rx=4), rect(x + 14, y - height + 22, 56, 34, S.cream, rx=4),
                disc(x + 42, y - 36, 16, other),
            ]
            x += 94
        elif kind == "jar":
            parts += [
                rect(x, y - 90, 64, 90, colour, rx=14), rect(x + 4, y - 106, 56, 24, other, rx=6),
                rect(x, y - 62, 64, 30, S.cream),
            ]
            x += 74
        else:
            parts += [
                form(f"M{x} {y}l8 -128q34 12 68 0l8 128q-42 -10 -84 0z", colour), disc(x + 42, y - 64, 24, S.lamp),
                rect(x + 22, y - 32, 40, 8, S.cream, rx=4),
            ]
            x += 96
    return "".join(parts)


def shelves() -> str:
    """Full shelves under a warm lamp."""
    random = dice(21)
    colours = (S.base, S.light, S.lamp, "#d9583f", S.leaf, S.dark)
    rows = "".join(
        _goods(random, y, colours) + rect(30, y, 1140, 22, S.wood, rx=4) + rect(30, y + 14, 1140, 8, S.wood_dark) + "".join(
            rect(80 + i * 130, y + 3, 54, 15, S.cream, rx=3)
            for i in range(9)
        )
        for y in (270, 500, 730)
    )
    return sheet(
        rect(0, 0, 1200, 900, S.dusk), rect(30, 60, 1140, 740, "#1f3a43"), glow(600, 330, 620, S.lamp, 0.07), rows,
        rect(14, 40, 34, 800, S.wood_dark), rect(1152, 40, 34, 800, S.wood_dark), rect(0, 800, 1200, 100, "#12222a"),
        rect(14, 36, 1172, 26, S.wood_dark, rx=6),
        move(
            170, 826, form("M-92 -64H92L70 40H-70z", "#d9583f"), rect(-104, -76, 208, 22, "#f07a5c", rx=10),
            *(rect(-62 + i * 36, -44, 12, 66, "#a93d29", rx=6) for i in range(4)),
            line("M-80 -70C-60 -150 60 -150 80 -70", "#12222a", 12),
        ),
        ground=S.dusk,
    )


def corner_shop() -> str:
    """The shop on the corner, open late."""
    random = dice(4)
    awning = "".join(
        form(f"M{150 + i * 75} 360h75l6 76a37 37 0 0 1 -75 0z", S.cream if i % 2 else S.base) for i in range(12)
    )
    crates = "".join(
        move(
            240 + i * 150, 770, rect(-66, -70, 132, 74, S.wood), rect(-66, -40, 132, 8, S.wood_dark),
            *(disc(-42 + j * 28, -74 - (j % 2) * 12, 22, colour) for j in range(4)),
        )
        for i, colour in enumerate(("#e8863a", "#d9583f", S.leaf))
    )
    return sheet(
        *(
            disc(x, y, 3, S.cream)
            for x, y in ((90, 90), (240, 40), (410, 120), (640, 60), (840, 110), (1020, 50), (1130, 140))
        ),
        rect(0, 300, 130, 480, "#1d343d"), rect(1090, 240, 110, 540, "#1d343d"),
        window(30, 380, (56, 80), frame=S.night, light="#d59c48", bars=2), rect(130, 140, 960, 640, "#2f515a"),
        rect(130, 140, 960, 18, "#42707a"),
        *(window(x, 190, (90, 80), frame=S.night, light="#e0a850", bars=2) for x in (220, 420, 700, 900)),
        rect(180, 400, 520, 300, "#fbdf9d"),
        _goods(random, 560, (S.base, "#d9583f", S.leaf, S.light), left=196, right=690),
        rect(180, 560, 520, 12, S.wood),
        _goods(random, 696, (S.dark, S.lamp, S.light, "#d9583f"), left=196, right=690),
        *(rect(x, 396, 12, 310, S.night) for x in (174, 434, 694)), rect(174, 694, 532, 14, S.night),
        rect(760, 420, 240, 356, S.night), rect(776, 436, 208, 330, "#f6cd7c"), rect(874, 436, 12, 330, S.night),
        rect(800, 500, 60, 34, S.dark, rx=6), rect(808, 512, 44, 8, S.light, rx=4),
        rect(150, 300, 900, 64, S.night, rx=8), rect(380, 316, 200, 16, S.light, rx=8),
        rect(380, 340, 320, 10, S.lamp, rx=5), disc(320, 332, 24, S.lamp), awning, glow(440, 560, 320, S.lamp, 0.09),
        lantern(1046, 470, 1.1, ("#a8402c", "#d9583f", "#f39a6f"), S.night), rect(0, 776, 1200, 124, "#12222a"),
        crates,
        *(
            rect(x, 830 + i * 23 % 50, w, 7, S.lamp, rx=3, opacity=0.35)
            for i, (x, w) in enumerate(((200, 220), (520, 160), (780, 200), (960, 120), (80, 90)))
        ),
        ground="#24424c",
    )


def basket() -> str:
    """A full shopping basket."""
    loaf = group(
        form("M-40 120C-76 -80 -70 -200 -6 -236C66 -200 66 -60 40 120z", "#d99a4e"),
        *(line(f"M-36 {-130 + i * 62}q34 -30 72 -8", "#f3cf92", 13) for i in range(4)),
    )
    milk = group(
        rect(-62, -150, 124, 270, S.cream), form("M-62 -150L-34 -210H34L62 -150z", "#e9dcbc"),
        rect(-34, -236, 68, 30, "#e9dcbc"), rect(-62, -80, 124, 86, S.base), disc(0, -38, 26, S.cream),
    )
    leek = group(
        rect(-16, -120, 32, 240, "#eef0d2", rx=14),
        form(
            "M-16 -110C-40 -200 -70 -250 -96 -262C-60 -290 -20 -230 0 -170C14 -250 44 -290 84 -276C50 -240 34 -190 "
            "16 -110z",
            S.leaf,
        ),
    )
    weave = "".join(rect(292 + i * 54, 560, 30, 236, "#c94c35", rx=12) for i in range(12))
    return sheet(
        rect(0, 640, 1200, 260, S.wood), rect(0, 640, 1200, 14, "#6f5846"), glow(600, 380, 560, S.lamp, 0.12),
        oval(600, 838, 400, 34, "#000", opacity=0.3), line("M330 520C350 150 850 150 870 520", S.night, 30),
        line("M330 520C350 150 850 150 870 520", S.dark, 12), move(420, 420, loaf, turn=-16),
        move(560, 430, leek, turn=-4, size=1.1), move(690, 440, milk, turn=7, size=1.08),
        move(
            820, 470, disc(0, 0, 84, "#d9583f"), disc(-26, -30, 22, "#f39a6f"),
            line("M4 -80q6 -34 30 -40", S.leaf, 14),
        ),
        move(500, 520, disc(0, 0, 66, S.lamp), disc(-20, -22, 16, "#fbe0a0")),
        form("M250 500H950L900 800Q896 830 866 830H334Q304 830 300 800z", "#d9583f"), weave,
        form("M700 500H950L900 800Q896 830 866 830H720z", "#8c2d1f", opacity=0.35),
        rect(230, 486, 740, 54, "#f07a5c", rx=24), rect(230, 518, 740, 22, "#c94c35", rx=11),
        move(
            130, 838, form("M-60 -120H60L48 0H-48z", S.base), rect(-68, -136, 136, 26, S.dark, rx=8),
            rect(-40, -90, 80, 40, S.cream, rx=6),
        ),
        ground=S.dusk,
    )


def cinema_seats() -> str:
    """Seats before a lit screen."""

    def seat(x: float, y: float, size: float, base: str, dark: str, light: str) -> str:
        return move(
            x, y, rect(-74, -150, 148, 190, base, rx=40), rect(-74, -150, 46, 190, light, rx=23, opacity=0.45),
            rect(-88, -16, 30, 90, dark, rx=14), rect(58, -16, 30, 90, dark, rx=14),
            rect(-66, -10, 132, 70, dark, rx=18), size=size,
        )

    rows = "".join(
        seat(x, y, size, *tones)
        for y, size, start, step, count, tones in (
            (600, 0.78, 130, 134, 8, ("#7a2346", "#4f1732", C.base)),
            (720, 0.98, 60, 180, 7, (C.base, C.dark, C.light)),
            (872, 1.24, -20, 244, 6, ("#b3355a", C.dark, C.light)),
        ) for x in range(start, start + step * count, step)
    )
    curtains = mirror(
        600,
        *(
            form(
                f"M{i * 34} 0H{i * 34 + 40}C{i * 34 + 30} 200 {i * 30 + 24} 360 {i * 26 + 30} 560H{i * 26}z",
                C.base if i % 2 else C.dark,
            )
            for i in range(6)
        ),
    )
    scene = group(
        rect(230, 90, 740, 400, "#f6d9a8"), rect(230, 90, 740, 400, "#8fc1d4"), disc(760, 330, 96, C.lamp),
        form("M230 400C360 300 430 360 540 300C660 240 760 360 970 280V490H230z", "#4a86a8"),
        form("M230 440C380 380 520 430 640 390C780 350 880 410 970 380V490H230z", "#2f6585"),
        form("M440 400l30 -120l34 120z", C.night), disc(470, 270, 18, C.night), line("M470 300l60 -40", C.night, 9),
    )
    return sheet(
        rect(0, 0, 1200, 900, C.night), form("M230 90L-100 900H1300L970 90z", C.cream, opacity=0.05),
        form("M230 490L40 900H1160L970 490z", C.lamp, opacity=0.07), rect(210, 70, 780, 440, "#0f1228", rx=10), scene,
        curtains, rect(0, 0, 1200, 54, C.dark),
        *(form(f"M{i * 80} 40h80a40 40 0 0 1 -80 0z", C.base if i % 2 else "#b3355a") for i in range(15)), rows,
        ground=C.night,
    )


def popcorn() -> str:
    """Popcorn, two tickets and a reel of film."""
    random = dice(9)

    def kernel(x: float, y: float, size: float) -> str:
        return move(
            x, y, disc(-20, 0, 26, C.cream), disc(18, -8, 28, "#fff8e8"), disc(2, 18, 24, "#f6dfae"),
            disc(-4, -20, 22, C.cream), disc(2, 0, 9, C.lamp), turn=random.randrange(360), size=size,
        )

    heap = "".join(
        kernel(
            600 + (i % 9 - 4) * 62 * (1 - (i // 9) * 0.16) + random.randrange(-10, 10),
            400 - (i // 9) * 48 + abs(i % 9 - 4) * 10, 1.15,
        )
        for i in range(36)
    )
    loose = "".join(
        kernel(x, y, 0.95)
        for x, y in ((250, 800), (330, 836), (880, 812), (960, 840), (300, 300), (900, 250), (840, 150))
    )
    tub = group(
        form("M360 400H840L780 830H420z", C.cream),
        within(
            "tub", form("M360 400H840L780 830H420z", "#000"),
            *(form(f"M{360 + i * 96} 400h48L{460 + i * 72} 830h-36z", C.base) for i in range(5)),
        ),
        form("M700 400H840L780 830H660z", C.dark, opacity=0.25), rect(346, 392, 508, 26, C.light, rx=13),
        disc(600, 616, 92, C.lamp), form("M570 566L660 616L570 666z", C.dark),
    )
    ticket = group(
        form("M-170 -74H170V-26a26 26 0 0 0 0 52V74H-170V26a26 26 0 0 0 0 -52z", C.lamp),
        rect(-120, -44, 150, 18, C.dark, rx=9), rect(-120, -10, 110, 14, "#c98f35", rx=7),
        rect(-120, 20, 130, 14, "#c98f35", rx=7), line("M84 -64v128", C.dark, 5, stroke_dasharray="4 16"),
        disc(126, 0, 16, C.dark),
    )
    reel = group(
        disc(0, 0, 150, "#0f1228"), disc(0, 0, 134, C.wood),
        *(
            disc(78 * x, 78 * y, 36, "#0f1228")
            for x, y in ((0, -1), (0.95, -0.31), (0.59, 0.81), (-0.59, 0.81), (-0.95, -0.31))
        ),
        disc(0, 0, 18, C.lamp),
    )
    return sheet(
        glow(600, 400, 520, C.lamp, 0.1), rect(0, 760, 1200, 140, C.wood_dark), rect(0, 760, 1200, 14, C.wood),
        move(960, 610, reel), move(220, 610, move(0, 40, ticket, turn=14), move(0, 0, ticket, turn=-12)),
        oval(600, 834, 240, 22, "#000", opacity=0.3), heap, tub, loose, ground=C.dusk,
    )


def tools() -> str:
    """Tools on a pegboard."""
    holes = "".join(disc(60 + i * 60, 50 + j * 60, 6, "#c9883a", opacity=0.55) for i in range(19) for j in range(12))
    steel, steel_dark = "#cfd6dd", "#98a3ae"
    hammer = group(
        rect(-20, -60, 40, 420, B.wood, rx=16), rect(-20, -60, 14, 420, "#86694f", rx=7),
        rect(-24, 200, 48, 160, B.dark, rx=18), form("M-120 -120H70L110 -96V-40H-120z", steel),
        rect(-150, -130, 60, 100, steel_dark, rx=10),
        form("M70 -120C130 -130 160 -170 190 -176C180 -120 150 -60 90 -40z", steel_dark),
    )
    saw = group(
        form("M-40 -20L-10 -330H60L120 -20z", steel), form("M60 -330L120 -20h-22L46 -330z", steel_dark),
        *(form(f"M{-40 + i * 3} {-20 - i * 31}l-18 -14l21 -17z", steel) for i in range(10)),
        form("M-76 -20H140C160 60 130 150 60 160C-20 166 -76 120 -76 -20z", B.base),
        form("M-20 34H76C80 74 60 100 26 102C-6 100 -22 76 -20 34z", "#e8b25c"),
    )
    wrench = group(
        form("M-34 -40H34V270A34 34 0 0 1 -34 270z", steel), rect(-12, 0, 24, 220, steel_dark, rx=12),
        form("M-34 -40C-90 -70 -96 -150 -50 -190V-110H50V-190C96 -150 90 -70 34 -40z", steel),
        disc(0, 262, 15, "#e8b25c"),
    )
    driver = group(
        rect(-11, 60, 22, 200, steel), form("M-11 250H11L16 290H-16z", steel_dark),
        form("M-42 -150Q-42 -180 0 -180Q42 -180 42 -150V40Q42 66 0 66Q-42 66 -42 40z", B.leaf),
        *(rect(-28 + i * 22, -140, 10, 160, "#3a6659", rx=5) for i in range(3)),
    )
    tape = group(
        disc(0, 0, 104, "#2f3740"), disc(0, 0, 92, B.base), disc(0, 0, 56, B.lamp), disc(0, 0, 20, "#2f3740"),
        rect(60, 76, 170, 30, B.cream), *(rect(84 + i * 22, 76, 4, 14 if i % 2 else 22, "#2f3740") for i in range(7)),
        rect(226, 68, 14, 46, "#2f3740"),
    )
    return sheet(
        rect(0, 0, 1200, 760, "#e8b25c"), holes, rect(0, 740, 1200, 160, B.wood), rect(0, 740, 1200, 16, "#86694f"),
        move(220, 250, hammer), move(500, 470, saw, turn=4), move(760, 300, wrench, turn=-6), move(960, 280, driver),
        move(980, 650, tape, size=0.9),
        move(
            330, 742,
            *(
                rect(
                    -90 + i * 56, -62 - i % 2 * 20, 46, 62 + i % 2 * 20, c, rx=6,
                ) + rect(-90 + i * 56, -44 - i % 2 * 20, 46, 16, B.cream)
                for i, c in enumerate((B.dark, B.leaf, B.dusk, B.base))
            ),
        ),
        rect(0, 0, 1200, 24, B.dark), ground="#e8b25c",
    )


def paint() -> str:
    """Paint tins, a roller and a wall half done."""

    def tin(x: float, colour: str, shade: str, size: float = 1) -> str:
        return move(
            x, 836, oval(10, 2, 150, 20, "#000", opacity=0.2), rect(-140, -250, 280, 250, "#dfe4e8"),
            form("M60 -250H140V0H40C70 -80 74 -170 60 -250z", "#b5bec6"), rect(-140, -190, 280, 120, B.cream),
            rect(-110, -170, 130, 80, colour, rx=8), oval(0, -250, 140, 32, "#b5bec6"),
            oval(0, -250, 122, 25, colour),
            form("M-120 -246C-128 -190 -92 -196 -92 -226C-88 -150 -50 -150 -52 -226z", colour),
            oval(30, -256, 60, 8, shade, opacity=0.6), line("M-140 -230C-190 -80 190 -80 140 -230", "#98a3ae", 8),
            size=size,
        )

    wall = form("M0 0H760C790 90 730 150 770 240C800 330 740 380 772 470C790 560 730 600 750 700H0z", B.base) + form(
        "M640 0H760C790 90 730 150 770 240C800 330 740 380 772 470C790 560 730 600 750 700H690C660 600 720 520 690 "
            "420C670 320 720 230 690 150C676 90 660 40 640 0z",
        B.light,
    )
    roller = group(
        line("M0 0V120H-160V210", "#98a3ae", 20), rect(-190, 200, 60, 210, B.dark, rx=24),
        rect(-190, 200, 22, 210, B.base, rx=11), rect(-180, -64, 360, 128, B.light, rx=30),
        rect(-180, -64, 360, 44, "#fbd59b", rx=22), rect(-196, -50, 22, 100, "#98a3ae", rx=8),
        rect(174, -50, 22, 100, "#98a3ae", rx=8), line("M184 0H232V120H0", "#98a3ae", 20),
    )
    return sheet(
        wall, window(880, 130, (220, 300), frame=B.cream, light="#9cc3d0", bars=2),
        rect(852, 446, 276, 24, B.cream, rx=6), rect(0, 700, 1200, 200, B.wood), rect(0, 680, 1200, 30, B.cream),
        *(rect(i * 210 + (j % 2) * 90, 710 + j * 64, 4, 64, B.wood_dark) for i in range(6) for j in range(3)),
        rect(0, 774, 1200, 4, B.wood_dark), rect(0, 838, 1200, 4, B.wood_dark), move(640, 190, roller, turn=-8),
        tin(250, B.leaf, "#7fb0a2"), tin(560, B.lamp, "#fff0c4", 0.82),
        move(
            880, 838, rect(-20, -40, 240, 40, B.wood_dark, rx=12), rect(190, -46, 120, 52, "#98a3ae", rx=6),
            form("M310 -46H400C420 -30 420 -6 400 6H310z", B.base),
        ),
        ground="#f3e3c6",
    )
