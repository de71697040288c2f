"""Indexes, constraints, types and NULLs that differ from what applied migrations made."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migfix.commands.doctor.drift import Drift
from migfix.commands.doctor.expected import Expected
from migfix.commands.doctor.tables import MAKE_AGAIN, maker

_UUID = (
    "Django 5.0 makes uuid columns on MariaDB 10.7 and later, and writes values with dashes, which char(32) doesn't "
    "hold: change the column and the keys that point at it, or keep char(32) with a field of your own: "
    "https://docs.djangoproject.com/en/stable/releases/5.0/#migrating-existing-uuidfield-on-mariadb-10-7."
)


def facets(expected: Expected) -> Iterator[Drift]:
    """What the tables and columns that are there lack."""
    answer = expected.compared or {}
    for kind, table, rest, *more in (each for each in answer["missing"] if each[0] not in ("table", "column")):
        app, column = expected.tables[table].app, rest if kind in ("null", "type", "key", "first", "default") else ""
        made_by = maker(expected.tables[table], rest if column else "", expected)
        name, what = _said(kind, table, rest, *more)
        next_step = MAKE_AGAIN
        if kind == "type":
            real = answer["real_types"][f"{table}.{rest}"]
            what = f"the column {rest} of {table} is {real}, and Django makes it {more[0]} today."
            next_step = _UUID if real == "char(32)" and more[0] == "uuid" else MAKE_AGAIN
        yield Drift(name, what, next_step, app, made_by, table, column)
    yield from _of_servers(expected)


def _said(kind: str, table: str, rest: str, *more: str) -> tuple[str, str]:
    """The name of a finding, and what it says."""
    made = "and the migrations that make it are applied."
    return {
        "null": ("wrong-null", f"the column {rest} of {table} isn't {' '.join(more)}, as the applied migrations say."),
        "type": ("wrong-type", ""),
        "primary": ("missing-constraint", f"the primary key {rest} of {table} isn't there, {made}"),
        "default": ("missing-default", f"the default of {rest} of {table} isn't there, {made}"),
        "unique": ("missing-constraint", f"the unique constraint on {rest} of {table} isn't there, {made}"),
        "key": ("missing-constraint", f"the foreign key constraint on {rest} of {table} isn't there, {made}"),
        "constraint": ("missing-constraint", f"the constraint {rest} of {table} isn't there, {made}"),
        "index": ("missing-index", f"the index on {rest} of {table} isn't there, {made}"),
        "first": ("missing-index", f"the index on {rest} of {table} isn't there, {made}"),
        "named-index": ("missing-index", f"the index {rest} of {table} isn't there, {made}"),
    }[kind]


def _of_servers(expected: Expected) -> Iterator[Drift]:
    answer = expected.compared or {}
    for table, name in answer["unvalidated"]:
        if table.lower() in expected.tables:
            what = f"PostgreSQL has never checked the older rows of {table} against the constraint {name} (NOT VALID)."
            next_step = "Let doctor validate it: migfix doctor --fix shows the statement."
            yield Drift("not-validated", what, next_step, expected.tables[table.lower()].app, "", table)
    for table in answer["behind"]:
        app = expected.tables[table].app
        what = f"the sequence of {table} is behind its largest key: the next INSERT fails with a duplicate key."
        next_step = f"python manage.py sqlsequencereset {app} prints the statement."
        yield Drift("sequence-behind", what, next_step, app, "", table)
    own = _named_in_code(expected) if answer["strangers"] else frozenset()
    for table in (each for each in answer["strangers"] if each not in own):
        what = f"the table {table} belongs to no model."
        yield Drift("table-of-no-model", what, "If nobody needs it, drop it by hand.", "", "", table)


def _named_in_code(expected: Expected) -> frozenset[str]:
    """The words of applied migrations with SQL or functions of their own: tables that they make belong to no model."""
    found: set[str] = set()
    for migration in map(expected.history.migration, expected.keys):
        if migration and any(op.kind in ("RunSQL", "RunPython") for op in migration.operations):
            found.update(_WORD.findall(migration.source.decode(errors="replace").lower()))
    return frozenset(found)


_WORD = re.compile(r"\w+")
