import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from saas.kernel import clock
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.tasks import enqueue
from tenants.archives import commands as archives
from tenants.erasure import commands as erasure
from tenants.erasure import operations as erasing
from tenants.erasure import sales
from tenants.isolation.addresses import mall_url
from tenants.provisioning import operations
from tenants.registry import names, queries
from tenants.registry.models import Tenant, Trade

OPERATOR = Actor(kind="platform", name="Operator at the command line")


class Command(BaseCommand):
    help = "Create, list, suspend, resume, export, restore or erase malls."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="open a mall")
        create.add_argument("name", help="the business's name")
        create.add_argument("--email", required=True, help="the owner's e-mail address")
        create.add_argument("--slug", help="the address; by default made from the name")
        create.add_argument("--trade", default=Trade.RESTAURANT, choices=Trade.values)
        create.add_argument("--currency", default="usd")
        create.add_argument("--time-zone", default="UTC")
        verbs.add_parser("list", help="list malls with state and address")
        suspend = verbs.add_parser("suspend", help="stop a mall's sales")
        suspend.add_argument("slug")
        suspend.add_argument("--reason", required=True)
        verbs.add_parser("resume", help="let a mall sell again").add_argument("slug")
        point = verbs.add_parser("point", help="write a mall's address into its schema anew, as the registry has it")
        point.add_argument("slug")
        archives.add_arguments(verbs)
        erasure.add_arguments(verbs)

    def handle(self, *args: object, verb: str, **options: str) -> None:
        try:
            getattr(self, f"_{verb}")(options)
        except operations.StorageAway as error:
            raise CommandError(_what_storage_lacks(error)) from error
        except DomainError as error:
            raise CommandError(str(error)) from error

    def _create(self, options: dict[str, str]) -> None:
        password = secrets.token_urlsafe(12)
        opening = operations.Opening(
            name=options["name"],
            slug=options["slug"] or names.slug_for(options["name"]),
            trade=options["trade"],
            owner_email=options["email"],
            owner_password=password,
            currency=options["currency"].lower(),
            time_zone=options["time_zone"],
        )
        tenant = operations.open_mall(opening, by=OPERATOR, now=clock.now())
        self.stdout.write(f"Opened {mall_url(queries.primary_domain(tenant), '/')}")
        self.stdout.write(
            f"Back office: {mall_url(queries.primary_domain(tenant), '/manage/')}  {options['email']}  {password}"
        )

    def _list(self, _options: dict[str, str]) -> None:
        for tenant in Tenant.objects.order_by("pk"):
            domain = tenant.domains.filter(is_primary=True).first()
            address = mall_url(domain.domain, "/") if domain else "–"
            self.stdout.write(f"{tenant.slug:<24} {tenant.status:<10} {address:<44} {tenant.name}")

    def _suspend(self, options: dict[str, str]) -> None:
        tenant = self._found(options)
        sales.suspend(tenant=tenant, reason=options["reason"], by=OPERATOR, now=clock.now())
        tenant.refresh_from_db()
        self.stdout.write(f"{tenant.name} is {tenant.status}.")

    def _resume(self, options: dict[str, str]) -> None:
        tenant = self._found(options)
        sales.resume(tenant=tenant, by=OPERATOR, now=clock.now())
        tenant.refresh_from_db()
        self.stdout.write(f"{tenant.name} is {tenant.status}.")

    def _point(self, options: dict[str, str]) -> None:
        tenant = self._found(options)
        enqueue("cms.kits.point_site", schema=tenant.schema_name)
        self.stdout.write(f"{tenant.slug} is pointed to {queries.primary_domain(tenant)} by the worker")

    def _export(self, options: dict[str, Any]) -> None:
        archives.export(self._found(options), to=options["to"], by=OPERATOR, out=self.stdout)

    def _restore(self, options: dict[str, Any]) -> None:
        archives.restore(
            options["archive"], slug=options["slug"], override=options["override"], by=OPERATOR, out=self.stdout
        )

    def _erase(self, options: dict[str, Any]) -> None:
        erasure.erase(self._found(options), options, by=OPERATOR, out=self.stdout)

    def _keep(self, options: dict[str, Any]) -> None:
        tenant = self._found(options)
        erasing.cancel(tenant=tenant, by=OPERATOR, now=clock.now())
        tenant.refresh_from_db()
        self.stdout.write(f"{tenant.name} is {tenant.status} and is not to be erased.")

    def _found(self, options: dict[str, str]) -> Tenant:
        tenant = Tenant.objects.filter(slug=options["slug"]).first()
        if tenant is None:
            raise CommandError(f"There is no mall “{options['slug']}”. `./hutong mall list` shows all.")
        return tenant


def _what_storage_lacks(error: operations.StorageAway) -> str:
    storage: Any = settings.STORAGES["default"]
    options = storage.get("OPTIONS", {})
    place = f"bucket “{options.get('bucket_name')}” at {options.get('endpoint_url') or 'Amazon S3'}"
    return (
        f"The media storage does not answer, or refuses: {place}.\n{error.__cause__}\n"
        "Nothing was made. See that it runs, and that HUTONG_S3_BUCKET, HUTONG_S3_ENDPOINT, HUTONG_S3_REGION, HUTONG_S3_ACCESS_KEY and "
        "HUTONG_S3_SECRET_KEY are right; then give the same command again."
    )
