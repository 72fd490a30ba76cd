"""The trades' colours: night for the lane, three tones of the mall's own colour, and what the light falls on."""

from dataclasses import dataclass

# A drawing reads as a list of shapes, back to front.
# fmt: off


@dataclass(frozen=True)
class Palette:
    """Colours of one trade's pictures, as `#rrggbb`."""

    night: str
    dusk: str
    dark: str
    base: str
    light: str
    lamp: str
    cream: str
    wood: str
    wood_dark: str
    leaf: str

    @property
    def tones(self) -> tuple[str, str, str]:
        """The mall's colour: dark, base, light."""
        return self.dark, self.base, self.light


RESTAURANT = Palette(
    night="#1f1d2e", dusk="#34304a", dark="#7c1c1b", base="#b9312a", light="#e46a4e", lamp="#f3b14b", cream="#fbeacb",
    wood="#54382f", wood_dark="#432b25", leaf="#6f8f57",
)
SALON = Palette(
    night="#2a1e33", dusk="#473353", dark="#8c3a5c", base="#c8647f", light="#f0aeb4", lamp="#f2bf6b", cream="#fcefe4",
    wood="#7d5561", wood_dark="#68444f", leaf="#4d918a",
)
CONVENIENCE = Palette(
    night="#172a33", dusk="#27444d", dark="#155e59", base="#1f8f83", light="#7fd0bd", lamp="#f6b94f", cream="#fdf1d6",
    wood="#5a4636", wood_dark="#48372a", leaf="#5f9a4b",
)
CINEMA = Palette(
    night="#161a33", dusk="#272d55", dark="#5d1a3c", base="#9c2a4e", light="#e0607a", lamp="#f5bf5a", cream="#fdf0d8",
    wood="#3b2f52", wood_dark="#2d2443", leaf="#4a86a8",
)
HOME = Palette(
    night="#22282f", dusk="#3a444f", dark="#98501a", base="#d67a22", light="#f3b668", lamp="#f8cd6b", cream="#fbf0dc",
    wood="#6b5240", wood_dark="#574232", leaf="#4f8273",
)
