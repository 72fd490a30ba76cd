"""
Reading what a caller sent: nested form fields, and a small description of what each address accepts.

A description is a dict of names; a value is a field, another dict, or a list with one of either.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from billing.sandbox.errors import ApiError, Json, bad

DIGITS = re.compile(r"-?[0-9]{1,15}")
PART = re.compile(r"\[([^\[\]]*)\]")
DEEPEST = 8


@dataclass(frozen=True)
class Text:
    """A string, of at most `limit` characters, one of `choices` if there are any."""

    limit: int = 5000
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Address:
    """An absolute http or https address."""


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    smallest: int | None = None
    largest: int | None = None


@dataclass(frozen=True)
class Flag:
    """`true` or `false`."""


@dataclass(frozen=True)
class Metadata:
    """Up to 50 names of 40 characters with values of 500; an empty value takes a name away."""


@dataclass(frozen=True)
class Echoed:
    """Accepted in any shape and only handed back."""


@dataclass(frozen=True)
class Upload:
    """A file, as a part of a multipart form."""


@dataclass(frozen=True)
class SentFile:
    """A file as it was sent."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Needed:
    """A field that must be there."""

    field: Any


def nested(pairs: Iterable[tuple[str, Any]]) -> Json:
    """
    Return `a[b][0][c]=1` as `{"a": {"b": {"0": {"c": "1"}}}}`; `a[]=x` counts up from 0.

    Lists stay dicts here, keyed by their position; `read` turns them into lists where a list is expected.
    """
    tree: Json = {}
    for name, value in pairs:
        head, bracket, _ = name.partition("[")
        parts = [head, *PART.findall(name)] if bracket else [name]
        if len(parts) > DEEPEST:
            raise bad(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
        branch = tree
        for index, part in enumerate(parts):
            key = part or str(len(branch))
            if index == len(parts) - 1:
                branch[key] = value
                break
            inner = branch.setdefault(key, {})
            if not isinstance(inner, dict):
                raise bad(f"Invalid parameter: {name}", param=head)
            branch = inner
    return tree


def read(schema: Json, sent: Json, *, under: str = "") -> Json:
    """
    Return what was sent as typed values; names that were not sent are absent, empty strings become None.

    :raises ApiError: an unknown name, a missing one, or a value of another kind (400, with Stripe's codes)
    """
    for name in sent:
        if name not in schema:
            raise _unknown(_path(under, name))
    values: Json = {}
    for name, field in schema.items():
        path = _path(under, name)
        if isinstance(field, Needed):
            if name not in sent:
                raise bad(f"Missing required param: {path}.", code="parameter_missing", param=path)
            if sent[name] == "":
                raise bad(f"You passed an empty string for '{path}'.", code="parameter_invalid_empty", param=path)
        if name in sent:
            values[name] = _value(field.field if isinstance(field, Needed) else field, sent[name], path)
    return values


def _path(under: str, name: str) -> str:
    return f"{under}[{name}]" if under else name


def _unknown(path: str) -> ApiError:
    return bad(
        f"Received unknown parameter: {path} (or one that the sandbox does not speak yet)",
        code="parameter_unknown",
        param=path,
    )


def _value(field: Any, sent: Any, path: str) -> Any:
    if isinstance(field, Echoed):
        return sent
    if isinstance(field, Metadata):
        return _metadata(sent, path)
    if isinstance(field, list):
        return _list(field[0], sent, path)
    if sent == "":
        return None
    if isinstance(field, dict):
        if not isinstance(sent, dict):
            raise bad("Invalid object", param=path)
        return read(field, sent, under=path)
    if isinstance(sent, dict):
        raise bad("Invalid string: expected a single value", param=path)
    return _single(field, sent, path)


def _list(field: Any, sent: Any, path: str) -> list[Any] | None:
    if sent == "":
        return None
    if not isinstance(sent, dict) or not all(key.isdigit() for key in sent):
        raise bad("Invalid array", param=path)
    ordered = sorted(sent.items(), key=lambda item: int(item[0]))
    return [_value(field, value, f"{path}[{key}]") for key, value in ordered]


def _single(field: Any, sent: Any, path: str) -> Any:
    if isinstance(field, Upload) != isinstance(sent, SentFile):
        raise bad("Invalid file: send it as a part of multipart/form-data", param=path)
    if isinstance(field, Upload):
        return sent
    if isinstance(field, Whole):
        return _whole(field, sent, path)
    if isinstance(field, Flag):
        if sent not in ("true", "false"):
            raise bad(f"Invalid boolean: {sent}", param=path)
        return sent == "true"
    if isinstance(field, Address):
        parts = urlsplit(sent)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise bad("Not a valid URL", code="url_invalid", param=path)
        return sent
    if len(sent) > field.limit:
        raise bad(
            f"Invalid string: must be at most {field.limit} characters",
            code="parameter_invalid_string_too_long",
            param=path,
        )
    if field.choices and sent not in field.choices:
        raise bad(f"Invalid {path}: must be one of {', '.join(field.choices)}", param=path)
    return sent


def _whole(field: Whole, sent: str, path: str) -> int:
    if not DIGITS.fullmatch(sent):
        raise bad(f"Invalid integer: {sent}", code="parameter_invalid_integer", param=path)
    number = int(sent)
    if field.smallest is not None and number < field.smallest:
        raise bad(
            f"This value must be greater than or equal to {field.smallest}.",
            code="parameter_invalid_integer",
            param=path,
        )
    if field.largest is not None and number > field.largest:
        raise bad(
            f"This value must be less than or equal to {field.largest}.", code="parameter_invalid_integer", param=path
        )
    return number


def _metadata(sent: Any, path: str) -> dict[str, str]:
    if sent == "":
        return {}
    if not isinstance(sent, dict) or not all(isinstance(value, str) for value in sent.values()):
        raise bad("Metadata must be a hash of strings", param=path)
    if len(sent) > 50:
        raise bad("Metadata can have up to 50 keys", param=path)
    for key, value in sent.items():
        if len(key) > 40:
            raise bad(f"Metadata keys can be up to 40 characters: {key[:40]}…", param=path)
        if len(value) > 500:
            raise bad(f"Metadata values can be up to 500 characters: {key}", param=f"{path}[{key}]")
    return dict(sent)


def merged(old: dict[str, str], new: dict[str, str] | None) -> dict[str, str]:
    """Return metadata after an update: given names replace, empty values remove, the others stay."""
    if new is None:
        return old
    return {key: value for key, value in {**old, **new}.items() if value != ""}
