from argparse import ArgumentParser

from django.core.management import BaseCommand

from ops_console.audits import demo
from saas.kernel import clock
from tenants.registry.models import Tenant


class Command(BaseCommand):
    help = "Put three deals of a demo mall into the audit: stopped by the guard, half through, waiting for the merchant. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", nargs="?", default="hillside")

    def handle(self, *args: object, slug: str, **options: object) -> None:
        tenant = Tenant.objects.served().filter(slug=slug).first()
        if tenant is None:
            self.stdout.write(f"there is no mall at {slug}")
        elif demo.make(tenant=tenant, now=clock.now()):
            self.stdout.write(f"{tenant.name}: its deals are audited, three are on their way")
