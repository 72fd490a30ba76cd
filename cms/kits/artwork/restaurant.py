"""Pictures for restaurants, seen from above: bowls, baskets and set tables."""

from random import Random

from cms.kits.artwork.palette import RESTAURANT as P
from cms.kits.artwork.shapes import (
    around,
    chopsticks,
    dice,
    disc,
    form,
    glow,
    group,
    line,
    move,
    oval,
    planks,
    rect,
    ring,
    sheet,
    sprinkle,
    within,
)

# A drawing reads as a list of shapes, back to front.
# fmt: off

MEAT, MEAT_LIGHT = "#6d3527", "#99543c"
BROTH, BROTH_LIGHT = "#c8742c", "#dd9140"
SHADE = "#2a1a18"


def _noodles(random: Random, radius: float) -> str:
    """Strands that lie in loose swirls, drawn around 0,0."""
    parts = []
    for i in range(46):
        r = radius * (0.12 + 0.9 * (i / 46))
        start = random.uniform(0, 360)
        sweep = random.uniform(2.2, 4.4) * r
        colour = (P.cream, "#f3d9a4", "#e9c684")[i % 3]
        strand = ring(
            0, 0, r, colour, 13, stroke_dasharray=f"{sweep:.0f} {r * 6.3 - sweep:.0f}", stroke_linecap="round",
        )
        parts.append(
            group(
                strand,
                transform=f"rotate({start:.0f}) translate({random.uniform(-14, 14):.0f} {random.uniform(-14, 14):.0f})",
            ),
        )
    return "".join(parts)


def egg(size: float = 1) -> str:
    """Half a soft egg, drawn around 0,0."""
    return group(
        oval(4, 7, 62, 74, SHADE, opacity=0.35), oval(0, 0, 62, 74, "#fffaf0"), oval(0, 8, 38, 38, "#ef9a2e"),
        oval(-8, 0, 16, 14, "#f9c25b"), transform=f"scale({size})",
    )


def greens() -> str:
    """A leaf of pak choi, stem at 0,0, leaf upwards."""
    return group(
        form("M-16 10C-26 -40 -20 -80 -8 -110H8C20 -80 26 -40 16 10Q0 22 -16 10z", "#dfe8c4"),
        form("M-6 -84C-70 -110 -66 -176 -22 -200C0 -214 40 -206 54 -170C66 -132 40 -100 6 -84z", P.leaf),
        line("M0 -70C-2 -120 4 -150 12 -184M2 -120L-28 -150M4 -134L34 -158", "#b7cf93", 5),
    )


def slice_of_beef() -> str:
    """One slice, lying across 0,0."""
    return group(
        form(
            "M-90 6C-92 -34 -40 -50 10 -46C66 -42 96 -18 90 12C84 40 30 48 -20 44C-66 42 -88 34 -90 6z", SHADE,
            opacity=0.4, transform="translate(5 9)",
        ),
        form("M-90 6C-92 -34 -40 -50 10 -46C66 -42 96 -18 90 12C84 40 30 48 -20 44C-66 42 -88 34 -90 6z", MEAT),
        line("M-60 -8C-30 -30 20 -34 66 -14M-52 18C-10 2 40 2 70 14", MEAT_LIGHT, 7),
    )


SCALLION = [ring(0, 0, 11, "#86ad5f", 7), ring(0, 0, 8, "#a9c77d", 6), oval(0, 0, 13, 5, "#5f8a46")]


def bowl(x: float, y: float, size: float, *parts: str) -> str:
    """A lacquer bowl from above with soup in it; parts are drawn around 0,0 inside a disc of radius 280."""
    keys = around(0, 0, 338, 28, rect(-9, -9, 18, 18, "none", stroke=P.light, stroke_width=5))
    return move(
        x, y, oval(22, 34, 384, 376, "#000", opacity=0.28), disc(0, 0, 380, P.dark), disc(0, 0, 366, P.base), keys,
        disc(0, 0, 308, P.cream), disc(0, 8, 296, "#8f4f1e"), disc(0, 0, 290, BROTH),
        within(f"bowl{x:.0f}{y:.0f}", disc(0, 0, 290, "#000"), disc(-40, -50, 250, BROTH_LIGHT, opacity=0.6), *parts),
        size=size,
    )


def noodle_bowl() -> str:
    """A bowl of beef noodles, the picture of the house."""
    random = dice(7)
    inside = [
        _noodles(random, 250),
        move(-96, -28, greens(), turn=-38, size=1.1), move(-96, 60, greens(), turn=-70, size=1.12),
        move(84, -140, slice_of_beef(), turn=14, size=1.16), move(136, -62, slice_of_beef(), turn=32, size=1.18),
        move(146, 28, slice_of_beef(), turn=60, size=1.12),
        move(-14, 142, egg(1.4), turn=-24), sprinkle(random, 6, -10, 130, 26, SCALLION),
        sprinkle(random, 0, 0, 270, 16, [disc(0, 0, 13, P.light, opacity=0.75), disc(0, 0, 8, P.base, opacity=0.8)]),
    ]
    return sheet(
        planks((P.wood, P.wood_dark), tilt=-8), glow(240, 60, 560, P.lamp, 0.09), bowl(560, 466, 1, *inside),
        chopsticks(930, 196, 640, (P.cream, P.light), turn=74), tea_cup(1080, 150, 0.9),
        move(120, 800, dip(P.dark, "#3a1712"), size=1.05), ground=P.wood,
    )


def tea_cup(x: float, y: float, size: float) -> str:
    """A small cup of tea from above."""
    return move(
        x, y, oval(10, 16, 112, 108, "#000", opacity=0.26), disc(0, 0, 108, P.dusk), disc(0, 0, 98, "#cfd6cf"),
        disc(0, 0, 84, "#eef0e6"), disc(0, 0, 76, "#b9843c"),
        form("M-60 -30A68 68 0 0 1 20 -66A80 80 0 0 0 -60 -30z", "#e3bb6c"), size=size,
    )


def dip(rim: str, sauce: str) -> str:
    """A sauce dish around 0,0."""
    return group(
        oval(12, 18, 118, 114, "#000", opacity=0.26), disc(0, 0, 116, rim), disc(0, 0, 96, P.cream), disc(0, 0, 84,
            sauce),
        form("M-60 -36A70 70 0 0 1 10 -70A84 84 0 0 0 -60 -36z", "#fff", opacity=0.25),
        *(move(px, py, piece) for px, py, piece in ((-20, 18, SCALLION[0]), (26, -14, SCALLION[1]), (34, 34,
            SCALLION[0]), (-44, -6, SCALLION[1]))),
    )


def dumpling(*, filling: str = "#f6dfb6") -> str:
    """A crescent dumpling around 0,0, pleats above."""
    pleats = "".join(
        line(f"M{px} {-34 + abs(px) * 0.34:.0f}q{px * 0.08:.0f} 22 {px * 0.02:.0f} 40", "#d9b87c", 5)
        for px in (-54, -32, -10, 12, 34, 56)
    )
    return group(
        form("M-98 30C-96 -44 -40 -62 0 -62C44 -62 96 -44 98 30C70 58 -70 58 -98 30z", "#5b3b22", opacity=0.4,
            transform="translate(6 10)"),
        form("M-98 30C-96 -44 -40 -62 0 -62C44 -62 96 -44 98 30C70 58 -70 58 -98 30z", filling),
        form("M-98 30C-60 6 60 6 98 30C70 58 -70 58 -98 30z", "#fff4dc"),
        form("M-96 22C-92 -44 -40 -62 0 -62C44 -62 92 -44 96 22C80 -8 66 -26 50 -28Q36 -14 24 -30Q10 -16 0 -32Q-12 "
            "-16 -26 -30Q-38 -14 -52 -28C-68 -24 -82 -6 -96 22z", "#fbeacb"),
        pleats,
    )


def basket(x: float, y: float, r: float, *parts: str) -> str:
    """A bamboo steamer from above; parts are drawn around 0,0."""
    slats = "".join(
        rect(-r, i * 46 - r, 2 * r, 38, "#d7ac6b" if i % 2 else "#cc9f5c") for i in range(int(2 * r / 46) + 2)
    )
    ties = around(0, 0, r * 0.95, 12, rect(-7, -r * 0.062, 14, r * 0.124, "#8d5f2e", rx=3))
    return move(
        x, y, oval(20, 34, r * 1.03, r * 1.02, "#000", opacity=0.28), disc(0, 0, r, "#a97a3d"),
        ring(0, 0, r * 0.96, "#c9995a", r * 0.05), ties, disc(0, 0, r * 0.885, "#7c5327"),
        within(f"steamer{x:.0f}", disc(0, 0, r * 0.86, "#000"), slats, disc(0, 0, r * 0.8, "#fff6e2", opacity=0.5)),
        *parts,
    )


def dumpling_basket() -> str:
    """Dumplings in their basket, one lifted."""
    spots = [(-150, -150, 12), (70, -196, -8), (-226, 34, -30), (0, 0, 4), (-120, 196, 18), (128, 170, -14)]
    return sheet(
        planks((P.dusk, P.night), tilt=6, count=5), glow(1080, 20, 600, P.lamp, 0.08),
        basket(530, 480, 392, *(move(px, py, dumpling(), turn=turn, size=1.02) for px, py, turn in spots)),
        move(1040, 660, dip(P.base, "#3a1712"), size=1.15),
        chopsticks(742, 372, 620, (P.light, P.dark), turn=-32, gap=30),
        move(736, 396, dumpling(), turn=-20, size=1.05), line("M742 372L860 298M752 400L870 328", P.light, 13),
        ground=P.dusk,
    )


CUCUMBER = group(
    disc(0, 0, 38, "#4f7a41"), disc(0, 0, 31, "#cfe0a6"), disc(0, 0, 17, "#e6efc9"),
    *(oval(px, py, 3, 6, "#9dbb76") for px, py in ((-8, 0), (8, 0), (0, 8), (0, -8))),
)
PEANUT = group(oval(-12, 0, 17, 14, "#c07a3c"), oval(12, 0, 18, 15, "#cb8747"), oval(-10, -4, 7, 4, "#e3ac70"))
TOFU = group(
    rect(-34, -30, 72, 66, "#b98a4a", rx=8), rect(-38, -36, 72, 66, "#fff6e2", rx=8),
    rect(-38, 16, 72, 14, "#e9d3a4", rx=6),
)
CHILLI = group(
    form("M-60 6C-30 -26 30 -28 62 -10C30 -4 -20 6 -52 26z", P.base), line("M-56 14q-20 0 -26 -14", P.leaf, 9),
    line("M-34 2C-10 -12 20 -14 36 -11", P.light, 6),
)


def _plate(x: float, y: float, r: float, rim: str, *parts: str) -> str:
    """A flat plate from above; parts are drawn around 0,0."""
    return move(
        x, y, oval(14, 24, r * 1.02, r, "#000", opacity=0.26), disc(0, 0, r, rim), disc(0, 0, r * 0.9, P.cream),
        disc(0, 0, r * 0.76, "#f1dcb2"), *parts,
    )


def side_dishes() -> str:
    """Four small cold dishes."""
    random = dice(3)
    return sheet(
        planks((P.wood, P.wood_dark), tilt=-4), glow(600, 450, 640, P.lamp, 0.07),
        _plate(
            330, 280, 246, P.base,
            *(
                move(px, py, CUCUMBER, turn=px, size=1.3)
                for px, py in (
                    (-84, -84), (28, -112), (112, -34), (-128, 24), (-20, -10), (72, 62), (-58, 92), (26, 140),
                    (-6, 60),
                )
            ),
        ),
        _plate(872, 222, 190, P.dusk, sprinkle(random, 0, 0, 120, 30, [PEANUT])),
        _plate(
            300, 700, 168, P.leaf, move(0, 4, CHILLI, turn=-12), move(10, -44, CHILLI, turn=14),
            move(-10, 56, CHILLI, turn=-30, size=0.9),
        ),
        _plate(
            806, 664, 240, P.light,
            form(
                "M-150 -20C-140 -130 0 -150 90 -120C170 -90 180 40 120 110C60 170 -80 160 -130 90C-156 56 -154 20 "
                "-150 -20z",
                "#b5502f", opacity=0.75,
            ),
            *(
                move(px, py, TOFU, turn=t)
                for px, py, t in (
                    (-80, -70, 8), (34, -84, -12), (-20, 18, 20), (96, 20, -6), (-104, 56, -16), (24, 110, 6),
                )
            ),
            sprinkle(random, 0, 0, 150, 22, SCALLION),
        ),
        chopsticks(1120, 120, 660, (P.cream, P.base), turn=97), ground=P.wood,
    )


def lunch_for_two() -> str:
    """A table laid for two, from above."""
    random = dice(11)

    def place(x: float, y: float, mat: str, *inside: str) -> str:
        return (
            rect(x - 250, y - 196, 500, 392, mat, rx=16)
            + "".join(line(f"M{x - 250 + 26 * i} {y - 190}v380", "#000", 2, opacity=0.12) for i in range(1, 19))
            + bowl(x - 30, y, 0.46, *inside)
        )

    first = [
        _noodles(random, 250),
        move(60, -60, egg(1.2)),
        move(-120, 40, greens(), turn=-40),
        sprinkle(random, 0, 0, 150, 20, SCALLION),
    ]
    second = [
        _noodles(random, 250),
        move(-60, -90, slice_of_beef(), turn=-18, size=1.1),
        move(40, -30, slice_of_beef(), turn=12, size=1.1),
        move(120, 120, greens(), turn=70),
        sprinkle(random, 0, 0, 150, 20, SCALLION),
    ]
    teapot = group(
        oval(14, 20, 128, 124, "#000", opacity=0.28),
        form("M96 -34C170 -66 196 -46 214 -76L236 -54C220 -6 150 14 96 30z", P.dark),
        line("M-104 -40C-196 -50 -196 50 -104 40", P.dark, 24), disc(0, 0, 122, P.base), disc(0, 0, 88, P.dark),
        disc(0, -4, 82, P.light), disc(0, -4, 26, P.dark), disc(0, -8, 20, P.lamp),
    )
    return sheet(
        planks((P.dusk, P.night), count=5), rect(0, 372, 1200, 156, P.base), rect(0, 372, 1200, 12, P.light),
        rect(0, 516, 1200, 12, P.light), glow(600, 450, 520, P.lamp, 0.07), place(330, 226, "#c69a5b", *first),
        chopsticks(540, 60, 330, (P.cream, P.light), turn=88, gap=18), place(880, 690, "#c69a5b", *second),
        chopsticks(660, 840, 330, (P.cream, P.light), turn=-88, gap=18),
        move(
            866, 250, oval(12, 20, 196, 190, "#000", opacity=0.26), disc(0, 0, 190, P.cream),
            ring(0, 0, 168, P.base, 8),
            *(
                move(px, py, dumpling(), turn=t, size=0.62)
                for px, py, t in ((-70, -66, 10), (60, -74, -10), (0, 6, 0), (-84, 66, 20), (76, 74, -16))
            ),
        ),
        move(286, 676, teapot, turn=-14), tea_cup(520, 760, 0.6), tea_cup(1090, 440, 0.6), ground=P.dusk,
    )
