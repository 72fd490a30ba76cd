"""Writes of a mall's people: invite, change role, close and reopen an account."""

from collections.abc import Sequence
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.users.models import UserProfile

from cms.backoffice import roles
from cms.backoffice.access import COUNTER
from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked, locked_one
from saas.kernel.tasks import enqueue
from storefront.stores.models import Store
from tenants.isolation.current import mall


class AlreadyStaff(DomainError):
    """The address belongs to somebody who works here."""

    code = "already_staff"
    message = _("Somebody with this address works here already. Change the role in the list instead.")


class StoresMissing(DomainError):
    """Who redeems vouchers does so somewhere, and the mall has several stores (V8)."""

    code = "stores_missing"
    message = _("Choose the stores in which they redeem vouchers, or every store.")


class LastOwner(DomainError):
    """A mall needs somebody who can let others in."""

    code = "last_owner"
    message = _("This is the last owner. Make somebody else an owner first.")


class NotStaff(DomainError):
    """The person does not work here."""

    code = "not_staff"
    message = _("This person does not work here.")


@transaction.atomic
def give_role(*, user: User, role: str) -> None:
    """Give a person one role and take all others, and show them the admin on the mall's clock."""
    groups = Group.objects.filter(name__in=roles.BY_NAME)
    user.groups.remove(*groups.exclude(name=role))
    user.groups.add(groups.get(name=role))
    UserProfile.objects.update_or_create(user=user, defaults={"current_time_zone": mall().time_zone})


@transaction.atomic
def invite(*, email: str, name: str, role: str, store_ids: Sequence[str] | None = (), by: Actor, now: datetime) -> User:
    """
    Let a person in: an account with a role, and a mail with the link that sets its password. A shopper keeps their orders.

    From their first click on they redeem vouchers in the stores named by public id, with None in every one (V8); in a mall of one store
    nobody has to choose.

    :raises AlreadyStaff: the address is of somebody who works here
    :raises StoresMissing: none named for somebody who redeems vouchers, and the mall has several
    """
    address = email.strip().lower()
    user = User.objects.filter(email=address).first()
    if user and user.is_active and roles.role_of(user):
        raise AlreadyStaff
    if store_ids is not None and not store_ids and must_choose_stores(role):
        raise StoresMissing
    if user is None:
        user = User.objects.create_user(address, kind=User.Kind.MERCHANT, name=name, joined_at=now)
        EmailAddress.objects.create(user=user, email=address, primary=True)
    elif not EmailAddress.objects.filter(user=user, email=address, verified=True).exists():
        _forget_ways_in(user, address=address)
    user.kind, user.name, user.is_active = User.Kind.MERCHANT, name or user.name, True
    user.save(update_fields=["kind", "name", "is_active"])
    give_role(user=user, role=role)
    audit.record(
        action="staff.invited",
        subject=("person", user.public_id),
        summary=phrase(_("Invited %(name)s as %(role)s"), name=user.get_full_name(), role=roles.BY_NAME[role].label),
        by=by,
        now=now,
        role=role,
    )
    _bind(user, store_ids or (), by=by, now=now)
    enqueue("cms.backoffice.send_invitation", user_public_id=user.public_id, invited_by=by.name)
    return user


def must_choose_stores(role: str) -> bool:
    """Tell whether a person of the role redeems vouchers in a mall that has several stores."""
    return COUNTER in roles.BY_NAME[role].permissions and Store.objects.count() > 1


def _forget_ways_in(user: User, *, address: str) -> None:
    """
    Close an account to whoever opened it without proving the address; the mail's link opens it to the address's owner.

    Other addresses go with the links that would confirm them, proved ones too: a code to one of them would let its owner in.
    """
    user.set_unusable_password()
    user.phone, user.phone_verified = None, False
    user.save(update_fields=["password", "phone", "phone_verified"])
    Authenticator.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).exclude(email=address).delete()
    EmailAddress.objects.update_or_create(user=user, email=address, defaults={"primary": True})


@transaction.atomic
def change_role(*, user_public_id: str, role: str, by: Actor, now: datetime) -> User:
    """
    Give a person another role. Locks: the active owners and the person.

    :raises LastOwner: nobody would be left to let others in
    :raises NotStaff: the person does not work here
    """
    user = _locked_staff(user_public_id)
    before = roles.role_of(user)
    if before and before.name == role:
        return user
    if before and before.name == roles.OWNER:
        _refuse_last_owner(user)
    give_role(user=user, role=role)
    summary = phrase(_("%(name)s is now %(role)s"), name=user.get_full_name(), role=roles.BY_NAME[role].label)
    audit.record(
        action="staff.role_changed", subject=("person", user.public_id), summary=summary, by=by, now=now, role=role
    )
    return user


@transaction.atomic
def change(*, user_public_id: str, role: str, store_ids: Sequence[str], by: Actor, now: datetime) -> User:
    """
    Give a person a role, and the stores in which they redeem vouchers: public ids, none for all (V8). Locks and refusals: `change_role`.

    From the next click on the counter takes nothing of them in another store. What they redeemed before stays.
    """
    user = change_role(user_public_id=user_public_id, role=role, by=by, now=now)
    _bind(user, store_ids, by=by, now=now)
    return user


def _bind(user: User, store_ids: Sequence[str], *, by: Actor, now: datetime) -> None:
    stores = list(Store.objects.filter(public_id__in=store_ids))
    if sorted(user.store_ids) == sorted(store.public_id for store in stores):
        return
    user.store_ids = [store.public_id for store in stores]
    user.save(update_fields=["store_ids"])
    if stores:
        names = ", ".join(store.name for store in stores)
        words = phrase(_("%(name)s redeems vouchers at: %(stores)s"), name=user.get_full_name(), stores=names)
    else:
        words = phrase(_("%(name)s redeems vouchers in every store"), name=user.get_full_name())
    audit.record(
        action="staff.bound",
        subject=("person", user.public_id),
        summary=words,
        by=by,
        now=now,
        stores=user.store_ids,
    )


@transaction.atomic
def close(*, user_public_id: str, by: Actor, now: datetime) -> User:
    """
    Close a person's account: they are out at their next click. Their acts stay in the log. Repeated it changes nothing.

    The password goes, and with it every session: a lost phone is not signed in again when the account is reopened.

    Locks: the active owners and the person.

    :raises LastOwner: nobody would be left to let others in
    :raises NotStaff: the person does not work here
    """
    user = _locked_staff(user_public_id)
    if user.is_active:
        role = roles.role_of(user)
        if role and role.name == roles.OWNER:
            _refuse_last_owner(user)
        user.is_active = False
        user.set_unusable_password()
        user.save(update_fields=["is_active", "password"])
        audit.record(
            action="staff.closed",
            subject=("person", user.public_id),
            summary=phrase(_("Closed the account of %(name)s"), name=user.get_full_name()),
            by=by,
            now=now,
        )
    return user


@transaction.atomic
def reopen(*, user_public_id: str, by: Actor, now: datetime) -> User:
    """
    Reopen a closed account, with the role that it had. Repeated it changes nothing. The person comes in by a code, or by a new password.

    :raises NotStaff: the person does not work here
    """
    user = _locked_staff(user_public_id)
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        audit.record(
            action="staff.reopened",
            subject=("person", user.public_id),
            summary=phrase(_("Reopened the account of %(name)s"), name=user.get_full_name()),
            by=by,
            now=now,
        )
    return user


def _locked_staff(user_public_id: str) -> User:
    """Lock all owners before the person, always in the same order, so that two owners cannot remove each other at once."""
    locked(User.objects.filter(pk__in=_owners().values("pk")))
    try:
        user = locked_one(User.objects.filter(public_id=user_public_id, kind=User.Kind.MERCHANT))
    except User.DoesNotExist as error:
        raise NotStaff from error
    if roles.role_of(user) is None:
        raise NotStaff
    return user


def _owners() -> QuerySet[User]:
    return User.objects.filter(is_active=True, groups__name=roles.OWNER)


def _refuse_last_owner(user: User) -> None:
    # Asked anew after the lock: roles are rows of another table, which the lock does not read again.
    if user.is_active and not _owners().exclude(pk=user.pk).exists():
        raise LastOwner
