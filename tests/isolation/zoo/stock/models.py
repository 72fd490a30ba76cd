"""A tenant, its domain, and the few kinds of rows that the exhibits need."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.cache import cache
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django_tenants.files.storage import TenantFileSystemStorage
from django_tenants.models import DomainMixin, TenantMixin
from wagtail.contrib.forms.models import AbstractForm
from wagtail.models import PreviewableMixin


class Tenant(TenantMixin):
    """A mall of the stock kind."""

    auto_create_schema = False
    name = models.CharField(max_length=40)


class Domain(DomainMixin):
    """A host of a mall."""


class Note(models.Model):
    """A row with a text, with a table in `public` as well, as apps in both lists have."""

    text = models.CharField(max_length=80)


class Entry(models.Model):
    """One side of a journal that must balance."""

    amount = models.IntegerField()


class Photo(models.Model):
    """A row with a file."""

    file = models.FileField(storage=TenantFileSystemStorage())


class Notice(PreviewableMixin, models.Model):
    """Something that an editor previews; `hostname` is what the editor typed, as in Wagtail's Site."""

    hostname = models.CharField(max_length=80)

    def get_full_url(self) -> str:
        """Return the address on the host that the editor typed."""
        return f"http://{self.hostname}/"

    full_url = property(get_full_url)

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """Answer with the mall's notes."""
        return HttpResponse(f"{connection.schema_name}: {Note.objects.get().text}")


class Inquiry(AbstractForm):
    """A form page, so that Wagtail has a form type to remember."""


class Person(AbstractBaseUser):
    """Somebody whom all malls share, as an agency's staff."""

    name = models.CharField(max_length=40)

    def may_see_money(self) -> bool:
        """Tell whether this mall let the person in; remembered on the object, as Django's permissions are."""
        known: Any = self.__dict__
        return bool(known.setdefault("_may", Note.objects.filter(text=f"let {self.name} in").exists()))


def tries_left(*, limit: int) -> int:
    """Count a guess at a code in the cache and return how many are left."""
    cache.add("guesses", 0)
    return limit - int(cache.incr("guesses"))
