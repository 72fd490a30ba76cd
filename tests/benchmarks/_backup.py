"""
Prints the seconds of one mall's backup by our archives, of `pg_dump` of its schema, and the megabytes of a backend that has read
every table of so many malls; a process of its own, with settings: `_backup SCHEMA MALLS`.
"""

import json
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from saas.kernel import clock  # noqa: E402
from saas.kernel.actors import SYSTEM  # noqa: E402
from tenants.archives import exporting, operations  # noqa: E402
from tenants.archives.models import MallExport  # noqa: E402
from tenants.isolation.entrance import inside  # noqa: E402
from tenants.isolation.storage import media  # noqa: E402
from tenants.registry.models import Tenant  # noqa: E402
from tenants.rollout import template  # noqa: E402
from tests.benchmarks._memory import private_mb  # noqa: E402


def backup(tenant: Tenant) -> tuple[float, int]:
    """Take a backup as the back office does, read it again, and return the seconds it took and the rows in it."""
    begun = time.perf_counter()
    asked = operations.start_export(tenant=tenant, by=SYSTEM, now=clock.now())
    assert exporting.run(export=asked.public_id, force=True)
    took = time.perf_counter() - begun
    export = MallExport.objects.get(public_id=asked.public_id)
    assert export.state == MallExport.State.DONE, export.problem
    with tempfile.TemporaryFile() as copy, inside(tenant):
        with media.reader(export.key) as file:
            copy.write(file.read())
        archive = zipfile.ZipFile(copy)
        assert archive.testzip() is None
        tables = json.loads(archive.read("manifest.json"))["tables"]
    return took, sum(table["rows"] for table in tables.values())


def dumped(schema: str) -> float:
    """Return the seconds that pg_dump takes for the schema."""
    begun = time.perf_counter()
    assert "CREATE TABLE" in template.dump(schema)
    return time.perf_counter() - begun


def everything(schemas: list[str]) -> float:
    """Read every table of the malls through the product's entrance and return the most megabytes the backend had."""
    models = [one for one in apps.get_models() if apps.get_app_config(one._meta.app_label).name in settings.TENANT_APPS]
    most = 0.0
    for schema in schemas:
        connection.close_if_unusable_or_obsolete()  # as at a request's start
        with inside(schema):
            for model in models:
                list(model._default_manager.all()[:1])
            most = max(most, private_mb(connection.connection.info.backend_pid))
    return most


if __name__ == "__main__":
    schema, malls = sys.argv[1], int(sys.argv[2])
    Path(settings.ARCHIVE_WORK_FOLDER).mkdir(parents=True, exist_ok=True)
    seconds, rows = backup(Tenant.objects.get(schema_name=schema))
    told = {"backup_s": seconds, "backup_rows": rows, "pg_dump_s": dumped(schema)}
    schemas = list(Tenant.objects.served().order_by("pk").values_list("schema_name", flat=True)[:malls])
    told |= {"everything_mb": everything(schemas), "everything_malls": len(schemas)}
    print(json.dumps(told))
