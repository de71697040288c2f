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
    """The name of a function, and the edits: a RunPython in the gap of each conflict, which works in both directions.

    ``SET CONSTRAINTS ALL IMMEDIATE`` makes the pending checks at once (PostgreSQL, "SET CONSTRAINTS").
    """
    places: list[int] = []
    last = len(migration.operations)
    for each in sorted(found, key=lambda one: one.gap(last)[1]):
        first, end = each.gap(last)
        if not any(first <= place <= end for place in places):
            places.append(end if not each.is_at_the_end or each.is_backward else first)
    name = free_name("check_foreign_keys", set(migration.bound))
    spelled = spelling(migration.imports, "django.db.migrations.RunPython")
    step = f"{spelled or 'migrations.RunPython'}(\n    {name},\n    reverse_code={name},\n)"
    code = with_quotes(_FUNCTION.format(name=name), quote_of(migration.source))
    imports = [] if spelled else [AddImport(migration.path, "django.db", "migrations")]
    steps = [Insert(migration.path, ("operations", place), step) for place in places]
    return name, [AddFunction(migration.path, code), *steps, *imports]
