"""The filter of tasks, and what is asked when a task is finished, handed over, put to the merchant, excused or proved."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.packages.trade import named
from cms.backoffice.activity.words import word_of
from saas.accounts.models import User

from . import queries
from .models import Evidence
from .operations import MOST_MINUTES
from .proving import Proof
from .templatetags.work import local


class FilterForm(forms.Form):
    """The filter bar of My work. `tab` is kept while searching."""

    q = forms.CharField(
        label=_("Task or mall"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )
    whose = forms.ChoiceField(label=_("Whose"), required=False)
    template = forms.ChoiceField(label=_("Kind of task"), required=False)
    tab = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)

    def __init__(self, *args: Any, people: list[User], **options: Any) -> None:
        super().__init__(*args, **options)
        own = [("", _("Mine")), ("all", _("Everybody’s")), ("nobody", _("Nobody’s"))]
        names = [(person.public_id, person.get_full_name()) for person in people]
        kinds = [(row.key, named(row.title)) for row in queries.templates(retired=True)]
        self.fields["whose"].choices = own + names  # type: ignore[attr-defined]
        self.fields["template"].choices = [("", _("All")), *kinds]  # type: ignore[attr-defined]


class FinishForm(forms.Form):
    """How long it took."""

    minutes = forms.IntegerField(
        label=_("Minutes it took"),
        min_value=0,
        max_value=MOST_MINUTES,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    note = forms.CharField(
        label=_("Note"), help_text=_("For your colleagues. The merchant reads the evidence."), required=False, max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


class HandOverForm(forms.Form):
    """Who does it instead."""

    to = forms.ChoiceField(label=_("To whom"))
    note = forms.CharField(label=_("A word for them"), required=False, max_length=300)

    def __init__(self, *args: Any, people: list[User], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["to"].choices = [(one.public_id, one.get_full_name()) for one in people]  # type: ignore[attr-defined]


class AskForm(forms.Form):
    """What the merchant has to decide."""

    reason = forms.CharField(
        label=_("What do you need to know?"),
        help_text=_("The merchant reads it in the back office and answers there."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ExcuseForm(forms.Form):
    """Why it is not to be done; with `gives_back` the merchant is asked."""

    reason = forms.CharField(
        label=_("Why is it not to be done?"),
        help_text=_("The merchant reads it. Nothing is missed, and nothing is credited."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, gives_back: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if gives_back:
            self.fields["reason"].help_text = str(
                _(
                    "The contract gives something back for this, so the merchant is asked. Without a yes it counts as missed."
                )
            )


class ProofForm(forms.Form):
    """One piece of evidence of the kind that was chosen."""

    kind = forms.ChoiceField(choices=Evidence.Kind.choices, widget=forms.HiddenInput)
    file = forms.FileField(
        label=_("Picture"),
        help_text=_("JPEG, PNG, WebP, GIF or AVIF, at most 25 MB."),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/*", "data-most-mb": "25"}),
    )
    url = forms.URLField(label=_("Address"), required=False, max_length=500, assume_scheme="https")
    figure = forms.DecimalField(
        label=pgettext_lazy("figure", "Number"), required=False, max_digits=16, decimal_places=4
    )
    entry = forms.TypedChoiceField(
        label=_("What was done in the mall"), required=False, coerce=int, empty_value=None, widget=forms.RadioSelect
    )
    text = forms.CharField(required=False, max_length=4000)

    _FIELDS = {"picture": "file", "link": "url", "text": "", "figure": "figure", "trail": "entry"}
    _TEXTS = {
        "picture": _("What it shows"), "link": _("What is there"), "text": _("What was done"), "figure": _("What it counts"),
        "trail": _("Anything to add"),
    }  # fmt: skip

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        kind: str,
        entries: Any = (),
        zone: str = "UTC",
        figure: str = "",
        **options: Any,
    ) -> None:
        super().__init__(
            data, files, initial={"kind": kind} | ({"text": figure} if kind == "figure" else {}), **options
        )
        for name in ("file", "url", "figure", "entry"):
            if name != self._FIELDS[kind]:
                del self.fields[name]
        self.fields["text"].label = self._TEXTS[kind]
        if kind == "text":
            self.fields["text"].widget = forms.Textarea(attrs={"rows": 4})
        if kind == "trail":
            self.fields["entry"].choices = [  # type: ignore[attr-defined]
                (
                    row.pk,
                    f"{local(row.at, zone)} · {row.actor_name}: {word_of(row.action)}, {row.sentence}",
                )
                for row in entries
            ]

    def proof(self) -> Proof:
        """Return the evidence of a valid form."""
        return Proof(**self.cleaned_data)


class AbsenceForm(forms.Form):
    """Who is away from when until when, and who covers."""

    person = forms.ChoiceField(label=_("Who"))
    starts_on = forms.DateField(label=_("First day away"), widget=forms.DateInput(attrs={"type": "date"}))
    ends_on = forms.DateField(
        label=_("First day back"),
        help_text=_("Leave it empty for somebody who has left."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    cover = forms.ChoiceField(
        label=_("Who covers"),
        help_text=_("Without a cover the tasks are nobody’s until a manager gives them out."),
        required=False,
    )

    def __init__(self, *args: Any, people: list[User], **options: Any) -> None:
        super().__init__(*args, **options)
        names = [(one.public_id, one.get_full_name()) for one in people]
        self.fields["person"].choices = names  # type: ignore[attr-defined]
        self.fields["cover"].choices = [("", _("Nobody yet")), *names]  # type: ignore[attr-defined]
