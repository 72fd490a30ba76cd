from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import BaseCommand

from cms.kits import demo
from ops_console.mandates import roles
from ops_console.portfolio.demo import PEOPLE
from saas.accounts.models import User
from saas.kernel import clock


class Command(BaseCommand):
    help = "Make the demo's agency staff, in six of the eight roles; without development pages only the roles. Safe to repeat."

    def handle(self, *args: object, **options: object) -> None:
        roles.ensure_roles()
        if not settings.DEVELOPMENT_PAGES:
            return
        for email, name, role in PEOPLE:
            user = User.objects.filter(email=email).first()
            if user is None:
                user = User.objects.create_user(
                    email, demo.password(), name=name, kind=User.Kind.AGENCY, joined_at=clock.now()
                )
                user.groups.set(Group.objects.filter(name=role))
            self.stdout.write(f"{name} ({role}): {email}")
