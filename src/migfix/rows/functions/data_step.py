"""A data step that migfix writes: its functions, and the RunPython that runs the last of them."""

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
) -> list[Edit]:
    """The edits that put ``functions`` into the file and run ``name`` before operation ``index``.

    ``reverse`` names the function that goes back; without one a noop does.
    """
    spelled = spelling(migration.imports, "django.db.migrations.RunPython")
    run_python = spelled or "migrations.RunPython"
    lines = [name, f"reverse_code={reverse or f'{run_python}.noop'}", *(["elidable=True"] if is_elidable else [])]
    code = f"{run_python}(\n" + "".join(f"    {line},\n" for line in lines) + ")"
    quote = quote_of(migration.source)
    return [
        Insert(migration.path, ("operations", index), code, comment),
        *(AddFunction(migration.path, with_quotes(each, quote)) for each in functions),
        *([] if spelled else [AddImport(migration.path, "django.db", "migrations")]),
    ]
