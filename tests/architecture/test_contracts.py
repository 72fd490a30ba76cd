"""The import contracts of pyproject.toml: each is seen to break when it is broken. `./hutong check` keeps them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import sources

# A planted file, and the contract that must break for it.
PLANTED = {
    "tenants/registry/planted.py": ("from storefront.orders import models", "An arrow points right"),
    "storefront/planted/__init__.py": ("", "Storefront slices in their order"),
    "ops_console/planted/__init__.py": ("", "Slices of the console in their order"),
    "cms/kits/planted.py": ("import stripe", "Only the gateway speaks to Stripe"),
    "cms/pages/planted.py": ("from celery import shared_task", "Only the kernel's task module knows Celery"),
    "storefront/stores/planted.py": ("import boto3", "Only the malls' storage knows S3"),
    "storefront/home/planted.py": ("from wagtail.models import Page", "Nothing but cms speaks to Wagtail"),
    "billing/ledger/planted.py": ("from saas.project import celery", "Nothing imports the wiring"),
    "billing/sandbox/planted.py": ("from django.conf import settings", "The Stripe sandbox is a server of its own"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The product's modules, and the contracts."""
    for name in sources.of_kind(".py", ".toml", within=(*sources.PRODUCT, "pyproject.toml")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sources.ROOT / name, tmp_path / name)
    return tmp_path


def test_every_contract_breaks_when_it_is_broken(copy: Path) -> None:
    for name, (code, _contract) in PLANTED.items():
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text(code + "\n")
    command = [sys.executable, str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=copy, env={"PYTHONPATH": str(copy)}, capture_output=True, text=True, check=False)
    assert f"0 kept, {len(PLANTED)} broken." in done.stdout, done.stdout
