"""Messages as files: one JSON file for each mail or text message."""

import base64
import contextlib
import json
import os
import re
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings

from saas.kernel import clock
from saas.kernel.ids import random_id

ID = re.compile(r"^[0-9]{8}T[0-9]{12}-[0-9a-z]{8}$")
# What the page shows at most; older files stay on the disk.
SHOWN = 500


@dataclass(frozen=True)
class Enclosure:
    """A file that came with a mail; `content` is base64. `content_id` is set on pictures that the HTML shows."""

    name: str
    kind: str
    content: str
    content_id: str = ""

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(base64.b64decode(self.content))


@dataclass(frozen=True)
class Message:
    """A mail (`kind` "mail") or a text message ("sms"). `to` are addresses or numbers."""

    kind: str
    to: list[str]
    text: str
    sender: str = ""
    subject: str = ""
    html: str = ""
    enclosures: list[Enclosure] = field(default_factory=list)
    id: str = ""

    @property
    def sent_at(self) -> datetime:
        """When it was written, UTC."""
        return datetime.strptime(self.id.partition("-")[0] + "+0000", "%Y%m%dT%H%M%S%f%z")

    def says(self, words: str) -> bool:
        """Tell whether address, subject or text contain all the words, in any case."""
        text = " ".join([*self.to, self.sender, self.subject, self.text]).lower()
        return all(word in text for word in words.lower().split())


def write(message: Message) -> str:
    """Store a message and return its id. The file appears whole."""
    folder = Path(settings.MAIL_DIRECTORY)
    folder.mkdir(parents=True, exist_ok=True)
    message_id = f"{clock.now():%Y%m%dT%H%M%S%f}-{random_id(8)}"
    handle, beside = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({**asdict(message), "id": message_id}, file, ensure_ascii=False)
        Path(beside).replace(folder / f"{message_id}.json")
    except BaseException:
        with contextlib.suppress(OSError):
            Path(beside).unlink()
        raise
    return message_id


def read(message_id: str) -> Message | None:
    """Return a message, or None when there is none of this id."""
    if not ID.match(message_id):
        return None
    try:
        stored = json.loads((Path(settings.MAIL_DIRECTORY) / f"{message_id}.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    stored["enclosures"] = [Enclosure(**one) for one in stored["enclosures"]]
    return Message(**stored)


def newest(words: str = "") -> list[Message]:
    """Return the newest messages, the last one first, of those that say all `words`."""
    folder = Path(settings.MAIL_DIRECTORY)
    names = sorted((path.stem for path in folder.glob("*.json")), reverse=True) if folder.is_dir() else []
    found = (message for name in names[:SHOWN] if (message := read(name)))
    return [message for message in found if message.says(words)]
