"""A RunPython that migfix writes, with its functions."""

from __future__ import annotations

from migfix.source.edits import AddFunction, AddImport, Edit, Insert
from migfix.source.formatting import quote_of, with_quotes
from migfix.source.migration import Migration
from migfix.source.names import spelling


def step_edits(
    migration: Migration,
    index: int,
    name: str,
    *functions: str,
    reverse: str | None = None,
    is_elidable: bool = False,
    comment: str | None = None,
    is_atomic: bool = True,
) -> list[Edit]:
    """The edits that add ``functions`` to the file, and a RunPython of ``name`` before operation ``index``.

    ``reverse`` is the name of the reverse function. Without it the reverse is a noop. A step that changes tables isn't
    atomic, because MySQL refuses that in a transaction.
    """
    spelled = spelling(migration.imports, "django.db.migrations.RunPython")
    run_python = spelled or "migrations.RunPython"
    lines = [name, f"reverse_code={reverse or f'{run_python}.noop'}", *(["elidable=True"] if is_elidable else [])]
    lines += [] if is_atomic else ["atomic=False"]
    code = f"{run_python}(\n" + "".join(f"    {line},\n" for line in lines) + ")"
    quote = quote_of(migration.source)
    return [
        Insert(migration.path, ("operations", index), code, comment),
        *(AddFunction(migration.path, with_quotes(each, quote)) for each in functions),
        *([] if spelled else [AddImport(migration.path, "django.db", "migrations")]),
    ]
