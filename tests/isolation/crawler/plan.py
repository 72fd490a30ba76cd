"""The attack's requests, in an order that a seed decides: each address × method, from each stance, as each persona."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlencode

from .addresses import Address
from .loot import Loot
from .rows import Row

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
# What opens a door for whoever has it. An attacker has those of the own mall, and tries them at the victim's.
SECRETS = {"order_key", "ticket", "reset_user", "reset_key"}
Stance = Literal["home", "away", "platform"]
# What an attacker adds so that somebody in between takes the victim's mall for the one that is meant.
TRICKS: tuple[dict[str, str], ...] = (
    {},
    {"X-Forwarded-Host": "{host}"},
    {"Forwarded": "host={host};proto=https", "X-Forwarded-Server": "{host}"},
    {"X-Host": "{host}", "X-Original-Host": "{host}", "X-HTTP-Host-Override": "{host}"},
    {"X-Original-URL": "{path}", "X-Rewrite-URL": "{path}"},
    {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE"},
    {"Referer": "http://{host}/", "Origin": "http://{host}"},
    {"HX-Request": "true", "HX-Current-URL": "http://{host}/"},
)
# The victim's ids under every name that a form of the product reads.
FIELDS = {
    "public_id": "order", "order": "order", "deal": "deal", "deal_id": "deal", "deals": "deal", "slug": "deal_slug",
    "store": "store", "stores": "store", "store_id": "store", "voucher": "voucher", "voucher_id": "voucher",
    "code": "voucher", "product": "product", "products": "product", "image": "image", "picture": "image", "logo": "image",
    "collection": "collection", "document": "document", "page": "page", "parent_page": "page", "new_parent_page": "page",
    "destination_id": "page", "id": "page", "pk": "page", "user": "user", "person": "person", "group": "group",
    "groups": "group", "revision": "revision", "mall": "mall", "tenant": "schema", "schema": "schema", "key": "order_key",
    "token": "ticket", "import": "import", "visit": "visit",
    "refund": "refund", "vouchers": "voucher", "claim": "claim", "export": "export", "subscription": "subscription", "q": "deal_slug",
}  # fmt: skip


@dataclass(frozen=True)
class Request:
    """One request of the attack, and where it stands in the plan."""

    address: Address
    row: Row
    stance: Stance
    persona: str
    method: str
    host: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.host}{self.path} ({self.address.name}, {self.stance}, as {self.persona}, {self.headers})"


@dataclass(frozen=True)
class Attack:
    """Who attacks whom, with what: the victim's ids, the attacker's sessions by persona (cookies), the hosts."""

    attacker: Loot
    victim: Loot
    platform_host: str
    personas: dict[str, dict[str, str]]

    def stances(self, address: Address) -> tuple[Stance, ...]:
        """Return from where an address is attacked: from the own mall, at the victim's host, at the platform."""
        return ("platform",) if address.place == "platform" else ("home", "away")

    def id(self, kind: str, stance: Stance, place: int) -> str:
        """Return an id of a kind that is foreign where the stance sends it; "=word" stands for itself."""
        if kind.startswith("="):
            return kind[1:]
        own = stance == "away" and kind in SECRETS
        return (self.attacker if own else self.victim).pick(kind, place)

    def host(self, stance: Stance) -> str:
        """Return the host that a stance sends to."""
        return {"home": self.attacker.host, "away": self.victim.host, "platform": self.platform_host}[stance]


def sample(attack: Attack, rows: dict[Address, Row], *, seed: int) -> list[Request]:
    """Return a short plan: each address × method once, by turns from each stance, and each GET from all stances."""
    chance, found = random.Random(seed), []
    for methods in (METHODS[:3], METHODS[3:]):
        lines = []
        for address, row in rows.items():
            for turn, method in enumerate(methods):
                stances = attack.stances(address)
                chosen = stances if method == "GET" else (stances[(turn + chance.randrange(2)) % len(stances)],)
                lines += [(address, row, method, stance) for stance in chosen]
        chance.shuffle(lines)
        found += [_request(attack, line, number=number, chance=chance) for number, line in enumerate(lines)]
    return found


def requests(attack: Attack, rows: dict[Address, Row], *, seed: int) -> Iterator[Request]:
    """
    Yield requests without end: round after round over all addresses × methods × stances, with other ids, personas and tricks each.

    In each round what only reads comes first, because what writes may spoil the attacker's own mall.
    """
    chance, number = random.Random(seed), 0
    while True:
        for methods in (METHODS[:3], METHODS[3:]):
            lines = [
                (address, row, method, stance)
                for address, row in rows.items()
                for method in methods
                for stance in attack.stances(address)
            ]
            chance.shuffle(lines)
            for line in lines:
                yield _request(attack, line, number=number, chance=chance)
                number += 1


def _request(attack: Attack, line: tuple[Address, Row, str, Stance], *, number: int, chance: random.Random) -> Request:
    address, row, method, stance = line
    place = chance.randrange(1000)
    values = {name: attack.id(row.takes[name], stance, place) for name in address.takes}
    path, host = address.filled(values), attack.host(stance)
    bag = {name: attack.id(kind, stance, place) for name, kind in FIELDS.items()}
    bag |= {
        "email": "eve@evil.example",
        "units": "1",
        "price_minor": "1",
        "next": f"//{attack.victim.host}/",
        "action": "x",
    }
    persona = chance.choice(sorted(attack.personas))
    headers = {
        name: text.format(host=attack.victim.host, path=path)
        for name, text in TRICKS[number % len(TRICKS)].items()
        if stance != "away" or "{host}" not in text
    }
    query = "?" + urlencode(bag) if method in ("GET", "HEAD", "OPTIONS") and number % 2 else ""
    body = urlencode(bag) if method in ("POST", "PUT", "PATCH", "DELETE") else ""
    return Request(address, row, stance, persona, method, host, path + query, headers, body)
