"""
T15 in a browser: scripts of one mall's page aim at other malls and the console, which stand under the same domain.

The attacker runs any script on Hillside's host; the browser ignores that page's own policy, as if the attacker had got around it.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group
from django.db import connection, connections
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django import DjangoDbBlocker

from cms.pages.operations import publish_deal_page
from infra.local.roles import create_database, drop_database
from ops_console.mandates import roles
from saas.accounts.models import User
from saas.kernel import clock
from saas.kernel.actors import SYSTEM
from tenants.isolation.entrance import inside
from tenants.registry.models import Domain, Tenant
from tests import database
from tests.factories.shop import a_deal, a_store
from tests.journeys.conftest import ARGUMENTS, DESK
from tests.journeys.siblings import DOMAIN, Siblings, serving

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("product")]
# How an attacker may spell a name so that a browser takes it for the common domain.
SPELLINGS = ["{}", "__Host-{}", "__host-{}", "__HOST-{}", "__Secure-{}"]
SPELLINGS += [f"{blank}__Host-{{}}" for blank in ("\u2000", "\u3000", "\xa0", "\x85", "\u2028")]
SPELLINGS += ["=__Host-{}", "__Host-{}\u2003"]
EVIL = "<script>alert('struck')</script><img src=x onerror=alert('struck')>"
BREAKS_OUT = "\"'></title></script><svg onload=alert('struck')>{{7*7}}"


@dataclass(frozen=True)
class World:
    """The sessions that take part: the attacker's own at Riverside, the merchant's there, and one of the agency's admin."""

    attackers: str
    almas: str
    adas: str
    riverside: Tenant


def session_of(user: User) -> str:
    """Sign somebody in where this runs, and return the session's key."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


def people() -> World:
    """Move the malls under the common domain, and let the people in."""
    for tenant in Tenant.objects.filter(slug__in=("riverside", "hillside")):
        Domain.objects.filter(tenant=tenant).update(domain=f"{tenant.slug}.{DOMAIN}")
    roles.ensure_roles()
    ada = User.objects.create_user("ada@agency.example", name="Ada", kind=User.Kind.AGENCY)
    ada.groups.set(Group.objects.filter(name=roles.ADMIN))
    adas = session_of(ada)
    riverside = Tenant.objects.get(slug="riverside")
    with inside(riverside):
        shopper = User.objects.create_user("mallory@example.com", name="Mallory", kind=User.Kind.SHOPPER)
        alma = User.objects.get(email="alma@riverside.example")
        return World(session_of(shopper), session_of(alma), adas, riverside)


def poison(riverside: Tenant) -> None:
    """Let Riverside's merchant write scripts wherever a merchant writes what others read."""
    now = clock.now()
    with inside(riverside):
        a_store(EVIL, street=BREAKS_OUT, city=EVIL)
        deal = a_deal(now=now - timedelta(hours=1), title=EVIL, summary=BREAKS_OUT)
        publish_deal_page(deal=deal, by=SYSTEM, now=now)
        User.objects.filter(email="alma@riverside.example").update(name=BREAKS_OUT)
    Tenant.objects.filter(pk=riverside.pk).update(name=BREAKS_OUT)


@pytest.fixture(scope="module")
def clone(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[str, World]]:
    """Give the module a throwaway database in which commits are real, with its people."""
    own, name = settings.DATABASES["default"]["NAME"], f"{settings.BASE_DATABASE}_{uuid.uuid4().hex[:8]}"
    create_database(database.superuser_url(), name=name, template=settings.BASE_DATABASE)
    with django_db_blocker.unblock():
        connection.close()
        connections.settings["default"]["NAME"] = name
        try:
            world = people()
            poison(world.riverside)
            yield name, world
        finally:
            connection.set_schema_to_public()
            connection.close()
            connections.settings["default"]["NAME"] = own
            drop_database(database.superuser_url(), name=name)


@pytest.fixture(scope="module", params=["ours", "plain"])
def siblings(
    request: pytest.FixtureRequest, clone: tuple[str, World], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Siblings, bool]]:
    """Serve the malls, first as production does, then with plain names of cookies: the negative control."""
    plain = request.param == "plain"
    with serving(tmp_path_factory.mktemp("siblings"), clone[0], plain=plain) as served:
        yield served, plain


@pytest.fixture
def world(clone: tuple[str, World]) -> World:
    return clone[1]


@pytest.fixture
def come(browser: Browser) -> Iterator[Callable[[], BrowserContext]]:
    """Return a maker of browsers that find the malls on this machine and ignore what pages' policies forbid."""
    running = browser.browser_type.launch(
        executable_path=os.environ["HUTONG_BROWSER"],
        args=[*ARGUMENTS, f"--host-resolver-rules=MAP *.{DOMAIN} 127.0.0.1, MAP {DOMAIN} 127.0.0.1"],
    )

    def make(*, policies: bool = False) -> BrowserContext:
        context = running.new_context(viewport=DESK, ignore_https_errors=True, bypass_csp=not policies, locale="en-US")
        context.set_default_timeout(45_000)
        return context

    yield make
    running.close()


def toss(page: Page, name: str, value: str, *, path: str = "/") -> None:
    """Set a cookie for the common domain in every spelling, as a script of the page may."""
    for spelling in SPELLINGS:
        cookie = f"{spelling.format(name)}={value}; Domain=.{DOMAIN}; Path={path}; Secure; Max-Age=3600"
        page.evaluate("text => { document.cookie = text }", cookie)


def signed_in_as(page: Page, address: str) -> str:
    """Return the text of an account's page; of the sign-in page for a stranger."""
    page.goto(address)
    return page.locator("body").inner_text()


def test_a_session_that_a_sibling_tosses_signs_nobody_in_t15(
    siblings: tuple[Siblings, bool], world: World, come: Callable[..., BrowserContext]
) -> None:
    """Before the visitor signs in and after. With plain names the visitor becomes the attacker."""
    served, plain = siblings
    page = come().new_page()
    page.goto(served.address("hillside"))
    toss(page, "sessionid", world.attackers)
    sent = page.context.cookies(served.address("riverside"))
    assert len(sent) >= 6, "the browser took too few of the spellings to say anything"
    stranger = signed_in_as(page, served.address("riverside", "/account/"))
    assert ("mallory@example.com" in stranger) == plain

    merchant = come()
    name = "sessionid" if plain else "__Host-sessionid"
    own = {"name": name, "value": world.almas, "url": served.address("riverside"), "secure": True, "httpOnly": True}
    merchant.add_cookies([own])  # type: ignore[list-item]
    page = merchant.new_page()
    page.goto(served.address("hillside"))
    toss(page, "sessionid", world.attackers)
    toss(page, "sessionid", world.attackers, path="/account/")
    mine = signed_in_as(page, served.address("riverside", "/account/"))
    assert ("mallory@example.com" in mine) == plain
    assert "Sign out" in mine


def test_what_a_sibling_posts_to_the_console_with_a_tossed_token_changes_nothing_t15(
    siblings: tuple[Siblings, bool], world: World, come: Callable[..., BrowserContext]
) -> None:
    """The admin of the agency is signed in to the console and opens a page of a mall, which sends the console's forms."""
    served, plain = siblings
    context = come()
    name = "sessionid" if plain else "__Host-sessionid"
    own = {"name": name, "value": world.adas, "url": served.address(), "secure": True, "httpOnly": True}
    context.add_cookies([own])  # type: ignore[list-item]
    page = context.new_page()
    mall = f"/ops/malls/{world.riverside.public_id}/"
    assert "Riverside" in signed_in_as(page, served.address(path=mall)) or page.title()
    for action, data in ((f"{mall}suspend/", {"reason": "because"}), (f"{mall}export/", {}), ("/account/logout/", {})):
        page.goto(served.address("hillside"))
        toss(page, "csrftoken", "a" * 32)
        with page.expect_navigation() as arrived:
            page.evaluate(
                """([action, data]) => {
                    const form = document.createElement("form");
                    form.method = "post"; form.action = action;
                    for (const [name, value] of Object.entries({...data, csrfmiddlewaretoken: "a".repeat(32)})) {
                        const field = document.createElement("input"); field.name = name; field.value = value;
                        form.append(field);
                    }
                    document.body.append(form); form.submit();
                }""",
                [served.address(path=action), data],
            )
        answer = arrived.value
        assert answer is not None
        assert answer.status == 403, f"{action}: {answer.status}"
    assert Tenant.objects.get(pk=world.riverside.pk).status == Tenant.Status.OPEN
    page.goto(served.address("hillside"))
    read = page.evaluate(
        """address => fetch(address, {credentials: "include"}).then(answer => answer.text(), error => "refused")""",
        served.address(path="/ops/malls/"),
    )
    assert read == "refused"
    framed = page.evaluate(
        """address => new Promise(done => {
            const frame = document.createElement("iframe"); frame.src = address;
            frame.onload = () => { try { done(frame.contentDocument.body.innerText) } catch { done("refused") } };
            document.body.append(frame);
        })""",
        served.address(path="/ops/malls/"),
    )
    assert framed == "refused"


def test_a_language_that_a_sibling_tosses_is_not_spoken_t15(
    siblings: tuple[Siblings, bool], world: World, come: Callable[..., BrowserContext]
) -> None:
    served, plain = siblings
    page = come().new_page()
    page.goto(served.address("hillside"))
    toss(page, "language", "zh-hans")
    page.goto(served.address())
    assert (page.locator("html").get_attribute("lang") == "zh-hans") == plain


@pytest.mark.parametrize("siblings", ["ours"], indirect=True)
def test_scripts_in_what_a_merchant_writes_run_nowhere_t15(
    siblings: tuple[Siblings, bool], world: World, come: Callable[..., BrowserContext]
) -> None:
    """On the mall's pages, in its back office, in other malls, in the console; although the browser ignores the policies."""
    served, _plain = siblings
    context = come()
    struck: list[str] = []
    context.on("dialog", lambda dialog: (struck.append(dialog.page.url if dialog.page else "?"), dialog.dismiss()))
    page = context.new_page()
    page.set_content(EVIL)
    page.wait_for_timeout(300)
    assert len(struck) == 2, "a dialog would not be seen"
    struck.clear()
    for mall, key in (("riverside", world.almas), ("", world.adas)):
        own = {"name": "__Host-sessionid", "value": key, "url": served.address(mall), "secure": True}
        context.add_cookies([own])  # type: ignore[list-item]
    console = f"/ops/malls/{world.riverside.public_id}/"
    shown: dict[str, int] = {"riverside": 0, "hillside": 0, "": 0}
    plan: dict[str, list[str]] = {
        "riverside": ["/", "/deals/", "/stores/", "/account/", "/manage/", "/manage/stores/", "/manage/deals/", "/counter/"],
        "hillside": ["/", "/deals/", "/stores/"],
        "": ["/", "/ops/", "/ops/malls/", console, f"{console}money/", f"{console}log/", f"{console}domains/",
             f"{console}lifecycle/", f"{console}visit/", "/ops/visits/", "/ops/audit/", "/ops/health/", "/ops/archives/"],
    }  # fmt: skip
    for mall, paths in plan.items():
        for path in paths:
            answer = page.goto(served.address(mall, path))
            assert answer is not None
            assert answer.status in (200, 404), f"{mall}{path}: {answer.status}"
            shown[mall] += "alert('struck')" in page.locator("body").inner_text()
    assert struck == []
    assert shown["riverside"] >= 3, "the merchant's words were hardly shown"
    assert shown[""] >= 3, "the console hardly showed the mall's name"
    assert shown["hillside"] == 0
