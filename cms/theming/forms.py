"""The form of the Look page."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.images.widgets import AdminImageChooser

from saas.accounts.phones import LocalPhoneField

from .contrast import judge
from .models import Theme

_is_colour = RegexValidator(
    r"^#[0-9a-fA-F]{6}$", gettext_lazy("A colour is written as # and six of the characters 0–9 and a–f.")
)


class ColourInput(forms.TextInput):
    """The browser's own colour picker."""

    input_type = "color"


class ColourField(forms.CharField):
    """A colour as `#rrggbb` in lower case."""

    widget = ColourInput
    default_validators = [_is_colour]

    def clean(self, value: Any) -> str:
        """Return the colour in lower case."""
        return str(super().clean(value)).lower()


class ThemeForm(forms.ModelForm):
    """
    The mall's name, signs, colours and contact. A brand colour that nobody could see as a button is refused, and `verdict` then
    offers the nearest pair of colours; with `nearest` in the data that pair is taken instead.
    """

    brand_colour = ColourField(
        label=gettext_lazy("Brand colour"), help_text=gettext_lazy("Buttons, links and your sign.")
    )
    accent_colour = ColourField(label=gettext_lazy("Second colour"), help_text=gettext_lazy("Small marks on deals."))
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=settings.LANGUAGES,
        required=False,
        help_text=gettext_lazy("For visitors whose browser asks for no other, and for letters to your members."),
    )
    verdict = None

    class Meta:
        model = Theme
        fields = ("name", "tagline", "logo", "brand_colour", "accent_colour", "email", "phone")
        widgets = {"logo": AdminImageChooser}
        field_classes = {"phone": LocalPhoneField}
        help_texts = {
            "tagline": gettext_lazy("One line, for the window's title and search engines."),
            "logo": gettext_lazy("Square pictures fit best; it hangs at the top of every page."),
        }

    def clean(self) -> dict[str, Any]:
        """Refuse a pair that cannot be seen, or take the nearest one if that was asked for."""
        values = super().clean() or self.cleaned_data
        if not {"brand_colour", "accent_colour"} <= values.keys():
            return values
        self.verdict = judge(brand=values["brand_colour"], accent=values["accent_colour"])
        if "nearest" in self.data:
            values.update(brand_colour=self.verdict.brand, accent_colour=self.verdict.accent)
        elif not self.verdict.is_readable:
            self.add_error("brand_colour", _(
                "Buttons in this colour are hard to see on a light page: its contrast is %(ratio).1f to 1, and %(needed).0f to 1 is needed."
            ) % {"ratio": self.verdict.ratio, "needed": self.verdict.needed})  # fmt: skip
        return values
