"""The lines of a fill function that give each row a slug of its own."""

from __future__ import annotations

from migfix.rows.functions.fill import Fill
from migfix.rows.functions.variables import Variables
from migfix.source.formatting import flatten, literal


def slugs(variables: Variables, fill: Fill) -> list[str]:
    """The lines after those that get the model. Equal slugs are numbered, and cut to the length of the column."""
    room = fill.room
    cut = f"[:{room}]" if room else ""
    shorter = f"base[: {room} - len(end)]" if room else "base"
    return [
        f"    rows = {variables.rows(fill.model)}.order_by({literal('pk')})",
        "    taken = set()",
        f"    for row in rows.only({literal(fill.slug_of)}).iterator():",
        f"        value = base = {flatten(fill.value)}{cut} or str(row.pk)",
        "        number = 1",
        "        while value in taken:",
        "            number += 1",
        '            end = f"-{number}"',
        f"            value = {shorter} + end",
        "        taken.add(value)",
        f"        row.{fill.field} = value",
        f"        row.save(update_fields=[{literal(fill.field)}])",
    ]
