"""Guards over keys: what stands in Valkey and what is stored as a file carries its mall."""

import re
from collections import Counter

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import FileField
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from ops_console.health.findings import Ground, Guard, Reading, failed, ok, some
from saas.kernel import keyspace
from saas.kernel.tasks import queues
from tenants.isolation import storage
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

MOST_KEYS = 200_000
PAGES = ("p", "visits")  # of tenants.frontcache, of tenants.footfall
MALL = r"m_[0-9a-z]{16}"
# What is not the cache's: Celery's queues and its book of messages at work, and the counters of saas.kernel.rates, which
# name the schema themselves.
_BROKER = (
    r"(?:{queues})(?:\x06\x16\d+)?|_kombu\..*|unacked(?:_index|_mutex|_restore.*)?|celeryev\..*|"
    r".*\.(?:pidbox|reply\.celery\.pidbox)"
)
_COUNTERS = rf"limits\w*:LIMITER/[^/]+/(?:\*|public|{MALL})/.*"


def cache_keys(_ground: Ground) -> Reading:
    """Every key in Valkey carries a schema, or is on the list of those that belong to no mall."""
    prefixes = "|".join(re.escape(name) for name in (*PAGES, *(one["KEY_PREFIX"] for one in settings.CACHES.values())))
    ours = re.compile(rf"(?:{prefixes}):(public|{MALL}):\d+:", re.DOTALL)
    broker = re.compile(_BROKER.format(queues="|".join(map(re.escape, queues()))))
    counters = re.compile(_COUNTERS)
    known = {"public", *Tenant.objects.values_list("schema_name", flat=True)}
    seen: Counter[str] = Counter()
    wrong, strangers = [], set()
    for key in keyspace.keys(limit=MOST_KEYS):
        found = ours.match(key)
        if found:
            seen["cache"] += 1
            strangers |= {found[1]} - known
        elif key == keyspace.COUNTERS or broker.fullmatch(key) or counters.fullmatch(key):
            seen["other"] += 1
        else:
            wrong.append(key[:60])
    if wrong:
        facts = {"count": len(wrong), "names": some(sorted(wrong))}
        return failed(said("%(count)d keys without a schema: %(names)s") % facts)
    text = said("%(cache)d cache keys with their schema, %(other)d of the broker and of limits") % {
        "cache": seen["cache"],
        "other": seen["other"],
    }
    if strangers:
        text += said("; %(count)d schemas that no mall has any more (they expire)") % {"count": len(strangers)}
    return ok(text)


def file_prefixes(_ground: Ground) -> Reading:
    """At the top of the media storage there are malls' prefixes and nothing else."""
    folders, loose = storage.top_level()
    named = re.compile(rf"public|{MALL}")
    wrong = sorted([*loose, *(f"{name}/" for name in folders if not named.fullmatch(name))])
    if wrong:
        return failed(said("outside any mall's prefix: %(names)s") % {"names": some(wrong)})
    known = set(Tenant.objects.values_list("schema_name", flat=True))
    orphans = [name for name in folders if name not in known and name != settings.PUBLIC_SCHEMA_NAME]
    text = said("%(count)d prefixes, nothing beside them") % {"count": len(folders)}
    if orphans:
        text += said("; %(count)d of schemas that no mall has") % {"count": len(orphans)}
    return ok(text)


def file_rows(_ground: Ground) -> Reading:
    """Each row that names a file names one under its own mall's prefix."""
    columns = [
        (model._meta.db_table, field.column)
        for config in apps.get_app_configs()
        if config.name in settings.TENANT_APPS
        for model in config.get_models()
        for field in model._meta.local_fields
        if isinstance(field, FileField)
    ]
    question = " UNION ALL ".join(
        f"SELECT '{table}', count(*), count(*) FILTER (WHERE {column} NOT LIKE %s) FROM {table} WHERE {column} <> ''"  # noqa: S608  names of our own models
        for table, column in columns
    )
    looked = 0
    wrong = []
    for tenant in Tenant.objects.served().order_by("pk"):
        with inside(tenant), connection.cursor() as cursor:
            cursor.execute(question, [f"{tenant.schema_name.replace('_', chr(92) + '_')}/%"] * len(columns))
            found = cursor.fetchall()
        looked += sum(count for _table, count, _foreign in found)
        wrong += [f"{tenant.slug}: {table} ({foreign})" for table, _count, foreign in found if foreign]
    if wrong:
        return failed(said("foreign keys of files in %(names)s") % {"names": some(wrong)})
    return ok(said("%(files)d files named, all under their own mall's prefix") % {"files": looked})


GUARDS = (
    Guard(
        "cache-keys",
        _("Cache keys carry their mall"),
        _("Find what wrote the key: only Django's cache and saas.kernel may use Valkey. Then delete the key."),
        cache_keys,
    ),
    Guard(
        "file-prefixes",
        _("Files under malls' prefixes"),
        _("Move the files away after finding what wrote them; nothing of ours stores files there."),
        file_prefixes,
    ),
    Guard(
        "file-rows",
        _("Rows name only their own mall's files"),
        _("The mall refuses to serve these files. Look up the row's history and clear its file."),
        file_rows,
    ),
)
