"""How a mall looks: one row."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField


class Theme(models.Model):
    """The mall's name, signs and colours, and how to reach the merchant. Colours are #rrggbb and checked for contrast at save."""

    name = models.CharField(_("mall name"), max_length=120)
    tagline = models.CharField(_("tagline"), max_length=140, blank=True)
    logo = models.ForeignKey("cms_media.MallImage", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("logo"))
    brand_colour = models.CharField(_("brand colour"), max_length=7, default="#8c2f1b")
    accent_colour = models.CharField(_("accent colour"), max_length=7, default="#d9962b")
    email = models.EmailField(_("contact e-mail"), blank=True)
    phone = PhoneNumberField(_("contact phone"), blank=True)
    currency = models.CharField(max_length=3, default="usd")
    time_zone = models.CharField(max_length=64, default="UTC")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name
