"""A clause: one promise of a contract, in the shape in which it is signed, compiled to tasks and shown. JSON in contract versions."""

from dataclasses import asdict, dataclass, fields, replace
from datetime import date, time
from typing import Any

from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import DomainError

from . import cadence

# What a task can be proved by.
EVIDENCE = ("picture", "link", "text", "figure", "trail")
MOST_HOURS = 24 * 31


class ClauseRefused(DomainError):
    """A clause that promises nothing that can be done or checked; `field` names what is wrong."""

    code = "clause_refused"


@dataclass(frozen=True)
class Clause:
    """
    What is promised, how often, and how it is proved.

    `number` is the contract's own, "2.1"; `module` a public id of `billing.packages.Module`. The cadence: `rrule` is RFC 5545 without
    DTSTART ("" for once, at the start), `at` the local wall time at which a task opens; it is due `due_hours` later, late but counted for
    another `grace_hours`, and missed after that. `holidays`: what happens to a day that is a public holiday at the mall's place
    (`cadence.Policy`). `minutes` is planned work; `credit_minor` is given back for one missed task, in the contract's currency. `place` is
    the page of the mall where it is done. With `needs_merchant` a task is done only after the merchant agreed.
    """

    number: str
    module: str
    module_name: str
    template: str
    title: str
    rrule: str = ""
    at: str = "09:00"
    due_hours: int = 9
    grace_hours: int = 24
    minutes: int = 30
    checklist: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    credit_minor: int = 0
    needs_merchant: bool = False
    figures: tuple[str, ...] = ()
    place: str = "/manage/"
    holidays: str = "keep"

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def numbered(self, number: str) -> "Clause":
        """Return the same promise under another number."""
        return replace(self, number=number)

    @property
    def wall_time(self) -> time:
        """The local time at which a task opens."""
        return time.fromisoformat(self.at)


def from_json(data: dict[str, Any]) -> Clause:
    """Return the clause that `as_json` wrote; what a newer release added is left out."""
    known = {one.name for one in fields(Clause)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in data.items() if name in known
    }
    return Clause(**values)


def check(clause: Clause, *, starts_on: date) -> None:
    """
    Refuse a clause that cannot be kept.

    :raises ClauseRefused: no title, a wrong wall time, hours or evidence that there are not, a place outside the back office
    :raises cadence.CadenceRefused: see `cadence.check`
    """
    if not clause.title.strip():
        raise ClauseRefused(_("A task has a name."), field="title")
    try:
        wall_time = clause.wall_time
    except ValueError as error:
        raise ClauseRefused(_("Write the time as 10:00."), field="at") from error
    if wall_time.tzinfo or not 1 <= clause.due_hours <= MOST_HOURS or not 0 <= clause.grace_hours <= MOST_HOURS:
        raise ClauseRefused(
            _("A task is due within an hour and 31 days, and late for at most 31 more."), field="due_hours"
        )
    if not set(clause.evidence) <= set(EVIDENCE):
        raise ClauseRefused(_("Evidence is a picture, a link, a text, a figure or the mall's trail."), field="evidence")
    if clause.minutes < 0 or clause.credit_minor < 0:
        raise ClauseRefused(_("Minutes and credits are not less than nothing."), field="minutes")
    if not clause.place.startswith("/manage/") or ".." in clause.place or "//" in clause.place:
        raise ClauseRefused(_("The place is an address of the back office that begins with /manage/."), field="place")
    if clause.rrule:
        cadence.check(clause.rrule, holidays=clause.holidays, starts_on=starts_on)
