"""What an insider tries."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Move:
    """One try: what it is for, where it is sent, with what."""

    what: str
    path: str
    data: dict[str, str] = field(default_factory=dict)
