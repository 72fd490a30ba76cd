"""The two web processes as a test asks them."""

import time
from dataclasses import dataclass

import requests

from tests.billing.sandbox.process import eventually

RIVERSIDE, HILLSIDE = "riverside.localhost", "hillside.localhost"
# A page is forgotten at the end of its minute anyway: a test that sees a change must not end where the minute does.
SAFE_SECONDS_OF_A_MINUTE = 50


@dataclass(frozen=True)
class Served:
    """The two processes by their ports."""

    ports: tuple[int, ...]

    def get(self, path: str, *, process: int = 0, host: str = RIVERSIDE, **headers: str) -> requests.Response:
        """Ask one of the processes for a page; header names with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"http://127.0.0.1:{self.ports[process]}{path}"
        return requests.get(url, headers={"Host": host, **named}, timeout=30, allow_redirects=False)

    def warm(self, path: str, *, host: str = RIVERSIDE) -> str:
        """Have the page in both processes' caches early in a minute, and return it."""
        while time.time() % 60 > SAFE_SECONDS_OF_A_MINUTE:
            time.sleep(0.2)

        def kept() -> str:
            pages = [self.get(path, process=number, host=host) for number in range(len(self.ports))]
            return pages[0].text if all("hit" in page.headers.get("Cache-Status", "") for page in pages) else ""

        return str(eventually(kept, f"{path} in both caches"))

    def everywhere(self, path: str, wanted: str, *, host: str = RIVERSIDE, status: int = 200) -> None:
        """See every process answer with `wanted` (none of it, where it begins with "-") within a few seconds."""

        def shown() -> bool:
            pages = [self.get(path, process=number, host=host) for number in range(len(self.ports))]
            is_there = [(wanted.removeprefix("-") in page.text) != wanted.startswith("-") for page in pages]
            return all(is_there) and all(page.status_code == status for page in pages)

        eventually(shown, f"{wanted!r} on {path}", patience_seconds=5)
