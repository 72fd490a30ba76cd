"""The demo's people: the agency's, and who can sign in where."""

from dataclasses import dataclass

from cms.kits import demo
from ops_console.mandates import roles
from saas.accounts.models import User
from tenants.isolation.addresses import mall_url, platform_url
from tenants.isolation.entrance import inside
from tenants.registry import queries as registry
from tenants.registry.models import Tenant

# E-mail address, name, role on the platform.
PEOPLE = (
    ("mei@hutong.example", "Mei Tan", roles.ACCOUNT_MANAGER),
    ("tomas@hutong.example", "Tomas Novak", roles.FINANCE),
    ("ada@hutong.example", "Ada Okafor", roles.ADMIN),
    ("grace@hutong.example", "Grace Kim", roles.MANAGER),
    ("omar@hutong.example", "Omar Haddad", roles.OPERATOR),
    ("vera@hutong.example", "Vera Lindqvist", roles.REVIEWER),
)


@dataclass(frozen=True)
class Login:
    """Where a person signs in, as whom, with which password."""

    place: str
    person: str
    url: str
    email: str
    password: str


def logins() -> list[Login]:
    """Return the demo's logins: the agency's people, then the merchants' people of the demo malls."""
    password = demo.password()
    people = User.objects.filter(email__in=[email for email, _name, _role in PEOPLE]).prefetch_related("groups")
    found = [
        Login("Ops console", _who(person), platform_url("/ops/"), str(person.email), password)
        for person in sorted(people, key=lambda one: one.pk)
    ]
    for tenant in Tenant.objects.served().filter(owner_email__endswith=".example").order_by("pk"):
        domain = registry.primary_domain(tenant)
        with inside(tenant):
            staff = User.objects.filter(kind=User.Kind.MERCHANT, email__endswith=".example").prefetch_related("groups")
            known = [person for person in staff.order_by("pk") if person.check_password(password)]
            found += [
                Login(tenant.name, _who(person), mall_url(domain, _page_of(person)), str(person.email), password)
                for person in known
            ]
    return found


def _who(person: User) -> str:
    names = ", ".join(sorted(group.name for group in person.groups.all()))
    return f"{person.get_full_name()} ({names})" if names else person.get_full_name()


def _page_of(person: User) -> str:
    return "/counter/" if {group.name for group in person.groups.all()} == {"Clerk"} else "/manage/"
