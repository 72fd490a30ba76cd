"""Nothing of one person, and nothing of another mall, comes from the cache (C20, C37, T7). Pages by two web processes."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from django.conf import settings

from cms.theming.models import Theme
from saas.accounts.models import User
from storefront.deals.models import Deal
from tenants.isolation.entrance import inside, on_platform
from tenants.registry.models import Tenant

from .served import HILLSIDE, RIVERSIDE, Served

PATHS = ("/", "/deals/", "/stores/", "/search/", "/search/?q=noodles", "/account/login/", "/about/", "/theme.css?v=1")
KEPT = ("/", "/deals/", "/stores/", "/about/", "/theme.css?v=1")


def signed_in(tenant: Tenant, email: str, **said: Any) -> str:
    """Return the cookie header of a session in which somebody is signed in and a message waits."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    with inside(tenant):
        person = User.objects.get(email=email)
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(person.pk), settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        session.update(said)
        session.save()
        return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def message(text: str) -> dict[str, str]:
    """Return what a session holds when a message waits to be shown."""
    from django.contrib.messages import INFO
    from django.contrib.messages.storage.base import Message
    from django.contrib.messages.storage.session import SessionStorage

    storage = SessionStorage(SimpleNamespace(session={}))  # type: ignore[arg-type]
    return {SessionStorage.session_key: storage.serialize_messages([Message(INFO, text)])}


@pytest.mark.parametrize("path", PATHS)
def test_a_session_is_never_answered_from_the_cache_nor_kept(served: Served, in_riverside: Tenant, path: str) -> None:
    canary = f"canary{uuid.uuid4().hex}"
    if path in KEPT:
        served.warm(path)
    cookie = signed_in(in_riverside, "alma@riverside.example", **message(canary))
    hers = served.get(path, Cookie=cookie)
    assert "Cache-Status" not in hers.headers
    if path in ("/", "/deals/", "/stores/", "/about/"):
        assert canary in hers.text, "the page shows messages, else this proves nothing"
    for process in (0, 1):
        assert canary not in served.get(path, process=process).text


@pytest.mark.parametrize(
    "path", ["/account/login/", "/search/?q=noodles", "/search/", "/vouchers/", "/healthz", "/deals/no-such/"]
)
def test_what_is_not_for_everybody_is_made_for_each(served: Served, path: str) -> None:
    first, second = served.get(path), served.get(path)
    assert "Cache-Status" not in first.headers
    assert "Cache-Status" not in second.headers
    tokens = [re.findall(r'csrfmiddlewaretoken" value="(\w+)"', answer.text) for answer in (first, second)]
    assert tokens[0] != tokens[1] or not tokens[0]


def test_a_form_token_and_a_cookie_keep_a_page_out(served: Served, deal: Deal) -> None:
    buy = f"/deals/{deal.slug}/buy/"
    for _time in range(2):
        answer = served.get(buy)
        assert answer.status_code == 200
        assert "csrfmiddlewaretoken" in answer.text
        assert "Cache-Status" not in answer.headers
    assert served.get(f"/deals/{deal.slug}/").text.count("csrfmiddlewaretoken") == 0


def test_two_malls_never_get_each_others_pages_under_load(served: Served, in_riverside: Tenant) -> None:
    with on_platform():
        hillside = Tenant.objects.get(slug="hillside")
    canaries = {}
    for tenant, host in ((in_riverside, RIVERSIDE), (hillside, HILLSIDE)):
        with inside(tenant):
            canaries[host] = f"{tenant.slug}{uuid.uuid4().hex}"
            Theme.objects.update(tagline=canaries[host])
    for host in (RIVERSIDE, HILLSIDE):
        served.everywhere("/", canaries[host], host=host)

    def ask(number: int) -> bool:
        host = (RIVERSIDE, HILLSIDE)[number % 2]
        other = (HILLSIDE, RIVERSIDE)[number % 2]
        path = ("/", "/deals/", f"/?page={number}", "/stores/")[number // 2 % 4]
        text = served.get(path, process=number // 8 % 2, host=host).text
        return canaries[other] not in text and other not in text and (path != "/" or canaries[host] in text)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, range(240)))
    assert len(answers) == 240
    assert all(answers)


def test_a_page_is_kept_for_one_language_and_one_spelling_of_the_host(served: Served) -> None:
    english, chinese = (served.get("/", Accept_Language=language) for language in ("en", "zh-CN"))
    again = served.get("/", Accept_Language="zh-CN")
    by_cookie = served.get("/", Cookie="django_language=zh-hans", Accept_Language="en")
    assert 'lang="en"' in english.text
    assert 'lang="zh-hans"' in chinese.text
    assert 'lang="zh-hans"' in again.text
    assert 'lang="zh-hans"' in by_cookie.text
    for process in (0, 1):
        for _ in range(3):
            assert "我的券" not in served.get("/", process=process, Accept_Language="en").text
            assert "我的券" in served.get("/", process=process, Cookie="django_language=zh-hans").text
    assert served.get("/", host="riverside.localhost:1234").status_code == 200
    assert "1234" not in served.get("/", host="RIVERSIDE.localhost").text
    for host in ("riverside.localhost, evil.example", "evil.example", "riverside.localhost/evil"):
        assert served.get("/", host=host).status_code in (400, 404)


def test_headers_let_a_shared_cache_do_the_same(served: Served) -> None:
    served.warm("/")
    answer = served.get("/")
    assert answer.headers["Cache-Control"] == "public, max-age=0, s-maxage=1, stale-while-revalidate=4"
    assert {"Cookie", "Accept-Language", "HX-Request", "Accept-Encoding"} <= set(answer.headers["Vary"].split(", "))
    unchanged = served.get("/", process=1, If_None_Match=answer.headers["ETag"])
    assert (unchanged.status_code, unchanged.text) == (304, "")
    assert served.get("/", If_None_Match='W/"another"').status_code == 200
    plain = served.get("/", Accept_Encoding="identity")
    assert "Content-Encoding" not in plain.headers
    assert plain.text == answer.text
    assert answer.headers["Content-Encoding"] == "gzip"
    assert served.get("/?utm_source=letter&fbclid=xyz").headers["Cache-Status"] == "hutong; hit"


def test_many_at_once_make_a_page_once(served: Served, in_riverside: Tenant) -> None:
    served.warm("/")
    word = uuid.uuid4().hex
    Theme.objects.update(tagline=word)
    served.everywhere("/", word)
    fresh = f"/deals/?page={uuid.uuid4().hex}"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _number: served.get(fresh), range(8)))
    made = [answer for answer in answers if answer.headers["Cache-Status"] == "hutong; miss"]
    assert len(answers) == 8
    assert len({answer.text for answer in answers}) == 1
    assert len(made) == 1


def test_every_key_in_valkey_names_its_mall_t7(served: Served) -> None:
    served.warm("/")
    store: Any = redis.Redis.from_url(settings.REDIS_URL)
    keys = [key.decode() for key in store.scan_iter("p:*")]
    assert len(keys) > 3
    assert all(re.fullmatch(r"p:(m_[a-z0-9]{16}|public):1:(generation|page:[0-9a-f]{24})", key) for key in keys)
    assert all(0 < store.ttl(key) <= 60 for key in keys if ":page:" in key)
