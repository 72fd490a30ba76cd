"""The template's recording and the pool of ready schemas. Lives in `public`."""

from django.db import models


class TemplateRecording(models.Model):
    """The template schema as one SQL script, with the migrations' fingerprint that it was recorded at."""

    fingerprint = models.CharField(max_length=64, unique=True)
    script = models.TextField()
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.fingerprint[:12]


class ReadySchema(models.Model):
    """A schema that was built ahead and waits for a mall. Claimed by deleting its row."""

    schema_name = models.CharField(max_length=63, unique=True)
    fingerprint = models.CharField(max_length=64)
    built_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.schema_name
