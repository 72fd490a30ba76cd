from argparse import ArgumentParser
from datetime import datetime

from django.conf import settings
from django.core.management import BaseCommand

from ops_console.audits import demo as audits
from ops_console.contracts.demo import HOSTED, Hosted, host
from ops_console.contracts.drafting import RUNNING
from ops_console.contracts.models import Contract
from ops_console.leads import demo as leads
from ops_console.packages import demo as packages
from ops_console.reports import demo
from ops_console.work import seeding
from saas.kernel import clock
from saas.kernel.actors import SYSTEM

AUDITED = "hillside"


class Command(BaseCommand):
    help = (
        "Add the trade's modules, and let the agency host ten demo malls by signed contracts; two have weeks of work behind them. "
        "Only with development pages; repeatable."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--told", action="store_true", help="Only the malls with a past; before the workers run.")

    def handle(self, *args: object, told: bool = False, **options: object) -> None:
        if not settings.DEVELOPMENT_PAGES:
            self.stdout.write("No hosted demo malls here: the development pages are off.")
            return
        now = clock.now()
        seeding.ensure_modules(by=SYSTEM, now=now)
        packages.make(now=now)
        for one in HOSTED:
            if one.weeks or not told:
                self._host(one, now=now)
        if count := leads.make(now=now):
            self.stdout.write(f"{count} businesses are in the pipeline")

    def _host(self, one: Hosted, *, now: datetime) -> None:
        contract = host(one, now=now)
        if contract:
            self.stdout.write(f"{contract.number}: {contract.tenant.name} is hosted from {contract.starts_on} on")
            self.stdout.flush()
        if not one.weeks:
            return
        rows = Contract.objects.filter(tenant__opening_key=f"demo-{one.slug}", state__in=RUNNING)
        standing = rows.select_related("tenant", "account_manager", "operator").first()
        if standing is None:
            return
        if demo.enliven(standing, now=now):
            self.stdout.write(f"{standing.tenant.name}: what was done since then is told")
        if one.slug == AUDITED:
            audits.make(tenant=standing.tenant, now=now)
