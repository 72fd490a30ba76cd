"""
What a request of a visit may write. Each address of a mall that writes is named here with the keys of `mandated.KEYS` that open it;
what is not named is closed to the agency, so a new page is closed until somebody has thought of it.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from saas.accounts.requests import Request
from saas.kernel.errors import DomainError

from . import mandated
from .standing import Standing

SAFE = ("GET", "HEAD", "OPTIONS")
Keys = tuple[str, ...]
# Leaving, and what Wagtail's pages send by themselves.
FREE = frozenset(
    {
        "entry:end", "account_logout", "wagtailadmin_logout", "wagtailadmin_dismissibles",
        "wagtailadmin_editing_sessions:ping", "wagtailadmin_editing_sessions:release",
    }
)  # fmt: skip
_CONTENT: Keys = ("content.edit",)
_PUBLISH: Keys = ("content.publish",)
_PICTURES: Keys = ("content.edit", "deals.draft", "catalog.edit", "stores.edit", "theme.edit")
_PRODUCTS: Keys = ("catalog.edit",)
_REFUNDS: Keys = ("refunds.decide",)
WRITES: dict[str, Keys] = {
    "backoffice:deal_add": ("deals.draft",),
    "backoffice:deal": ("deals.draft", "deals.price"),
    "backoffice:deal_duplicate": ("deals.draft",),
    "backoffice:deal_guard": ("deals.draft", "deals.price"),
    "backoffice:deal_submit": ("deals.draft",),
    "backoffice:deal_drop_change": ("deals.draft",),
    "backoffice:deal_publish": ("deals.publish",),
    "backoffice:deal_end": ("deals.publish",),
    "backoffice:promotion_add": ("promotions.manage",),
    "backoffice:promotion_edit": ("promotions.manage",),
    "backoffice:promotion_stop": ("promotions.manage",),
    **{f"backoffice:{name}": ("stores.edit",) for name in ("store_add", "store", "store_move")},
    **{
        f"backoffice:{name}": _PRODUCTS
        for name in ("product_add", "product", "imports", "import", "import_start", "import_resume")
    },
    **{f"backoffice:{name}": _REFUNDS for name in ("order_resend", "order_refund", "refund_decide", "refund_again")},
    "backoffice:dispute": _REFUNDS,
    "look": ("theme.edit",),
    **{
        f"counter:{name}": ("counter.redeem",)
        for name in ("store", "look_up", "scan", "voucher", "redeem", "redemption", "undo")
    },
    **{
        f"wagtailadmin_pages:{name}": _CONTENT
        for name in (
            "add", "edit", "preview_on_add", "preview_on_edit", "lock", "unlock", "revisions_revert", "copy", "convert_alias",
        )
    },
    **{
        f"wagtailadmin_pages:{name}": _PUBLISH
        for name in ("unpublish", "move_confirm", "set_page_position", "revisions_unschedule")
    },
    "wagtailadmin_block_preview": _CONTENT,
    **{
        f"wagtailimages:{name}": _PICTURES
        for name in ("add", "edit", "add_multiple", "edit_multiple", "create_multiple_from_uploaded_image")
    },
    "wagtailimages_chooser:create": _PICTURES,
    **{
        f"wagtaildocs:{name}": _CONTENT
        for name in ("add", "edit", "add_multiple", "edit_multiple", "create_multiple_from_uploaded_document")
    },
    "wagtaildocs_chooser:create": _CONTENT,
}  # fmt: skip
# What is sent to an editor's address decides too: these buttons show to shoppers.
SHOWN_BY = (
    "action-publish",
    "action-unpublish",
    "publish_copies",
    "alias",
    "action-submit",
    "action-restart-workflow",
    "action-workflow-action",
)
# With a file these show it on every live page at once and delete the one before, which nobody can bring back.
REPLACING = ("wagtailimages:edit", "wagtaildocs:edit")
_BULK = {
    "publish": _PUBLISH,
    "unpublish": _PUBLISH,
    "move": _PUBLISH,
    "add_tags": _PICTURES,
    "add_to_collection": _PICTURES,
}


class BeyondMandate(DomainError):
    """What the contract with the merchant does not let the agency do, or the person's role does not."""

    code = "beyond_mandate"
    message = _("The contract does not let you do this here. Nothing was changed; the attempt is logged.")


class ReadOnly(BeyondMandate):
    """The mall has no contract, and its merchant has not invited support to change things."""

    code = "read_only"
    message = _("Without a contract you may look only, until the merchant lets support change things.")


class NotInvited(ReadOnly):
    """The merchant of a mall without a contract lets support change other things, or the person's role does not."""

    code = "not_invited"
    message = _("The merchant, or your role, does not let you change this. Nothing was changed; the attempt is logged.")


@dataclass(frozen=True)
class Passage:
    """By which key a request writes; "" for what needs none. `given` are the keys it has by invitation, None by a contract."""

    key: str = ""
    given: frozenset[str] | None = None


def of_request(request: Request, standing: Standing, *, invited: Collection[str]) -> Passage:
    """
    Return by which key a request of a visit passes. Where there is no contract, `invited` are the keys that the merchant named.

    :raises BeyondMandate: no key that it needs is given, or nobody has named its address
    :raises ReadOnly: it writes, and there is no contract and no invitation
    :raises NotInvited: the invitation, or the person's role, is for other things
    """
    name = request.resolver_match.view_name if request.resolver_match else ""
    if request.method in SAFE:
        return Passage(mandated.LOOK)
    if name in FREE:
        return Passage()
    if standing.permissions is None:
        return _invited(name, request, standing.role_keys & frozenset(invited), is_invited=bool(invited))
    for key in _needed(name, request):
        if key in standing.permissions:
            return Passage(key)
    raise BeyondMandate(address=name)


def _invited(name: str, request: Request, given: frozenset[str], *, is_invited: bool) -> Passage:
    if not is_invited:
        raise ReadOnly
    for key in _needed(name, request):
        if key in given:
            return Passage(key, given)
    raise NotInvited(address=name)


def _needed(name: str, request: Request) -> Keys:
    """Return the keys any of which opens an address to what is sent there; none for what is closed."""
    if name == "wagtail_bulk_action":
        return _BULK.get(str((request.resolver_match.kwargs if request.resolver_match else {}).get("action")), ())
    if name in REPLACING and "file" in request.FILES:
        return ()
    needed = WRITES.get(name, ())
    if needed is _CONTENT and any(button in request.POST for button in SHOWN_BY):
        return _PUBLISH
    return needed
