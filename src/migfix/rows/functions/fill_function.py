"""The function that fills one column of existing rows, and the RunPython that calls it."""

from __future__ import annotations

from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.fill import Fill
from migfix.rows.functions.opening import opening
from migfix.rows.functions.replace_values import replacing
from migfix.rows.functions.row_statements import BATCH, row_statements
from migfix.rows.functions.slugs import slugs
from migfix.rows.functions.variables import Variables
from migfix.source.edits import AddImport, Edit
from migfix.source.formatting import call, flatten, free_name, literal, prefixed, render, snake
from migfix.source.migration import Migration


def fill_edits(
    migration: Migration, index: int, fill: Fill, taken: set[str], is_cleared: bool = False
) -> tuple[str, list[Edit]]:
    """The function's name, and the edits that run it before operation ``index``. The name is added to ``taken``.

    ``is_cleared``: going back sets NULL again in the rows that have the value.
    """
    stem = f"{snake(fill.model.name)}_{fill.field.lower()}"
    name, back = (free_name(f"{verb}_{stem}", taken) for verb in ("fill", "clear"))
    taken.add(name)
    codes = [function_code(name, fill)]
    if is_cleared:
        taken.add(back)
        codes.append(replacing(back, fill.model, fill.field, [(flatten(fill.value), "None")], CANNOT_HOLD))
        edits = step_edits(migration, index, name, *codes, reverse=back)
    else:
        edits = step_edits(migration, index, name, *codes, is_elidable=True, comment=fill.left)
    imports = [("django.db", "router"), *fill.imports]
    return name, [*edits, *(AddImport(migration.path, module, imported) for module, imported in imports)]


CANNOT_HOLD = "# The old type of the column can't hold this value."


def function_code(name: str, fill: Fill) -> str:
    """The code of the function: one UPDATE if all rows get the same value, else batches by primary key."""
    variables = fill.variables
    write = _update if fill.is_for_all else row_statements if fill.is_sent_as_sql else _saved_rows
    write = slugs if fill.slug_of else write
    return "\n".join([*opening(name, variables, fill.comment), *write(variables, fill)]) + "\n"


def _update(variables: Variables, fill: Fill) -> list[str]:
    changed, rows = call(".update", prefixed(f"{fill.field}=", fill.value)), variables.own("rows")
    return [
        f"    {rows} = {variables.rows(fill.model)}",
        "    " + render(call(f"{rows}.filter({fill.field}__isnull=True).update", *changed.items), 4),
    ]


def _saved_rows(variables: Variables, fill: Fill) -> list[str]:
    rows, row, empty, batch = map(variables.own, ("rows", "row", "empty", "batch"))
    return [
        f"    {rows} = {variables.rows(fill.model)}.order_by({literal('pk')})",
        f"    {empty} = {rows}.filter({fill.field}__isnull=True).only({literal(fill.field)})",
        f"    {batch} = list({empty}[:{BATCH}])",
        f"    while {batch}:",
        f"        for {row} in {batch}:",
        "            " + render(prefixed(f"{row}.{fill.attribute} = ", fill.value), 12),
        "        " + render(call(f"{rows}.bulk_update", batch, f"[{literal(fill.field)}]"), 8),
        f"        {batch} = list({empty}.filter(pk__gt={batch}[-1].pk)[:{BATCH}])",
    ]
