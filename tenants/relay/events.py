"""What a subscriber gets."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Event:
    """A fact of a mall, as its outbox told it."""

    event_id: str
    schema_name: str
    kind: str
    subject: str
    payload: dict[str, Any]
    happened_at: datetime
