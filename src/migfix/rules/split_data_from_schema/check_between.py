"""A step between two operations, in which PostgreSQL makes the checks that are pending."""

from __future__ import annotations

from collections.abc import Iterable

from migfix.rules.split_data_from_schema.conflict import Conflict
from migfix.source.edits import AddFunction, AddImport, Edit, Insert
from migfix.source.formatting import free_name, quote_of, with_quotes
from migfix.source.migration import Migration
from migfix.source.names import spelling

_FUNCTION = """def {name}(apps, schema_editor):
    # PostgreSQL can't alter a table while checks of its rows are pending.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.connection.check_constraints()
"""


def check_between(migration: Migration, found: Iterable[Conflict]) -> tuple[str, list[Edit]]:
    """The name of a function, and the edits: a RunPython in the gap of each conflict, which checks in its direction.

    In the other one it must do nothing: it would put off checks that PostgreSQL makes at once there (PostgreSQL, "SET
    CONSTRAINTS").
    """
    places: dict[int, set[bool]] = {}
    """Where a check stands -> whether it runs going back, or forward, or both."""
    last = len(migration.operations)
    for each in sorted(found, key=lambda one: one.gap(last)[1]):
        first, end = each.gap(last)
        own = end if not each.is_at_the_end or each.is_backward else first
        place = next((there for there in places if first <= there <= end), own)
        places.setdefault(place, set()).add(each.is_backward)
    name = free_name("check_foreign_keys", set(migration.bound))
    spelled = spelling(migration.imports, "django.db.migrations.RunPython")
    step = spelled or "migrations.RunPython"
    code = with_quotes(_FUNCTION.format(name=name), quote_of(migration.source))
    imports = [] if spelled else [AddImport(migration.path, "django.db", "migrations")]
    steps = [
        Insert(migration.path, ("operations", place), f"{step}(\n    {forward},\n    reverse_code={backward},\n)")
        for place, ways in places.items()
        for forward, backward in [[name if way in ways else f"{step}.noop" for way in (False, True)]]
    ]
    return name, [AddFunction(migration.path, code), *steps, *imports]
