"""What the console asks about archives, erasures and domains."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from tenants.archives.models import MallExport
from tenants.domains.models import DomainClaim
from tenants.longwork.models import LongWork


class EraseForm(forms.Form):
    """Why a mall is erased, and its address typed as a proof of intent."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It stands in the log until the mall is gone. Name no persons."),
        min_length=10,
        max_length=200,
        error_messages={"required": _("Say why."), "min_length": _("Say it in a sentence.")},
    )
    typed = forms.CharField(
        label=_("The mall's address"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["typed"].help_text = _("Type “%(slug)s”.") % {"slug": slug}


class ArchiveField(forms.ModelChoiceField):
    """A choice of archives, by mall and time."""

    def label_from_instance(self, obj: MallExport) -> str:
        """Return what a person knows the archive by."""
        return f"{obj.tenant.name}, {date_format(obj.asked_at, 'DATETIME_FORMAT')} UTC"


class RestoreForm(forms.Form):
    """An archive, from the storage or as a file, and where the new mall is to be."""

    export = ArchiveField(
        label=_("Archive on the storage"), queryset=MallExport.objects.none(), required=False, empty_label=_("– a file instead –"),
        to_field_name="public_id",
    )  # fmt: skip
    file = forms.FileField(
        label=_("Or an archive file"), required=False, widget=forms.FileInput(attrs={"accept": ".zip,application/zip"})
    )
    slug = forms.CharField(label=_("Address of the new mall"), max_length=40)
    override = forms.CharField(
        label=_("Reason, if the mall was erased"),
        help_text=_("Erased malls stay erased. With a reason, which the register keeps, it comes back."),
        max_length=200,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = MallExport.objects.filter(state=LongWork.State.DONE, removed_at__isnull=True).select_related("tenant")
        cast("ArchiveField", self.fields["export"]).queryset = there
        self.fields["slug"].help_text = f".{settings.BASE_DOMAIN}"

    def clean(self) -> dict[str, Any]:
        """Want exactly one archive."""
        data: dict[str, Any] = super().clean() or {}
        if bool(data.get("export")) == bool(data.get("file")):
            self.add_error("export", _("Choose an archive or a file, not both."))
        return data


class WorkFilterForm(forms.Form):
    """The filter bar of exports and restores."""

    q = forms.CharField(label=_("Mall or file"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), ("there", _("Archive is there")), *LongWork.State.choices],
    )


class RegisterFilterForm(forms.Form):
    """The filter bar of the register of erasures."""

    q = forms.CharField(label=_("Mall"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")), ("waiting", _("In its grace")), ("running", _("At work")), ("done", _("Erased")),
            ("cancelled", _("Taken back")),
        ],
    )  # fmt: skip


class ClaimFilterForm(forms.Form):
    """The filter bar of domains."""

    q = forms.CharField(label=_("Domain or mall"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), ("resting", _("Resting")), *DomainClaim.State.choices],
    )


class LiftForm(forms.Form):
    """Why a domain need not rest any longer."""

    reason = forms.CharField(
        label=_("Reason"), min_length=10, max_length=200,
        error_messages={"required": _("Say why."), "min_length": _("Say it in a sentence.")},
    )  # fmt: skip
