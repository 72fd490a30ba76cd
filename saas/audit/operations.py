"""Writes of the trail."""

from datetime import datetime

from django.utils.functional import Promise

from saas.kernel.actors import Actor, in_visit

from .models import AuditEntry
from .phrases import Phrase, Words, phrase


class ClauseMissing(Exception):
    """Something was about to be written in a visit of the agency without saying for whom and by which clause."""


def record(
    *, action: str, subject: tuple[str, str], summary: Words, by: Actor, now: datetime, **data: object
) -> AuditEntry:
    """
    Add an entry, inside the transaction of the act that it tells of.

    `action` is a dotted verb ("voucher.redeemed"), `subject` a pair of kind and public id, `data` JSON values; the actor's task and
    reason stand there too. `summary` is a phrase, which every reader reads in their language, or a string that is in none: a name,
    somebody's own words.

    :raises ClauseMissing: in a visit of the agency somebody else than the visitor, or the system, is said to act
    """
    if in_visit.get() and by.kind != "system" and not (by.clause and by.on_behalf_of):
        raise ClauseMissing(f"{action} by {by.kind} {by.name}")
    if isinstance(summary, Promise):
        summary = phrase(summary)
    if isinstance(summary, Phrase):
        data["said"] = summary.as_json()
        summary = summary.in_english()
    data |= {name: value for name, value in (("task", by.task), ("reason", by.reason)) if value and name not in data}
    return AuditEntry.objects.create(
        at=now,
        action=action,
        actor_kind=by.kind,
        actor_public_id=by.public_id,
        actor_name=by.name,
        on_behalf_of=by.on_behalf_of,
        clause=by.clause,
        subject_kind=subject[0],
        subject_id=subject[1],
        summary=summary[:300],
        data=data,
    )
