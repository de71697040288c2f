"""Migrations that aren't recorded, and of which a database has a part: operation by operation."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.commands.doctor.drift import Drift
from migfix.commands.doctor.expected import Expected
from migfix.findings.words import listed
from migfix.source.migration import Migration


def begun(expected: Expected) -> Iterator[Drift]:
    """What Django finds in the tables of migrations that aren't recorded."""
    for app, name, parts, is_faked in (expected.compared or {}).get("begun", ()):
        migration = expected.history.migration((app, name))
        called = {part: _called(migration, parts, part) for part in ("there", "missing", "partly", "unknown")}
        if called["missing"] or called["partly"]:
            there = called["there"] or called["partly"]
            what = f"{app}.{name} isn't recorded as applied, and a part of it is there: {there}."
            next_step = "Let doctor run the rest, or take that back: migfix doctor --fix shows the statements."
            first = _fake_initial(migration, expected, is_faked)
            yield Drift("half-applied", f"{what}{_unknown(called['unknown'])}{first}", next_step, app, name)
            continue
        what = f"{app}.{name} isn't recorded as applied, and everything that it makes is there: {called['there']}."
        next_step = f"Record it: python manage.py migrate {app} {name} --fake."
        if called["unknown"]:
            next_step = "Let doctor record it, or take it back: migfix doctor --fix shows the statements."
        elif is_faked:
            next_step = f"migrate --fake-initial accepts it. Or: python manage.py migrate {app} {name} --fake."
        if not is_faked:
            what += " migrate --fake-initial doesn't accept it: it only looks at initial migrations that make tables."
        yield Drift("not-recorded", f"{what}{_unknown(called['unknown'])}", next_step, app, name)


def _fake_initial(migration: Migration | None, expected: Expected, is_faked: bool) -> str:
    """What ``migrate --fake-initial`` would do with an initial migration of which a part is there."""
    if migration is None or expected.history.own_parents(migration):
        return ""
    if is_faked:
        return " Don't use migrate --fake-initial: it would record it, and the rest would never run."
    return " migrate --fake-initial doesn't accept it: a table or a column that it makes isn't there."


def _called(migration: Migration | None, parts: list[str], part: str) -> str:
    """The operations of a migration that are there, missing …, with their lines."""
    operations = (
        {op.where[1]: op for op in migration.operations if op.where[:1] == ("operations",)} if migration else {}
    )
    found = [
        f"{operations[index].kind} on line {operations[index].line}"
        if index in operations and operations[index].kind
        else f"operation {index + 1}"
        for index, each in enumerate(parts)
        if each == part
    ]
    return listed(found) if found else ""


def _unknown(called: str) -> str:
    return f" The tables don't show {called}." if called else ""
