"""The console's pages of a mall's life: export, restore, erase. Done, refused, under way, and by whom."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.auth.models import Group

from ops_console.mandates import roles
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from saas.kernel import clock
from saas.kernel.actors import SYSTEM
from tenants.archives.models import MallExport, MallRestore
from tenants.erasure.models import Erasure
from tenants.provisioning import operations as provisioning
from tenants.registry.models import Tenant
from tests.conftest import HostClient
from tests.factories.sessions import confirm
from tests.tenants.archives.conftest import bring_media

REASON = "The owner asked for it by letter"


def ops(tenant: Tenant, act: str) -> str:
    return f"/ops/malls/{tenant.public_id}/{act}/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def an_export(tenant: Tenant, **fields: Any) -> MallExport:
    return MallExport.objects.create(tenant=tenant, asked_at=clock.now(), by_kind="agency", by_name="Ada", **fields)


def test_a_mall_is_archived_taken_home_and_made_anew_by_these_pages(
    committed: None, settings: Any, tmp_path: Path
) -> None:
    """The admin's way through all pages; the works run where the tasks are sent."""
    settings.MEDIA_ROOT, settings.ARCHIVE_WORK_FOLDER = str(tmp_path / "media"), str(tmp_path / "work")
    riverside = Tenant.objects.get(slug="riverside")
    bring_media(riverside, tmp_path / "bring")
    roles.ensure_roles()
    ada = User.objects.create_user("ada.test@hutong.example", name="Ada", kind=User.Kind.AGENCY)
    ada.groups.set(Group.objects.filter(name=roles.ADMIN))
    client = HostClient("localhost")
    client.force_login(ada, backend=project.AUTHENTICATION_BACKENDS[0])
    confirm(client, ada)

    assert client.post(ops(riverside, "export")).headers["Location"] == ops(riverside, "lifecycle")
    export = MallExport.objects.get(tenant=riverside)
    assert (export.state, export.by_name) == ("done", "Ada")
    done = client.get(f"/ops/work/export/{export.public_id}/")
    assert done.headers["HX-Refresh"] == "true"
    assert "/link/" in text(client.get(ops(riverside, "lifecycle")))
    link = client.post(f"/ops/archives/{export.public_id}/link/")
    archive = client.get(link.headers["Location"])
    assert b"".join(archive.streaming_content)[:2] == b"PK"
    assert AuditEntry.objects.filter(action="mall.archive_downloaded", actor_name="Ada").exists()

    taken = client.post("/ops/archives/restore/", {"export": export.public_id, "slug": "hillside"})
    assert (taken.status_code, MallRestore.objects.exists()) == (422, False)
    neither = client.post("/ops/archives/restore/", {"slug": "riverbank"})
    assert "Choose an archive or a file" in text(neither)
    begun = client.post("/ops/archives/restore/", {"export": export.public_id, "slug": "riverbank"})
    restore = MallRestore.objects.get()
    assert begun.headers["Location"] == f"/ops/archives/restores/{restore.public_id}/"
    assert (restore.state, restore.tenant and restore.tenant.slug) == ("done", "riverbank")
    assert "riverbank" in text(client.get(begun.headers["Location"]))
    assert HostClient("riverbank.localhost").get("/").status_code == 200

    assert client.post(f"/ops/archives/{export.public_id}/remove/").status_code == 302
    export.refresh_from_db()
    assert export.removed_at
    assert client.get(link.headers["Location"]).status_code == 404


@pytest.mark.parametrize(("state", "shown"), [("waiting", "Waiting for its turn"), ("running", "120 of 480 rows")])
def test_an_export_that_goes_on_shows_how_far_it_is_and_can_be_stopped(
    client_for: Any, mei: Any, riverside: Any, state: str, shown: str
) -> None:
    client = client_for(None, mei)
    work = an_export(riverside, state=state, rows_done=120, rows_total=480)
    page = client.get(f"/ops/work/export/{work.public_id}/")
    assert shown in text(page)
    assert 'hx-trigger="every 1s"' in text(page)
    assert "HX-Refresh" not in page.headers
    assert f"/ops/work/export/{work.public_id}/cancel/" in text(client.get(ops(riverside, "lifecycle")))
    second = client.post(ops(riverside, "export"))
    assert second.status_code == 422
    assert MallExport.objects.count() == 1
    assert client.post(f"/ops/work/export/{work.public_id}/cancel/").status_code == 302
    work.refresh_from_db()
    assert work.state == "cancelled" or work.cancel_asked_at


def test_a_work_of_no_kind_or_of_nobody_is_not_found(client_for: Any, mei: Any, riverside: Any) -> None:
    client = client_for(None, mei)
    for path in ("export/nothing", "sale/nothing", "erasure/nothing", "restore/nothing"):
        assert client.get(f"/ops/work/{path}/").status_code == 404


def test_erasing_wants_the_address_and_a_reason_stops_sales_and_can_be_taken_back(
    client_for: Any, ada: Any, riverside: Any
) -> None:
    client = client_for(None, ada)
    confirm(client, ada)
    page = client.get(ops(riverside, "erase"))
    assert "riverside" in text(page)
    for wrong in ({"typed": "hillside", "reason": REASON}, {"typed": "riverside", "reason": "no"}, {}):
        assert client.post(ops(riverside, "erase"), wrong).status_code == 422
    assert not Erasure.objects.exists()
    assert Tenant.objects.get(pk=riverside.pk).status == Tenant.Status.OPEN

    asked = client.post(ops(riverside, "erase"), {"typed": "riverside", "reason": REASON})
    assert asked.headers["Location"] == ops(riverside, "lifecycle")
    erasure = Erasure.objects.get(tenant=riverside)
    assert erasure.due_at > clock.now() + timedelta(days=29)
    assert Tenant.objects.get(pk=riverside.pk).status == Tenant.Status.SUSPENDED
    assert ops(riverside, "keep") in text(client.get(ops(riverside, "lifecycle")))
    assert "Riverside Noodles" in text(client.get("/ops/archives/erasures/"))
    assert client.post(ops(riverside, "erase"), {"typed": "riverside", "reason": REASON}).status_code == 422

    assert "another admin" in text(
        client.post(ops(riverside, "erase/moves"))
    )  # who asked does not say that it moves, too
    assert client.post(ops(riverside, "erase/refund")).status_code == 302

    Erasure.objects.update(moves_at=clock.now(), problem="Paid vouchers unused: 3")
    moves = text(client.get(ops(riverside, "lifecycle")))
    assert all(words in moves for words in ("It moves:", "download it first", "Paid vouchers unused: 3"))

    assert client.post(ops(riverside, "keep")).status_code == 302
    assert "not about to end" in text(client.post(ops(riverside, "erase/refund")))
    erasure.refresh_from_db()
    assert erasure.state == "cancelled"
    assert Tenant.objects.get(pk=riverside.pk).status == Tenant.Status.OPEN


def test_an_erasure_that_has_begun_is_not_taken_back(client_for: Any, ada: Any, riverside: Any) -> None:
    client = client_for(None, ada)
    confirm(client, ada)
    client.post(ops(riverside, "erase"), {"typed": "riverside", "reason": REASON})
    Erasure.objects.update(state="running", due_at=clock.now() - timedelta(minutes=1))
    refused = client.post(ops(riverside, "keep"))
    assert refused.status_code == 422
    assert "cannot be stopped any more" in text(refused)
    assert Erasure.objects.get().state == "running"


def test_a_mall_that_is_suspended_is_exported_and_erased_too(client_for: Any, ada: Any, riverside: Any) -> None:
    provisioning.suspend(tenant_id=riverside.pk, reason="unpaid", by=SYSTEM, now=clock.now())
    client = client_for(None, ada)
    confirm(client, ada)
    assert client.post(ops(riverside, "export")).status_code == 302
    assert client.post(ops(riverside, "erase"), {"typed": "riverside", "reason": REASON}).status_code == 302
    assert MallExport.objects.count() == Erasure.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "exports", "erases"), [("nobody", 403, 403), ("tomas", 403, 403), ("mei", 302, 403), ("ada", 302, 302)]
)
def test_who_may_export_and_who_may_erase(
    client_for: Any, riverside: Any, request: Any, who: str, exports: int, erases: int
) -> None:
    person = request.getfixturevalue(who)
    client = client_for(None, person)
    confirm(client, person)
    assert client.post(ops(riverside, "export")).status_code == exports
    assert client.get("/ops/archives/restore/").status_code == (200 if erases == 302 else 403)
    erased = client.post(ops(riverside, "erase"), {"typed": "riverside", "reason": REASON})
    assert erased.status_code == erases
    assert MallExport.objects.exists() == (exports == 302)
    assert Erasure.objects.exists() == (erases == 302)
    page = client.get(ops(riverside, "lifecycle"))
    assert page.status_code == (403 if who == "nobody" else 200)
    assert (ops(riverside, "erase") in text(page)) <= (who == "ada")
