"""The demo malls' logos, the neutral one, and the platform's own pictures."""

from itertools import pairwise

from cms.kits.artwork.palette import RESTAURANT as R
from cms.kits.artwork.palette import SALON as A
from cms.kits.artwork.shapes import (
    disc,
    form,
    glow,
    group,
    lantern,
    line,
    move,
    oval,
    rect,
    ring,
    sheet,
    steam,
    window,
)

# A drawing reads as a list of shapes, back to front.
# fmt: off


def riverside() -> str:
    """A bowl whose broth is the river."""
    wave = "M118 318C150 290 184 290 216 318S286 346 318 318S370 296 394 308"
    return sheet(
        form("M84 250H428C424 350 360 420 300 428H212C152 420 88 350 84 250z", R.cream), line(wave, R.base, 22),
        line("M166 374C192 352 214 352 240 374S294 396 322 374L346 362", R.base, 22),
        rect(64, 232, 384, 30, R.cream, rx=15), rect(196, 424, 120, 24, R.cream, rx=10),
        steam(196, 206, 124, R.cream, width=22, opacity=1), steam(256, 206, 150, R.lamp, width=22, opacity=1),
        steam(316, 206, 124, R.cream, width=22, opacity=1), ground=R.base, width=512, height=512,
    )


def hillside() -> str:
    """Hills that are hair, and the sun behind."""
    return sheet(
        disc(322, 190, 84, A.lamp), form("M0 372C90 220 190 200 270 300C330 376 420 330 512 270V512H0z", A.cream),
        line("M0 430C100 292 190 290 262 368S420 412 512 350", A.base, 16),
        line("M0 486C110 362 186 366 250 430S420 476 512 424", A.base, 16),
        line("M60 512C120 440 180 440 232 486", A.base, 16), ground=A.base, width=512, height=512,
    )


def neutral() -> str:
    """The lane's gate: eaves and an open door."""
    return sheet(
        form(
            "M56 214C130 200 196 164 256 108C316 164 382 200 456 214L440 244C380 236 316 216 256 172C196 216 132 "
            "236 72 244z",
            "#f3e7cf",
        ),
        rect(120, 258, 34, 158, "#f3e7cf"), rect(358, 258, 34, 158, "#f3e7cf"),
        rect(92, 412, 328, 26, "#f3e7cf", rx=4), form("M186 416V320a70 70 0 0 1 140 0V416z", R.lamp),
        ground="#2c2a3c", width=512, height=512,
    )


def _sign(x: float, y: float, w: float, h: float, ground: str, ink: str) -> str:
    """An upright sign on a bracket, lit, with strokes for letters."""
    glyphs = round(h / 65)
    step = (h - 30) / glyphs
    size = min(w, step) * 0.3
    kinds = (
        form(f"M{-size} {-size * 0.2}H{size}A{size} {size} 0 0 1 {-size} {-size * 0.2}z", ink) + rect(-size * 1.1,
            -size * 0.62, size * 2.2, size * 0.3, ink, rx=3),
        ring(0, 0, size * 0.78, ink, size * 0.36),
        "".join(rect(-size, -size + i * size * 0.75, size * 2, size * 0.36, ink, rx=3) for i in range(3)),
        form(f"M0 {-size}L{size} 0L0 {size}L{-size} 0z", ink),
    )
    marks = "".join(move(x + w / 2, y + 15 + step * (i + 0.5), kinds[(i + int(x)) % 4]) for i in range(glyphs))
    return (
        rect(x - 14, y - 14, w + 28, h + 28, ground, rx=14, opacity=0.22)
        + rect(x - 34, y - 34, w + 68, h + 68, ground, rx=26, opacity=0.1)
        + rect(x, y, w, h, ground, rx=6)
        + rect(x + 7, y + 7, w - 14, h - 14, "none", rx=3, stroke=ink, stroke_width=3, opacity=0.5)
        + marks
    )


def _house(x: float, w: float, top: float, wall: str, roof: str) -> str:
    """A house front down to the lane."""
    return (
        rect(x, top, w, 760 - top, wall)
        + form(
            f"M{x - 26} {top + 18}C{x + 10} {top} {x + 20} {top - 40} {x + 30} {top - 54}H{x + w - 30}C{x + w - 20} "
                f"{top - 40} {x + w - 10} {top} {x + w + 26} {top + 18}z",
            roof,
        )
        + rect(x - 26, top + 12, w + 52, 12, roof)
    )


def _front(x: float, w: float, light: str, frame: str) -> str:
    """A lit shop front at the lane's level."""
    return (
        rect(x, 540, w, 220, frame)
        + rect(x + 14, 556, w * 0.58, 150, light)
        + rect(x + w * 0.66, 556, w * 0.34 - 14, 204, light, opacity=0.85)
        + rect(x + 14 + w * 0.29, 556, 7, 150, frame)
        + rect(x + 14, 606, w * 0.58, 6, frame)
    )


def _walker(x: float, y: float, coat: str, size: float = 1) -> str:
    """Somebody walking in the lane; y is the ground."""
    return move(
        x, y, oval(0, 2, 44, 7, "#000", opacity=0.25), form("M-16 0L-10 -60H14L26 0H12L4 -40L-4 0z", "#1b1926"),
        form("M-30 -50C-34 -120 -22 -150 0 -150C24 -150 34 -120 32 -50z", coat), disc(0, -172, 22, "#d79b72"),
        form("M-24 -172a24 24 0 0 1 48 -4q-20 -8 -48 4z", "#1b1926"), size=size,
    )


def _houses() -> str:
    """The sky, the hills and the houses with their upper windows."""
    wall, far = "#3b3655", "#4a4468"
    sky = (
        rect(0, 0, 1600, 900, "#544a72")
        + form("M0 0H1600V300C1300 240 1000 330 700 280S200 300 0 250z", "#443c62")
        + disc(1130, 96, 54, R.cream)
        + disc(1154, 84, 49, "#443c62")
    )
    hills = form("M0 420C260 300 420 380 640 340S1040 300 1240 350S1500 330 1600 300V760H0z", "#3d3759")
    houses = (
        _house(40, 330, 300, wall, "#221f33")
        + _house(380, 260, 380, far, "#2b2740")
        + _house(660, 320, 260, wall, "#221f33")
        + _house(1000, 250, 360, far, "#2b2740")
        + _house(1260, 330, 290, wall, "#221f33")
    )
    windows = "".join(
        window(x, y, (58, 78), frame="#221f33", light="#e2a24a", bars=2)
        for x, y in (
            (90, 380), (190, 380), (290, 380), (440, 440), (540, 440), (710, 340), (800, 340), (890, 340),
            (1050, 430), (1150, 430), (1310, 370), (1410, 370), (1510, 370),
        )
    )
    stars = "".join(
        disc(x, y, 3, R.cream, opacity=0.8)
        for x, y in ((120, 90), (330, 50), (560, 120), (760, 60), (980, 90), (1380, 60), (1520, 120))
    )
    return sky + stars + hills + houses + windows


def _shops() -> str:
    """The lit fronts, their awnings, boards and upright signs."""
    fronts = (
        _front(60, 290, R.lamp, "#221f33")
        + _front(390, 240, "#f6cf90", "#2a2136")
        + _front(680, 280, R.lamp, "#221f33")
        + _front(1010, 230, "#f2d9a0", "#20303a")
        + _front(1280, 290, "#f7c568", "#221f33")
    )
    awnings = "".join(
        form(f"M{x} 520h{w}l14 44h-{w + 28}z", c) + rect(x - 14, 560, w + 28, 8, "#1b1926")
        for x, w, c in (
            (60, 290, R.base), (390, 240, A.base), (680, 280, "#3c7f78"), (1010, 230, "#3f6ea3"), (1280, 290, R.base),
        )
    )
    signs = (
        _sign(352, 330, 66, 190, R.base, R.cream)
        + _sign(640, 250, 72, 250, R.lamp, "#3a2618")
        + _sign(978, 300, 64, 190, A.base, A.cream)
        + _sign(1244, 220, 74, 260, "#2d8f88", "#eafff8")
        + _sign(16, 340, 60, 170, "#3f6ea3", "#eaf4ff")
    )
    boards = _board(120, 462, 170, R.dark) + _board(740, 456, 170, "#215a55") + _board(1340, 460, 170, R.dark)
    return fronts + awnings + boards + signs


def _street() -> str:
    """The wet ground with what it reflects, a cart and people."""
    floor = (
        rect(0, 756, 1600, 144, "#262338")
        + rect(0, 756, 1600, 8, "#1b1926")
        + "".join(
            rect(x, 776 + i * 29 % 110, w, 7, c, rx=3, opacity=0.45)
            for i, (x, w, c) in enumerate((
                (80, 240, R.lamp), (300, 120, R.light), (420, 180, "#f6cf90"), (640, 110, R.lamp), (720, 240, R.lamp),
                (980, 140, A.light), (1060, 170, "#f2d9a0"), (1230, 120, "#5fc4b8"), (1320, 220, R.lamp),
                (520, 140, R.lamp), (900, 160, "#5fc4b8"), (200, 90, R.base), (1460, 120, R.light),
            ))
        )
    )
    people = (
        _walker(520, 800, "#7a4a5f", 0.92)
        + _walker(574, 806, "#3c7f78", 0.86)
        + _walker(1130, 822, R.base, 1.02)
        + _walker(930, 792, "#caa56a", 0.8)
    )
    cart = move(
        250, 800, rect(-90, -110, 180, 70, R.base, rx=8), rect(-90, -66, 180, 12, R.dark),
        disc(-54, -14, 28, "#1b1926"), disc(-54, -14, 12, "#5a5470"), disc(54, -14, 28, "#1b1926"),
        disc(54, -14, 12, "#5a5470"), form("M-110 -190H110L90 -160H-90z", R.cream), rect(-80, -160, 8, 52, "#1b1926"),
        rect(72, -160, 8, 52, "#1b1926"), steam(0, -116, 60, R.cream, width=8),
    )
    return floor + cart + people


def lane() -> str:
    """The lane at dusk, its signs lit: the platform's hero, 1600 by 900."""
    string, lanterns = _string()
    return sheet(
        _houses(), *(glow(x, 620, 250, R.lamp, 0.1) for x in (220, 820, 1420)), _shops(), string, lanterns, _street(),
        ground="#2f2b47", width=1600, height=900,
    )


def _string() -> tuple[str, str]:
    """A string over the lane in three sagging spans, and the lanterns that hang from it."""
    posts, sag = ((-20, 150), (470, 190), (1010, 170), (1620, 150)), 120
    spans, lanterns = "", ""
    for (x0, y0), (x1, y1) in pairwise(posts):
        middle = (y0 + y1) / 2 + sag
        spans += line(f"M{x0} {y0}Q{(x0 + x1) / 2} {middle} {x1} {y1}", "#1b1926", 4)
        for t in (0.24, 0.5, 0.76):
            y = (1 - t) ** 2 * y0 + 2 * t * (1 - t) * middle + t**2 * y1
            lanterns += lantern(round(x0 + (x1 - x0) * t), round(y + 43), 0.62, R.tones, "#1b1926")
    return spans, lanterns


def _board(x: float, y: float, w: float, ground: str) -> str:
    """A board over a shop, with strokes for letters."""
    return (
        rect(x, y, w, 50, ground, rx=5)
        + rect(x + 20, y + 14, w * 0.5, 9, R.cream, rx=4)
        + rect(x + 20, y + 30, w * 0.34, 7, R.lamp, rx=3)
    )


def open_shop() -> str:
    """A shutter goes up: opening a mall, 640 by 480."""
    slats = "".join(rect(150, 110 + i * 26, 340, 22, "#8a86a8" if i % 2 else "#7a769a", rx=3) for i in range(4))
    return sheet(
        rect(90, 60, 460, 380, "#3b3655"), rect(150, 110, 340, 330, R.lamp), glow(320, 300, 150, "#fff2cf", 0.2),
        rect(176, 330, 288, 110, R.base), rect(166, 314, 308, 22, R.cream, rx=6),
        move(250, 314, rect(-26, -54, 52, 54, R.dark, rx=8), steam(0, -60, 60, R.cream, width=8)),
        move(
            360, 314, form("M-50 -44H50C48 -12 30 0 18 0H-18C-30 0 -48 -12 -50 -44z", R.light),
            steam(0, -52, 66, R.cream, width=8),
        ),
        slats, rect(140, 208, 360, 16, "#221f33", rx=4), rect(300, 222, 40, 10, "#221f33", rx=5),
        rect(76, 36, 488, 70, R.dark, rx=8), rect(88, 46, 464, 50, R.base, rx=5),
        rect(220, 62, 200, 10, R.cream, rx=5), rect(220, 80, 120, 8, R.lamp, rx=4),
        lantern(112, 190, 0.6, R.tones, "#221f33"), lantern(528, 190, 0.6, R.tones, "#221f33"),
        rect(0, 440, 640, 40, "#262338"), ground="#efe2c8", width=640, height=480,
    )


def sell_deal() -> str:
    """A phone with a deal's card and its ticket, 640 by 480."""
    ticket = group(
        form("M0 0H230V34a16 16 0 0 0 0 32V150H0V66a16 16 0 0 0 0 -32z", R.cream), rect(0, 0, 230, 34, R.base),
        rect(18, 12, 90, 10, R.cream, rx=5),
        *(rect(150 + i % 3 * 20, 74 + i // 3 * 20, 14, 14, "#2c2a3c") for i in (0, 2, 4, 6, 7)),
        rect(18, 82, 100, 10, "#2c2a3c", rx=5), rect(18, 104, 70, 8, "#8a7b62", rx=4),
        line("M20 50h190", "#c9b48c", 4, stroke_dasharray="2 12"),
    )
    return sheet(
        disc(320, 240, 206, "#e5d3b0"), oval(270, 440, 150, 14, "#000", opacity=0.14),
        rect(150, 40, 226, 396, "#2c2a3c", rx=30), rect(162, 52, 202, 372, "#fffaf0", rx=20),
        rect(162, 52, 202, 150, R.dusk, rx=20), rect(162, 130, 202, 72, R.dusk),
        move(
            263, 140, form("M-64 -10H64C60 36 40 54 24 56H-24C-40 54 -60 36 -64 -10z", R.base),
            rect(-74, -16, 148, 14, R.cream, rx=7), steam(-20, -24, 46, R.cream, width=7),
            steam(18, -24, 46, R.cream, width=7),
        ),
        rect(180, 220, 130, 12, "#2c2a3c", rx=6), rect(180, 242, 90, 9, "#8a7b62", rx=4),
        rect(180, 268, 60, 20, R.base, rx=6), rect(250, 274, 40, 9, "#b7a888", rx=4),
        rect(180, 368, 166, 40, R.base, rx=10), rect(230, 384, 66, 9, R.cream, rx=4),
        rect(180, 304, 166, 4, "#e9dcbf"), rect(180, 322, 110, 9, "#8a7b62", rx=4),
        rect(180, 340, 80, 9, "#8a7b62", rx=4),
        move(330, 214, group(ticket, opacity=0.12, transform="translate(6 10)"), ticket, turn=9), ground="#efe2c8",
        width=640, height=480,
    )


def redeem_voucher() -> str:
    """A clerk's phone reads a voucher at the counter, 640 by 480."""

    def phone(x: float, y: float, turn: float, *inside: str) -> str:
        return move(
            x, y, rect(-62, -116, 124, 232, "#2c2a3c", rx=20), rect(-53, -106, 106, 212, "#fffaf0", rx=12), *inside,
            turn=turn,
        )

    code = "".join(
        rect(-36 + i * 15, -36 + j * 15, 13, 13, "#2c2a3c")
        for i in range(5) for j in range(5) if (i * 7 + j * 5 + i * j) % 3
    )
    return sheet(
        disc(320, 220, 206, "#e5d3b0"), rect(0, 350, 640, 130, R.wood), rect(0, 350, 640, 14, "#8a5c43"),
        rect(0, 350, 640, 130, "#000", opacity=0.05), form("M150 180L350 150V300L150 226z", R.lamp, opacity=0.3),
        phone(
            160, 210, -8, rect(-53, -106, 106, 212, "#2f7d55", rx=12), disc(0, -26, 36, "#fffaf0"),
            line("M-16 -26l12 13l22 -26", "#2f7d55", 10), rect(-34, 34, 68, 12, "#fffaf0", rx=6),
            rect(-24, 58, 48, 9, "#bfe0cd", rx=4),
        ),
        phone(
            410, 216, 6, rect(-53, -106, 106, 44, R.base, rx=12), rect(-36, -92, 50, 9, R.cream, rx=4),
            move(0, -4, rect(-46, -46, 92, 92, "#fff"), code), rect(-36, 66, 72, 9, "#2c2a3c", rx=4),
        ),
        move(
            560, 352, form("M-50 -44H50C48 -12 30 0 18 0H-18C-30 0 -48 -12 -50 -44z", R.base),
            oval(0, -44, 50, 9, R.cream), steam(0, -54, 70, R.dark, width=8, opacity=0.35),
        ),
        move(
            64, 352, rect(-26, -70, 52, 70, R.leaf, rx=8),
            *(line(f"M0 -66q{d} -34 {d * 1.6:.0f} -64", R.leaf, 8) for d in (-16, 0, 16)),
        ),
        ground="#efe2c8", width=640, height=480,
    )
