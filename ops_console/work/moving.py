"""What becomes of the work when a mall moves into another schema, or is erased."""

from collections.abc import Sequence

from django.db.models import F, Value
from django.db.models.functions import Concat, Substr

from saas.kernel import clock
from tenants.registry.models import Tenant

from .models import Evidence, Pause, Plan, Task


def follow(*, from_schemas: Sequence[str], to_schema: str) -> None:
    """Lead plans, tasks and their pictures to the mall's new place. Inside a transaction; repeated it changes nothing."""
    tenant = Tenant.objects.get(schema_name=to_schema)
    for model in (Plan, Task, Pause):
        model.objects.filter(tenant__schema_name__in=from_schemas).update(tenant=tenant)
    for schema in from_schemas:
        rows = Evidence.objects.filter(task__tenant=tenant, file_key__startswith=f"{schema}/")
        rows.update(file_key=Concat(Value(f"{to_schema}/"), Substr(F("file_key"), len(schema) + 2)))


def forget(*, schema_name: str) -> None:
    """End the work of an erased mall and forget what was written about it: that it was done, when and by whom, stays for the books."""
    now = clock.now()
    mine = Task.objects.filter(tenant__schema_name=schema_name)
    mine.filter(state__in=Task.STANDING).update(state=Task.State.CANCELLED, closed_at=now)
    mine.update(note="", reason="", agreed_by="")
    # The files went with the mall's storage.
    Evidence.objects.filter(task__tenant__schema_name=schema_name).update(
        text="", url="", trail=None, file_key="", content_type="", size_bytes=0
    )
    plans = Plan.objects.filter(tenant__schema_name=schema_name)
    plans.filter(ends_on=None, starts_on__lte=now.date()).update(ends_on=now.date())
    plans.filter(ends_on=None).update(ends_on=F("starts_on"))
    Pause.objects.filter(tenant__schema_name=schema_name).delete()
