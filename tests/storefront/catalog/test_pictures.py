"""Fetching pictures from addresses that somebody else wrote: only public ones, within limits, and failures are warnings."""

import io
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

from cms.media.models import MallImage
from saas.kernel import outside
from storefront.catalog.models import CatalogImport, Product, ProductPicture
from storefront.catalog.pictures import fetching, operations
from storefront.catalog.pictures.fetching import Limits, PictureRefused

from .making import applied, counts, more, report, row, written


def picture(kind: str = "PNG", size: tuple[int, int] = (30, 20)) -> bytes:
    """Return the bytes of a small picture."""
    content = io.BytesIO()
    Image.new("RGB", size, "red").save(content, kind)
    return content.getvalue()


class Handler(BaseHTTPRequestHandler):
    """Answers by path: pictures, redirects, lies, and a host that drips."""

    def do_GET(self) -> None:
        """Answer."""
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        if self.path == "/drip":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _step in range(40):
                self.wfile.write(b"X-A: b\r\n")
                time.sleep(0.1)
            return
        body = {"/a.png": picture(), "/b.jpg": picture("JPEG"), "/text": b"<html>", "/long": b"x" * 5000,
                "/svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}.get(self.path)  # fmt: skip
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Keep quiet."""


@pytest.fixture
def host(settings: Any) -> Iterator[Any]:
    """Run a picture server of the operator's own; its `base` is its address and `asked` what it was asked for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []  # type: ignore[attr-defined]
    server.base = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    settings.PICTURE_HOSTS = [f"127.0.0.1:{server.server_port}"]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",  # noqa: S104
     "::1", "::", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "nonsense"],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert outside.is_public(address) is False


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822"])
def test_public_addresses_are_let_through(address: str) -> None:
    assert outside.is_public(address) is True


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/a.png", "http://localhost/a.png", "http://[::1]/a.png", "http://2130706433/a.png", "http://0x7f.1/a.png",
     "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "ftp://example.com/a.png", "http://user:pass@example.com/a.png",
     "http://example.com:22/", "http://example.com:99999/", "http:///a.png", "http://[::1"],
)  # fmt: skip
def test_addresses_that_lead_into_our_network_are_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(PictureRefused):
        fetching.fetch(url)


def test_a_name_with_one_private_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name service that answers with a public and a private address does not get a choice."""
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: answers)
    with pytest.raises(PictureRefused, match="not on the public Internet"):
        fetching.fetch("http://pictures.example/a.png")


def test_a_picture_is_fetched_and_known_by_its_content(host: Any) -> None:
    found = fetching.fetch(f"{host.base}/a.png")
    assert (found.extension, found.width, found.height, found.content) == ("png", 30, 20, picture())


def test_a_redirect_is_followed_and_each_is_checked_anew(host: Any) -> None:
    assert fetching.fetch(f"{host.base}/to//b.jpg").extension == "jpg"
    with pytest.raises(PictureRefused, match="not on the public Internet"):
        fetching.fetch(f"{host.base}/to/http://127.0.0.1/secret")
    with pytest.raises(PictureRefused):
        fetching.fetch(f"{host.base}/to/file:///etc/passwd")


def test_a_circle_of_redirects_ends(host: Any) -> None:
    with pytest.raises(PictureRefused, match="too often"):
        fetching.fetch(f"{host.base}/to//to//to//to//to//a.png")
    assert len(host.asked) == 4


@pytest.mark.parametrize("path", ["/text", "/svg", "/missing"])
def test_what_is_no_picture_is_refused(path: str, host: Any) -> None:
    with pytest.raises(PictureRefused):
        fetching.fetch(host.base + path)


def test_a_large_answer_is_cut_off(host: Any) -> None:
    with pytest.raises(PictureRefused, match="larger than"):
        fetching.fetch(f"{host.base}/long", Limits(bytes=1000))


def test_a_host_that_drips_is_cut_off_when_the_time_is_up(host: Any) -> None:
    with pytest.raises(PictureRefused):
        fetching.fetch(f"{host.base}/drip", Limits(seconds=0.5))


def test_a_picture_of_too_many_pixels_is_refused_by_its_header() -> None:
    """A7: a small file that unpacks to a very large picture."""
    with pytest.raises(PictureRefused, match="million pixels"):
        fetching.inspect(picture(size=(2000, 1000)), Limits(pixels=1_000_000))


@pytest.mark.usefixtures("mall")
def test_an_imports_pictures_hang_on_their_products_and_failures_are_warnings(host: Any, now: datetime) -> None:
    rows = [
        row("pot", image=f"{host.base}/a.png", alt="A pot"),
        more("pot", image=f"{host.base}/missing", position="2"),
        row("sofa", image="http://10.0.0.1/x.png"),
    ]
    found = applied(written(rows), now=now)
    more_left, dead = operations.fetch_some(import_id=found.public_id, dead_hosts=[], now=now)
    done = CatalogImport.objects.get(pk=found.pk)
    assert (more_left, dead, done.state, done.finished_at) == (False, [], "done", now)
    image = MallImage.objects.get(source_url=f"{host.base}/a.png")
    assert (image.title, image.description, image.width, image.height) == ("A thing", "A pot", 30, 20)
    assert Product.objects.get(handle="pot").picture_id == image.pk
    assert Product.objects.get(handle="sofa").picture_id is None
    assert counts(done) == {"created": 3, "warning": 2}
    assert (3, "warning", "The picture could not be fetched: The host answered with 404.") in report(done)
    assert (4, "warning", "The picture could not be fetched: The address is not on the public Internet.") in report(
        done
    )


@pytest.mark.usefixtures("mall")
def test_a_second_import_fetches_no_picture_twice_and_tries_again_what_failed(host: Any, now: datetime) -> None:
    content = written([row("pot", image=f"{host.base}/a.png"), row("sofa", image=f"{host.base}/missing")])
    for _time in range(2):
        operations.fetch_some(import_id=applied(content, now=now).public_id, dead_hosts=[], now=now)
    assert sorted(host.asked) == ["/a.png", "/missing", "/missing"]
    assert (MallImage.objects.filter(source_url__startswith=host.base).count(), ProductPicture.objects.count()) == (
        1,
        2,
    )


@pytest.mark.usefixtures("mall")
def test_a_host_that_does_not_answer_is_not_asked_for_every_picture(now: datetime, settings: Any) -> None:
    settings.PICTURE_HOSTS = ["127.0.0.1:1"]
    rows = [row(f"pot-{number}", image=f"http://127.0.0.1:1/{number}.png") for number in range(20)]
    found = applied(written(rows), now=now)
    dead: list[str] = []
    left = True
    while left:
        left, dead = operations.fetch_some(import_id=found.public_id, dead_hosts=dead, now=now)
    assert dead == ["127.0.0.1"]
    texts = [line[2] for line in report(found) if line[1] == "warning"]
    assert len(texts) == 20
    assert texts.count("The picture could not be fetched: The host did not answer before.") == 19
