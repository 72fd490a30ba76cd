"""Pictures for hair and nail salons."""

from cms.kits.artwork.palette import SALON as P
from cms.kits.artwork.shapes import (
    disc,
    form,
    glow,
    group,
    line,
    mirror,
    move,
    oval,
    rect,
    ring,
    sheet,
    tiles,
    window,
)

# A drawing reads as a list of shapes, back to front.
# fmt: off

STEEL, STEEL_LIGHT, STEEL_DARK = "#b9c0cc", "#e6e9ef", "#8a92a3"
SKIN, SKIN_SHADE = "#e8b08a", "#d3946d"


def plant(x: float, y: float, size: float = 1) -> str:
    """A pot plant that stands on y."""
    leaves = "".join(
        move(
            0, -86, form("M0 0C-26 -40 -22 -104 0 -150C22 -104 26 -40 0 0z", P.leaf if i % 2 else "#3d7a74"),
            turn=turn,
        )
        for i, turn in enumerate((-62, 58, -34, 32, -8, 14))
    )
    return move(x, y, leaves, form("M-54 -90H54L42 0H-42z", P.cream), rect(-60, -98, 120, 22, P.light, rx=6),
        size=size)


def scissors(colour: str) -> str:
    """Open scissors around 0,0, blades up."""
    blade = group(
        form("M-14 20L6 -330C26 -300 34 -120 18 30z", STEEL),
        form("M6 -330C26 -300 34 -120 18 30L6 24z", STEEL_LIGHT), line("M2 20C10 110 0 160 -6 190", STEEL_DARK, 20),
        ring(-30, 258, 70, colour, 26),
    )
    other = group(
        form("M-14 20L6 -330C26 -300 34 -120 18 30z", STEEL_DARK), form("M6 -330C26 -300 34 -120 18 30L6 24z", STEEL),
        line("M2 20C10 110 0 160 -6 190", STEEL_DARK, 20), ring(-30, 258, 70, colour, 26),
        form("M-92 306q-20 40 -50 50", "none", stroke=colour, stroke_width=20, stroke_linecap="round"),
    )
    return group(
        group(other, transform="rotate(17) scale(-1 1)"), group(blade, transform="rotate(-17) scale(1 1)"),
        disc(0, 12, 18, P.lamp), disc(0, 12, 8, "#b98a3d"),
    )


def comb(colour: str, shade: str) -> str:
    """A comb lying along x from 0,0."""
    teeth = "".join(rect(26 + i * 20, 40, 11, 104 if i < 15 else 84, colour, rx=5) for i in range(27))
    return group(teeth, rect(0, 0, 590, 58, colour, rx=28), rect(20, 12, 540, 12, shade, rx=6))


def scissors_and_comb() -> str:
    """Scissors, comb, clips and a bottle on marble."""
    veins = "".join(
        line(d, "#f3d9cf", 9)
        for d in (
            "M-20 180C220 120 360 300 620 210S1010 60 1230 140", "M-20 700C200 640 330 780 560 730",
            "M900 900C960 760 1100 740 1220 660",
        )
    )
    clip = group(
        form("M-18 -110C-24 -40 -14 60 0 120C14 60 24 -40 18 -110z", P.leaf),
        rect(-22, -116, 44, 70, "#3d7a74", rx=14), rect(-8, -30, 16, 70, "#7fbdb5", rx=8),
    )
    bottle = group(
        oval(16, 230, 110, 24, "#000", opacity=0.12), rect(-92, -70, 184, 300, P.base, rx=34),
        rect(-92, -70, 60, 300, P.light, rx=30, opacity=0.55), rect(-60, 20, 120, 130, P.cream, rx=10),
        rect(-34, 48, 68, 12, P.dark, rx=6), rect(-34, 76, 44, 12, P.base, rx=6),
        rect(-34, -120, 68, 56, P.dark, rx=10), rect(-12, -164, 24, 50, P.dark),
        form("M-16 -190H70q16 6 16 26l-60 -4h-42z", P.dark),
    )
    towel = group(
        rect(-170, -120, 340, 240, P.light, rx=30), rect(-170, -20, 340, 30, P.base, opacity=0.6),
        rect(-170, 30, 340, 16, P.base, opacity=0.5), rect(-170, -120, 340, 60, "#fff", rx=28, opacity=0.25),
    )
    return sheet(
        veins, disc(180, 130, 420, "#fff6ee"), group(move(210, 720, towel, turn=-12)),
        move(500, 470, group(scissors("#000"), opacity=0.12), turn=24, size=1.06),
        move(480, 446, scissors(P.dark), turn=24, size=1.06),
        move(640, 640, group(comb("#000", "#000"), opacity=0.1), turn=-20),
        move(626, 622, comb(P.wood, "#9a6f7b"), turn=-20), move(985, 250, bottle, turn=10),
        move(740, 150, clip, turn=-36), move(640, 190, clip, turn=-8), ground="#fae5dc",
    )


POLE = move(
    1010, 420, rect(-34, -150, 68, 300, P.cream),
    *(
        form(f"M-34 {-150 + i * 75}L34 {-190 + i * 75}v34L-34 {-116 + i * 75}z", P.base if i % 2 else P.leaf)
        for i in range(5)
    ),
    rect(-34, -190, 68, 40, P.night), rect(-34, 150, 68, 40, P.night), rect(-46, -176, 92, 30, P.lamp, rx=12),
    rect(-46, 146, 92, 30, P.lamp, rx=12),
)


def _chair(x: float) -> str:
    """A chair behind the window."""
    return move(
        x, 704, rect(-12, -70, 24, 70, STEEL_DARK), rect(-60, -8, 120, 10, STEEL_DARK),
        rect(-74, -120, 148, 54, P.base, rx=18), rect(-60, -250, 120, 150, P.base, rx=30),
        rect(-60, -250, 40, 150, P.light, rx=20, opacity=0.5), size=0.8,
    )


def shop_front() -> str:
    """The salon at dusk."""
    reflections = "".join(
        rect(x, 806 + i * 19 % 70, w, 7, colour, rx=3, opacity=0.4)
        for i, (x, w, colour) in enumerate(
            (
                (180, 260, P.lamp), (420, 150, P.light), (560, 220, P.lamp), (760, 120, P.base), (880, 180, P.lamp),
                (70, 120, P.light),
            ),
        )
    )
    return sheet(
        disc(190, 110, 66, P.cream, opacity=0.9),
        *(disc(x, y, 3, P.cream) for x, y in ((360, 60), (520, 120), (700, 50), (900, 90), (1100, 50))),
        form("M0 420C160 320 260 360 420 300S760 250 900 310S1100 300 1200 260V800H0z", "#3a2745"),
        rect(150, 210, 930, 566, P.dusk), rect(150, 210, 930, 20, "#5d4069"),
        *(window(x, 250, (70, 60), frame=P.night, light="#caa05f", bars=2) for x in (230, 380, 760, 910)),
        rect(120, 350, 990, 92, P.dark, rx=8), rect(134, 362, 962, 68, P.base, rx=6),
        move(360, 398, face_glyph(P.cream), size=0.42), rect(450, 378, 290, 16, P.cream, rx=8),
        rect(450, 404, 190, 12, P.lamp, rx=6), rect(190, 460, 480, 290, "#f6cf90"),
        glow(430, 560, 260, "#fff2d0", 0.2),
        *(
            group(
                rect(x - 60, 480, 120, 160, STEEL_LIGHT, rx=60), rect(x - 48, 492, 96, 136, "#fbe6c6", rx=48),
                form(f"M{x - 30} 612L{x + 20} 500h22L{x - 6} 620z", "#fff", opacity=0.6),
            )
            for x in (300, 560)
        ),
        _chair(300), _chair(560), rect(190, 700, 480, 50, P.wood), plant(432, 706, 0.8),
        *(rect(x, 460, 10, 290, P.night) for x in (184, 425, 666)), rect(184, 452, 492, 10, P.night),
        rect(184, 744, 492, 14, P.night), rect(720, 460, 190, 316, P.night), rect(734, 474, 162, 290, "#f3c27a"),
        rect(734, 640, 162, 124, P.leaf), rect(870, 610, 14, 60, P.night, rx=6),
        move(
            815, 550, rect(-46, -28, 92, 56, P.cream, rx=8), rect(-28, -10, 56, 8, P.dark, rx=4),
            rect(-28, 6, 36, 8, P.base, rx=4), line("M-30 -28L0 -52L30 -28", P.night, 4),
        ),
        POLE, tiles(140, 196, 950, 1, (P.night, "#3a2745")), plant(130, 786, 1.0), rect(0, 772, 1200, 128, "#2b1f36"),
        rect(0, 772, 1200, 10, "#20162a"), reflections, ground="#5a3f63",
    )


def face_glyph(colour: str) -> str:
    """A head in profile with a long wave of hair, around 0,0."""
    return form(
        "M-20 -70C30 -86 66 -50 62 -8L74 16H60C60 44 52 54 30 52V76H-10C-6 40 -30 30 -34 0C-40 34 -70 40 -86 "
        "76C-104 30 -78 -50 -20 -70z",
        colour,
    )


def _bathroom() -> str:
    """The tiled wall, the shelf with its bottles, and the towels."""
    wall = "".join(
        rect(i * 92 - 20, j * 92 - 20, 84, 84, "#5d4069" if (i + j) % 5 else "#6a4a76", rx=10)
        for i in range(14) for j in range(7)
    )
    shelf = rect(60, 236, 300, 16, P.wood) + "".join(
        move(
            110 + i * 66,
            236,
            rect(-24, -h, 48, h, c, rx=10),
            rect(-10, -h - 24, 20, 26, P.night, rx=4),
            rect(-16, -h * 0.6, 32, h * 0.3, P.cream, rx=4),
        )
        for i, (h, c) in enumerate(((120, P.base), (96, P.leaf), (132, P.light), (104, P.lamp)))
    )
    return "".join((
        wall, glow(600, 380, 480, P.lamp, 0.1), shelf, rect(860, 236, 280, 16, P.wood),
        *(rect(890, 236 - (i + 1) * 42, 210, 36, c, rx=16) for i, c in enumerate((P.cream, P.light, P.base))),
    ))


def wash_basin() -> str:
    """A backwash basin, water and suds."""
    suds = "".join(
        disc(x, y, r, "#fff", opacity=0.92)
        for x, y, r in (
            (470, 508, 46), (530, 488, 58), (600, 500, 48), (660, 490, 60), (730, 512, 44), (420, 520, 30),
            (776, 522, 28),
        )
    )
    floating = "".join(
        disc(x, y, r, P.light, opacity=0.5) + ring(x, y, r, "#fff", 4, opacity=0.8)
        for x, y, r in ((370, 330, 26), (840, 300, 34), (900, 390, 18), (300, 420, 16), (780, 200, 16))
    )
    return sheet(
        _bathroom(),
        line("M640 520V250C640 150 760 140 770 230", STEEL_DARK, 34),
        line("M636 520V250C636 156 752 148 762 230", STEEL, 20),
        move(770, 262, rect(-52, -34, 104, 26, STEEL_DARK, rx=10), form("M-44 -8H44L60 18H-60z", STEEL), turn=14),
        *(
            line(f"M{728 + i * 20} 292C{722 + i * 18} 350 {690 + i * 16} 410 {660 + i * 16} 470", "#bfe3e6", 8)
            for i in range(5)
        ),
        floating, oval(600, 520, 350, 60, "#e3bfae"),
        form("M460 520H740V600Q720 690 600 690Q480 690 460 600z", "#d9b3a2"), suds,
        *(disc(x, y, r, "#fff") for x, y, r in ((360, 520, 34), (820, 524, 36), (880, 516, 24), (316, 516, 22))),
        form(
            "M230 510C230 700 330 800 440 820H760C870 800 970 700 970 510C900 560 780 576 720 576C706 640 660 668 "
            "600 668C540 668 494 640 480 576C420 576 300 560 230 510z",
            P.cream,
        ),
        form("M760 820C870 800 970 700 970 510C920 546 850 562 790 570C790 680 720 780 600 820z", "#f1d5c4"),
        line(
            "M230 510C300 560 420 576 480 576C494 640 540 668 600 668C660 668 706 640 720 576C780 576 900 560 970 510",
            "#fff", 26,
        ),
        rect(430, 700, 340, 240, P.dark, rx=60), rect(446, 686, 308, 240, P.base, rx=56),
        rect(446, 686, 90, 240, P.light, rx=45, opacity=0.5), rect(500, 660, 200, 84, P.dark, rx=38),
        move(
            900, 560, rect(-58, 0, 116, 230, P.leaf, rx=8), rect(-58, 0, 34, 230, "#7fbdb5", rx=8, opacity=0.5),
            rect(-58, 160, 116, 14, P.cream), rect(-58, 184, 116, 8, P.cream),
            rect(-64, -14, 128, 26, "#37736d", rx=10), turn=-7,
        ),
        ground=P.dusk,
    )


def mirror_and_chair() -> str:
    """A lit mirror, the chair before it."""
    bulbs = "".join(
        disc(x, y, 17, P.lamp) + disc(x - 4, y - 4, 7, "#fff6dc")
        for x, y in [(330 + i * 108, 92) for i in range(6)] + [
            (330 + i * 108, 588)
            for i in range(6)
        ] + [(300, 190 + i * 102) for i in range(4)] + [(900, 190 + i * 102) for i in range(4)]
    )
    chair = group(
        oval(0, 250, 190, 26, "#000", opacity=0.25), rect(-130, 226, 260, 22, STEEL_DARK, rx=11),
        rect(-22, 90, 44, 140, STEEL), rect(-22, 90, 16, 140, STEEL_LIGHT), rect(-190, 40, 380, 70, P.dark, rx=30),
        rect(-176, 18, 352, 60, P.base, rx=28),
        mirror(0, rect(-222, -60, 54, 110, P.dark, rx=24), rect(-232, -78, 74, 34, P.base, rx=17)),
        rect(-150, -270, 300, 310, P.base, rx=70), rect(-150, -270, 90, 310, P.light, rx=45, opacity=0.5),
        line("M-40 -230C-46 -150 -46 -60 -40 10M40 -230C46 -150 46 -60 40 10", P.dark, 6, opacity=0.7),
        rect(-80, -338, 160, 84, P.dark, rx=34),
    )
    return sheet(
        rect(0, 0, 1200, 700, P.dusk), *(rect(i * 150, 0, 5, 700, "#543d60") for i in range(9)),
        glow(600, 340, 560, P.lamp, 0.11), rect(272, 60, 656, 560, P.wood, rx=30),
        rect(318, 110, 564, 460, "#6f5a86", rx=14),
        form("M318 124q0 -14 14 -14H560L380 570H332q-14 0 -14 -14z", "#8a76a0", opacity=0.7),
        form("M640 110H700L520 570H460z", "#8a76a0", opacity=0.5), rect(318, 440, 564, 130, "#594671", rx=10),
        plant(800, 448, 0.8), rect(350, 330, 110, 110, P.lamp, opacity=0.5), bulbs,
        rect(180, 620, 840, 34, P.wood_dark, rx=6), rect(0, 700, 1200, 200, "#3a2a44"),
        rect(0, 700, 1200, 14, "#2d2036"), oval(600, 860, 460, 60, P.dark, opacity=0.55),
        move(244, 620, rect(-26, -110, 52, 110, P.leaf, rx=12), rect(-10, -136, 20, 28, P.night)),
        move(
            960, 620, rect(-40, -70, 80, 70, P.cream, rx=10), rect(-26, -150, 10, 90, P.base),
            rect(-4, -164, 10, 100, P.lamp), rect(16, -144, 10, 80, P.light),
        ),
        move(600, 616, chair), plant(90, 860, 1.5), plant(1120, 866, 1.2), ground=P.dusk,
    )


def polish_row() -> str:
    """Nail polish in a row, a hand's worth of colours."""
    colours = (
        (P.dark, "#6b2a45"),
        (P.base, "#a84c67"),
        (P.light, "#d98f97"),
        (P.lamp, "#cf9a45"),
        (P.leaf, "#37736d"),
        ("#6a5a9a", "#52457c"),
    )

    def bottle(x: float, colour: str, shade: str, height: float) -> str:
        return move(
            x, 690, oval(10, 2, 92, 14, "#000", opacity=0.14), rect(-74, -190, 148, 190, colour, rx=34),
            form("M20 -190H40q34 0 34 34V-34q0 34 -34 34H0q30 -90 20 -190z", shade),
            rect(-54, -160, 26, 120, "#fff", rx=13, opacity=0.35), rect(-34, -214, 68, 30, "#f7ded2"),
            form(f"M-40 -210L-30 {-height}q0 -12 12 -12h36q12 0 12 12L40 -210z", P.night),
            form(f"M-28 -214L-20 {-height}h12l-4 {height - 214}z", P.dusk),
        )

    swatches = "".join(
        move(
            130 + i * 188, 150,
            form("M-52 90V-20C-52 -96 -28 -130 0 -130C28 -130 52 -96 52 -20V90C30 108 -30 108 -52 90z", c),
            form("M-34 60V-20C-34 -74 -22 -98 -8 -108C-18 -60 -20 0 -18 70z", "#fff", opacity=0.35),
            turn=(-9, -4, 0, 0, 4, 9)[i], size=0.82,
        )
        for i, (c, _) in enumerate(colours)
    )
    return sheet(
        disc(600, 330, 560, "#fdeee5"), swatches, rect(0, 690, 1200, 210, P.light), rect(0, 690, 1200, 16, "#fbd0d0"),
        *(bottle(130 + i * 188, c, s, (380, 350, 400, 360, 390, 356)[i]) for i, (c, s) in enumerate(colours)),
        form("M330 800C420 764 560 770 640 790C700 804 700 850 630 852C520 856 400 850 330 836z", P.base),
        line("M370 806C440 792 520 792 590 806", P.light, 8),
        move(
            760, 800, rect(0, -9, 250, 18, P.night, rx=9),
            form("M-70 0C-40 -18 -10 -14 4 -8V8C-10 14 -40 18 -70 0z", P.dark), turn=-8,
        ),
        ground="#f9dcd3",
    )


def hair_silhouette() -> str:
    """A woman in profile with a swept bob, before an evening window."""
    return sheet(
        rect(0, 0, 1200, 900, P.dusk), disc(640, 430, 380, P.base), disc(640, 430, 320, P.light),
        disc(640, 430, 258, "#f8cfc4"),
        form("M470 900C480 780 560 730 590 660L760 690C770 760 860 800 900 900z", SKIN),
        form("M590 660L760 690C764 720 780 746 800 764C720 760 640 730 590 660z", SKIN_SHADE),
        form("M380 900C420 830 480 800 520 790C600 860 780 860 850 800C930 820 990 850 1010 900z", P.leaf),
        line("M520 792C600 862 780 862 850 802", "#7fbdb5", 10),
        form(
            "M570 250C700 200 830 270 836 400C838 430 852 452 872 494C880 512 862 522 846 524C850 546 848 556 840 "
            "566C846 582 842 592 832 600C836 640 820 664 776 664C740 664 700 690 640 690C560 690 500 600 500 "
            "470C500 370 530 280 570 250z",
            SKIN,
        ),
        form(
            "M846 522C836 514 824 520 812 528C800 534 792 536 786 536C796 556 816 568 838 562C842 556 846 552 842 "
            "546C850 540 852 530 846 522z",
            "#b5525e",
        ),
        line("M842 545C826 546 808 542 790 537", "#8c3a4a", 4), line("M770 430C790 420 812 422 824 432", P.night, 9),
        line("M764 400C784 384 812 384 826 398", P.night, 10), oval(744, 540, 34, 24, P.light, opacity=0.75),
        form(
            "M836 400C800 390 760 350 748 300C740 420 690 470 680 560C672 650 620 720 520 736C420 740 370 640 372 "
            "500C376 300 480 160 640 164C770 168 846 250 846 372C846 390 842 398 836 400z",
            P.night,
        ),
        form(
            "M600 200C500 230 440 340 440 480C440 580 460 660 500 720C430 690 392 600 396 490C402 340 480 220 600 "
            "200z",
            P.dusk,
        ),
        line("M690 210C600 240 540 340 540 480C540 560 550 620 570 690", "#5d4069", 10),
        line("M730 240C660 300 620 380 620 480C620 540 620 580 606 640", "#5d4069", 10),
        line("M640 190C540 220 470 330 480 500", "#5d4069", 8), disc(668, 590, 18, P.lamp),
        disc(668, 632, 10, P.lamp), ground=P.dusk,
    )


def dryer_and_brush() -> str:
    """A hair dryer and a round brush."""
    dryer = group(
        form("M60 60L120 380H210L190 60z", P.dark), form("M150 60L186 380H210L190 60z", "#6b2a45"), rect(112, 180, 60,
            26, P.lamp, rx=8, transform="rotate(-4 140 190)"),
        form("M-300 -96L120 -150C220 -150 280 -80 280 0C280 80 220 150 120 150L-300 96z", P.base),
            form("M-300 20L280 20C270 96 214 150 120 150L-300 96z", P.dark, opacity=0.55),
                form("M-260 -76L110 -124C150 -124 180 -112 200 -96L-260 -40z", P.light, opacity=0.8),
        rect(-350, -106, 56, 212, P.night, rx=14), disc(170, 0, 84, P.night), *(ring(170, 0, r, P.dusk, 8)
            for r in (26, 48, 70)), line("M170 380C180 450 250 470 240 540S330 640 620 560", P.night, 16),
    )
    bristles = "".join(
        line(
            f"M{-30 + i * 34} {-74 - (i % 2) * 4}v{150 + (i % 2) * 8}", P.night, 7,
        ) + disc(-30 + i * 34, -78 - (i % 2) * 4, 7, P.lamp) + disc(-30 + i * 34, 80 + (i % 2) * 4, 7, P.lamp)
        for i in range(9)
    )
    brush = group(
        bristles, rect(-60, -44, 340, 88, P.leaf, rx=40),
        *(disc(-20 + i * 44 + (j % 2) * 22, -18 + j * 18, 7, "#37736d") for i in range(6) for j in range(3)),
        rect(280, -22, 320, 44, P.wood, rx=22), rect(300, -12, 260, 10, "#9a6f7b", rx=5),
        rect(268, -34, 36, 68, P.lamp, rx=8),
    )
    air = "".join(
        line(f"M{200 - i * 14} {250 + i * 62}q-40 -26 -80 0t-80 0", "#fff", 12, opacity=0.7) for i in range(4)
    )
    return sheet(
        disc(820, 300, 460, "#fbeee5"), air, move(656, 346, group(dryer, opacity=0.1, transform="translate(14 22)")),
        move(640, 330, dryer, turn=-6), move(170, 770, brush, turn=-5, size=0.92), ground="#f5d4cd",
    )
