"""The language of a page: chosen in the browser, asked for by the browser, the mall's, in this order; and what choosing keeps."""

from typing import Any

import pytest
from django.conf import settings
from django.test import RequestFactory
from django.utils.translation import get_language, get_language_from_request

from saas.accounts.models import User
from saas.kernel.languages import asked_for
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

CHINESE = '<html lang="zh-hans"'


def choose(client: Any, language: str, next_path: str = "/deals/?q=tea", **headers: str) -> Any:
    return client.post("/i18n/language/", {"language": language, "next": next_path}, headers=headers or None)


def test_choosing_keeps_the_page_and_the_language(client_for: Any, riverside: Any) -> None:
    client = client_for(riverside)
    before = client.get("/deals/?q=tea").content.decode()
    assert 'name="next" value="/deals/?q=tea"' in before
    assert CHINESE not in before
    answer = choose(client, "zh-hans")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/deals/?q=tea")
    after = client.get("/deals/?q=tea", headers={"Accept-Language": "en"}).content.decode()
    assert CHINESE in after
    assert "我的券" in after
    assert 'lang="en">English</button>' in after
    choose(client, "en")
    assert CHINESE not in client.get("/deals/").content.decode()


@pytest.mark.parametrize("way", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_choosing_leads_nowhere_else(client_for: Any, riverside: Any, way: str) -> None:
    assert choose(client_for(riverside), "zh-hans", way).headers["Location"] == "/"


def test_another_sites_form_chooses_nothing(client_for: Any, riverside: Any) -> None:
    answer = choose(client_for(riverside), "zh-hans", Origin="http://hillside.localhost")
    assert answer.status_code == 403
    assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies
    assert choose(client_for(riverside), "zh-hans", Origin="http://riverside.localhost").status_code == 302


def test_an_unknown_language_changes_nothing(client_for: Any, riverside: Any) -> None:
    answer = choose(client_for(riverside), "tlh")
    assert (answer.status_code, len(answer.cookies)) == (302, 0)


def test_it_is_kept_with_the_account_of_who_is_signed_in(client_for: Any, riverside: Any) -> None:
    with inside(riverside):
        person = User.objects.create_user("ann@example.com")
    choose(client_for(riverside, user=person), "zh-hans")
    with inside(riverside):
        assert User.objects.get(pk=person.pk).language == "zh-hans"


def test_a_mall_speaks_its_own_language_to_who_asks_for_none(client_for: Any, riverside: Any) -> None:
    Tenant.objects.filter(pk=riverside.pk).update(language="zh-hans")
    riverside.refresh_from_db()
    shown = [
        CHINESE in client_for(riverside).get("/stores/", headers=headers).content.decode()
        for headers in ({}, {"Accept-Language": "fr, xx"}, {"Accept-Language": "zh-TW"}, {"Accept-Language": "en"})
    ]
    assert shown == [True, True, True, False]
    assert CHINESE not in client_for(None).get("/").content.decode()


def test_a_page_before_any_mall_speaks_the_readers_language_and_leaves_none_behind(
    client_for: Any, riverside: Any
) -> None:
    client = client_for(riverside)
    Tenant.objects.filter(pk=riverside.pk).update(status=Tenant.Status.SUSPENDED)
    assert CHINESE in client.get("/", headers={"Accept-Language": "zh"}).content.decode()
    assert get_language() == "en"
    assert CHINESE not in client.get("/").content.decode()
    client.defaults["HTTP_HOST"] = "nowhere.localhost"
    assert CHINESE in client.get("/", headers={"Accept-Language": "zh"}).content.decode()
    assert get_language() == "en"


@pytest.mark.parametrize(
    "accepted", ["en", "zh-CN,zh;q=0.9,en;q=0.8", "fr,zh;q=0.5", "de, *", "", "x" * 40, "en-GB;q=0.1,zh-HK"]
)
@pytest.mark.parametrize("cookie", ["", "zh-hans", "zh-cn", "nothing"])
def test_what_a_browser_asks_for_is_what_django_reads(cookie: str, accepted: str) -> None:
    request = RequestFactory().get("/", headers={"Accept-Language": accepted})
    request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = cookie
    assert (asked_for(cookie, accepted) or settings.LANGUAGE_CODE) == get_language_from_request(request)
