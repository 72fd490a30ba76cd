"""Forms of the console's audits."""

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from billing.packages.models import Package
from ops_console.mandates import roles
from storefront.deals.snapshots import LABELS
from tenants.registry.models import Trade

from .models import Pipeline
from .operations import Decision
from .pipelines import EVIDENCE, PipelineDraft, StageDraft
from .scoring import LEAST, MOST, SCORES

WISHES = 3


class FilterForm(forms.Form):
    """Search in the list."""

    q = forms.CharField(label=_("Deal, mall or stage"), required=False, max_length=100)


class MallFilterForm(forms.Form):
    """Search in the list of malls."""

    q = forms.CharField(label=_("Mall"), required=False, max_length=100)


class DecideForm(forms.Form):
    """What a person says of a stage; the button says which."""

    fingerprint = forms.CharField(widget=forms.HiddenInput, max_length=128)
    outcome = forms.ChoiceField(
        choices=[(one, one) for one in ("passed", "asked", "refused")], widget=forms.HiddenInput
    )
    note = forms.CharField(
        label=_("What you found"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        fields = [("", _("In general")), *LABELS.items()]
        for number in range(WISHES):
            self.fields[f"field_{number}"] = forms.ChoiceField(label=_("Field"), choices=fields, required=False)
            self.fields[f"text_{number}"] = forms.CharField(label=_("What to change"), required=False, max_length=500)

    @property
    def wish_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The rows for what the merchant shall change."""
        return [(self[f"field_{number}"], self[f"text_{number}"]) for number in range(WISHES)]

    def decision(self) -> Decision:
        """Return what a valid form says."""
        data = self.cleaned_data
        wishes = [(data[f"field_{number}"], data[f"text_{number}"]) for number in range(WISHES)]
        return Decision(data["outcome"], data["fingerprint"], data["note"], [one for one in wishes if one[1].strip()])


class EvidenceForm(forms.Form):
    """A picture or a text for a stage."""

    picture = forms.FileField(label=_("Picture"), required=False, widget=forms.FileInput(attrs={"accept": "image/*"}))
    text = forms.CharField(
        label=_("Or a text"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean(self) -> dict[str, Any]:
        """Ask for one of both."""
        data = super().clean() or self.cleaned_data
        if not data.get("picture") and not (data.get("text") or "").strip():
            raise forms.ValidationError(_("Choose a picture or write a text."))
        return data


class VisitForm(forms.Form):
    """A visit to the shop, filled in standing there: large scores, the camera, a sentence."""

    def __init__(self, data: Any = None, files: Any = None, **options: Any) -> None:
        super().__init__(data, files, **options)
        numbers = [(str(number), str(number)) for number in range(LEAST, MOST + 1)]
        for key, label in SCORES.items():
            self.fields[key] = forms.ChoiceField(label=label, choices=numbers, widget=forms.RadioSelect)
        camera = forms.FileInput(attrs={"accept": "image/*", "capture": "environment"})
        self.fields["picture"] = forms.FileField(label=_("Take a picture"), required=False, widget=camera)
        self.fields["words"] = forms.CharField(
            label=_("What you found"), min_length=3, max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
        )
        self.fields["recommends"] = forms.BooleanField(label=_("I would sell this deal"), required=False)

    @property
    def score_fields(self) -> list[forms.BoundField]:
        """The scores."""
        return [self[key] for key in SCORES]

    def scores(self) -> dict[str, int]:
        """Return the scores of a valid form."""
        return {key: int(self.cleaned_data[key]) for key in SCORES}


class MallForm(forms.Form):
    """Whether and how a mall's deals are audited."""

    choice = forms.ChoiceField(label=_("Before a deal goes on sale"))

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        own = [
            (one.public_id, _("Audited: %(name)s") % {"name": one.name})
            for one in Pipeline.objects.filter(retired_at=None)
        ]
        self.fields["choice"].choices = [  # type: ignore[attr-defined]
            ("alone", _("Automatic checks and the guard")),
            ("auto", _("Audited, by its package or trade")),
            *own,
        ]


class PipelineForm(forms.Form):
    """A pipeline's name and whose it is."""

    name = forms.CharField(label=_("Name"), max_length=80)
    trade = forms.ChoiceField(label=_("For a trade"), required=False, choices=[("", _("Any")), *Trade.choices])
    package = forms.ModelChoiceField(
        Package.objects.filter(retired_at=None), label=_("Or for a package"), required=False, empty_label=_("Any"),
        to_field_name="public_id",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """A pipeline is for a trade or a package."""
        data = super().clean() or self.cleaned_data
        if data.get("trade") and data.get("package"):
            self.add_error("package", _("Choose a trade or a package, not both."))
        return data


class StageForm(forms.Form):
    """A stage of a pipeline; the last one that is kept is the final one."""

    key = forms.SlugField(widget=forms.HiddenInput, required=False, max_length=40)
    name = forms.CharField(label=_("Name"), max_length=80, required=False, help_text=_("Empty: the stage is left out."))
    place = forms.IntegerField(
        label=_("Place in the order"), min_value=1, max_value=999, required=False, help_text=_("Empty: first.")
    )
    checks = forms.CharField(
        label=_("What is checked, a line each"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    is_guarded = forms.BooleanField(label=_("Guarded: nobody passes two of these"), required=False)
    roles = forms.MultipleChoiceField(
        label=_("Passed by"), choices=[(one, roles.NAMES[one]) for one in roles.ALL if one != roles.READ_ONLY], required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    evidence = forms.MultipleChoiceField(
        label=_("Needs"), choices=list(EVIDENCE.items()), required=False, widget=forms.CheckboxSelectMultiple
    )
    visits_needed = forms.IntegerField(
        label=_("Visitors to the shop"), min_value=0, max_value=5, initial=0, required=False
    )
    least_score = forms.DecimalField(
        label=_("Least mean of their scores"), min_value=0, max_value=5, decimal_places=1, initial=0, required=False
    )
    fields_seen = forms.MultipleChoiceField(
        label=_("A change of these reopens it"), choices=list(LABELS.items()), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip


Stages = forms.formset_factory(StageForm, extra=1, max_num=12, validate_max=True, absolute_max=14)


def draft_of(form: PipelineForm, stages: Any) -> PipelineDraft:
    """Return the pipeline that a valid form and its stages describe."""
    kept = [one.cleaned_data for one in stages.forms if one.cleaned_data.get("name", "").strip()]
    kept.sort(key=lambda data: data["place"] or 0)
    drafts = [
        StageDraft(
            key=data["key"] or slugify(data["name"])[:40] or f"stage-{place}",
            name=data["name"].strip(),
            roles=data["roles"],
            fields=data["fields_seen"],
            checks=data["checks"],
            evidence=data["evidence"],
            is_guarded=data["is_guarded"],
            is_final=place == len(kept),
            visits_needed=data["visits_needed"] or (1 if "scores" in data["evidence"] else 0),
            least_score=int((data["least_score"] or 0) * 10),
        )
        for place, data in enumerate(kept, start=1)
    ]
    return PipelineDraft(form.cleaned_data["name"], drafts, form.cleaned_data["trade"], form.cleaned_data["package"])


def stage_initial(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Return what the stages' forms start from."""
    return [
        {
            **{
                name: getattr(stage, name)
                for name in ("key", "name", "checks", "is_guarded", "roles", "evidence", "visits_needed")
            },
            "place": stage.position * 10,
            "least_score": stage.least_score / 10,
            "fields_seen": stage.fields,
        }
        for stage in pipeline.stages.all()
    ]
