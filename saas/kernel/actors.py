"""Who acts. Every operation that leaves a trail takes an `Actor` as `by`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """
    A person or a part of the system.

    `kind` is one of shopper, merchant, agency, platform, guest, system; `public_id` is the account's (empty for guests and
    the system); `on_behalf_of` says for whom an agency's person acts, and `clause` by which right.
    """

    kind: str
    name: str
    public_id: str = ""
    on_behalf_of: str = ""
    clause: str = ""


SYSTEM = Actor(kind="system", name="Hutong")
GUEST = Actor(kind="guest", name="Guest")
