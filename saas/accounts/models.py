"""People who log in. The platform and every mall have their own table; the same e-mail may exist in many (A7)."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from phonenumber_field.modelfields import PhoneNumberField

from saas.kernel.ids import public_id


class UserManager(BaseUserManager["User"]):
    """Creates people."""

    def create_user(self, email: str | None = None, password: str | None = None, **fields: Any) -> "User":
        """Create a person known by e-mail, phone or both; without a password the person logs in by code."""
        user = self.model(email=self.normalize_email(email).lower() if email else None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        """Create a person who may do everything in this schema."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a person by e-mail, in any case."""
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]  # Wagtail names no relation
    """A person of this schema: a shopper or a merchant's staff in a mall, agency staff on the platform."""

    class Kind(models.TextChoices):
        SHOPPER = "shopper", _("Shopper")
        MERCHANT = "merchant", _("Merchant's staff")
        AGENCY = "agency", _("Agency staff")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.SHOPPER)
    email = models.EmailField(_("e-mail address"), unique=True, null=True, blank=True)
    phone = PhoneNumberField(_("phone number"), unique=True, null=True, blank=True)
    phone_verified = models.BooleanField(default=False)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=120, blank=True)
    language = models.CharField(max_length=12, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(_("active"), default=True)
    joined_at = models.DateTimeField(default=timezone.now)
    # Public ids of the stores in which the person uses vouchers up; none: in all (V8). The counter reads it.
    store_ids = models.JSONField(default=list, db_default=[], blank=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    # The agency's person's open visit to this mall, set for a request by tenants.entry; without it such an account may do nothing.
    visit: ClassVar[Any] = None

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        """Return the best name there is: name, e-mail, phone."""
        return self.name or self.email or str(self.phone or "") or self.public_id

    def get_short_name(self) -> str:
        """Return the first name, or the best name there is."""
        return self.name.split(" ")[0] if self.name else self.get_full_name()

    # Wagtail's user listing reads these names.
    @property
    def first_name(self) -> str:
        """The name's first word."""
        return self.get_short_name()

    @property
    def last_name(self) -> str:
        """The name without its first word."""
        return self.name.partition(" ")[2]
