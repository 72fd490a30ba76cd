"""The pool of ready schemas, and files that wait to be removed. Lives in `public`."""

from django.db import models
from django.db.models.functions import Now


class ReadySchema(models.Model):
    """A schema that was built ahead and waits for a mall. Claimed by deleting its row."""

    schema_name = models.CharField(max_length=63, unique=True)
    # Of the recording that it was made from.
    fingerprint = models.CharField(max_length=64)
    built_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.schema_name


class LeftFiles(models.Model):
    """Files of a mall that never opened and whose row is gone; written in the transaction that removes the row."""

    schema_name = models.CharField(max_length=63, unique=True)
    since_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.schema_name
