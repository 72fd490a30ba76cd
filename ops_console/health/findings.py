"""What a guard is, and what it finds."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """What a guard says."""

    OK = "ok", _("ok")
    FAILED = "failed", _("failed")
    UNKNOWN = "unknown", _("cannot tell")


@dataclass(frozen=True)
class Ground:
    """
    What the guards stand on: the instant, and whether the product is `at_rest`.

    At rest its own processes are not started, so that nobody can expect beat or workers to answer.
    """

    now: datetime
    at_rest: bool = False


@dataclass(frozen=True)
class Reading:
    """What one guard measured: its state and the figures, in one sentence."""

    state: State
    measured: str


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's: which guard, its state, what was measured, and what to do when it fails. Plain texts."""

    guard: str
    title: str
    state: str
    measured: str
    advice: str

    def as_dict(self) -> dict[str, str]:
        """Return the line for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Guard:
    """One check: `look` reads and never changes anything that stays."""

    name: str
    title: str | Promise
    advice: str | Promise
    look: Callable[[Ground], Reading]


def ok(measured: object) -> Reading:
    """The guard holds."""
    return Reading(State.OK, str(measured))


def failed(measured: object) -> Reading:
    """The guard does not hold."""
    return Reading(State.FAILED, str(measured))


def unknown(measured: object) -> Reading:
    """It cannot be told from here."""
    return Reading(State.UNKNOWN, str(measured))


def some(names: list[str], *, most: int = 3) -> str:
    """Return the first names and how many more there are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" (+{rest})" if rest > 0 else "")
