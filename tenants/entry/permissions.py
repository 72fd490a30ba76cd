"""What the agency's people may never do in a mall, whatever their role there says (A3)."""

from allauth.account.auth_backends import AuthenticationBackend
from django.core.exceptions import PermissionDenied
from django.db.models import Model

from saas.accounts.models import User
from saas.kernel.database import connection

from . import mandated

# Owner and staff, roles, logins and second factors; contracts; where money goes to.
NEVER_DELEGATED_APPS = frozenset({"accounts", "auth", "account", "mfa", "contracts", "payouts", "settlements"})
# Deletion of the merchant's data; the trail itself; the confirmation of terms.
NEVER_DELEGATED_VERBS = ("delete_",)
NEVER_DELEGATED = frozenset({"audit.add_auditentry", "audit.change_auditentry", "terms.change_termproposal"})


def is_delegable(permission: str) -> bool:
    """Tell whether a permission such as "deals.change_deal" may be used on a merchant's behalf."""
    app, _dot, codename = permission.partition(".")
    return (
        app not in NEVER_DELEGATED_APPS
        and not codename.startswith(NEVER_DELEGATED_VERBS)
        and permission not in NEVER_DELEGATED
    )


class Backend(AuthenticationBackend):
    """
    Who people are and what they may do, with the limits of the agency's people.

    In a mall they have permissions only while `user.visit` is set, which the middleware does for an open visit; where it is by right
    of a contract, those that its mandate opens; where something is written by the merchant's invitation, those that this opens.
    """

    def has_perm(self, user_obj: User, perm: str, obj: Model | None = None) -> bool:
        """
        Tell whether the person has the permission.

        :raises PermissionDenied: it is never delegated, or there is no visit; Django then asks no other backend
        """
        if self._is_visitor(user_obj) and not self._may(user_obj, perm):
            raise PermissionDenied
        return bool(super().has_perm(user_obj, perm, obj))

    def has_module_perms(self, user_obj: User, app_label: str) -> bool:
        """Tell whether the person has any permission of an app."""
        if self._is_visitor(user_obj) and (not user_obj.visit or app_label in NEVER_DELEGATED_APPS):
            return False
        return bool(super().has_module_perms(user_obj, app_label))

    @staticmethod
    def _may(user: User, permission: str) -> bool:
        if not user.visit or not is_delegable(permission):
            return False
        given = user.visit.permissions_now
        if given is None and user.visit.invited_now is not None:
            given = dict.fromkeys({*user.visit.invited_now, mandated.LOOK}, "")
        return given is None or mandated.opens(permission, given)

    @staticmethod
    def _is_visitor(user: User) -> bool:
        return getattr(user, "kind", "") == User.Kind.AGENCY and connection.is_in_mall
