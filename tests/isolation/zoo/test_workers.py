"""
T6: everything that can go wrong on the way to a body, with a real worker, real beat and real Valkey.

The stock worker runs such bodies in `public`; ours runs a body in its mall or not at all.
"""

from typing import Any

import pytest
from celery import current_app
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from saas.kernel.tasks import SCHEMA_HEADER, SchemaMissing, enqueue
from tenants.isolation.middleware import MallMiddleware
from tenants.registry.models import Tenant
from tests.isolation.zoo import ours
from tests.isolation.zoo.workers import Worker

Seen = list[dict[str, Any]]


@pytest.fixture(scope="module")
def malls(worker: Worker) -> dict[str, str]:
    """Return each mall's schema by its short name."""
    return dict(worker.sql("SELECT slug, schema_name FROM registry_tenant WHERE schema_name LIKE %s", "m\\_%"))


def at_home(seen: Seen, schema: str) -> bool:
    """Tell whether all of it was seen in the mall, as its role, among its people and nobody else's."""
    mails = {"riverside": "alma@riverside.example", "hillside": "cleo@hillside.example"}
    return all(
        (one["schema"], one["role"]) == (schema, f"r_{schema}")
        and sum(mail in one["people"] for mail in mails.values()) == 1
        for one in seen
    )


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (None, "SchemaMissing"),
        ("", "SchemaMissing"),
        ("m" * 64, "no schema has so long a name"),
        ("m_00000000000nobod", "held"),
        ("PUBLIC", "held"),
        ("m_x; DROP SCHEMA public", "held"),
    ],
)
def test_a_message_without_a_mall_that_exists_runs_no_body_t6(
    stock_worker: Worker, worker: Worker, malls: dict[str, str], schema: str | None, said: str
) -> None:
    if schema in (None, "m_00000000000nobod"):
        leaked = stock_worker.seen(stock_worker.send("t6.where", schema), at_least=1)
        assert [one["read"] for one in leaked] == ["public's"], "the stock worker does not leak any more"
    run = worker.send("t6.where", schema)
    worker.catch_up(malls["riverside"])
    assert worker.seen(run) == []
    assert said in worker.log.read_text()
    if said == "held":
        assert worker.sql("SELECT reason FROM heldwork_heldtask WHERE schema_name = %s", schema) == [("unknown",)]


@pytest.mark.parametrize(
    ("status", "parked", "task", "held"),
    [
        ("closed", False, "t6.where", "closed"),
        ("open", True, "t6.where", "maintenance"),
        ("suspended", False, "t6.sells", "suspended"),
        ("suspended", False, "t6.where", None),
    ],
)
def test_a_mall_that_is_closed_parked_or_suspended_runs_nothing_but_what_goes_on_m19_t6(
    worker: Worker, malls: dict[str, str], status: str, parked: bool, task: str, held: str | None
) -> None:
    hillside = malls["hillside"]
    change = "UPDATE registry_tenant SET status = %s, parked = %s WHERE schema_name = %s"
    before = worker.sql("SELECT status, parked FROM registry_tenant WHERE schema_name = %s", hillside)[0]
    worker.sql(change, status, parked, hillside)
    try:
        run = worker.send(task, hillside)
        worker.catch_up(malls["riverside"])
    finally:
        worker.sql(change, *before, hillside)
    seen = worker.seen(run)
    assert (len(seen), at_home(seen, hillside)) == (0 if held else 1, True)
    kept = worker.sql("SELECT reason FROM heldwork_heldtask WHERE arguments ->> 'run' = %s", run)
    assert kept == ([(held,)] if held else [])


def test_when_the_look_up_of_the_mall_fails_no_body_runs_t6(
    stock_worker: Worker, worker: Worker, malls: dict[str, str]
) -> None:
    """The registry cannot be read: the stock worker swallows the error and goes on in `public`."""
    stock_worker.sql("ALTER TABLE public.stock_tenant RENAME TO gone")
    try:
        leaked = stock_worker.seen(stock_worker.send("t6.where", "alpha"), at_least=1)
    finally:
        stock_worker.sql("ALTER TABLE public.gone RENAME TO stock_tenant")
    assert [one["read"] for one in leaked] == ["public's"], "the stock worker does not leak any more"

    worker.sql("ALTER TABLE public.registry_tenant RENAME TO gone")
    try:
        runs = [worker.send("t6.where", schema) for schema in malls.values()]
        worker.catch_up("public")
    finally:
        worker.sql("ALTER TABLE public.gone RENAME TO registry_tenant")
    assert [worker.seen(run) for run in runs] == [[], []]
    assert "registry_tenant" in worker.log.read_text()
    for schema in malls.values():
        assert at_home(worker.seen(worker.send("t6.where", schema), at_least=1), schema)


def test_connections_that_are_cut_while_malls_alternate_run_no_body_in_a_wrong_one_t6(
    worker: Worker, malls: dict[str, str]
) -> None:
    runs = []
    for number in range(30):
        schema = list(malls.values())[number % 2]
        runs.append((worker.send("t6.where", schema, rest_s=0.01), schema))
        if number % 5 == 4:
            worker.seen(runs[-3][0], at_least=1 if number < 5 else 0)
            worker.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = 'hutong_app'"
            )
    worker.catch_up(malls["riverside"])
    told = [(worker.seen(run), schema) for run, schema in runs]
    assert all(at_home(seen, schema) for seen, schema in told)
    assert sum(bool(seen) for seen, _schema in told) >= 15, "too little of it ran to say anything"


@pytest.mark.parametrize("slug", ["riverside", "hillside"])
def test_a_message_that_is_sent_again_stays_in_its_mall_t6(worker: Worker, malls: dict[str, str], slug: str) -> None:
    seen = worker.seen(worker.send("t6.stumbles", malls[slug]), at_least=4)
    assert [one["step"] for one in seen] == ["try 0", "try 1", "try 2", "try 3"]
    assert at_home(seen, malls[slug])


@pytest.mark.parametrize(
    ("shape", "bodies"), [("chain", 4), ("chord", 4), ("group", 3), ("link", 2), ("our own way", 1)]
)
def test_what_follows_from_a_task_stays_in_its_mall_t6(
    worker: Worker, malls: dict[str, str], shape: str, bodies: int
) -> None:
    """A chain's next message and a chord's body are sent by Celery itself, which names no schema."""
    runs = {slug: worker.send("t6.spreads", schema, shape=shape) for slug, schema in malls.items()}
    for slug, schema in malls.items():
        seen = worker.seen(runs[slug], at_least=bodies)
        assert (len(seen), at_home(seen, schema)) == (bodies, True)


def test_a_task_that_runs_within_another_malls_leaves_neither_in_the_others_t6(
    worker: Worker, malls: dict[str, str]
) -> None:
    riverside, hillside = malls["riverside"], malls["hillside"]
    run = worker.send("t6.nests", riverside, within=hillside)
    worker.catch_up(hillside)
    where = [(one["step"], one["schema"]) for one in worker.seen(run)]
    assert where == [("before", riverside), ("within", hillside), ("after", riverside)]


def test_beat_works_on_the_platform_or_in_each_mall_and_not_in_between_t6(
    stock_worker: Worker, worker: Worker, malls: dict[str, str]
) -> None:
    """What beat starts for the malls, the stock worker runs in `public`."""
    leaked = stock_worker.seen("beat", at_least=1)
    assert leaked[0]["read"] == "public's", "the stock beat does not leak any more"
    seen = worker.seen("beat", at_least=8)
    platform = [one for one in seen if one["step"] == "platform"]
    assert {(one["schema"], one["role"]) for one in platform} == {("public", "hutong_app")}
    in_malls = [one for one in seen if one["step"] == "malls"]
    assert {one["schema"] for one in in_malls} == set(malls.values())
    assert all(at_home([one], one["schema"]) for one in in_malls)
    assert len(platform) + len(in_malls) == len(seen)


def test_the_pool_of_threads_keeps_malls_apart_t6(threads_worker: Worker, malls: dict[str, str]) -> None:
    """Six threads at once, each task rests in the middle of its body while others enter the other mall."""
    schemas = [list(malls.values())[number % 2] for number in range(120)]
    runs = [(threads_worker.send("t6.where", schema, rest_s=0.03), schema) for schema in schemas]
    missing = [threads_worker.send("t6.where", None) for _number in range(10)]
    told = [(threads_worker.seen(run, at_least=2), schema) for run, schema in runs]
    assert all(at_home(seen, schema) for seen, schema in told)
    assert len({one["thread"] for seen, _schema in told for one in seen}) >= 3, "they did not work at once"
    threads_worker.seen(threads_worker.send("t6.where", schemas[0]), at_least=1)
    assert [threads_worker.seen(run) for run in missing] == [[]] * 10


def test_a_task_that_runs_eagerly_in_a_request_leaves_the_request_in_its_mall_t6(committed: None) -> None:
    """No transaction is around it, as in the product: what follows in the request is the request's mall's."""
    riverside, hillside = (Tenant.objects.get(slug=slug) for slug in ("riverside", "hillside"))
    ours.ran_in.clear()

    def view(_request: HttpRequest) -> HttpResponse:
        before = ours.here(), ours.people()
        for schema in (hillside.schema_name, riverside.schema_name, "public", "m_00000000000nobod"):
            current_app.tasks["zoo.tell_where"].apply(headers={SCHEMA_HEADER: schema})
        with transaction.atomic():
            enqueue("zoo.tell_where")
        with pytest.raises(SchemaMissing):
            current_app.tasks["zoo.tell_where"].apply_async()
        assert (ours.here(), ours.people()) == before
        return HttpResponse(before[0])

    for mall, other in ((riverside, hillside), (hillside, riverside)):
        answer = MallMiddleware(view)(RequestFactory().get("/", HTTP_HOST=f"{mall.slug}.localhost"))
        assert answer.content.decode() == mall.schema_name
        schemas = {mall.schema_name, other.schema_name, "public"}
        assert (set(ours.ran_in), ours.ran_in.pop()) == (schemas, mall.schema_name)
        assert len(ours.ran_in) == 3
        ours.ran_in.clear()
    assert ours.here() == "public"
