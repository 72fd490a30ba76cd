"""Physical places where the merchant serves people."""

from collections.abc import Sequence

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from saas.kernel.ids import public_id

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class StoreQuerySet(models.QuerySet["Store"]):
    """Named filters over stores."""

    def serving(self) -> "StoreQuerySet":
        """Keep stores that serve people."""
        return self.filter(is_serving=True)

    def of_staff(self, store_ids: Sequence[str]) -> "StoreQuerySet":
        """Keep the stores in which a person uses vouchers up: `User.store_ids`, all where it is empty (V8)."""
        return self.filter(public_id__in=store_ids) if store_ids else self


class Store(models.Model):
    """
    A place. `hours` maps a weekday ("mon" … "sun") to a list of [opens, closes] pairs in "HH:MM", in the mall's time zone;
    a day without entry is closed; a pair that closes before it opens runs past midnight.
    """

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    name = models.CharField(_("name"), max_length=120)
    street = models.CharField(_("street and number"), max_length=200)
    district = models.CharField(_("district"), max_length=80, blank=True)
    city = models.CharField(_("city"), max_length=80)
    postcode = models.CharField(_("postcode"), max_length=16, blank=True)
    phone = PhoneNumberField(_("phone"), blank=True)
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=8,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    hours = models.JSONField(_("opening hours"), default=dict, blank=True)
    directions = models.CharField(_("how to find it"), max_length=300, blank=True)
    # Guests that can be served at the same time: chairs, tables, treatment rooms. Null: nobody has said.
    stations = models.PositiveSmallIntegerField(_("guests at the same time"), null=True, blank=True)
    is_serving = models.BooleanField(_("serves people"), default=True)
    position = models.PositiveIntegerField(default=0)

    objects = StoreQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True, longitude__isnull=True)
                | models.Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="store_position_is_whole_and_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return self.name
