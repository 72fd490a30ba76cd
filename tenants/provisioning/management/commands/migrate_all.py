from django.core.management import BaseCommand

from saas.kernel import clock
from tenants.provisioning import migrate


class Command(BaseCommand):
    help = "Migrate the platform's schema as its owner, then the mall template and every mall that is behind."

    def handle(self, *args: object, **options: object) -> None:
        migrate.migrate_platform()
        count = migrate.migrate_malls(now=clock.now(), say=self.stdout.write)
        self.stdout.write(f"{count} malls migrated." if count else "Every mall is current; nothing to do.")
