"""
The roles of a merchant's people: Django groups with Django's, Wagtail's page and Wagtail's collection permissions.

They are put into the template schema by `ensure_roles`, so that every mall gets them by the copy (A5).
"""

from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from saas.accounts.models import User

OWNER, MANAGER, CLERK, EDITOR = "Owner", "Manager", "Clerk", "Editor"

_ADMIN = ("wagtailadmin.access_admin",)
_COUNTER = ("vouchers.add_redemption", "vouchers.change_redemption", "vouchers.view_redemption")
_SHOP = (
    *(f"deals.{verb}_deal" for verb in ("view", "add", "change")),
    *(f"stores.{verb}_store" for verb in ("view", "add", "change")),
    *(
        f"catalog.{verb}_{thing}"
        for thing in ("product", "variant", "category", "catalogimport")
        for verb in ("view", "add", "change")
    ),
    "catalog.delete_product",
    *(f"promotions.{verb}_promotion" for verb in ("view", "add", "change")),
    "orders.view_order",
    "orders.change_order",
    "vouchers.view_voucher",
    "payments.view_payment",
    "audit.view_auditentry",
)
_LOOK = ("cms_theming.view_theme", "cms_theming.change_theme")
_STAFF = ("accounts.view_user", "accounts.add_user", "accounts.change_user")
_TERMS = ("terms.change_termproposal",)
# Lets a deal through although the guard computes that it cannot be served.
_OVERRIDE = ("deals.change_dealreview",)
_CONTENT = (
    "deals.view_deal",
    "stores.view_store",
    *(
        f"catalog.{verb}_{thing}"
        for thing in ("product", "variant", "category", "catalogimport")
        for verb in ("view", "add", "change")
    ),
)


@dataclass(frozen=True)
class Role:
    """
    What a group may do. `pages` are Wagtail's page permissions on the root page, `may_file` opens pictures and documents;
    `does` says it to people.
    """

    name: str
    label: object
    does: object
    permissions: tuple[str, ...]
    pages: tuple[str, ...] = ()
    may_file: bool = False


ROLES = (
    Role(
        OWNER,
        pgettext_lazy("role", "Owner"),
        _("Everything, with staff, and the answer to offers of terms."),
        (*_ADMIN, *_COUNTER, *_SHOP, *_LOOK, *_STAFF, *_TERMS, *_OVERRIDE),
        ("add", "change", "publish", "lock", "unlock", "bulk_delete"),
        may_file=True,
    ),
    Role(
        MANAGER,
        _("Manager"),
        _("Everything but staff."),
        (*_ADMIN, *_COUNTER, *_SHOP, *_LOOK),
        ("add", "change", "publish", "lock", "unlock"),
        may_file=True,
    ),
    Role(CLERK, _("Clerk"), _("Redeems vouchers at the counter, nothing else."), _COUNTER),
    Role(
        EDITOR,
        _("Editor"),
        _("Pages, pictures and products; no sales, no money."),
        (*_ADMIN, *_CONTENT, *_LOOK),
        ("add", "change", "publish"),
        may_file=True,
    ),
)
BY_NAME = {role.name: role for role in ROLES}


def role_of(user: User) -> Role | None:
    """Return the strongest role that the person has here; None for shoppers."""
    names = set(user.groups.values_list("name", flat=True))
    return next((role for role in ROLES if role.name in names), None)


def holders(permission: str) -> list[Role]:
    """Return the roles that have a permission such as "orders.view_order"."""
    return [role for role in ROLES if permission in role.permissions]


@transaction.atomic
def ensure_roles() -> None:
    """Make the four groups what `ROLES` says. Repeated it changes nothing. Needs all migrations of the schema."""
    Group.objects.filter(name__in=["Moderators", "Editors"]).delete()  # Wagtail's own, which nobody here is told of
    for role in ROLES:
        group, _created = Group.objects.get_or_create(name=role.name)
        group.permissions.set(_permissions(role.permissions))
        _let_edit_pages(group, role)
        _let_file(group, role)


def _permissions(names: tuple[str, ...]) -> list[Permission]:
    wanted = Q(pk__in=[])
    for name in names:
        label, codename = name.split(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    found = list(Permission.objects.filter(wanted).select_related("content_type"))
    missing = set(names) - {f"{one.content_type.app_label}.{one.codename}" for one in found}
    if missing:
        raise LookupError(f"no such permissions: {', '.join(sorted(missing))}")
    return found


def _let_edit_pages(group: Group, role: Role) -> None:
    root = Page.get_first_root_node()
    wanted = {f"{verb}_page" for verb in role.pages}
    GroupPagePermission.objects.filter(group=group).exclude(page=root, permission__codename__in=wanted).delete()
    permissions = Permission.objects.filter(
        content_type__app_label="wagtailcore", content_type__model="page", codename__in=wanted
    )
    for permission in permissions:
        GroupPagePermission.objects.get_or_create(group=group, page=root, permission=permission)


def _let_file(group: Group, role: Role) -> None:
    if not role.may_file:
        GroupCollectionPermission.objects.filter(group=group).delete()
        return
    root = Collection.get_first_root_node()
    wanted = (
        Q(content_type__model="image", content_type__app_label="wagtailimages")
        | Q(content_type__model="document", content_type__app_label="wagtaildocs")
        | Q(content_type__app_label="cms_media", content_type__model="mallimage")
    )
    for permission in Permission.objects.filter(wanted, codename__regex=r"^(add|change|choose)_"):
        GroupCollectionPermission.objects.get_or_create(group=group, collection=root, permission=permission)
