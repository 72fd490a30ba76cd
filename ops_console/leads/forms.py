"""The pipeline's filters and questions. Amounts are typed in major units."""

import zoneinfo
from datetime import date
from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ops_console.mandates import roles
from ops_console.packages.forms import CURRENCIES
from saas.accounts.models import User
from saas.kernel import money
from tenants.registry.models import Trade
from tenants.signup import queries as signup

from .models import Contact, Entry, Lead
from .opening import MallDraft
from .operations import BEFORE_CONTRACT, MAY_WORK, ContactDraft, EntryDraft, LeadDraft

_SENTENCE = {"required": _("Say why."), "min_length": _("Say it in a sentence.")}
_DAY = {"type": "date"}


@cache
def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(zoneinfo.available_timezones()) if "/" in name or name == "UTC"]


def _owners() -> list[tuple[str, str]]:
    people = User.objects.filter(kind=User.Kind.AGENCY, is_active=True, groups__name__in=MAY_WORK).distinct()
    return [(person.public_id, person.get_full_name()) for person in people.order_by("name")]


class FilterForm(forms.Form):
    """The filter bar of the board; the list has `StageFilterForm`."""

    q = forms.CharField(label=_("Name, place or contact"), required=False, max_length=100)
    owner = forms.ChoiceField(label=_("Whose"), required=False)
    trade = forms.ChoiceField(label=_("Trade"), required=False, choices=[("", _("All")), *Trade.choices])
    step = forms.ChoiceField(
        label=_("Next step"),
        required=False,
        choices=[("", _("All")), ("overdue", _("Overdue")), ("today", _("Today")), ("none", _("None planned"))],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Everybody’s")), *_owners(), ("none", _("Nobody’s"))]
        self.fields["owner"].choices = choices  # type: ignore[attr-defined]


class StageFilterForm(FilterForm):
    """The filter bar of the list."""

    stage = forms.ChoiceField(label=_("Stage"), required=False, choices=[("", _("All")), *Lead.Stage.choices])
    field_order = ["q", "stage", "owner", "trade", "step"]


class LeadForm(forms.Form):
    """What is known of a business."""

    name = forms.CharField(label=_("Business"), max_length=120)
    trade = forms.ChoiceField(label=_("Trade"), choices=Trade.choices)
    place = forms.CharField(label=_("Where"), help_text=_("Street and part of town."), max_length=160, required=False)
    source = forms.CharField(
        label=_("How we know of it"), help_text=_("Walked by, recommended by whom, wrote to us."), max_length=80,
        required=False,
    )  # fmt: skip
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES, initial="usd")
    worth = forms.CharField(
        label=_("Worth each month"), help_text=_("What the business might pay. Leave it empty if nobody knows."),
        max_length=20, required=False,
    )  # fmt: skip
    owner = forms.ChoiceField(label=_("Owner"), help_text=_("Who looks after this lead."), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)

    def __init__(self, *args: Any, lead: Lead | None = None, **kwargs: Any) -> None:
        if lead is not None:
            kwargs["initial"] = {
                "name": lead.name, "trade": lead.trade, "place": lead.place, "source": lead.source,
                "currency": lead.currency, "owner": lead.owner.public_id if lead.owner else "", "version": lead.version,
                "worth": money.to_major(lead.worth_minor, lead.currency) if lead.worth_minor is not None else "",
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = [("", _("Nobody yet")), *_owners()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Read the amount in its currency."""
        cleaned = super().clean() or {}
        text = str(cleaned.get("worth") or "").strip()
        try:
            cleaned["worth_minor"] = money.to_minor(text, cleaned.get("currency", "usd")) if text else None
        except money.AmountRefused as error:
            self.add_error("worth", str(error))
        if (cleaned.get("worth_minor") or 0) < 0:
            self.add_error("worth", _("An amount is zero or more."))
        return cleaned

    def draft(self) -> LeadDraft:
        """Return the lead of a valid form."""
        data = self.cleaned_data
        owner = User.objects.filter(public_id=data["owner"], kind=User.Kind.AGENCY).first() if data["owner"] else None
        known = {name: data[name] for name in ("name", "trade", "place", "source", "worth_minor", "currency")}
        return LeadDraft(**known, owner=owner)


class ContactForm(forms.Form):
    """A person at the business."""

    name = forms.CharField(label=_("Name"), max_length=120)
    role = forms.ChoiceField(
        label=_("Part in the decision"), help_text=_("Look for who decides; the front desk does not."),
        choices=Contact.Role.choices,
    )  # fmt: skip
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False, widget=forms.TextInput({"type": "tel"}))
    email = forms.EmailField(label=_("E-mail"), required=False)
    note = forms.CharField(label=_("Note"), help_text=_("When to call, what to mind."), max_length=200, required=False)

    def draft(self) -> ContactDraft:
        """Return the contact of a valid form."""
        return ContactDraft(**self.cleaned_data)


class EntryForm(forms.Form):
    """A visit, a call or a note."""

    kind = forms.ChoiceField(
        label=_("What"), choices=[(kind.value, kind.label) for kind in (Entry.Kind.VISIT, Entry.Kind.CALL, Entry.Kind.NOTE)]
    )  # fmt: skip
    happened_on = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs=_DAY))
    met = forms.CharField(label=_("Whom you met"), max_length=120, required=False)
    text = forms.CharField(label=_("What was said"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"happened_on": today}, **kwargs})
        self.today = today

    def clean_happened_on(self) -> date:
        """
        Return the day.

        :raises ValidationError: it is still to come
        """
        day: date = self.cleaned_data["happened_on"]
        if day > self.today:
            raise forms.ValidationError(_("That day is still to come. Plan it as the next step."))
        return day

    def draft(self) -> EntryDraft:
        """Return the entry of a valid form."""
        return EntryDraft(**self.cleaned_data)


class PlanForm(forms.Form):
    """What is next, and when."""

    step = forms.CharField(label=_("Next step"), max_length=200)
    day = forms.DateField(label=_("On"), widget=forms.DateInput(attrs=_DAY))


class LoseForm(forms.Form):
    """Why a lead is given up."""

    reason = forms.CharField(
        label=_("Why"), help_text=_("Too dear, no decision, went elsewhere: whoever tries again reads it."),
        min_length=5, max_length=300, error_messages=_SENTENCE,
    )  # fmt: skip


class MoveForm(forms.Form):
    """The stages to which a person may move the lead."""

    stage = forms.ChoiceField(label=_("Move to"))

    def __init__(self, *args: Any, lead: Lead, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        early = lead.stage in BEFORE_CONTRACT or lead.is_over
        stages = BEFORE_CONTRACT if early else (Lead.Stage.ONBOARDING, Lead.Stage.LIVE)
        there = [] if lead.stage == Lead.Stage.SENT else [one for one in stages if one != lead.stage]
        self.fields["stage"].choices = [(one.value, one.label) for one in there]  # type: ignore[attr-defined]

    @property
    def has_choices(self) -> bool:
        """Tell whether the lead can be moved by hand at all."""
        return bool(self.fields["stage"].choices)  # type: ignore[attr-defined]


class MallForm(forms.Form):
    """Where the lead's mall is to be, and whose it is."""

    slug = forms.CharField(label=_("Address"), max_length=40)
    owner_name = forms.CharField(label=_("Owner’s name"), max_length=120)
    owner_email = forms.EmailField(
        label=_("Owner’s e-mail address"), help_text=_("The mall is theirs. They get a mail and sign in by a code.")
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES)
    time_zone = forms.ChoiceField(label=_("Time zone"), help_text=_("What is sold and what is due goes by this clock."))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, lead: Lead, **kwargs: Any) -> None:
        first = lead.contacts.filter(role=Contact.Role.DECIDES).first()
        initial = {"currency": lead.currency, "slug": signup.suggested_address(lead.name)}
        if first is not None:
            initial |= {"owner_name": first.name, "owner_email": first.email}
        super().__init__(*args, **{"initial": initial, **kwargs})
        self.fields["time_zone"].choices = [("", _("Choose")), *_zones()]  # type: ignore[attr-defined]
        self.fields["slug"].help_text = f".{settings.BASE_DOMAIN}"

    def draft(self) -> MallDraft:
        """Return the mall of a valid form."""
        return MallDraft(**self.cleaned_data)


class ChooseMallForm(forms.Form):
    """Which mall a business has already."""

    slug = forms.CharField(label=_("Address of the mall"), help_text=_("The word before the first dot."), max_length=40)


MAY_SEE_CONTACTS = (*MAY_WORK, roles.CARE)
