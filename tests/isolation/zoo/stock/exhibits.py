"""What an exhibit is: a function that lets one stock part do its work in two malls and tells what it saw."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """What an exhibit saw: whether one mall's data showed in another or in `public`, and where."""

    leaked: bool
    told: str


EXHIBITS: dict[str, Callable[[], Seen]] = {}


def exhibit(row: str) -> Callable[[Callable[[], Seen]], Callable[[], Seen]]:
    """Enter a function as the exhibit of a row, "C4"."""

    def enter(function: Callable[[], Seen]) -> Callable[[], Seen]:
        EXHIBITS[row] = function
        return function

    return enter
