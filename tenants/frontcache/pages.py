"""A kept page and the answers that it gives."""

import gzip
import hashlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from saas.kernel import metrics

Headers = list[tuple[str, str]]
# Browsers ask each time and are told "unchanged"; a shared cache keeps a page for a second, and a little longer while it asks.
CACHE_CONTROL = "public, max-age=0, s-maxage=1, stale-while-revalidate=4"
VARY = ("Cookie", "Accept-Language", "HX-Request", "Accept-Encoding")
SMALLEST_TO_COMPRESS = 400
_OWN = {"content-length", "vary", "etag", "cache-control", "content-encoding"}
COMPRESSED = ("text/", "application/json", "application/javascript", "image/svg+xml")


@dataclass(slots=True)
class Page:
    """
    A page of one mall, compressed. `generation` and `stamp` say what it was made from, `good_until` (`time.time`) is the end of
    its minute; `seen_fresh_at` (`time.monotonic`) is when it was last known to be current.
    """

    schema: str
    generation: str
    stamp: str
    headers: Headers
    etag: str
    body: bytes
    is_compressed: bool
    good_until: float
    seen_fresh_at: float = field(default_factory=time.monotonic)

    @property
    def size(self) -> int:
        """Bytes that the page takes, about."""
        return len(self.body) + 1500

    def answer(self, environ: dict[str, Any], start_response: Callable[..., Any], *, how: str) -> Iterable[bytes]:
        """Answer a request with the page, or with 304 where the client has it. `how` (hit, stale, miss) is told in `Cache-Status`."""
        metrics.count("kept_pages", how=how)
        metrics.hand_over()
        headers = [*self.headers, ("ETag", self.etag), ("Cache-Status", f"hutong; {how}")]
        if _matches(environ.get("HTTP_IF_NONE_MATCH", ""), self.etag):
            start_response("304 Not Modified", headers)
            return []
        body = self.body
        if self.is_compressed:
            if accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
                headers.append(("Content-Encoding", "gzip"))
            else:
                body = gzip.decompress(body)
        headers.append(("Content-Length", str(len(body))))
        start_response("200 OK", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def dump(self) -> bytes:
        """Return the page as bytes for `load`."""
        facts = [self.schema, self.generation, self.stamp, self.headers, self.etag, self.is_compressed, self.good_until]
        return json.dumps(facts).encode() + b"\n" + self.body


def load(data: bytes) -> Page:
    """
    Read what `dump` wrote.

    :raises ValueError: it is something else
    """
    head, _newline, body = data.partition(b"\n")
    schema, generation, stamp, headers, etag, is_compressed, good_until = json.loads(head)
    pairs = [(str(name), str(value)) for name, value in headers]
    return Page(schema, generation, stamp, pairs, etag, body, is_compressed, good_until)


def make(*, schema: str, generation: str, stamp: str, headers: Headers, body: bytes) -> Page:
    """Make a page of an answer: compressed, with a weak ETag of its content, good until the end of this minute on the clock."""
    own = {name.lower(): value for name, value in headers}
    etag = own.get("etag") or f'W/"{digest(body)}"'
    vary = list(dict.fromkeys([part.strip() for part in own.get("vary", "").split(",") if part.strip()] + list(VARY)))
    kept = [(name, value) for name, value in headers if name.lower() not in _OWN]
    kept += [("Vary", ", ".join(vary)), ("Cache-Control", own.get("cache-control") or CACHE_CONTROL)]
    compress = len(body) >= SMALLEST_TO_COMPRESS and own.get("content-type", "").startswith(COMPRESSED)
    good_until = time.time() // 60 * 60 + 60
    packed = gzip.compress(body, 6, mtime=0) if compress else body
    return Page(schema, generation, stamp, kept, etag, packed, compress, good_until)


def digest(data: bytes) -> str:
    """Return a short hash: 24 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()[:24]


def may_be_kept(status: str, headers: Headers) -> bool:
    """Tell whether an answer is the same for everybody as far as its headers say: 200, no cookie, no word against keeping it."""
    if not status.startswith("200 "):
        return False
    for name, value in headers:
        lowered = name.lower()
        if lowered in ("set-cookie", "content-encoding"):
            return False
        if lowered == "cache-control" and any(word in value.lower() for word in ("no-store", "private", "no-cache")):
            return False
    return True


def accepts_gzip(header: str) -> bool:
    """Tell whether the client takes gzip, by Accept-Encoding."""
    for part in header.lower().split(","):
        name, _semicolon, quality = part.strip().partition(";")
        if name in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _matches(header: str, etag: str) -> bool:
    """Compare weakly, as If-None-Match asks (RFC 9110, 13.1.2)."""
    if not header:
        return False
    wanted = etag.removeprefix("W/")
    return header.strip() == "*" or any(one.strip().removeprefix("W/") == wanted for one in header.split(","))
