"""Templates: what modules promise from now on. What was signed keeps what it was signed with."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from billing.packages import trade
from billing.packages.models import Module
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.ids import random_id
from saas.kernel.locking import locked_one
from tenants.entry import mandated

from . import clauses, saying
from .clauses import Clause, ClauseRefused
from .models import TaskTemplate


@dataclass(frozen=True)
class TemplateDraft:
    """The fields of a template; see `clauses.Clause`."""

    title: str
    rrule: str
    at: time
    due_hours: int
    grace_hours: int
    holidays: str
    minutes: int
    checklist: list[str]
    evidence: list[str]
    permissions: list[str]
    figures: list[str]
    credit_minor: int
    needs_merchant: bool
    place: str


@transaction.atomic
def save(*, module: str, key: str, draft: TemplateDraft, by: Actor, now: datetime) -> TaskTemplate:
    """
    Add a template to a module (`key` is ""), or change it for contracts to come. Locks: TaskTemplate.

    :raises ClauseRefused: see `clauses.check`; also a permission that there is not, or a name that is taken
    :raises cadence.CadenceRefused: a cadence that never fires
    """
    _check(draft, today=now.date())
    if key:
        row = locked_one(TaskTemplate.objects.filter(key=key))
    else:
        slug = slugify(draft.title)[:50] or random_id(10)
        row = TaskTemplate(key=slug if not TaskTemplate.objects.filter(key=slug).exists() else f"{slug}-{random_id(4)}")
    row.module = Module.objects.get(public_id=module)
    for name, value in vars(draft).items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise ClauseRefused(_("Somebody has just added this. Look at the list again."), field="title") from error
    audit.record(
        action="work.template_saved", subject=("template", row.key[:40]), by=by, now=now,
        summary=phrase(
            gettext_lazy("Template “%(title)s” of %(module)s changed") if key else gettext_lazy("Template “%(title)s” of %(module)s added"),
            title=trade.told(row.title), module=trade.told(row.module.name),
        ),
    )  # fmt: skip
    return row


@transaction.atomic
def retire(*, key: str, by: Actor, now: datetime) -> None:
    """Put a template into no new contract, or with the same act again into new ones. Locks: TaskTemplate."""
    row = locked_one(TaskTemplate.objects.filter(key=key).select_related("module"))
    row.retired_at = None if row.retired_at else now
    row.save(update_fields=["retired_at"])
    audit.record(
        action="work.template_retired" if row.retired_at else "work.template_revived", subject=("template", row.key[:40]), by=by, now=now,
        summary=phrase(
            gettext_lazy("Template “%(title)s” of %(module)s goes into no new contract") if row.retired_at
            else gettext_lazy("Template “%(title)s” of %(module)s is used again"),
            title=trade.told(row.title), module=trade.told(row.module.name),
        ),
    )  # fmt: skip


def _check(draft: TemplateDraft, *, today: date) -> None:
    unknown = [name for name in draft.permissions if not mandated.is_key(name)]
    if unknown:
        raise ClauseRefused(_("There is no such permission: %(name)s") % {"name": unknown[0]}, field="permissions")
    if len(draft.checklist) > 20 or any(len(line) > 200 for line in draft.checklist):
        raise ClauseRefused(_("A checklist has at most 20 lines of 200 letters."), field="checklist")
    clause = Clause(
        number="1", module="", module_name="", template="", title=draft.title, rrule=draft.rrule, at=f"{draft.at:%H:%M}",
        due_hours=draft.due_hours, grace_hours=draft.grace_hours, minutes=draft.minutes, evidence=tuple(draft.evidence),
        credit_minor=draft.credit_minor, place=draft.place, holidays=draft.holidays,
    )  # fmt: skip
    clauses.check(clause, starts_on=today)


def words(rule: str) -> str:
    """Say a rule in words of the active language, as a contract would."""
    language = get_language() or "en"
    return saying.cadence(rule, language if language in saying.LANGUAGES else "en")
