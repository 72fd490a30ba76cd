"""Shoppers and a clerk over HTTP: they buy, pay, come back, use and return vouchers, and repeat what they got no answer to."""

import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from saas.kernel.ids import public_id

HOST = "riverside.localhost"
# How long a shopper waits for an answer, and goes on trying for a clear one.
ANSWER_SECONDS = 20
PATIENCE_SECONDS = 240


class NoAnswer(Exception):
    """Nothing clear was heard in all that time."""


@dataclass
class Heard:
    """What all shoppers together heard: `unknown` requests got no clear answer at first, `resolved` of them one when repeated."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    redeemed: dict[str, str] = field(default_factory=dict)
    refunded: list[str] = field(default_factory=list)
    acknowledged: int = 0
    unknown: int = 0
    resolved: int = 0
    refused: list[str] = field(default_factory=list)
    in_flight: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def facts(self) -> dict[str, Any]:
        """Return what must be true of the database and of Stripe."""
        return {"orders": self.orders, "redeemed": self.redeemed, "refunded": self.refunded}


@dataclass
class Shop:
    """Where to buy: as `_shop` prints it, with the ports of web and sandbox."""

    port: int
    sandbox_port: int
    slug: str
    price_minor: int
    store: str
    session: str


class Person:
    """A browser at a mall."""

    def __init__(self, shop: Shop, heard: Heard, cookie: str = "") -> None:
        self.shop, self.heard = shop, heard
        self.session = requests.Session()
        if cookie:
            self.session.cookies.set("sessionid", cookie, domain=HOST)

    def ask(self, method: str, path: str, **form: Any) -> requests.Response:
        """Send one request, again and again until its answer is clear; what the first answer left open counts as unknown."""
        was_unclear, until = False, time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            answer = self._once(method, path, form)
            if answer is not None:
                if was_unclear:
                    self._count("resolved")
                return answer
            if not was_unclear:
                self._count("unknown")
                was_unclear = True
            time.sleep(0.3)
        raise NoAnswer(f"{method} {path}")

    def _count(self, name: str, by: int = 1) -> None:
        with self.heard.lock:
            setattr(self.heard, name, getattr(self.heard, name) + by)

    def _once(self, method: str, path: str, form: dict[str, Any]) -> requests.Response | None:
        self._count("in_flight")
        try:
            if method == "POST":
                form = {**form, "csrfmiddlewaretoken": self.session.cookies.get("csrftoken", "")}
            answer = self.session.request(
                method,
                f"http://127.0.0.1:{self.shop.port}{path}",
                data=form or None,
                headers={"Host": f"{HOST}:{self.shop.port}"},
                allow_redirects=False,
                timeout=ANSWER_SECONDS,
            )
        except requests.RequestException:
            return None
        finally:
            self._count("in_flight", -1)
        return None if answer.status_code >= 500 else answer

    def expect(self, status: tuple[int, ...], method: str, path: str, **form: Any) -> requests.Response:
        """Send a request until it is answered, and insist on the answer."""
        answer = self.ask(method, path, **form)
        if answer.status_code not in status:
            self.heard.refused.append(f"{method} {path}: {answer.status_code}")
            raise NoAnswer(f"{method} {path}: {answer.status_code}")
        return answer


class Shopper(Person):
    """One who buys two units at a time; with `clerk` beside, who redeems."""

    def __init__(self, shop: Shop, heard: Heard, clerk: Person | None, chance: random.Random) -> None:
        super().__init__(shop, heard)
        self.clerk, self.chance = clerk, chance

    def buy(self) -> str:
        """Hold two units, open the page and pay there; return the order."""
        path = f"/deals/{self.shop.slug}/buy/"
        self.expect((200,), "GET", path)
        form = {"email": f"{public_id()}@example.com", "name": "Mei", "units": 2, "request_key": public_id()}
        answer = self.expect((302, 303), "POST", path, price_minor=self.shop.price_minor, **form)
        order = answer.headers["Location"].split("/")[2]
        told = {"is_acknowledged": False, "session": ""}
        self.heard.orders[order] = told
        page = self.expect((302, 303), "GET", f"/orders/{order}/pay/").headers["Location"]
        told["session"] = urlsplit(page).path.rsplit("/", 1)[1]
        self._sandbox(f"sessions/{told['session']}/pay")
        return order

    def _sandbox(self, path: str) -> None:
        url = f"http://127.0.0.1:{self.shop.sandbox_port}/control/{path}"
        requests.post(url, json={"email": "mei@example.com"}, timeout=60).raise_for_status()

    def come_back(self, order: str) -> list[str]:
        """Return from the hosted page until the order says that it is paid; return its vouchers."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self.ask("GET", f"/orders/{order}/return/").status_code != 302:
            if time.monotonic() > until:
                raise NoAnswer(f"{order} was never confirmed")
            time.sleep(0.1)
        page = self.expect((200,), "GET", f"/orders/{order}/").text
        vouchers = sorted(set(re.findall(rf"/orders/{order}/vouchers/([0-9a-z]+)/refund/", page)))
        if len(vouchers) == 2:
            self.heard.orders[order]["is_acknowledged"] = True
            self._count("acknowledged")
        return vouchers

    def use(self, order: str, vouchers: list[str]) -> None:
        """Use the first voucher and give the second one back, each by chance."""
        if self.clerk and self.chance.random() < 0.7:
            form = {"voucher": vouchers[0], "store": self.shop.store, "request_key": public_id()}
            answer = self.clerk.expect((302,), "POST", "/counter/redemptions/", **form)
            self.heard.redeemed[vouchers[0]] = answer.headers["Location"].rstrip("/").rsplit("/", 1)[1]
            self._count("acknowledged")
        if self.chance.random() < 0.5:
            self.expect((302,), "POST", f"/orders/{order}/vouchers/{vouchers[1]}/refund/")
            self.heard.refunded.append(vouchers[1])
            self._count("acknowledged")

    def shop_until(self, is_over: Callable[[], bool]) -> None:
        """Buy again and again; one in four never comes back from the hosted page."""
        while not is_over():
            try:
                order = self.buy()
                if self.chance.random() < 0.75:
                    vouchers = self.come_back(order)
                    if len(vouchers) == 2:
                        self.use(order, vouchers)
            except NoAnswer as problem:
                self.heard.refused.append(str(problem))
