"""How a mall looks: one row."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

DEFAULT_BRAND = "#8c2f1b"
DEFAULT_ACCENT = "#d9962b"


class Theme(models.Model):
    """The mall's name, signs and colours, and how to reach the merchant. Colours are #rrggbb and checked for contrast at save."""

    name = models.CharField(_("mall name"), max_length=120)
    tagline = models.CharField(_("tagline"), max_length=140, blank=True)
    logo = models.ForeignKey(
        "cms_media.MallImage",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("logo"),
    )
    brand_colour = models.CharField(_("brand colour"), max_length=7, default=DEFAULT_BRAND)
    accent_colour = models.CharField(_("accent colour"), max_length=7, default=DEFAULT_ACCENT)
    email = models.EmailField(_("contact e-mail"), blank=True)
    phone = PhoneNumberField(_("contact phone"), blank=True)
    updated_at = models.DateTimeField(_("updated"))

    def __str__(self) -> str:
        return self.name
