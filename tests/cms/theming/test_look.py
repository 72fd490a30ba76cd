"""The look of a mall: its stylesheet, the check of its colours, the page where it is set."""

from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from cms.theming import operations, queries
from cms.theming.contrast import judge
from cms.theming.models import Theme
from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM
from saas.ui import colour
from tenants.isolation.entrance import inside

GOOD = {
    "name": "Riverside Noodles",
    "brand_colour": "#1f5f8b",
    "accent_colour": "#e0a03a",
    "tagline": "",
    "email": "",
    "phone": "",
    "logo": "",
}


def colours() -> tuple[str, str]:
    row = Theme.objects.get()
    return row.brand_colour, row.accent_colour


@pytest.mark.django_db
def test_the_stylesheet_sets_custom_properties_and_nothing_else(riverside: Any, client_for: Any) -> None:
    response = client_for(riverside).get("/theme.css")

    text = response.content.decode()
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert text.startswith(":root{--brand:light-dark(")
    assert text.count("{") == text.count("}") == 1
    assert response["Cache-Control"] == "no-cache"


@pytest.mark.django_db
def test_a_versioned_stylesheet_is_kept_for_a_year_and_a_known_one_is_not_sent_again(
    riverside: Any, client_for: Any
) -> None:
    client = client_for(riverside)
    response = client.get("/theme.css?v=1")

    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    again = client.get("/theme.css", headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.django_db
def test_each_mall_has_its_own_colours(riverside: Any, hillside: Any, client_for: Any) -> None:
    texts = {client_for(mall).get("/theme.css").content for mall in (riverside, hillside)}

    assert len(texts) == 2


@pytest.mark.django_db
def test_the_platform_has_no_theme(client_for: Any) -> None:
    assert client_for(None).get("/theme.css").status_code == 404


@pytest.mark.django_db
def test_the_face_of_a_mall_costs_one_query(mall: Any) -> None:
    Theme.objects.update(logo=None)
    with CaptureQueriesContext(connection) as counted:
        face = queries.face()

    assert len([one for one in counted if "search_path" not in one["sql"]]) == 1
    assert (face.name, face.currency, face.time_zone, face.logo_url) == (
        "Riverside Noodles",
        "usd",
        "America/Los_Angeles",
        None,
    )
    assert face.theme_url == f"/theme.css?v={face.theme_version}"


@pytest.mark.parametrize("brand", ["#ffe94d", "#ffffff", "#f7c9d4", "#c8f7c5"])
def test_a_brand_colour_too_pale_for_a_button_gets_the_nearest_shade_that_is_not(brand: str) -> None:
    verdict = judge(brand=brand, accent="#e0a03a")

    assert not verdict.is_readable
    assert verdict.ratio < 3
    assert colour.contrast(verdict.brand, colour.PAPER_LIGHT) >= 3
    assert judge(brand=verdict.brand, accent=verdict.accent).is_readable


@pytest.mark.parametrize("brand", ["#a8321e", "#000000", "#1f5f8b", "#2f5d50"])
def test_a_brand_colour_that_can_be_seen_stays_as_it_is(brand: str) -> None:
    verdict = judge(brand=brand, accent="#ffffff")

    assert verdict.is_readable
    assert verdict.brand == brand


@pytest.mark.django_db
def test_a_pale_colour_is_refused_with_words_and_an_offer(riverside: Any, alma: Any, client_for: Any) -> None:
    with inside(riverside):
        before = colours()
    response = client_for(riverside, alma).post("/manage/look/", {**GOOD, "brand_colour": "#FFE94D"})

    page = response.content.decode()
    assert response.status_code == 422
    assert "contrast is 1.1 to 1, and 3 to 1 is needed" in page
    assert "Save with that shade" in page
    with inside(riverside):
        assert colours() == before


@pytest.mark.django_db
def test_the_offer_is_saved_with_one_click(riverside: Any, alma: Any, client_for: Any) -> None:
    response = client_for(riverside, alma).post("/manage/look/", {**GOOD, "brand_colour": "#ffe94d", "nearest": "1"})

    assert response.status_code == 302
    with inside(riverside):
        assert colours() == (judge(brand="#ffe94d", accent="#e0a03a").brand, "#e0a03a")


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["red", "#12345", "javascript:alert(1)", "}body{display:none", ""])
def test_what_is_no_colour_is_refused(text: str, riverside: Any, alma: Any, client_for: Any) -> None:
    client = client_for(riverside, alma)

    assert client.post("/manage/look/", {**GOOD, "brand_colour": text}).status_code == 422
    assert client.get("/manage/look/sample/", {"brand": text, "accent": "#e0a03a"}).status_code == 400


@pytest.mark.django_db
def test_a_saved_look_shows_at_once_under_a_new_address_and_leaves_a_trail(
    riverside: Any, alma: Any, client_for: Any
) -> None:
    with inside(riverside):
        old = queries.face().theme_url
    client_for(riverside, alma).post("/manage/look/", {**GOOD, "name": "Riverside & Sons"})

    with inside(riverside):
        entry = AuditEntry.objects.filter(action="look.changed").latest("pk")
        assert queries.face().theme_url != old
        assert "name" in entry.data["fields"]
    page = client_for(riverside).get("/").content.decode()
    assert "Riverside &amp; Sons" in page


@pytest.mark.django_db
def test_a_mall_gets_another_language_for_who_asks_for_none(riverside: Any, alma: Any, client_for: Any) -> None:
    alma_s = client_for(riverside, alma)
    alma_s.post("/manage/look/", {**GOOD, "language": "zh-hans"})

    assert '<html lang="zh-hans"' in client_for(riverside).get("/stores/").content.decode()
    with inside(riverside):
        assert AuditEntry.objects.get(action="mall.language").data["before"] == {"language": "en"}
    assert alma_s.post("/manage/look/", {**GOOD, "language": "tlh"}).status_code == 422
    alma_s.post("/manage/look/", GOOD)
    riverside.refresh_from_db()
    assert riverside.language == "zh-hans"


@pytest.mark.django_db
def test_the_language_stays_when_the_look_is_refused_and_never_changes_without_a_trail(
    riverside: Any, alma: Any, client_for: Any
) -> None:
    """Somebody else holds the look, then the mall's row of the registry."""
    alma_s, wanted = client_for(riverside, alma), {**GOOD, "tagline": "By the water", "language": "zh-hans"}
    settings = connection.settings_dict
    where = {"host": settings["HOST"], "port": settings["PORT"], "dbname": settings["NAME"]}
    held = [
        sql.SQL("SELECT 1 FROM {}.cms_theming_theme FOR UPDATE").format(sql.Identifier(riverside.schema_name)),
        sql.SQL("SELECT 1 FROM public.registry_tenant WHERE id = {} FOR UPDATE").format(riverside.pk),
    ]
    trails = []
    for rows in held:
        with psycopg.connect(**where, user=settings["USER"], password=settings["PASSWORD"]) as other:
            other.execute(rows)
            connection.cursor().execute("SET LOCAL lock_timeout = '100ms'")
            assert alma_s.post("/manage/look/", wanted).status_code == 409
        riverside.refresh_from_db()
        assert riverside.language == "en"
        with inside(riverside):
            trails.append(AuditEntry.objects.filter(action="mall.language").count())
    assert trails == [0, 1]
    assert alma_s.post("/manage/look/", wanted).status_code == 302
    riverside.refresh_from_db()
    assert riverside.language == "zh-hans"


@pytest.mark.django_db
def test_saving_what_is_already_so_changes_nothing(mall: Any, now: Any) -> None:
    before = Theme.objects.values().get()

    operations.change(theme=Theme.objects.get(), by=SYSTEM, now=now)

    assert Theme.objects.values().get() == before
    assert not AuditEntry.objects.filter(action="look.changed").exists()


@pytest.mark.django_db
def test_the_operation_itself_refuses_a_pale_colour(mall: Any, now: Any) -> None:
    theme = Theme.objects.get()
    before = colours()
    theme.brand_colour = "#ffe94d"

    with pytest.raises(operations.ColoursRefused):
        operations.change(theme=theme, by=SYSTEM, now=now)
    assert colours() == before


@pytest.mark.django_db
def test_a_clerk_and_a_stranger_may_not_set_the_look(riverside: Any, hillside: Any, bo: Any, client_for: Any) -> None:
    with inside(riverside):
        before = colours()
    for client in (client_for(riverside, bo), client_for(riverside)):
        assert client.post("/manage/look/", GOOD).status_code in (302, 403)
        assert client.get("/manage/look/").status_code in (302, 403)
    with inside(riverside):
        assert colours() == before


@pytest.mark.django_db
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sample_is_drawn_in_the_colours_that_are_being_chosen(
    scheme: str, riverside: Any, alma: Any, client_for: Any
) -> None:
    response = client_for(riverside, alma).get(
        "/manage/look/sample/", {"brand": "#1f5f8b", "accent": "#e0a03a", "scheme": scheme}
    )

    page = response.content.decode()
    assert response.status_code == 200
    assert f'data-scheme="{scheme}"' in page
    assert "--brand:light-dark(#1f5f8b" in page
