"""Colours hold the contrast that the pages rely on, in every face, scheme and theme."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.ui import bundle, colour

HEX = st.from_regex(r"\A#[0-9a-f]{6}\Z")
TEXT_PAIRS = [
    *(
        (ink, ground)
        for ink in ("ink", "ink-soft", "brand-strong", "accent-strong", "bad-ink")
        for ground in ("paper", "raised")
    ),
    ("ink", "sunken"),
    ("ink-soft", "sunken"),
    *((f"on-{name}", name) for name in ("brand", "accent", "sign", "band", "ok", "warn", "bad", "info", "mute")),
    ("on-band-soft", "band"),
    *((ink, f"{name}-soft") for name in ("ok", "warn", "bad", "info") for ink in (f"{name}-ink", "ink")),
]
PART_PAIRS = [("line-strong", "paper"), ("line-strong", "raised"), ("sign", "band"), ("ok-ink", "paper")]
_RULE = re.compile(r'^(:root|\[data-face="(\w+)"\]) \{(.*?)^\}', re.DOTALL | re.MULTILINE)
_TOKEN = re.compile(
    r"--([\w-]+): (light-dark\()?oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)(?:, oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)\))?;"
)
_LIGHT_DARK = re.compile(r"light-dark\((#\w{6}), (#\w{6})\)")


def _hex(parts: tuple[str, ...]) -> str:
    lightness, chroma, hue = (float(part) for part in parts)
    return colour.hex_from_oklch((lightness / 100, chroma, hue))


def _tokens(face: str, scheme: str) -> dict[str, str]:
    """Read the colours of one face in one scheme from tokens.css."""
    found: dict[str, str] = {}
    for rule in _RULE.finditer((bundle.STATIC / "css" / "tokens.css").read_text("utf-8")):
        if rule.group(2) not in (None, face):
            continue
        for name, _both, *numbers in _TOKEN.findall(rule.group(3)):
            dark = numbers[3:] if numbers[3] else numbers[:3]
            found[name] = _hex(tuple(numbers[:3] if scheme == "light" else dark))
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("face", ["mall", "platform", "ops"])
def test_every_text_token_holds_4_5_to_1_on_its_ground(face: str, scheme: str) -> None:
    tokens = _tokens(face, scheme)
    weak = [
        (ink, ground) for ink, ground in TEXT_PAIRS if colour.contrast(tokens[ink], tokens[ground]) < colour.AA_TEXT
    ]
    assert weak == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("face", ["mall", "platform", "ops"])
def test_borders_of_controls_and_signs_hold_3_to_1(face: str, scheme: str) -> None:
    tokens = _tokens(face, scheme)
    weak = [
        (part, ground) for part, ground in PART_PAIRS if colour.contrast(tokens[part], tokens[ground]) < colour.AA_PART
    ]
    assert weak == []


def test_the_grounds_that_themes_are_computed_for_are_the_tokens() -> None:
    assert colour.contrast(colour.PAPER_LIGHT, _tokens("mall", "light")["paper"]) < 1.03
    assert colour.contrast(colour.PAPER_DARK, _tokens("mall", "dark")["raised"]) < 1.1


@given(brand=HEX, accent=HEX)
def test_a_theme_holds_4_5_to_1_whatever_colours_a_merchant_picks(brand: str, accent: str) -> None:
    properties = colour.theme_properties(brand=brand, accent=accent)
    for scheme, ground in ((1, colour.PAPER_LIGHT), (2, colour.PAPER_DARK)):
        pick = {
            name: (found.group(scheme) if (found := _LIGHT_DARK.match(value)) else value)
            for name, value in properties.items()
        }
        for name in ("brand", "accent"):
            assert colour.contrast(pick[f"--{name}"], pick[f"--on-{name}"]) >= colour.AA_TEXT
            assert colour.contrast(pick[f"--{name}-strong"], ground) >= colour.AA_TEXT
    assert colour.contrast(properties["--sign"], properties["--on-sign"]) >= colour.AA_TEXT


@given(HEX)
def test_oklch_leads_back_to_the_same_colour(text: str) -> None:
    back = colour.rgb_from_hex(colour.hex_from_oklch(colour.oklch_from_hex(text)))
    assert all(abs(one - other) < 0.01 for one, other in zip(back, colour.rgb_from_hex(text), strict=True))


def test_contrast_is_the_wcag_ratio() -> None:
    assert colour.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colour.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("text", ["", "red", "#fff", "#gggggg", "#12345678", "url(x)"])
def test_what_is_not_a_colour_is_refused(text: str) -> None:
    with pytest.raises(colour.BadColour):
        colour.theme_properties(brand=text, accent="#112233")


def test_theme_css_sets_custom_properties_and_nothing_else() -> None:
    css = colour.theme_css(brand="#b3261e", accent="#f2a93b")
    assert re.fullmatch(r":root\{(--[\w-]+:[\w#(), -]+;)+\}\n", css)
    assert colour.check("#b3261e").on_colour == "#ffffff"
