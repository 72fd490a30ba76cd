"""A model of a next release."""

from django.db import models


class Season(models.Model):
    """A time of the year at which a deal sells."""

    name = models.CharField(max_length=40)
    opens_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name"], name="season_has_one_name")]
        indexes = [models.Index(fields=["opens_at"], name="season_by_opening")]
