"""The console's form of one promise of a draft: what, how often, how it is proved and judged, what it gives back."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.packages.models import Module
from billing.packages.trade import named
from ops_console.work.cadence import Policy
from ops_console.work.clauses import Clause
from ops_console.work.models import Evidence
from saas.kernel import money
from tenants.entry import mandated

from .console_forms import minor_of

_WEEKDAYS = [
    ("MO", _("Mon")), ("TU", _("Tue")), ("WE", _("Wed")), ("TH", _("Thu")), ("FR", _("Fri")), ("SA", _("Sat")), ("SU", _("Sun")),
]  # fmt: skip
MOST_LINES, LONGEST_LINE = 20, 200


class ClauseForm(forms.Form):
    """A promise: what, how often, until when, and what a missed one gives back."""

    OFTEN = [
        ("once", _("Once, at the start")), ("daily", _("Each day")), ("weekly", _("Each week on these days")),
        ("monthly", _("Each month on this day")), ("rule", _("By a rule (RFC 5545)")),
    ]  # fmt: skip
    title = forms.CharField(label=_("What"), max_length=120)
    module = forms.ChoiceField(label=_("Part of"), help_text=_("Under this it stands in the contract."), required=False)
    often = forms.ChoiceField(label=_("How often"), choices=OFTEN)
    weekdays = forms.MultipleChoiceField(
        label=_("Days of the week"), choices=_WEEKDAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    month_day = forms.IntegerField(
        label=_("Day of the month"),
        help_text=_("1 to 28, or 31 for the last day of each month."),
        min_value=1,
        max_value=31,
        required=False,
    )
    rule = forms.CharField(
        label=_("Rule"), help_text=_("Such as FREQ=MONTHLY;BYDAY=1MO"), max_length=200, required=False
    )
    at = forms.TimeField(label=_("Opens at"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    due_hours = forms.IntegerField(label=_("Due after, hours"), min_value=1, max_value=744)
    grace_hours = forms.IntegerField(label=_("Late but counted for, hours"), min_value=0, max_value=744)
    holidays = forms.ChoiceField(label=_("On public holidays"), choices=Policy.choices)
    minutes = forms.IntegerField(label=_("Planned minutes"), min_value=0, max_value=1440)
    checklist = forms.CharField(
        label=_("Checklist, a line each"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    evidence = forms.MultipleChoiceField(
        label=_("Evidence that is required"),
        choices=Evidence.Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    figures = forms.CharField(
        label=_("Figures it is judged by"), help_text=_("With commas between."), max_length=300, required=False
    )
    credit = forms.CharField(label=_("Credit for a missed one"), max_length=20, required=False)
    needs_merchant = forms.BooleanField(label=_("Wait for the merchant's yes"), required=False)
    permissions = forms.MultipleChoiceField(
        label=_("What the agency may do in the mall for it"),
        choices=[(key, label) for key, label in mandated.KEYS.items() if key != mandated.LOOK],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    place = forms.CharField(
        label=_("Where it is done"), help_text=_("An address of the back office."), max_length=200, required=False
    )

    def __init__(self, data: Any = None, *, clause: Clause, currency: str) -> None:
        super().__init__(data, initial=_initial(clause, currency))
        self.clause, self.currency = clause, currency
        names = dict(Module.objects.filter(retired_at=None).values_list("public_id", "name"))
        # A module that was retired since stays what the clause is part of.
        self._modules = {clause.module: clause.module_name} | names
        self.fields["module"].choices = [(key, named(name)) for key, name in self._modules.items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Put the rule together and read the credit."""
        cleaned = super().clean() or {}
        cleaned["credit_minor"] = minor_of(self, "credit", self.currency) or 0
        if cleaned.get("often") == "weekly" and not cleaned.get("weekdays"):
            self.add_error("weekdays", _("Choose at least one day."))
        if cleaned.get("often") == "monthly" and not cleaned.get("month_day"):
            self.add_error("month_day", _("Say on which day."))
        if cleaned.get("often") == "monthly" and cleaned.get("month_day") in (29, 30):
            self.add_error("month_day", _("Not every month has this day. Choose 1 to 28, or 31 for the last one."))
        if cleaned.get("often") == "rule" and not cleaned.get("rule"):
            self.add_error("rule", _("Write the rule."))
        month_day = -1 if cleaned.get("month_day") == 31 else cleaned.get("month_day")
        cleaned["rrule"] = {
            "once": "",
            "daily": "FREQ=DAILY",
            "weekly": "FREQ=WEEKLY;BYDAY=" + ",".join(cleaned.get("weekdays") or []),
            "monthly": f"FREQ=MONTHLY;BYMONTHDAY={month_day}",
        }.get(cleaned.get("often", ""), cleaned.get("rule", ""))
        return cleaned

    def clean_checklist(self) -> tuple[str, ...]:
        """Return the lines."""
        lines = _as_before(self.clause.checklist, self.cleaned_data["checklist"].splitlines())
        if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
            raise forms.ValidationError(_("A checklist has at most 20 lines of 200 letters."))
        return lines

    def clean_figures(self) -> tuple[str, ...]:
        """Return their names."""
        return _as_before(self.clause.figures, self.cleaned_data["figures"].replace("，", ",").split(","))

    def changes(self) -> dict[str, Any]:
        """Return what a valid form says, as a clause's fields."""
        data = self.cleaned_data
        copied = ("title", "rrule", "due_hours", "grace_hours", "holidays", "minutes", "credit_minor", "needs_merchant",
                  "checklist", "figures")  # fmt: skip
        module = data["module"] or self.clause.module
        return {name: data[name] for name in copied} | {
            "at": f"{data['at']:%H:%M}", "module": module, "module_name": self._modules[module], "evidence": tuple(data["evidence"]),
            "permissions": (mandated.LOOK, *data["permissions"]), "place": data["place"] or self.clause.place,
        }  # fmt: skip


def _as_before(before: tuple[str, ...], typed: list[str]) -> tuple[str, ...]:
    """Return what was typed, word for word as it was before where it only was shown in the reader's language."""
    known = {named(one): one for one in before}
    return tuple(known.get(one, one) for one in (" ".join(text.split()) for text in typed) if one)


def _initial(clause: Clause, currency: str) -> dict[str, Any]:
    copied = ("title", "at", "due_hours", "grace_hours", "holidays", "minutes", "needs_merchant", "module", "place")
    return {
        **{name: getattr(clause, name) for name in copied},
        **_cadence(clause.rrule),
        "permissions": list(clause.permissions),
        "evidence": list(clause.evidence),
        "checklist": "\n".join(map(named, clause.checklist)),
        "figures": ", ".join(map(named, clause.figures)),
        "rule": clause.rrule,
        "credit": money.to_major(clause.credit_minor, currency),
    }


def _cadence(rule: str) -> dict[str, Any]:
    if not rule:
        return {"often": "once"}
    if rule == "FREQ=DAILY":
        return {"often": "daily"}
    if rule.startswith("FREQ=WEEKLY;BYDAY=") and ";" not in rule[12:]:
        return {"often": "weekly", "weekdays": rule.partition("BYDAY=")[2].split(",")}
    day = rule.removeprefix("FREQ=MONTHLY;BYMONTHDAY=")
    if day == "-1":
        return {"often": "monthly", "month_day": 31}
    # On a day that not every month has the rule leaves months out: that is another promise than the last day.
    return {"often": "monthly", "month_day": int(day)} if day.isdigit() and int(day) <= 28 else {"often": "rule"}
