"""The pool of ready schemas. Lives in `public`."""

from django.db import models


class ReadySchema(models.Model):
    """A schema that was built ahead and waits for a mall. Claimed by deleting its row."""

    schema_name = models.CharField(max_length=63, unique=True)
    # Of the recording that it was made from.
    fingerprint = models.CharField(max_length=64)
    built_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.schema_name
