"""The letter that lets a person in. Runs in a task, after the commit."""

from allauth.account.app_settings import PASSWORD_RESET_TOKEN_GENERATOR
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from cms.backoffice import roles
from saas.accounts.models import User
from tenants.isolation.addresses import mall_url
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform
from tenants.registry import queries as registry


def invite(user: User, *, invited_by: str) -> None:
    """Send the link that sets a password; it opens for three days. Not inside a transaction."""
    tenant = mall()
    role = roles.role_of(user)
    with on_platform():
        domain = registry.primary_domain(tenant)
    key = PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    link = mall_url(
        domain, reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    )
    with override(user.language or tenant.language):
        context = {
            "mall": tenant.name,
            "name": user.name,
            "invited_by": invited_by,
            "role": role.label if role else "",
            "does": role.does if role else "",
            "link": link,
            "code_url": mall_url(domain, reverse("account_request_login_code")),
            "home_url": mall_url(domain, "/counter/" if role and role.name == roles.CLERK else "/manage/"),
        }
        subject = " ".join(
            (_("%(who)s invites you to work at %(mall)s") % {"who": invited_by, "mall": tenant.name}).split()
        )
        text = render_to_string("backoffice/mail/invitation.txt", context)
        html = render_to_string("backoffice/mail/invitation.html", context)
        send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [str(user.email)], html_message=html)
