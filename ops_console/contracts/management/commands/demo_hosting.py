from django.conf import settings
from django.core.management import BaseCommand

from ops_console.contracts import demo
from ops_console.work import seeding
from saas.kernel import clock
from saas.kernel.actors import SYSTEM


class Command(BaseCommand):
    help = "Add the trade's modules, and let the agency host ten demo malls by signed contracts. Only with development pages; repeatable."

    def handle(self, *args: object, **options: object) -> None:
        if not settings.DEVELOPMENT_PAGES:
            self.stdout.write("No hosted demo malls here: the development pages are off.")
            return
        now = clock.now()
        seeding.ensure_modules(by=SYSTEM, now=now)
        for contract in demo.host_all(now=now):
            self.stdout.write(f"{contract.number}: {contract.tenant.name} is hosted from {contract.starts_on} on")
