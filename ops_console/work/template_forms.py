"""The form of a template: what a module promises, how often, and how it is proved."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.packages.models import Module
from billing.packages.trade import named
from tenants.entry import mandated

from .cadence import DAY_NAMES, Policy
from .models import Evidence, TaskTemplate
from .templating import TemplateDraft

_REPEATS = [
    ("once", _("Once, at the start")),
    ("DAILY", _("Every day")),
    ("WEEKLY", _("Every week, on chosen days")),
    ("MONTHLY", _("Every month, on a day")),
    ("rule", _("By a rule of its own")),
]


class TemplateForm(forms.Form):
    """A template. The rule is put together from how it repeats, or written (RFC 5545)."""

    module = forms.ChoiceField(label=_("Module"))
    title = forms.CharField(label=_("What is to be done"), max_length=120)
    repeats = forms.ChoiceField(label=_("How often"), choices=_REPEATS)
    days = forms.MultipleChoiceField(
        label=_("On these days"),
        help_text=_("For every week."),
        choices=list(DAY_NAMES.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    month_day = forms.IntegerField(
        label=_("On this day of the month"),
        help_text=_("For every month: 1 to 28."),
        min_value=1,
        max_value=28,
        required=False,
    )
    rrule = forms.CharField(
        label=_("Rule"),
        help_text=_("As RFC 5545 writes it, such as FREQ=MONTHLY;BYDAY=1TH."),
        max_length=200,
        required=False,
    )
    holidays = forms.ChoiceField(label=_("On public holidays"), choices=Policy.choices)
    at = forms.TimeField(
        label=_("Opens at, by the mall’s clock"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    due_hours = forms.IntegerField(label=_("Due after so many hours"), min_value=1, max_value=744, initial=9)
    grace_hours = forms.IntegerField(
        label=_("Late, but counted, for so many more hours"), min_value=0, max_value=744, initial=24
    )
    minutes = forms.IntegerField(label=_("Planned minutes"), min_value=0, max_value=1440, initial=30)
    checklist = forms.CharField(
        label=_("Checklist, a line each"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    evidence = forms.MultipleChoiceField(
        label=_("Evidence that is required"),
        choices=Evidence.Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    permissions = forms.MultipleChoiceField(
        label=_("What it needs to be allowed in the mall"),
        choices=list(mandated.KEYS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    figures = forms.CharField(label=_("Figures it is judged by"), help_text=_("With commas between."), required=False)
    credit_minor = forms.IntegerField(
        label=_("Credit for one that is missed"),
        help_text=_(
            "In cents of the module’s first monthly price. In another currency a contract gives back the same share of the price there."
        ),
        min_value=0,
        max_value=2_000_000_000,
        initial=0,
    )
    needs_merchant = forms.BooleanField(label=_("The merchant has to agree before it is done"), required=False)
    place = forms.CharField(
        label=_("Where it is done"), help_text=_("An address of the back office."), max_length=200, initial="/manage/"
    )

    def __init__(self, data: Any = None, *, row: TaskTemplate | None = None) -> None:
        super().__init__(data, initial=_initial(row) if row else {"at": "10:00", "module": ""})
        modules = Module.objects.filter(retired_at=None).values_list("public_id", "name")
        self.fields["module"].choices = list(modules)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Put the rule together."""
        found = super().clean() or {}
        repeats, days = found.get("repeats"), found.get("days") or []
        if repeats == "WEEKLY" and not days:
            self.add_error("days", _("Choose at least one day."))
        if repeats == "MONTHLY" and not found.get("month_day"):
            self.add_error("month_day", _("Say on which day."))
        if repeats == "rule" and not found.get("rrule"):
            self.add_error("rrule", _("Write the rule."))
        rules = {
            "once": "",
            "DAILY": "FREQ=DAILY",
            "WEEKLY": f"FREQ=WEEKLY;BYDAY={','.join(days)}",
            "MONTHLY": f"FREQ=MONTHLY;BYMONTHDAY={found.get('month_day')}",
            "rule": (found.get("rrule") or "").strip().upper(),
        }
        found["rrule"] = rules.get(repeats or "", "")
        return found

    def draft(self) -> TemplateDraft:
        """Return the template of a valid form."""
        kept = {name: value for name, value in self.cleaned_data.items() if name in TemplateDraft.__dataclass_fields__}
        kept["checklist"] = [line.strip() for line in kept["checklist"].splitlines() if line.strip()]
        kept["figures"] = [one.strip() for one in kept["figures"].split(",") if one.strip()]
        return TemplateDraft(**kept)


def _initial(row: TaskTemplate) -> dict[str, Any]:
    parts = dict(part.split("=", 1) for part in row.rrule.split(";") if "=" in part)
    days = parts.get("BYDAY", "").split(",") if parts.get("BYDAY") else []
    repeats = "rule"
    if not row.rrule:
        repeats = "once"
    elif row.rrule == "FREQ=DAILY":
        repeats = "DAILY"
    elif set(parts) == {"FREQ", "BYDAY"} and parts["FREQ"] == "WEEKLY" and set(days) <= set(DAY_NAMES):
        repeats = "WEEKLY"
    elif set(parts) == {"FREQ", "BYMONTHDAY"} and parts["FREQ"] == "MONTHLY" and parts["BYMONTHDAY"].isdigit():
        repeats = "MONTHLY"
    kept = {name: getattr(row, name) for name in TemplateDraft.__dataclass_fields__}
    return kept | {
        "module": row.module.public_id, "repeats": repeats, "days": days, "month_day": parts.get("BYMONTHDAY"),
        "title": named(row.title), "checklist": "\n".join(map(named, row.checklist)), "figures": ", ".join(map(named, row.figures)),
        "rrule": row.rrule if repeats == "rule" else "",
    }  # fmt: skip
