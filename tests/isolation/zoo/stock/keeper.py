"""
The process of the stock parts. Makes the malls, then shows the exhibit whose row comes in on a line, and answers by a line of JSON.

By hand: `echo C4 | python -m tests.isolation.zoo.stock.keeper`, with the environment that `../conftest.py` sets.
"""

import json
import sys
import traceback


def make_malls() -> None:
    """Make the tables of `public`, `alpha` and `beta`, and a note in each."""
    from django.apps import apps
    from django.contrib.auth.models import Group
    from django.contrib.contenttypes.models import ContentType
    from django.contrib.sites.models import Site
    from django.db import connection
    from wagtail.models import Locale, Page
    from wagtail.models import Site as WagtailSite

    from tests.isolation.zoo.stock.models import Domain, Note, Tenant

    models = [*(m for m in apps.get_app_config("stock").get_models() if m._meta.model_name != "inquiry")]
    models += [ContentType, Group, Site, Locale, Page, WagtailSite]
    for schema in ("public", "alpha", "beta"):
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        connection.set_schema(schema, include_public=False)
        with connection.schema_editor() as editor:
            for model in models:
                editor.create_model(model)
            editor.deferred_sql.clear()  # keys between tables are not what is shown here
        connection.set_schema(schema)
        Note.objects.create(text=f"{schema}'s")
        Site.objects.create(pk=1, domain=f"{schema}.example", name=schema)
        # The malls number content types differently, as they do once their migrations ran at different times.
        ContentType.objects.create(app_label=f"of-{schema}", model="first")
        for _number in range({"public": 0, "alpha": 3, "beta": 7}[schema]):
            ContentType.objects.create(app_label=f"of-{schema}", model=f"model{_number}")
    connection.set_schema_to_public()
    for schema in ("alpha", "beta"):
        tenant = Tenant.objects.create(schema_name=schema, name=schema.title())
        Domain.objects.create(tenant=tenant, domain=f"{schema}.example", is_primary=True)


def answer(row: str) -> dict[str, object]:
    """Show one exhibit in the state in which a process starts, and tell what it saw or how it failed."""
    from django.db import connection

    from tests.isolation.zoo.stock.exhibits import EXHIBITS

    connection.close()  # a storm of the exhibit before may have ended its session
    connection.set_schema_to_public()
    try:
        seen = EXHIBITS[row]()
    except Exception:  # noqa: BLE001  the test that asked shows it
        return {"failed": traceback.format_exc()}
    finally:
        connection.set_schema_to_public()
    return {"leaked": seen.leaked, "told": seen.told}


def main() -> None:
    """Answer until the input ends."""
    import django

    django.setup()
    from tests.isolation.zoo.stock import database, parts, tasks, web  # noqa: F401  they enter their exhibits

    make_malls()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(line.strip())) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
