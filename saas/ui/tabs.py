"""The tabs above a list that is filtered by a state (`ui/tabs.html`)."""

from collections.abc import Mapping, Sequence


def by_state(
    tabs: Sequence[tuple[str, object]], *, path: str, state: str, counts: Mapping[str, int]
) -> list[dict[str, object]]:
    """Return a tab for each name and label, the one of `state` current; "" is the list without a filter. `counts`: rows by a tab's name."""
    return [
        {
            "label": label,
            "href": f"{path}?state={name}" if name else path,
            "current": name == state,
            "count": counts.get(name),
        }
        for name, label in tabs
    ]
