from pathlib import PurePath

import pytest

from tests.architecture import entrances, sources

PLANTED = {
    "context": [
        "from django_tenants.utils import schema_context",
        "from django_tenants.utils import get_tenant_model, tenant_context as entered",
        "import django_tenants.utils\nwith django_tenants.utils.schema_context('m_x'): pass",
    ],
    "switch": [
        "connection.set_tenant(mall)",
        "connections['default'].set_schema('m_x')",
        "connection.set_schema_to_public()",
    ],
    "building": [
        "from tenants.isolation.entrance import building",
        "from tenants.isolation.entrance import building as enter, inside",
        "entrance.building(mall)",
        "connection.as_owner = True",
    ],
    "send": ["send_receipt.delay(order_id=1)", "send_receipt.apply_async(kwargs={})", "task.delay_on_commit()"],
    "cache-clear": ["cache.clear()", "caches['renditions'].clear()", "self.page_cache.clear()"],
    "signing": [
        "from django.core import signing",
        "from django.core.signing import TimestampSigner",
        "import django.core.signing",
    ],
    "raw-cursor": ["connection.connection.execute('SELECT 1')", "connections['default'].connection.cursor()"],
    "thread": [
        "from threading import Event, Thread",
        "import threading\nthreading.Thread(target=work).start()",
        "threading.Timer(1, work)",
        "class Watcher(threading.Thread): pass",
        "from concurrent.futures import ThreadPoolExecutor as Pool",
        "import concurrent.futures\nconcurrent.futures.ThreadPoolExecutor(3)",
        "asyncio.to_thread(work)",
        "from asgiref.sync import sync_to_async",
        "from multiprocessing import Process",
    ],
    "from-current": [
        "sql = 'CREATE FUNCTION f() … SET search_path FROM CURRENT'",
        "sql = '''set search_path\n  from current'''",
    ],
}
HARMLESS = [
    "with inside(mall): pass",
    "enqueue('orders.send_receipt', order_id=1)",
    "errors.clear()",
    "lock = threading.Lock()",
    "with MallThreads(3) as pool: pool.submit(work)",
    "beside(work, name='lane')",
    "cache.delete('deals')",
    '"""Never SET search_path FROM CURRENT in a function."""',
]


def test_nobody_uses_an_unsafe_entrance() -> None:
    found = [
        str(violation)
        for name in sources.of_kind(".py", within=sources.PRODUCT)
        for violation in entrances.violations(name, sources.text(name))
    ]
    assert found == []


def test_no_template_sql_or_script_of_ours_pins_a_search_path() -> None:
    found = [str(name) for name in sources.of_kind(".sql", ".html") if "FROM CURRENT" in sources.text(name).upper()]
    assert found == []


@pytest.mark.parametrize(("rule", "code"), [(rule, code) for rule, codes in PLANTED.items() for code in codes])
def test_a_planted_violation_is_found(rule: str, code: str) -> None:
    found = list(entrances.violations(PurePath("storefront/orders/operations.py"), code))
    assert [violation.rule for violation in found] == [rule]


@pytest.mark.parametrize("code", HARMLESS)
def test_what_is_safe_is_let_through(code: str) -> None:
    assert list(entrances.violations(PurePath("storefront/orders/operations.py"), code)) == []


@pytest.mark.parametrize(("rule", "code"), [(rule, codes[0]) for rule, codes in PLANTED.items()])
def test_an_entrance_is_open_only_in_the_place_that_makes_it_safe(rule: str, code: str) -> None:
    for place in entrances.ALLOWED[rule][0]:
        name = PurePath(place if place.endswith(".py") else place + "entrance.py")
        assert list(entrances.violations(name, code)) == []
