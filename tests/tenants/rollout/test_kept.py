"""A release's recording is kept as a file, and another database of the machine takes its template from it."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection

from tenants.isolation.entrance import on_platform
from tenants.registry.models import Tenant
from tenants.registry.names import TEMPLATE_SCHEMA
from tenants.rollout import kept, structure, template
from tenants.rollout.models import Recording, Step


def rows(script: str) -> list[str]:
    """Return what a script writes: rows and the last number given."""
    return [line for line in script.splitlines() if line.startswith(("INSERT", "\t(", "SELECT pg_catalog.setval"))]


def test_another_database_takes_the_template_from_the_recording_and_records_the_same(
    committed: None, settings: Any, tmp_path: Path, now: datetime, said: list[str]
) -> None:
    settings.MALL_RECORDINGS = str(tmp_path)
    with on_platform():
        first = template.current()
        kept.keep(template.mall_fingerprint(), first.script)
        # What a database has that no release was ever rolled out in.
        template.remove(TEMPLATE_SCHEMA)
        for model in (Recording, Step):
            model.objects.all().delete()
        again = template.advance(now=now, say=said.append)
    assert said == ["Taking the mall template from a recording of this release …"]
    assert again.fingerprint == first.fingerprint
    assert len(rows(again.script)) > 100
    assert rows(again.script) == rows(first.script)
    mall = Tenant.objects.get(slug="riverside").schema_name
    with connection.cursor() as cursor:
        assert structure.difference(cursor, schema=mall, template=TEMPLATE_SCHEMA) == []


def test_a_recording_is_taken_for_its_own_release_and_apps_alone(settings: Any, tmp_path: Path) -> None:
    settings.MALL_RECORDINGS = str(tmp_path)
    kept.keep("one", "CREATE SCHEMA one;")
    assert [path.suffix for path in tmp_path.iterdir()] == [".sql"], "a draft was left"
    assert kept.script("one") == "CREATE SCHEMA one;"
    assert kept.script("two") == ""
    made_from = template.mall_fingerprint()
    settings.TENANT_APPS = [app for app in settings.TENANT_APPS if app != "storefront.deals"]
    assert template.mall_fingerprint() != made_from
    settings.MALL_RECORDINGS = ""
    assert kept.script("one") == ""
