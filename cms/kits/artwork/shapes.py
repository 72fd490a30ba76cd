"""
The hand that draws: a few flat shapes as SVG text, on a sheet of 1200 by 900.

Every function gives a piece of SVG. Colours are passed in; nothing here is random unless a `Random` is passed.
"""

import math
from random import Random

W, H = 1200, 900


def tag(name: str, inner: str = "", /, **attrs: object) -> str:
    """Give one element; `_` in an attribute's name stands for `-`, None leaves the attribute out."""
    text = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_number(value)}"' for key, value in attrs.items() if value is not None
    )
    return f"<{name}{text}>{inner}</{name}>" if inner else f"<{name}{text}/>"


def _number(value: object) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def group(*parts: str, **attrs: object) -> str:
    """Put parts together, with a transform or an opacity."""
    return tag("g", "".join(parts), **attrs)


def dice(seed: int) -> Random:
    """Give chance that falls the same way each time, so that a picture is always the same."""
    return Random(seed)  # noqa: S311 - strews spring onions, keeps no secret


def move(x: float, y: float, *parts: str, turn: float = 0, size: float = 1) -> str:
    """Put parts drawn around 0,0 at x,y, turned by degrees and scaled."""
    return group(*parts, transform=f"translate({x:g} {y:g}) rotate({turn:g}) scale({size:g})")


def mirror(x: float, *parts: str) -> str:
    """Give the parts and their mirror image about the upright line at x."""
    return group(*parts) + group(*parts, transform=f"translate({2 * x:g} 0) scale(-1 1)")


def rect(x: float, y: float, w: float, h: float, fill: str, **attrs: object) -> str:
    """A box; `rx` rounds it."""
    return tag("rect", x=x, y=y, width=w, height=h, fill=fill, **attrs)


def disc(x: float, y: float, r: float, fill: str, **attrs: object) -> str:
    """A circle."""
    return tag("circle", cx=x, cy=y, r=r, fill=fill, **attrs)


def oval(x: float, y: float, rx: float, ry: float, fill: str, **attrs: object) -> str:
    """An ellipse."""
    return tag("ellipse", cx=x, cy=y, rx=rx, ry=ry, fill=fill, **attrs)


def ring(x: float, y: float, r: float, colour: str, width: float, **attrs: object) -> str:
    """A circle's line."""
    return tag("circle", cx=x, cy=y, r=r, fill="none", stroke=colour, stroke_width=width, **attrs)


def form(d: str, fill: str, **attrs: object) -> str:
    """A filled path."""
    return tag("path", d=d, fill=fill, **attrs)


def line(d: str, colour: str, width: float, **attrs: object) -> str:
    """A stroked path with round ends."""
    return tag(
        "path",
        d=d,
        fill="none",
        stroke=colour,
        stroke_width=width,
        stroke_linecap="round",
        stroke_linejoin="round",
        **attrs,
    )


def within(name: str, mask: str, *parts: str) -> str:
    """Show parts only inside the shape `mask`; `name` must be unique on the sheet."""
    return tag("clipPath", mask, id=name) + group(*parts, clip_path=f"url(#{name})")


def glow(x: float, y: float, r: float, colour: str, strength: float = 0.16) -> str:
    """Lamp light: three flat rings of one colour, no gradient."""
    return "".join(disc(x, y, r * part, colour, opacity=round(strength, 3)) for part in (1.0, 0.72, 0.46))


def steam(x: float, y: float, height: float, colour: str, *, width: float = 16, opacity: float = 0.55) -> str:
    """One curl of steam that rises from x,y."""
    h = height / 4
    first = f"M{x} {y}c-{h * 0.7:.0f} -{h * 0.7:.0f} {h * 0.7:.0f} -{h * 1.3:.0f} 0 -{2 * h:.0f}"
    return line(f"{first}s{h * 0.6:.0f} -{h * 1.3:.0f} 0 -{2 * h:.0f}", colour, width, opacity=opacity)


def lantern(x: float, y: float, size: float, colours: tuple[str, str, str], cap: str) -> str:
    """A lit lantern hanging at x,y; colours are dark, base and light."""
    dark, base, light = colours
    return move(
        x,
        y,
        rect(-2, -70, 4, 40, cap),
        rect(-16, -34, 32, 10, cap, rx=3),
        oval(0, 10, 46, 38, base),
        oval(0, 10, 28, 38, light, opacity=0.55),
        oval(0, 10, 10, 38, light, opacity=0.6),
        line("M-44 4Q0 14 44 4M-44 18Q0 28 44 18", dark, 2.5, opacity=0.5),
        rect(-14, 45, 28, 8, cap, rx=3),
        line("M-6 53v22M0 53v28M6 53v22", dark, 3),
        size=size,
    )


def tiles(x: float, y: float, w: float, rows: int, colours: tuple[str, str]) -> str:
    """The lower edge of a tiled roof, from x,y to the right, downwards."""
    dark, light = colours
    parts = [rect(x, y, w, rows * 26, dark)]
    for row in range(rows):
        shift = 0 if row % 2 else 17
        for i in range(int(w // 34) + 1):
            left = x - shift + i * 34
            if left >= x - 18 and left + 34 <= x + w + 18:
                parts.append(form(f"M{left} {y + row * 26}h34v8a17 17 0 0 1-34 0z", light if (i + row) % 2 else dark))
                parts.append(line(f"M{left} {y + row * 26 + 8}a17 17 0 0 0 34 0", dark, 3))
    return group(*parts)


def window(x: float, y: float, size: tuple[float, float], *, frame: str, light: str, bars: int = 3) -> str:
    """A lit window of width and height with upright bars and one across."""
    w, h = size
    step = w / bars
    inner = "".join(rect(x + step * i - 3, y, 6, h, frame) for i in range(1, bars))
    pane = rect(x - 9, y - 9, w + 18, h + 18, frame, rx=3) + rect(x, y, w, h, light)
    return pane + inner + rect(x, y + h * 0.34, w, 6, frame)


def planks(colours: tuple[str, str], *, count: int = 6, tilt: float = 0) -> str:
    """A table from above: broad boards with a thin seam and a little grain."""
    base, seam = colours
    step = (H + 240) / count
    parts = [rect(-200, -120, W + 400, H + 240, base)]
    for i in range(count):
        y = -120 + i * step
        parts.append(rect(-200, y, W + 400, 5, seam))
        parts.append(
            line(
                f"M{40 + i * 173 % 500} {y + step * 0.4:.0f}h{180 + i * 57 % 200}"
                f"M{560 + i * 119 % 300} {y + step * 0.68:.0f}h150",
                seam,
                4,
                opacity=0.6,
            )
        )
    return group(*parts, transform=f"rotate({tilt} 600 450)")


def chopsticks(x: float, y: float, length: float, colours: tuple[str, str], *, turn: float = 0, gap: float = 26) -> str:
    """Two chopsticks lying side by side from x,y, thick end last."""
    base, tip = colours
    one = form(f"M0 -5L{length} -10v20L0 5z", base) + rect(length - 66, -10, 66, 20, tip)
    return move(x, y, one, move(0, gap, one, turn=-2.5), turn=turn)


def around(x: float, y: float, r: float, count: int, piece: str, *, start: float = 0) -> str:
    """Set a piece drawn around 0,0 (upright) on a circle, turned outwards."""
    parts = []
    for i in range(count):
        angle = start + 360 * i / count
        at = math.radians(angle)
        parts.append(move(x + r * math.sin(at), y - r * math.cos(at), piece, turn=angle))
    return "".join(parts)


def sprinkle(random: Random, x: float, y: float, r: float, count: int, pieces: list[str]) -> str:
    """Strew pieces drawn around 0,0 over a disc."""
    parts = []
    for i in range(count):
        angle, far = random.uniform(0, math.tau), r * math.sqrt(random.random())
        parts.append(
            move(
                round(x + far * math.cos(angle)),
                round(y + far * math.sin(angle)),
                pieces[i % len(pieces)],
                turn=random.randrange(360),
            )
        )
    return "".join(parts)


def sheet(*parts: str, ground: str, width: int = W, height: int = H) -> str:
    """Give the whole picture as an SVG document."""
    body = rect(0, 0, width, height, ground) + "".join(parts)
    frame = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f"<svg {frame}>{body}</svg>"
