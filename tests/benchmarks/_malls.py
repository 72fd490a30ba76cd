"""Makes bare malls, copies of the template with an address; a process of its own, with settings: `_malls COUNT [schema …]`."""

import sys

import django

django.setup()

from saas.kernel import clock  # noqa: E402
from tenants.registry.models import Domain, Tenant  # noqa: E402
from tenants.registry.names import schema_name  # noqa: E402
from tenants.rollout import template  # noqa: E402
from tenants.rollout.models import MallVersion  # noqa: E402

recording, first = template.current(), Tenant.objects.count()
for number in range(first, first + int(sys.argv[1])):
    schema = schema_name()
    template.replay(recording.script, schema)
    tenant = Tenant.objects.create(
        schema_name=schema,
        name=f"Stall {number}",
        slug=f"stall-{number}",
        trade="salon",
        status="open",
        created_at=clock.now(),
    )
    Domain.objects.create(domain=f"stall-{number}.localhost", tenant=tenant, is_primary=True)
    MallVersion.objects.create(tenant=tenant, step=recording.step, moved_at=clock.now())
for schema in sys.argv[2:]:  # nobody's schemas, for what is measured beside
    template.replay(recording.script, schema)
