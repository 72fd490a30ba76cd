"""Forms of the calendar and the channels. Times are read in the mall's own zone."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from saas.kernel import outgoing
from tenants.registry.models import Tenant

from . import pictures, slots
from .channels import Told
from .connectors.registry import kinds
from .models import Channel, Post
from .operations import Written
from .refusals import ContentRefused

KEPT = _("Kept encrypted and never shown again. Leave empty to keep what is there.")
ANEW = _(
    "Kept encrypted and never shown again. Leave empty to keep what is there; for an address at another host a new one is made then, and "
    "shown once."
)
_IN_REACH = [MinValueValidator(slots.FIRST_DAY), MaxValueValidator(slots.LAST_DAY)]


class FilterForm(forms.Form):
    """What the calendar shows."""

    view = forms.ChoiceField(
        choices=[("month", _("Month")), ("week", _("Week")), ("list", _("List"))],
        required=False,
        widget=forms.HiddenInput,
    )
    on = forms.DateField(required=False, widget=forms.HiddenInput, validators=_IN_REACH)
    q = forms.CharField(label=_("Words"), required=False, max_length=80)
    mall = forms.ChoiceField(label=_("Mall"), required=False)
    kind = forms.ChoiceField(label=_("Channel"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, *args: Any, malls: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mall"].choices = [("", _("All malls")), *malls]  # type: ignore[attr-defined]
        named = [(kind, connector.label) for kind, connector in kinds().items()]
        self.fields["kind"].choices = [("", _("All channels")), *named]  # type: ignore[attr-defined]
        states = [(one.value, one.label) for one in Post.State if one != Post.State.DROPPED]
        self.fields["state"].choices = [  # type: ignore[attr-defined]
            ("", _("All states")),
            ("needs_somebody", _("Needs somebody here")),
            *states,
        ]


class PostForm(forms.Form):
    """What a post says, where and when."""

    channel = forms.ChoiceField(label=_("Channel"))
    title = forms.CharField(label=_("Title"), max_length=120)
    text = forms.CharField(
        label=_("Text"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Plain text. An empty line begins a new paragraph."),
    )
    link = forms.URLField(label=_("Link"), max_length=500, required=False, assume_scheme="https")
    picture = forms.FileField(
        label=_("Picture"), required=False, help_text=_("It is made small, and what cameras add is taken out.")
    )
    picture_says = forms.CharField(
        label=_("What the picture shows"), max_length=200, required=False, help_text=_("For those who cannot see it.")
    )
    day = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}), validators=_IN_REACH
    )
    time = forms.TimeField(
        label=_("Time"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, tenant: Tenant, post: Post | None = None, **kwargs: Any) -> None:
        self.zone = ZoneInfo(tenant.time_zone)
        if post is not None:
            kwargs["initial"] = {**self._said_by(post), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        found = [post.channel] if post else list(Channel.objects.in_use().filter(tenant=tenant))
        self.fields["channel"].choices = [(one.public_id, one.name) for one in found]  # type: ignore[attr-defined]
        self.fields["channel"].disabled = post is not None
        self.fields["time"].help_text = _("In the mall's time, %(zone)s.") % {"zone": tenant.time_zone}

    def _said_by(self, post: Post) -> dict[str, object]:
        at = post.planned_at.astimezone(self.zone) if post.planned_at else None
        return {
            "channel": post.channel.public_id,
            "title": post.title,
            "text": post.text,
            "link": post.link,
            "picture_says": post.picture_says,
            "day": at.date() if at else None,
            "time": at.time().replace(second=0, microsecond=0) if at else None,
            "version": post.version,
        }

    def clean_picture(self) -> bytes | None:
        """Return the bytes of a picture that can be shown."""
        sent = self.cleaned_data.get("picture")
        if not sent:
            return None
        if sent.size > pictures.MOST_BYTES:
            raise forms.ValidationError(_("The picture is larger than 15 MB. Choose a smaller one."))
        content = bytes(sent.read())
        try:
            pictures.made_small(content)
        except ContentRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return content

    def clean(self) -> dict[str, Any]:
        """Take day and time together."""
        data = super().clean() or {}
        day, at = data.get("day"), data.get("time")
        if (day is None) != (at is None) and not self.errors:
            self.add_error("time" if at is None else "day", _("Day and time belong together."))
        data["planned_at"] = slots.wall_time(day, at, self.zone) if day and at is not None else None
        return data

    def written(self) -> Written:
        """Return what was written; the form is valid."""
        data = self.cleaned_data
        return Written(
            title=data["title"],
            text=data["text"],
            link=data["link"],
            picture=data["picture"],
            picture_says=data["picture_says"],
            planned_at=data["planned_at"],
        )


class WhenForm(forms.Form):
    """A time for a post, in the mall's zone."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}), validators=_IN_REACH)
    time = forms.TimeField(label=_("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = ZoneInfo(tenant.time_zone)
        self.fields["time"].help_text = _("In the mall's time, %(zone)s.") % {"zone": tenant.time_zone}

    def clean(self) -> dict[str, Any]:
        """Take day and time together."""
        data = super().clean() or {}
        if data.get("day") and data.get("time") is not None:
            data["at"] = slots.wall_time(data["day"], data["time"], self.zone)
        return data


class ChangeForm(forms.Form):
    """What should change."""

    words = forms.CharField(
        label=_("What should change?"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class ConfirmForm(forms.Form):
    """Where a post is that a person has put there."""

    url = forms.URLField(
        label=_("Address of the post"),
        max_length=500,
        assume_scheme="https",
        help_text=_("Merchants open it from their own calendar."),
    )


class ChannelForm(forms.Form):
    """A channel: its name, whether the merchant must agree, and what its connector must be told."""

    name = forms.CharField(label=_("Name"), max_length=80)
    needs_merchant = forms.BooleanField(label=_("The merchant approves every post"), required=False)
    answer_days = forms.IntegerField(
        label=_("Days to answer"),
        min_value=1,
        max_value=60,
        initial=3,
        help_text=_("Without an answer the post is handed back, and nothing is published."),
    )

    def __init__(self, *args: Any, kind: str, channel: Channel | None = None, **kwargs: Any) -> None:
        if channel is not None:
            told = {f"set_{name}": text for name, text in channel.settings.items()}
            kept = {"name": channel.name, "needs_merchant": channel.needs_merchant, "answer_days": channel.answer_days}
            kwargs["initial"] = {**told, **kept}
        super().__init__(*args, **kwargs)
        self.wanted = kinds()[kind].settings
        for one in self.wanted:
            make = forms.URLField if one.is_address else forms.CharField
            more: dict[str, Any] = {"assume_scheme": "https"} if one.is_address else {}
            help_text = one.help
            if one.is_secret:
                more["widget"] = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})
                if channel is not None:
                    help_text = ANEW if one.known_at else KEPT
            self.fields[f"set_{one.name}"] = make(
                label=str(one.label),
                help_text=str(help_text),
                max_length=500,
                min_length=one.least or None,
                required=one.is_needed and not (one.is_secret and channel is not None),
                **more,
            )

    def clean(self) -> dict[str, Any]:
        """Refuse a web address that nothing would be sent to, or that whoever is between could read."""
        data = super().clean() or {}
        for name in (f"set_{one.name}" for one in self.wanted if one.is_address):
            try:
                where = outgoing.checked(data.get(name) or "https://example.org/", let_through=settings.POST_HOSTS)
            except outgoing.WrongAddress as refusal:
                self.add_error(name, str(refusal))
                continue
            if where.scheme != "https" and where.netloc not in settings.POST_HOSTS:
                self.add_error(name, _("The address must begin with https://."))
        return data

    def told(self) -> Told:
        """Return what was said; the form is valid."""
        data = self.cleaned_data
        texts = {one.name: data.get(f"set_{one.name}") or "" for one in self.wanted}
        return Told(
            name=data["name"],
            needs_merchant=data["needs_merchant"],
            answer_days=data["answer_days"],
            settings={one.name: texts[one.name] for one in self.wanted if not one.is_secret},
            secrets={one.name: texts[one.name] for one in self.wanted if one.is_secret},
        )
