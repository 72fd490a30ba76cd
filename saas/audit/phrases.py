"""
Sentences of the trail, put into words when they are read, in the reader's language.

A row keeps the English text as it is marked for translation and what stands in it by name (`data["said"]`); its `summary` is the same
sentence in English, which is what a search finds, and all that a row has that was written as a plain string.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, override, pgettext

from saas.ui.formats import format_money, listed


@dataclass(frozen=True)
class Amount:
    """Money in a phrase: minor units of a currency."""

    minor: int
    currency: str


@dataclass(frozen=True)
class Phrase:
    """A text before it is translated, and the JSON of what stands in it; made by `phrase`. Its `str` is in the active language."""

    text: str
    values: Mapping[str, Any]
    context: str = ""

    def __str__(self) -> str:
        """Put it into words in the active language; in English where a translation does not fit."""
        if not self.text:
            return ""
        values = {name: _shown(value) for name, value in self.values.items()}
        translated = pgettext(self.context, self.text) if self.context else gettext(self.text)
        for text in (translated, self.text):
            try:
                return (text % values if values else text.replace("%%", "%")).strip()
            except (KeyError, TypeError, ValueError):
                continue
        return self.text

    def as_json(self) -> dict[str, Any]:
        """Return what a row keeps."""
        kept = {"text": self.text, "with": dict(self.values), "context": self.context}
        return {name: value for name, value in kept.items() if value or name == "text"}

    def told(self) -> dict[str, Any]:
        """Return what a message to the other side of the wall says of it: the phrase, and English for who does not know phrases."""
        return {"said": self.as_json(), "summary": self.in_english()[:300]}

    def in_english(self) -> str:
        """Put it into words as the trail's rows are searched."""
        with override("en"):
            return str(self)


# What a row says: a phrase, a lazily translated text with nothing in it, or words that are in no language of ours.
Words = str | Phrase | Promise


def phrase(text: Promise | str, /, **values: object) -> Phrase:
    """
    Make a sentence of a lazily translated text and what stands in it at its `%(name)s`.

    A value is a number, a day, an instant, an `Amount`, another phrase, a list of these, a lazily translated text (a choice's
    label), or a string: a name, or somebody's own words, which stay as they are.

    :raises TypeError: the text is translated already, so that nobody could read it in another language
    """
    if not isinstance(text, Promise):
        raise TypeError(f"not lazily translated: {text!r}")
    # What a lazy text is made of, as it is pickled: the function with its arguments, of which the last is the text.
    made_of: Any = text.__reduce__()
    translate, arguments = made_of[1][:2]
    if translate not in (gettext, pgettext):
        raise TypeError(f"neither gettext_lazy nor pgettext_lazy made this: {text!r}")
    context, source = ("", *arguments)[-2:]
    return Phrase(source, {name: _kept(value) for name, value in values.items()}, context)


def each(words: Callable[[], str]) -> Phrase:
    """Make a phrase of what a function puts together in the active language: it is asked once for each language, now."""
    return Phrase("%(words)s", {"words": {"each": {code: _in(code, words) for code, _name in settings.LANGUAGES}}})


def from_json(kept: Mapping[str, Any]) -> Phrase:
    """Return a phrase as a row keeps it."""
    return Phrase(str(kept.get("text", "")), kept.get("with") or {}, str(kept.get("context", "")))


def told_in(message: Mapping[str, Any]) -> "Phrase | str":
    """Return what `Phrase.told` put into a message; the string of a message from before."""
    return from_json(message["said"]) if message.get("said") else str(message["summary"])


def read(data: Mapping[str, Any], summary: str) -> str:
    """Return a row's sentence in the active language; `summary` where it was written as a plain string."""
    said = data.get("said")
    return (str(from_json(said)) if isinstance(said, Mapping) else "") or summary


def _in(language: str, words: Callable[[], str]) -> str:
    with override(language):
        return words()


def _kept(value: object) -> Any:
    if isinstance(value, Promise):
        value = phrase(value)
    if isinstance(value, Phrase):
        return value.as_json()
    if isinstance(value, Amount):
        return {"money": [value.minor, value.currency]}
    if isinstance(value, datetime):
        return {"at": value.astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Iterable) and not isinstance(value, str):
        return {"list": [_kept(one) for one in value]}
    return str(value)


def _shown(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if "money" in value:
        return format_money(*value["money"])
    if "each" in value:
        said = value["each"]
        return said.get(get_language() or "") or said.get("en") or next(iter(said.values()), "")
    if "at" in value:
        at = datetime.fromisoformat(value["at"]).astimezone(UTC)
        return f"{date_format(at, 'DATETIME_FORMAT')} UTC"
    if "day" in value:
        return date_format(date.fromisoformat(value["day"]), "DATE_FORMAT")
    if "list" in value:
        return listed(_shown(one) for one in value["list"])
    return str(from_json(value))
