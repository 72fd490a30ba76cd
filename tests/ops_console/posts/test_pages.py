"""The calendar's pages, for the agency and for the merchant."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from time_machine import travel

from ops_console.posts import answers, publishing
from ops_console.posts.models import Channel, Post
from ops_console.posts.moves import S
from saas.accounts.middleware import actor_for
from saas.accounts.models import User
from tenants.isolation.entrance import inside

pytestmark = pytest.mark.django_db


def test_an_operator_writes_submits_and_sees_the_post_on_its_day(
    open_channel: Any, riverside: Any, omar: User, client_for: Any, now: datetime
) -> None:
    channel, client = open_channel("news"), client_for(None, omar)
    with travel(now, tick=False):
        page = client.post(
            f"/ops/content/new/?mall={riverside.public_id}",
            {"channel": channel.public_id, "title": "Soup", "text": "Hot.", "day": "2026-11-24", "time": "10:00"},
        )
        post = Post.objects.get()
        assert page.status_code == 302
        assert client.post(f"/ops/content/{post.public_id}/do/submit/").status_code == 302
        for address in ("/ops/content/", "/ops/content/?view=week&on=2026-11-24", "/ops/content/?view=list"):
            shown = client.get(address).content.decode()
            assert "Soup" in shown, address
            assert "10:00" in shown, address
            assert 'data-time="10:00"' in shown or "list" in address, address  # what a drag sends again
        assert (
            "A colleague who did not write it approves it"
            in client.get(f"/ops/content/{post.public_id}/").content.decode()
        )
        moved = {"day": "2026-11-26", "time": "10:00", "calendar": "view=week&on=2026-11-26"}
        answer = client.post(f"/ops/content/{post.public_id}/schedule/", moved)
        assert answer["location"] == "/ops/content/?view=week&on=2026-11-26"
        assert (
            client.post(f"/ops/content/{post.public_id}/schedule/", {**moved, "day": "2026-11-02"}).status_code == 422
        )
    post.refresh_from_db()
    assert (post.state, f"{post.planned_at:%d}") == (S.SUBMITTED, "26")


def test_a_refused_time_is_said_in_the_form_and_nothing_is_written(
    open_channel: Any, riverside: Any, omar: User, client_for: Any, now: datetime
) -> None:
    channel = open_channel("news")
    with travel(now, tick=False):
        answer = client_for(None, omar).post(
            f"/ops/content/new/?mall={riverside.public_id}",
            {"channel": channel.public_id, "title": "Soup", "text": "Hot.", "day": "2026-11-01", "time": "10:00"},
        )
    assert answer.status_code == 422
    assert "Choose a time from now on" in answer.content.decode()
    assert not Post.objects.exists()


def test_a_file_that_is_no_picture_is_refused_whatever_it_is_called(
    open_channel: Any, riverside: Any, omar: User, client_for: Any
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    program = SimpleUploadedFile("menu.jpg", b"MZ\x90\x00 a program", content_type="image/jpeg")
    sent = {"channel": open_channel("news").public_id, "title": "Soup", "text": "Hot.", "picture": program}
    answer = client_for(None, omar).post(f"/ops/content/new/?mall={riverside.public_id}", sent)
    assert answer.status_code == 422
    assert "is no picture" in answer.content.decode()


def test_the_merchant_reads_and_approves_and_another_mall_sees_nothing(
    open_channel: Any, write: Any, omar: User, client_for: Any, request: Any, now: datetime
) -> None:
    riverside, hillside, alma, cleo = (
        request.getfixturevalue(name) for name in ("riverside", "hillside", "alma", "cleo")
    )
    post = write(open_channel("news", needs_merchant=True), at=now + timedelta(days=1))
    place = f"/manage/hosting/content/{post.public_id}/"
    client = client_for(riverside, alma)
    with travel(now, tick=False):
        assert client.get(place).status_code == 404  # still on the agency's desk
        answers.submit(post=post.public_id, by=actor_for(omar), now=now)
        assert "waits for your yes" in client.get("/manage/hosting/content/").content.decode()
        assert "Hand-pulled" in client.get(place).content.decode()
        stranger = client_for(hillside, cleo)
        assert stranger.get(place).status_code == 404
        assert stranger.post(f"{place}answer/", {"approve": "yes", "version": 1}).status_code == 404
        assert Post.objects.get().state == S.WAITING
        assert client.post(f"{place}answer/", {"approve": "yes", "version": 1}).status_code == 302
    assert Post.objects.get().state == S.SCHEDULED


def test_the_merchant_takes_a_notice_down_and_shows_it_again(
    open_channel: Any, scheduled: Any, riverside: Any, alma: Any, client_for: Any, now: datetime
) -> None:
    from cms.news.models import Notice

    post = scheduled(open_channel("news"))
    publishing.publish(post=post.public_id, now=now + timedelta(hours=1))
    client, place = client_for(riverside, alma), f"/manage/hosting/content/{post.public_id}/notice/"
    shopper = client_for(riverside)
    with inside(riverside):
        path = f"/news/{Notice.objects.get().slug}/"
    client.post(place)
    assert shopper.get(path).status_code == 404
    client.post(place)
    assert shopper.get(path).status_code == 200


def test_a_channel_is_opened_and_closed_on_the_malls_page(riverside: Any, mei: User, client_for: Any) -> None:
    client, place = client_for(None, mei), f"/ops/malls/{riverside.public_id}/channels/"
    assert "has no channel yet" in client.get(place).content.decode()
    sent = {"name": "News", "answer_days": 3}
    assert client.post(f"{place}add/news/", sent).status_code == 302
    assert client.post(f"{place}add/news/", sent).status_code == 422  # the name is taken
    hook = {"name": "Site", "answer_days": 3, "set_address": "https://site.example/in", "set_secret": "short"}
    assert client.post(f"{place}add/webhook/", hook).status_code == 422  # a secret has 16 characters
    for address in ("http://site.example/in", "https://me:word@site.example/in", "https://site.example:8443/in"):
        wrong = hook | {"set_address": address, "set_secret": "a long shared secret"}
        assert client.post(f"{place}add/webhook/", wrong).status_code == 422, (
            "said where it is typed, not when a post is due"
        )
    channel = Channel.objects.get()
    assert client.post(f"{place}{channel.public_id}/close/").status_code == 302
    assert Channel.objects.get().retired_at is not None


def test_days_out_of_all_calendars_and_characters_that_no_text_holds_are_refused_not_broken(
    open_channel: Any, scheduled: Any, riverside: Any, omar: User, alma: Any, client_for: Any
) -> None:
    """A year that a clock of another zone cannot reach, and NUL, which PostgreSQL takes in no text."""
    post = scheduled(channel := open_channel("news"))
    agency, merchant, shopper = client_for(None, omar), client_for(riverside, alma), client_for(riverside)
    for day in ("0001-01-01", "9999-12-31"):
        assert agency.get(f"/ops/content/?on={day}&view=week").status_code == 200
        assert merchant.get(f"/manage/hosting/content/?on={day}").status_code == 200
        said = {"day": day, "time": "23:59"}
        assert agency.post(f"/ops/content/{post.public_id}/schedule/", said).status_code == 422
        said |= {"channel": channel.public_id, "title": "x", "text": "y"}
        assert agency.post(f"/ops/content/new/?mall={riverside.public_id}", said).status_code == 422
        deal = {"price": "10", "units_total": "5", "validity": "days", "valid_days": "90"}
        deal |= {f"{rows}-{name}_FORMS": "0" for rows in ("contents", "rules") for name in ("TOTAL", "INITIAL")}
        assert merchant.post("/manage/deals/guard/", deal | {"sale_starts_at": f"{day}T00:00"}).status_code == 200
        on_a_day = {"sale_starts_at": "2026-11-22T10:00", "validity": "date", "valid_until": day}
        assert merchant.post("/manage/deals/guard/", deal | on_a_day).status_code == 200
    assert agency.get("/ops/content/new/?task=a%00").status_code == 400
    assert merchant.get("/manage/hosting/content/a%00b/").status_code == 400
    assert shopper.get("/letters/stop/a%00b/").status_code == 400
