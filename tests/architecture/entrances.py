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
