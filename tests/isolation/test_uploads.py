"""T16: whatever a file is called, its key stays under the mall's prefix."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from hypothesis import HealthCheck, example, given
from hypothesis import settings as wanted
from hypothesis import strategies as st

from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

ODD = [
    "..",
    ".",
    "",
    "~",
    "%2e%2e",
    "..%2f",
    "\0",
    "m_0000000000000000",
    "images",
    "a.svg",
    "CON",
    "\\..\\",
    "C:",
    "\u202e",
    "\uff0e\uff0e",
]
PARTS = st.one_of(st.sampled_from(ODD), st.text(max_size=12))
NAMES = st.builds("".join, st.lists(st.one_of(PARTS, st.sampled_from(["/", "\\", "//"])), max_size=9))
REFUSALS = (SuspiciousFileOperation, ValueError)


@pytest.mark.django_db
@given(name=NAMES)
@example("../../m_0000000000000000/images/a.png")
@example("/etc/passwd")
@example("images/../../x\0.png")
@wanted(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_of_an_upload_stays_under_the_malls_prefix_t16(riverside: Tenant, name: str) -> None:
    with inside(riverside):
        try:
            key = default_storage.generate_filename(name)
        except REFUSALS:
            return
        assert key.startswith(f"{riverside.schema_name}/")
        assert ".." not in key.split("/")


@pytest.mark.django_db
@given(name=NAMES, own=st.booleans())
@example(name="x/../../../m_0000000000000000/a.png", own=True)
@wanted(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_key_that_is_read_lies_in_the_malls_folder_t16(riverside: Tenant, name: str, *, own: bool) -> None:
    folder = Path(os.path.normpath(settings.MEDIA_ROOT)) / riverside.schema_name
    with inside(riverside):
        try:
            path = default_storage.path(f"{riverside.schema_name}/{name}" if own else name)
        except REFUSALS:
            return
    assert Path(os.path.normpath(path)).is_relative_to(folder)
