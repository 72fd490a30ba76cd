"""Writes of the agency's own people. All of them are an admin's; pages see to that (`roles.staff_only`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ops_console.contracts import passing as contracts
from ops_console.leads import passing as leads
from ops_console.mandates import roles
from ops_console.work import covering
from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import Phrase, phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked
from saas.kernel.tasks import enqueue


class PeopleRefused(DomainError):
    """The people of the agency stay as they are."""

    code = "people_refused"


class RoleNeeded(PeopleRefused):
    """Without a role nobody can do anything."""

    code = "role_needed"
    message = _("Choose at least one role. To take all of them away, end the account.")


class LastAdmin(PeopleRefused):
    """Somebody must be able to let others in."""

    code = "last_admin"
    message = _("This is the last admin. Make somebody else an admin first.")


class NotOneself(PeopleRefused):
    """Nobody ends their own account."""

    code = "not_oneself"
    message = _("You cannot end your own account. Another admin does it.")


class KnownAddress(PeopleRefused):
    """The address has an account."""

    code = "known_address"
    message = _("Somebody with this address has an account already.")


class AccountOver(PeopleRefused):
    """The account has ended."""

    code = "account_over"
    message = _("This account has ended. Let the person back in first.")


@dataclass(frozen=True)
class Takers:
    """Who takes a person's work: the tasks (None: nobody's until a manager gives them out), and the contracts and leads."""

    tasks: User | None = None
    accounts: User | None = None


@transaction.atomic
def add(*, email: str, name: str, names: Sequence[str], by: Actor, now: datetime) -> User:
    """
    Let a person work for the agency in some of `roles.ALL`. They sign in by a code sent to the address.

    :raises RoleNeeded: no role
    :raises KnownAddress: the address has an account
    """
    address, given = email.strip().lower(), _known(names)
    if User.objects.filter(email=address).exists():
        raise KnownAddress(field="email")
    person = User.objects.create_user(address, kind=User.Kind.AGENCY, name=name.strip()[:120], joined_at=now)
    EmailAddress.objects.create(user=person, email=address, primary=True)
    _give(person, given)
    _note("people.added", person, phrase(_("Added as %(roles)s"), roles=_named(given)), by=by, now=now, roles=given)
    return person


@transaction.atomic
def give_roles(*, person: str, names: Sequence[str], by: Actor, now: datetime) -> User:
    """
    Give a person these of `roles.ALL` and no other, from the next request on. Repeated it changes nothing. Locks: admins and the person.

    :raises RoleNeeded: none
    :raises LastAdmin: nobody would be left who can let others in
    :raises AccountOver: the person does not work here any more
    """
    given, found = _known(names), _locked(person)
    if not found.is_active:
        raise AccountOver
    before = _roles_of(found)
    if before == given:
        return found
    _give(found, given)
    _refuse_no_admin()
    words = phrase(_("%(before)s → %(after)s"), before=_named(before), after=_named(given))
    _note("people.roles_given", found, words, by=by, now=now, before=before, roles=given)
    return found


@transaction.atomic
def hand_on(*, person: str, takers: Takers, by: Actor, now: datetime) -> int:
    """
    Give a person's standing tasks, and what their plans will make, to another, and their contracts and leads too; return how many tasks.

    Locks: admins and the person, Plan, Task, Contract, Lead.

    :raises CoverRefused, AccountNeeded: see `covering.pass_on` and `contracts.passing.pass_on`
    """
    found = _locked(person)
    moved = covering.pass_on(person=found, to=takers.tasks, by=by, now=now)
    contracts.pass_on(person=found, to=takers.accounts, works=takers.tasks, by=by, now=now)
    leads.pass_on(person=found, to=takers.accounts, by=by, now=now)
    return moved


@transaction.atomic
def end(*, person: str, takers: Takers, by: Actor, now: datetime) -> int:
    """
    End an account and hand its work on; return how many tasks. Nothing is possible from the next request on, here or in a mall; sessions
    do not live again if the person comes back. Repeated it changes nothing. Locks: as `hand_on`.

    :raises NotOneself: the own account
    :raises LastAdmin: nobody would be left who can let others in
    :raises CoverRefused, AccountNeeded: as `hand_on`
    """
    found = _locked(person)
    if found.public_id == by.public_id:
        raise NotOneself
    if not found.is_active:
        return 0
    before = _roles_of(found)
    found.is_active = False
    found.set_unusable_password()
    found.save(update_fields=["is_active", "password"])
    _give(found, [])
    _refuse_no_admin()
    moved = hand_on(person=person, takers=takers, by=by, now=now)
    _note(
        "people.ended",
        found,
        phrase(_("Account ended; was: %(roles)s"), roles=_named(before)),
        by=by,
        now=now,
        before=before,
    )
    # The mall asks on each request what stands behind a visit; this closes the rows.
    enqueue("ops_console.mandates.close_ended")
    return moved


@transaction.atomic
def let_back(*, person: str, names: Sequence[str], by: Actor, now: datetime) -> User:
    """
    Let somebody who left work here again, in these roles. Their former work stays where it is; they are away no more. Locks: admins and
    the person.

    :raises RoleNeeded: no role
    """
    given, found = _known(names), _locked(person)
    if found.is_active:
        return found
    found.is_active = True
    found.save(update_fields=["is_active"])
    _give(found, given)
    covering.let_back(person=found, now=now)
    _note("people.let_back", found, phrase(_("Is back as %(roles)s"), roles=_named(given)), by=by, now=now, roles=given)
    return found


def _known(names: Sequence[str]) -> list[str]:
    given = [name for name in roles.ALL if name in names]
    if not given:
        raise RoleNeeded(field="roles")
    return given


def _locked(person: str) -> User:
    """Lock the admins with the person, so that two who take each other's role see what the other did."""
    staff = User.objects.filter(kind=User.Kind.AGENCY)
    admins = staff.filter(groups__name=roles.ADMIN, is_active=True).values("pk")
    rows = locked(staff.filter(Q(public_id=person) | Q(pk__in=admins)))
    found = next((row for row in rows if row.public_id == person), None)
    if found is None:
        raise User.DoesNotExist
    return found


def _roles_of(person: User) -> list[str]:
    held = set(person.groups.values_list("name", flat=True))
    return [name for name in roles.ALL if name in held]


def _named(names: list[str]) -> list[Promise | str] | Promise:
    return [roles.NAMES.get(name, name) for name in names] or _("no role")


def _give(person: User, names: list[str]) -> None:
    roles.ensure_roles()
    person.groups.set(Group.objects.filter(name__in=names))


def _refuse_no_admin() -> None:
    if not User.objects.filter(kind=User.Kind.AGENCY, is_active=True, groups__name=roles.ADMIN).exists():
        raise LastAdmin(field="roles")


def _note(action: str, person: User, words: Phrase, *, by: Actor, now: datetime, **data: object) -> None:
    audit.record(
        action=action, subject=("user", person.public_id), by=by, now=now, **data,
        summary=phrase(_("%(person)s: %(what)s"), person=person.get_full_name(), what=words),
    )  # fmt: skip
