"""Passwords: hashed by Argon2id, and older hashes still open the door."""

from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, identify_hasher, make_password

from saas.accounts.models import User
from saas.project.settings import base

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def real_hashers(settings: Any) -> None:
    """Use the product's own hashers, where tests have a quick one."""
    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS


def test_a_new_password_is_kept_as_argon2id_with_its_cost() -> None:
    kept = make_password("correct-horse-battery")
    assert kept.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password("correct-horse-battery", kept)
    assert not check_password("correct-horse-batter", kept)


def test_a_password_of_an_older_release_opens_and_is_hashed_anew(mall: Any) -> None:
    user = User.objects.create_user("dora@riverside.example", None)
    User.objects.filter(pk=user.pk).update(password=make_password("nine-copper-kettles", hasher="pbkdf2_sha256"))
    user.refresh_from_db()
    assert not user.check_password("nine-copper-kettle")
    assert identify_hasher(user.password).algorithm == "pbkdf2_sha256"
    assert user.check_password("nine-copper-kettles")
    user.refresh_from_db()
    assert identify_hasher(user.password).algorithm == "argon2"
