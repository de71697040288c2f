"""The lines of a generated function that create rows in batches, and the imports that they need."""

from __future__ import annotations

from migfix.rows.functions.row_statements import BATCH
from migfix.source.edits import AddImport, Edit
from migfix.source.formatting import Code, flatten, line_length, render


def created_rows(row: Code, loop: str, rows: str) -> list[str]:
    """Create what ``row`` makes in each turn of ``loop``. ``rows`` is the code of the new model's queryset."""
    flat = f"{flatten(row)} {loop}"
    made = [f"    made = ({flat})"]
    if len(made[0]) > line_length():
        lines = [flat] if len(flat) + 8 <= line_length() else [render(row, 8), loop]
        made = ["    made = (", *(f"        {line}" for line in lines), "    )"]
    return [*made, f"    while batch := list(islice(made, {BATCH})):", f"        {rows}.bulk_create(batch)"]


def imports(path: str) -> list[Edit]:
    """The imports of a function with these lines."""
    return [AddImport(path, "itertools", "islice"), AddImport(path, "django.db", "router")]
