from django.core.management import BaseCommand

from ops_console.portfolio import demo


class Command(BaseCommand):
    help = "Print who can sign in where in the demo."

    def handle(self, *args: object, **options: object) -> None:
        for login in demo.logins():
            self.stdout.write(
                f"{login.place:<20} {login.person:<34} {login.url:<42} {login.email:<28} {login.password}"
            )
