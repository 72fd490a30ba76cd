"""Fills a platform with malls and tasks, asks for the portfolio and My work as a signed-in operator, and prints the figures as JSON."""

import argparse
import json
import os
import re
import time
from datetime import timedelta

import django
import psycopg

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import Group  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from ops_console.mandates import roles  # noqa: E402
from ops_console.work.models import Task  # noqa: E402
from saas.accounts.models import User  # noqa: E402
from saas.kernel import clock  # noqa: E402
from tenants.registry.models import Tenant  # noqa: E402
from tests.benchmarks._stack import percentile  # noqa: E402

PEOPLE = 41  # shares no factor with the 95 days, so that everybody has tasks of every day
PAGES = {
    "portfolio": "/ops/malls/",
    "overview": "/ops/",
    "my_work": "/ops/work/",
    "my_work_late": "/ops/work/?tab=late",
    "my_work_search": "/ops/work/?q=mall+1",
    "everybodys": "/ops/work/?whose=all",
}
# A tenth is to be done by one person each; of the rest most is done. In SQL: Django would take minutes for the same rows.
FILL = """
INSERT INTO work_task (public_id, tenant_id, contract, clause, template, title, occurs_on, opens_at, due_at, lapses_at, state, assignee_id,
    checked, minutes_planned, minutes_spent, note, reason, agreed_by, done_at, closed_at)
SELECT substr(md5(random()::text || n), 1, 26), malls[1 + n %% array_length(malls, 1)], '', '2.1', 'social-post', 'Write a post ' || n,
    day::date, day, day + interval '8 hours', day + interval '32 hours', state, people[1 + n %% array_length(people, 1)], '[]', 30,
    CASE WHEN state = 'done' THEN 25 END, '', '', '', CASE WHEN state = 'done' THEN day + interval '2 hours' END,
    CASE WHEN state IN ('done', 'missed') THEN day + interval '2 hours' END
FROM (SELECT n, day, CASE WHEN day > %s THEN 'open' WHEN n %% 50 = 0 THEN 'missed' WHEN n %% 40 = 0 THEN 'waiting' ELSE 'done' END AS state
      FROM (SELECT n, %s::timestamptz + ((n * 7919) %% 95 - 60) * interval '1 day' AS day
            FROM generate_series(%s, %s) AS n) AS days) AS rows,
     (SELECT array_agg(id) AS malls FROM registry_tenant WHERE slug LIKE 'bench-%%') AS m,
     (SELECT array_agg(id) AS people FROM accounts_user WHERE email LIKE 'bench-%%') AS p
"""


def fill(*, malls: range, tasks: range) -> None:
    """Add malls without schemas, and tasks for all that there are."""
    now = clock.now()
    Tenant.objects.bulk_create(
        Tenant(
            schema_name=f"m_bench{number:011d}", slug=f"bench-{number}", name=f"Mall {number}", trade="restaurant", status="open",
            owner_email=f"o{number}@bench.example", created_at=now, opened_at=now,
        )
        for number in malls
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(FILL, [now - timedelta(days=2), now, tasks.start, tasks.stop - 1])
    # The planner's statistics, as autovacuum would have them; only the tables' owner may ask for them.
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("ANALYZE public.work_task, public.registry_tenant")
    assert Task.objects.count() == tasks.stop - 1


def hire() -> User:
    """Make the agency's people and return one of them."""
    roles.ensure_roles()
    group = Group.objects.get(name=roles.MANAGER)
    for number in range(PEOPLE):
        person = User.objects.create_user(f"bench-{number}@bench.example", name=f"P{number}", kind=User.Kind.AGENCY)
        person.groups.add(group)
    return User.objects.get(email="bench-0@bench.example")


def measured(client: Client, path: str, *, rounds: int, must_show: bool) -> dict[str, float]:
    """Ask for a page so often and return its p50 and p95 in ms and its queries; stop where it does not show what it should."""
    taken = []
    for number in range(rounds + 2):
        begun = time.perf_counter()
        answer = client.get(path)
        if number >= 2:  # the first two warm up
            taken.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        # Among few tasks one person may have none that is late.
        assert not must_show or re.search(r"Mall \d", answer.content.decode()), f"{path} shows no mall"
    with CaptureQueriesContext(connection) as seen:
        client.get(path)
    return {
        "p50_ms": round(percentile(taken, 0.5), 1),
        "p95_ms": round(percentile(taken, 0.95), 1),
        "queries": len(seen),
    }


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--malls", type=int, required=True)
    parser.add_argument("--tasks", type=int, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    given = parser.parse_args()
    few_malls, few_tasks = max(given.malls // 100, 5), max(given.tasks // 100, 100)
    client = Client(SERVER_NAME="localhost")
    client.force_login(hire(), backend=settings.AUTHENTICATION_BACKENDS[0])
    found = {}
    for name, malls, tasks in (
        ("few", range(few_malls), range(1, few_tasks + 1)),
        ("all", range(few_malls, given.malls), range(few_tasks + 1, given.tasks + 1)),
    ):
        fill(malls=malls, tasks=tasks)
        cache.clear()
        found[name] = {
            page: measured(client, path, rounds=given.rounds, must_show=name == "all") for page, path in PAGES.items()
        }
    print(json.dumps(found))


main()
