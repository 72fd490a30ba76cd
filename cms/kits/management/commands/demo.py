from django.conf import settings
from django.core.management import BaseCommand

from cms.kits import demo
from saas.kernel import clock
from tenants.isolation.addresses import mall_url
from tenants.registry import queries


class Command(BaseCommand):
    help = "Open the demo malls, Riverside Noodles and Hillside Salon, if they are not there. Only where development pages are on."

    def handle(self, *args: object, **options: object) -> None:
        if not settings.DEVELOPMENT_PAGES:
            self.stdout.write("No demo malls here: the development pages are off.")
            return
        for tenant in demo.open_demo(now=clock.now()):
            self.stdout.write(f"Opened {tenant.name} at {mall_url(queries.primary_domain(tenant), '/')}")
