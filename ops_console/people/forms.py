"""The filter of people, their roles, and who takes their work."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ops_console.mandates import roles
from saas.accounts.models import User

from . import queries
from .operations import Takers
from .queries import Load


class FilterForm(forms.Form):
    """Which people are listed."""

    q = forms.CharField(
        label=_("Name or address"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", _("All")), *roles.NAMES.items()])
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), ("here", _("Works here")), ("left", _("Has left"))]
    )


class RolesForm(forms.Form):
    """What a person is."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        help_text=_("What they may do from the next click on. Several add up."),
        choices=list(roles.NAMES.items()),
        widget=forms.CheckboxSelectMultiple,
    )


class AddForm(RolesForm):
    """A person who begins."""

    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail address"), help_text=_("They sign in with a code that is sent there."))
    field_order = ("name", "email", "roles")


class HandOnForm(forms.Form):
    """Who takes a person's work. Contracts and leads need somebody as soon as there are any."""

    tasks_to = forms.ChoiceField(label=_("Tasks go to"), required=False)
    accounts_to = forms.ChoiceField(label=_("Contracts and leads go to"), required=False)

    def __init__(self, *args: Any, person: User, load: Load, **options: Any) -> None:
        super().__init__(*args, **options)
        self._people = {one.public_id: one for one in queries.others(person)}
        sellers = queries.others(person, able=roles.MAY_SELL)
        self.fields["tasks_to"].choices = [("", _("Nobody yet")), *_names(self._people.values())]  # type: ignore[attr-defined]
        self.fields["accounts_to"].choices = [("", _("Choose …")), *_names(sellers)]  # type: ignore[attr-defined]
        self.fields["tasks_to"].help_text = _("Without a taker a manager finds them under Nobody’s.")
        if not load.accounts:
            del self.fields["accounts_to"]
        elif load.contracts:
            self.fields["accounts_to"].required = True

    def takers(self) -> Takers:
        """Return whom the form names."""
        data = self.cleaned_data
        return Takers(
            tasks=self._people.get(data["tasks_to"]), accounts=self._people.get(data.get("accounts_to") or "")
        )


def _names(people: Any) -> list[tuple[str, str]]:
    return [(one.public_id, one.get_full_name()) for one in people]
