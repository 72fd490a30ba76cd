"""Which pauses excuse a task: those that left too little time for it."""

from datetime import UTC, datetime, timedelta

import pytest

from ops_console.work.models import Pause, Task
from ops_console.work.pausing import excusing

OPENS = datetime(2026, 11, 23, 10, tzinfo=UTC)


def pause(number: int, since_hours: float, until_hours: float) -> Pause:
    """Return a pause of the whole mall, in hours after the task opens."""
    since, until = (OPENS + timedelta(hours=hours) for hours in (since_hours, until_hours))
    return Pause(pk=number, contract="", starts_at=since, ends_at=until)


@pytest.mark.parametrize(
    ("pauses", "excusing_pk"),
    [
        ([], None),
        ([pause(1, 0, 0.1)], None),
        ([pause(1, -3, 13)], 1),
        ([pause(1, -3, 13), pause(2, 14, 15)], 1),
        ([pause(1, 0, 5), pause(2, 5, 12)], 2),
        ([pause(1, 13, 14)], None),
    ],
    ids=["none", "some minutes", "all of it", "all of it, and one after the lapse", "two together", "after the lapse"],
)
def test_a_pause_excuses_a_task_that_it_leaves_less_than_half_the_time(
    pauses: list[Pause], excusing_pk: int | None
) -> None:
    """Due eight hours after it opens, and four hours of grace."""
    task = Task(
        contract="c" * 26, opens_at=OPENS, due_at=OPENS + timedelta(hours=8), lapses_at=OPENS + timedelta(hours=12)
    )
    found = excusing(task, pauses)
    assert (found.pk if found else None) == excusing_pk
