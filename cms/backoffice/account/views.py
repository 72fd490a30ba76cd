"""A person's own settings: name, looks and language here; password and second factor where the accounts keep them."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.views import account
from wagtail.users.models import UserProfile

from saas.accounts import languages
from saas.accounts.models import User
from saas.accounts.requests import SignedInRequest


class NameForm(forms.ModelForm):
    """What a person is called."""

    class Meta:
        model = User
        fields = ["name"]


class NoForm(forms.ModelForm):
    """A panel that only shows something."""

    class Meta:
        model = User
        fields: list[str] = []


class NamePanel(account.BaseSettingsPanel):
    """The person's name, as the log and receipts write it."""

    name = "name"
    title = pgettext_lazy("person", "Name")
    order = 100
    form_class = NameForm


class LanguageForm(forms.ModelForm):
    """The language that a person reads."""

    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("", _("What the browser asks for")), *settings.LANGUAGES],
        required=False,
        help_text=_("Of these pages, and of mail to you."),
    )

    class Meta:
        model = User
        fields = ["language"]


class LanguagePanel(account.BaseSettingsPanel):
    """The person's language, one for pages and mail. Wagtail's own would change its pages only."""

    name = "language"
    title = _("Language")
    order = 200
    form_class = LanguageForm


class SecurityPanel(account.BaseSettingsPanel):
    """The ways to password, second factor and sessions. They know limits and mails that Wagtail's own forms do not."""

    name = "security"
    title = _("Signing in")
    order = 900
    form_class = NoForm
    template_name = "backoffice/account_security.html"


class AccountView(account.AccountView):
    """Wagtail's page of a person, without what would change how they sign in."""

    def get_panels(self) -> list[Any]:
        """Return the panels."""
        person = self.request.user
        profile = UserProfile.get_for_user(person)
        kinds = (NamePanel, LanguagePanel, account.ThemeSettingsPanel, SecurityPanel)
        panels = [kind(self.request, person, profile) for kind in kinds]
        return [panel for panel in panels if panel.is_active()]

    def post(self, request: SignedInRequest) -> HttpResponseBase:
        """Save, and bring the language into this browser. What Wagtail's own page once wrote of it goes: no panel could change it."""
        UserProfile.objects.filter(user=request.user).exclude(preferred_language="").update(preferred_language="")
        response: HttpResponseBase = super().post(request)
        if response.status_code == HTTPStatus.FOUND:
            languages.remember(response, request.user.language)
        return response
