"""
Canaries: a word of the mall's own in each of its text columns, in its JSON texts, files and cached values.

A canary is the mall's mark and three characters that name the column. Columns that the product reads as a code (states, ids,
paths, hashes) keep their value, as do those whose constraints refuse the word.
"""

import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.core.cache import caches
from django.db import models
from psycopg import sql

from tenants.isolation.entrance import inside

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
LEFT_ALONE = {
    "django_migrations", "django_content_type", "django_session", "auth_permission", "wagtailcore_locale", "mfa_authenticator",
    "account_emailaddress",
}  # fmt: skip
CODES = re.compile(
    r"(^|_)(id|ids|slug|path|kind|state|status|currency|zone|language|code|hash|digest|token|key|codename|model|label|"
    r"hostname|file|password|reference|schema|colou?r|font|number|trade|phone|format|filter_spec|hours|direction|sku|"
    r"handle|action|uuid|session_url|scheme|barcode|autocomplete|title_norm)(_|$)"
)
FILE = "fil"
CACHED = "cch"


@dataclass
class Canaries:
    """A mall's mark and what its words mean."""

    mark: str
    columns: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def found(self, text: str) -> set[str]:
        """Return the places ("orders_order.name") whose words stand in the text."""
        return {self.columns.get(word, word) for word in re.findall(re.escape(self.mark) + "(...)", text)}


def plant(tenant: Any, *, url: str, media_root: str) -> Canaries:
    """Plant the mall's canaries, in rows (as superuser at `url`, triggers off), files and cached values."""
    canaries = Canaries("qz" + "".join(secrets.choice(DIGITS) for _place in range(8)))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(sql.SQL("SET search_path = {}, extensions").format(sql.Identifier(tenant.schema_name)))
        for number, (table, column) in enumerate(_text_columns()):
            word = DIGITS[number // 1296] + DIGITS[number // 36 % 36] + DIGITS[number % 36]
            _plant_column(connection, canaries, table, column, word)
        # allauth keeps a copy of a person's address, and makes it anew when it differs.
        connection.execute(
            "UPDATE account_emailaddress e SET email = u.email FROM accounts_user u WHERE u.id = e.user_id"
        )
    canaries.columns |= {FILE: "a file", CACHED: "a cached value"}
    _plant_files(Path(media_root) / tenant.schema_name, canaries)
    with inside(tenant):
        for alias in caches:
            caches[alias].set("canary", canaries.mark + CACHED, timeout=None)
    return canaries


def _text_columns() -> list[tuple[str, models.Field[Any, Any]]]:
    kinds = (models.CharField, models.TextField, models.JSONField)
    found = [
        (model._meta.db_table, column)
        for model in apps.get_models(include_auto_created=True)
        for column in model._meta.local_concrete_fields
        if model._meta.managed and model._meta.db_table not in LEFT_ALONE
        if (isinstance(column, kinds) or column.get_internal_type() == "JSONField") and not column.choices
        if not CODES.search(str(column.column))
    ]
    return sorted(found, key=lambda place: (place[0], str(place[1].column)))


def _plant_column(
    connection: psycopg.Connection[Any], canaries: Canaries, table: str, column: models.Field[Any, Any], word: str
) -> None:
    name, place = sql.Identifier(str(column.column)), sql.Identifier(table)
    canary = canaries.mark + word
    try:
        with connection.transaction():
            kind = connection.execute(
                sql.SQL("SELECT pg_typeof({})::text FROM {} LIMIT 1").format(name, place)
            ).fetchone()
            if kind is None:
                return  # no rows
            if kind[0] == "jsonb":
                done = _plant_json(connection, place, name, canary)
            else:
                done = _plant_text(connection, place, name, canary, column)
    except psycopg.Error:
        done = 0
    if done:
        canaries.columns[word] = f"{table}.{column.column}"
    else:
        canaries.left.append(f"{table}.{column.column}")


def _plant_text(
    connection: psycopg.Connection[Any],
    place: sql.Composable,
    name: sql.Composable,
    canary: str,
    column: models.Field[Any, Any],
) -> int:
    if isinstance(column, models.EmailField):
        new = sql.SQL("{0} || {1}").format(sql.Literal(canary), name)
    else:
        room = (column.max_length or 100_000) - len(canary) - 1
        if room < 0:
            return 0
        new = sql.SQL("btrim(left({0}, {1}) || ' ' || {2})").format(name, sql.Literal(room), sql.Literal(canary))
    query = sql.SQL("UPDATE {0} SET {1} = {2} WHERE {1} IS NOT NULL").format(place, name, new)
    return connection.execute(query).rowcount


def _plant_json(connection: psycopg.Connection[Any], place: sql.Composable, name: sql.Composable, canary: str) -> int:
    done = 0
    for old, number in connection.execute(sql.SQL("SELECT {}, ctid::text FROM {}").format(name, place)).fetchall():
        new = _with_word(old, canary)
        if new != old:
            query = sql.SQL("UPDATE {} SET {} = %s WHERE ctid = %s::tid").format(place, name)
            done += connection.execute(query, [json.dumps(new), number]).rowcount
    return done


def _with_word(value: Any, canary: str) -> Any:
    if isinstance(value, dict):
        return {key: _with_word(inner, canary) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_word(inner, canary) for inner in value]
    # Prose has spaces; what has none may be a code.
    return f"{value} {canary}" if isinstance(value, str) and " " in value and not value.startswith("<") else value


def _plant_files(folder: Path, canaries: Canaries) -> None:
    for path in _files(folder):
        with path.open("ab") as file:
            file.write((canaries.mark + FILE).encode())


def _files(folder: Path) -> Iterable[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
