"""
The unsafe entrances: ways into a mall's schema, its cache, its tasks or its tokens that leak between malls.

Each is allowed in the one place that makes it safe. See the README of `tenants/isolation`.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

ISOLATION = "tenants/isolation/"
CONTEXTS = {"schema_context", "tenant_context"}
SWITCHES = {"set_tenant", "set_schema", "set_schema_to_public"}
# Each starts work on another thread, task or process, where no mall is entered.
STARTS = {
    "threading": {"Thread", "Timer"},
    "_thread": {"start_new_thread"},
    "concurrent.futures": {"ThreadPoolExecutor", "ProcessPoolExecutor"},
    "multiprocessing": {"Process", "Pool"},
    "multiprocessing.pool": {"Pool", "ThreadPool"},
    "asyncio": {"to_thread", "create_task", "run"},
    "asgiref.sync": {"sync_to_async", "async_to_sync"},
}
SENDS = {"delay", "apply_async", "delay_on_commit", "apply_async_on_commit"}
# rule -> where it may be broken, and what to use elsewhere
ALLOWED = {
    "context": ((ISOLATION,), "inside(mall)"),
    "switch": ((ISOLATION,), "inside(mall)"),
    "building": (("tenants/",), "inside(mall); tables are made and changed by tenants.* only"),
    "send": (("saas/kernel/tasks.py",), "enqueue(…), which waits for the commit and carries the schema"),
    "cache-clear": ((ISOLATION,), "deleting the keys that were written; clear() empties every mall's"),
    "signing": ((ISOLATION,), "the tokens of tenants.isolation, which one mall cannot use at another"),
    "raw-cursor": ((ISOLATION,), "connection.cursor(), which runs in the mall that was entered"),
    "thread": (
        (
            ISOLATION,
            "billing/sandbox/",  # a process of its own without Django's database
            "saas/project/cli/check.py",  # waits for other processes
            "saas/kernel/outgoing.py",  # a timer that closes a socket
            "tenants/frontcache/turns.py",  # each request enters its mall by the middleware
        ),
        "MallThreads, beside(…) or run_in_mall(…), which carry the mall and close the thread's connection",
    ),
    "from-current": ((), "TG_TABLE_SCHEMA and format('%I'), which stay right in a copied schema"),
}


@dataclass(frozen=True)
class Violation:
    """A use of an unsafe entrance."""

    rule: str
    place: str

    def __str__(self) -> str:
        return f"{self.place}: {self.rule}; use {ALLOWED[self.rule][1]}"


def violations(name: PurePath, text: str) -> Iterator[Violation]:
    """Yield the module's uses of unsafe entrances that are not allowed where it stands."""
    tree = ast.parse(text)
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        for rule in _broken(node, is_documentation=id(node) in documentation):
            if not any(name.as_posix().startswith(place) for place in ALLOWED[rule][0]):
                yield Violation(rule, f"{name}:{getattr(node, 'lineno', 0)}")


def _broken(node: ast.AST, *, is_documentation: bool) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom):
        yield from _by_import(node)
    elif isinstance(node, ast.Import) and any(alias.name == "django.core.signing" for alias in node.names):
        yield "signing"
    elif isinstance(node, ast.Attribute) and node.attr in STARTS.get(_dotted(node.value), ()):
        yield "thread"
    elif isinstance(node, ast.Attribute) and node.attr in CONTEXTS:
        yield "context"
    elif isinstance(node, ast.Attribute) and node.attr == "connection" and _is_connection(node.value):
        yield "raw-cursor"
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield from _by_call(node.func)
    elif isinstance(node, ast.Constant) and not is_documentation and _pins_path(node.value):
        yield "from-current"
    if isinstance(node, ast.Attribute) and (node.attr == "as_owner" and isinstance(node.ctx, ast.Store)):
        yield "building"
    if isinstance(node, ast.Attribute) and node.attr == "building" and _is_entrance(node.value):
        yield "building"


def _dotted(value: ast.expr) -> str:
    """Return `a.b` for the expression a.b; "" for others."""
    if isinstance(value, ast.Name):
        return value.id
    if isinstance(value, ast.Attribute) and (before := _dotted(value.value)):
        return f"{before}.{value.attr}"
    return ""


def _is_entrance(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id == "entrance"


def _pins_path(value: object) -> bool:
    return isinstance(value, str) and "FROM CURRENT" in " ".join(value.upper().split())


def _by_import(node: ast.ImportFrom) -> Iterator[str]:
    names = {alias.name for alias in node.names}
    if names & CONTEXTS:
        yield "context"
    if "building" in names and (node.module or "").endswith("entrance"):
        yield "building"
    if names & STARTS.get(node.module or "", set()):
        yield "thread"
    if node.module == "django.core.signing" or (node.module == "django.core" and "signing" in names):
        yield "signing"


def _by_call(called: ast.Attribute) -> Iterator[str]:
    if called.attr in SWITCHES:
        yield "switch"
    if called.attr in SENDS:
        yield "send"
    if called.attr == "clear" and _is_cache(called.value):
        yield "cache-clear"


def _is_connection(value: ast.expr) -> bool:
    if isinstance(value, ast.Name):
        return value.id == "connection"
    return isinstance(value, ast.Subscript) and isinstance(value.value, ast.Name) and value.value.id == "connections"


def _is_cache(value: ast.expr) -> bool:
    if isinstance(value, ast.Name):
        return value.id == "cache" or value.id.endswith("_cache")
    if isinstance(value, ast.Attribute):
        return value.attr == "cache" or value.attr.endswith("_cache")
    return isinstance(value, ast.Subscript) and isinstance(value.value, ast.Name) and value.value.id == "caches"
