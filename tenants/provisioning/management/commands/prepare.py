from django.conf import settings
from django.core.management import BaseCommand, call_command

from saas.kernel import clock
from tenants.provisioning import operations as provisioning
from tenants.rollout import operations as rollout


class Command(BaseCommand):
    help = "Bring the database to the current release and open the demo malls. Safe and quick to repeat."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write("Preparing the platform's schema …")
        self.stdout.flush()
        rolled = rollout.roll_out(now=clock.now(), say=self._say)
        for name, reason in rolled.parked.items():
            self._say(f"In maintenance: {name}. {reason}")
        provisioning.refill_pool(size=settings.MALL_POOL_SIZE, now=clock.now())
        call_command("demo", stdout=self.stdout)
        call_command("demo_staff", stdout=self.stdout)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
