"""Guards over the malls' schemas: complete, of one version, alone, confined."""

from django.apps import apps
from django.conf import settings
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from cms.kits import sites
from ops_console.health.findings import Ground, Guard, Reading, failed, ok, some, unknown
from tenants.isolation.entrance import inside
from tenants.registry import queries as registry
from tenants.registry.models import Domain, Tenant
from tenants.registry.names import TEMPLATE_SCHEMA
from tenants.rollout import queries as rollout
from tenants.rollout import template

from .database import rows

# One line for each thing that a schema is made of, by its name; equal schemas have equal lines.
_LINES = """
    SELECT c.relnamespace AS namespace, c.relname || '.' || a.attname || ' ' || a.atttypid || ':' || a.atttypmod
        || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END AS line
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL SELECT c.relnamespace, 'constraint ' || c.relname || '.' || k.conname
        || CASE WHEN k.convalidated THEN '' ELSE ' not valid' END
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    UNION ALL SELECT c.relnamespace, 'index ' || c.relname || CASE WHEN i.indisvalid THEN '' ELSE ' not valid' END
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    UNION ALL SELECT c.relnamespace, 'trigger ' || c.relname || '.' || t.tgname || ' ' || t.tgenabled::text
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal
"""
_DIGESTS = f"""
    SELECT n.nspname, md5(string_agg(line, ',' ORDER BY line COLLATE "C"))
    FROM ({_LINES}) AS lines JOIN pg_namespace n ON n.oid = namespace
    WHERE n.nspname = ANY(%s) GROUP BY n.nspname
"""  # noqa: S608
_OF_ONE = f"SELECT line FROM ({_LINES}) AS lines JOIN pg_namespace n ON n.oid = namespace WHERE n.nspname = %s"  # noqa: S608


def complete(_ground: Ground) -> Reading:
    """Every mall's schema has what the template has: tables, columns, constraints, indexes, triggers."""
    served = {tenant.schema_name: tenant.slug for tenant in Tenant.objects.served()}
    digests = dict(rows(_DIGESTS, [[*served, TEMPLATE_SCHEMA]]))
    wanted = digests.pop(TEMPLATE_SCHEMA, None)
    if wanted is None:
        return unknown(said("the template is not built"))
    drifted = [schema for schema in served if digests.get(schema) != wanted]
    if drifted:
        told = [f"{served[schema]}: {_difference(schema)}" for schema in drifted[:3]]
        facts = {"drifted": len(drifted), "malls": len(served), "told": "; ".join(told)}
        return failed(said("%(drifted)d of %(malls)d malls differ from the template: %(told)s") % facts)
    tables = rows("SELECT count(*) FROM pg_tables WHERE schemaname = %s", [TEMPLATE_SCHEMA])[0][0]
    return ok(said("%(malls)d malls, %(tables)d tables each") % {"malls": len(served), "tables": tables})


def _difference(schema: str) -> str:
    """Return the first differences of a schema to the template."""
    own, wanted = ({line for (line,) in rows(_OF_ONE, [name])} for name in (schema, TEMPLATE_SCHEMA))
    if not own:
        return said("has no tables")
    parts = []
    if lacking := sorted(wanted - own):
        parts.append(said("lacks %(lines)s") % {"lines": some(lacking, most=2)})
    if extra := sorted(own - wanted):
        parts.append(said("has %(lines)s") % {"lines": some(extra, most=2)})
    return ", ".join(parts)


def one_version(_ground: Ground) -> Reading:
    """Every mall has taken the last step of the release that runs, and none that has is in maintenance."""
    release = rollout.release()
    if release is None:
        return unknown(said("no release was rolled out"))
    malls = rollout.versions()
    parked = [f"{mall.slug} ({rollout.in_brief(mall.reason)})" for mall in malls if mall.is_parked]
    aside = said("; in maintenance: %(names)s") % {"names": some(parked)} if parked else ""
    if release.fingerprint != template.fingerprint():
        return failed(said("the running code is another release than the one that was rolled out") + aside)
    if behind := [mall for mall in malls if mall.behind_by]:
        facts = {
            "behind": len(behind),
            "malls": len(malls),
            "version": release.fingerprint[:12],
            "names": some([mall.slug for mall in behind]),
        }
        return failed(said("%(behind)d of %(malls)d malls not at %(version)s: %(names)s") % facts + aside)
    if left := [mall.slug for mall in malls if mall.is_parked]:
        return failed(said("at the release and still in maintenance: %(names)s") % {"names": some(left)})
    return ok(said("%(malls)d malls at %(version)s") % {"malls": len(malls), "version": release.fingerprint[:12]})


def no_twins(_ground: Ground) -> Reading:
    """No table of malls stands in `public` too, where a lost search path would find it."""
    shared = {"django_migrations"}
    for config in apps.get_app_configs():
        if config.name in settings.SHARED_APPS:
            shared |= {model._meta.db_table for model in config.get_models(include_auto_created=True)}
    of_malls = {
        model._meta.db_table
        for config in apps.get_app_configs()
        if config.name in settings.TENANT_APPS
        for model in config.get_models(include_auto_created=True)
    }
    standing = {name for (name,) in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    twins = sorted((standing & of_malls) - shared)
    if twins:
        return failed(said("in public: %(names)s") % {"names": some(twins)})
    return ok(said("%(tables)d tables in public, none of them a mall's") % {"tables": len(standing)})


def confined(_ground: Ground) -> Reading:
    """Each mall's SQL runs as a role that reaches its own schema and no other."""
    schemas = registry.served_schemas()
    roles = {name for (name,) in rows("SELECT rolname FROM pg_roles WHERE rolname ~ '^r_m_[0-9a-z]{16}$'")}
    lacking = [schema for schema in schemas if f"r_{schema}" not in roles]
    if lacking:
        return failed(
            said("%(lacking)d of %(malls)d malls have no role of their own, so SQL in one reaches the others")
            % {"lacking": len(lacking), "malls": len(schemas)}
        )
    reaching = rows(
        "SELECT DISTINCT r.rolname, n.nspname FROM pg_namespace n, LATERAL aclexplode(n.nspacl) AS a "
        "JOIN pg_roles r ON r.oid = a.grantee WHERE r.rolname ~ '^r_m_[0-9a-z]{16}$' "
        "AND (n.nspname ~ '^m_[0-9a-z]{16}$' OR n.nspname = 'public') AND r.rolname <> 'r_' || n.nspname"
    )
    powerful = rows(
        "SELECT rolname FROM pg_roles WHERE rolname ~ '^r_m_[0-9a-z]{16}$' AND (rolsuper OR rolcreaterole OR rolcreatedb "
        "OR rolbypassrls OR rolcanlogin) UNION SELECT m.rolname FROM pg_auth_members am JOIN pg_roles m ON m.oid = am.member "
        "WHERE m.rolname ~ '^r_m_[0-9a-z]{16}$'"
    )
    open_to_all = rows(
        "SELECT n.nspname FROM pg_namespace n, LATERAL aclexplode(n.nspacl) AS a WHERE a.grantee = 0 "
        "AND (n.nspname = ANY(%s) OR n.nspname = 'public')",
        [schemas],
    )
    if reaching or powerful or open_to_all:
        told = [f"{role} → {schema}" for role, schema in reaching]
        told += [said("%(role)s has more power than a mall's role") % {"role": role} for (role,) in powerful]
        told += [said("everybody may use %(schema)s") % {"schema": schema} for (schema,) in open_to_all]
        return failed(some(told))
    return ok(said("%(malls)d malls, each with a role that reaches only its own schema") % {"malls": len(schemas)})


def functions(_ground: Ground) -> Reading:
    """No function carries another schema's search path (C12)."""
    found = rows(
        "SELECT n.nspname, p.proname, option FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, "
        "LATERAL unnest(p.proconfig) AS option WHERE option LIKE 'search_path=%%' "
        "AND (n.nspname ~ '^m_[0-9a-z]{16}$' OR n.nspname = 'public')"
    )
    own = {"pg_catalog", "pg_temp", "extensions", ""}
    wrong = []
    for schema, name, option in found:
        path = {part.strip().strip('"') for part in option.partition("=")[2].split(",")}
        if path - own - {schema}:
            wrong.append(f"{schema}.{name} ({option})")
    if wrong:
        return failed(some(wrong))
    return ok(said("%(count)d functions fix a path, all to their own schema") % {"count": len(found)})


def addresses(_ground: Ground) -> Reading:
    """Wagtail's site row of each mall names the mall's primary domain, as the registry has it (T8, C31)."""
    primary = dict(Domain.objects.filter(is_primary=True).values_list("tenant_id", "domain"))
    wrong, malls = [], list(Tenant.objects.served().order_by("pk"))
    for tenant in malls:
        host, _port = sites.address_of(tenant)
        if primary.get(tenant.pk) != host:
            wrong.append(said("%(mall)s: the registry says %(host)s and %(other)s") % {
                "mall": tenant.slug, "host": host, "other": primary.get(tenant.pk, "–"),
            })  # fmt: skip
        with inside(tenant):
            if found := sites.misled(tenant):
                wrong.append(f"{tenant.slug}: {found}")
    if wrong:
        facts = {"count": len(wrong), "names": some(wrong)}
        return failed(said("%(count)d site rows name another address: %(names)s") % facts)
    return ok(said("%(malls)d malls, each with the address that the registry has") % {"malls": len(malls)})


GUARDS = (
    Guard(
        "complete",
        _("Each mall's tables complete"),
        _("Run ./hutong migrate; docs/runbooks/mall-is-broken.md says what to do when it cannot mend the mall."),
        complete,
    ),
    Guard(
        "version",
        _("Malls of one version"),
        _(
            "Run ./hutong migrate of the newest release; it goes on where it was stopped. What stands in a mall's way it cannot mend: "
            "./hutong migrate --report has the whole reason. Mend that first."
        ),
        one_version,
    ),
    Guard(
        "twins",
        _("No twins of mall tables in public"),
        _("Look for what wrote there, then drop the tables in public: no code of ours reads them."),
        no_twins,
    ),
    Guard(
        "roles",
        _("Every mall's role confined"),
        _("Run ./hutong migrate, which makes missing roles; revoke by hand what somebody granted."),
        confined,
    ),
    Guard(
        "functions",
        _("Functions name their own schema"),
        _("Make the function again without SET search_path, or with that of its own schema."),
        functions,
    ),
    Guard(
        "addresses",
        _("Wagtail's site rows name their own mall"),
        _("Find what wrote the row: no form of the product does. ./hutong mall point SLUG writes it anew."),
        addresses,
    ),
)
