"""Charts and sparklines as plain numbers: positions for server-made SVG, always with the table that says the same."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 8, 12, 28


@dataclass(frozen=True)
class Chart:
    """
    What a chart shows.

    `values` and `labels` have the same length; `shown` are the values as people read them (money already formatted),
    `second` an optional comparison of the same length with `second_shown`. `empty` says what will appear when all is 0.
    """

    title: str
    labels: Sequence[str]
    values: Sequence[int]
    shown: Sequence[str]
    kind: Literal["bar", "line"] = "bar"
    names: tuple[str, str] = ("", "")
    """Column head of the labels, column head of the values."""
    second: Sequence[int] = field(default_factory=tuple)
    second_shown: Sequence[str] = field(default_factory=tuple)
    second_name: str = ""
    third: Sequence[int] = field(default_factory=tuple)
    """A third line of the same length, with its words; for charts of lines."""
    third_shown: Sequence[str] = field(default_factory=tuple)
    third_name: str = ""
    last_name: str = ""
    """What the last bar is where it stands out from the others (today, which is not over yet); it has another colour and this name."""
    empty: str = ""
    axis_divisor: int = 1
    """What the axis' figures are divided by, 100 for amounts in cents."""


def nice_ceiling(value: float) -> float:
    """Give the next round figure (1, 2, 2.5, 4, 5 or 10 times a power of ten) at or above a positive value."""
    power: float = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 4, 5, 10) if value <= step * power * 1.000001)


def _parts(ceiling: float) -> int:
    """Give how many steps lead to a round figure so that each is round too: 250 in 5 of 50, 400 in 4 of 100."""
    leading = ceiling / 10 ** math.floor(math.log10(ceiling * 1.000001))
    return 4 if round(leading, 3) in (2, 4) else 5


def _short(figure: float) -> str:
    if figure >= 1_000_000:
        return f"{figure / 1_000_000:g}M"
    return f"{figure / 1_000:g}k" if figure >= 10_000 else f"{figure:g}"


def _points(values: Sequence[int], top_value: float) -> list[tuple[float, float]]:
    step = (WIDTH - LEFT - RIGHT) / max(len(values), 1)
    span = HEIGHT - TOP - BOTTOM
    return [
        (round(LEFT + step * (i + 0.5), 1), round(TOP + span * (1 - value / top_value), 1))
        for i, value in enumerate(values)
    ]


def layout(chart: Chart) -> dict[str, Any]:
    """Give the context of `ui/chart.html`: bars or lines in the units of the view box, grid lines, labels, table rows."""
    top = max([*chart.values, *chart.second, *chart.third, 0])
    if top <= 0:
        return {"chart": chart, "nothing": True}
    ceiling = nice_ceiling(top / chart.axis_divisor) * chart.axis_divisor
    parts = _parts(ceiling / chart.axis_divisor)
    points = _points(chart.values, ceiling)
    width = round((WIDTH - LEFT - RIGHT) / len(points) * 0.62, 1)
    base = HEIGHT - BOTTOM
    every = math.ceil(len(points) / 8)
    shown_second = chart.second_shown or [""] * len(points)
    shown_third = chart.third_shown or [""] * len(points)
    return {
        "chart": chart,
        "size": (WIDTH, HEIGHT),
        "base": base,
        "bars": [
            {
                "x": round(x - width / 2, 1),
                "y": y,
                "w": width,
                "h": round(base - y, 1),
                "last": bool(chart.last_name) and i == len(points) - 1,
            }
            for i, (x, y) in enumerate(points)
        ],
        "line": " ".join(f"{x},{y}" for x, y in points),
        "last_point": points[-1],
        "second": " ".join(f"{x},{y}" for x, y in _points(chart.second, ceiling)),
        "third": " ".join(f"{x},{y}" for x, y in _points(chart.third, ceiling)),
        "grid": [
            {
                "y": round(TOP + (base - TOP) * (1 - part / parts), 1),
                "text": _short(ceiling / chart.axis_divisor * part / parts),
            }
            for part in range(parts + 1)
        ],
        "ticks": [
            {"x": points[i][0], "text": label}
            for i, label in enumerate(chart.labels)
            if (len(points) - 1 - i) % every == 0
        ],
        "rows": list(zip(chart.labels, chart.shown, shown_second, shown_third, strict=True)),
    }


def spark_points(values: Sequence[int], *, width: int = 88, height: int = 32) -> str:
    """Give the `points` of a polyline that fits the box with 2 units of margin; flat values give a flat line."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1
    step = (width - 6) / (len(values) - 1)
    return " ".join(
        f"{3 + step * i:.1f},{3 + (height - 6) * (1 - (value - low) / span) if high > low else height / 2:.1f}"
        for i, value in enumerate(values)
    )
