"""A row of the matrix."""

from .addresses import Address


class Row:
    """Who may see an address, and for each id in its path the kind of thing that it names."""

    def __init__(self, name: str, who: str, /, **takes: str) -> None:
        self.name, self.who, self.takes = name, who, takes

    @property
    def key(self) -> tuple[str, frozenset[str]]:
        """Return what a row and its addresses have in common: a name may stand for several paths."""
        return self.name, frozenset(self.takes)


def of(address: Address) -> tuple[str, frozenset[str]]:
    """Return the key of an address' row."""
    return address.name, frozenset(address.takes)
