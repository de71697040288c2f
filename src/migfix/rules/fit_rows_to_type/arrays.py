"""An array of PostgreSQL that becomes JSON, which it has no cast for."""

from __future__ import annotations

from migfix.changes.altered_fields import AlteredField
from migfix.history.fields import Field
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables
from migfix.rows.placeholder_rows.values import INTEGERS, TEXT
from migfix.source.formatting import literal
from migfix.source.migration import Value

_IN_JSON = INTEGERS | TEXT.keys() | {"BooleanField", "FloatField", "ArrayField"}
"""The classes whose values JSON holds as they are."""


def is_array_to_json(each: AlteredField) -> bool:
    """Whether an array of text, numbers or booleans becomes JSON."""
    return each.old.kind == "ArrayField" and each.new.kind == "JSONField" and _is_in_json(each.old)


def _is_in_json(field: Field) -> bool:
    item: Value | None = field.get("base_field")
    if item is None:
        return False
    held = Field(field.name, item)
    return _is_in_json(held) if held.kind == "ArrayField" else held.kind in _IN_JSON


def copying(name: str, each: AlteredField, old: str, new: str, is_forward: bool) -> str:
    """Copy from one column to the other, which is the same in both directions: both read and take a list."""
    variables = Variables((each.model,))
    return "\n".join(
        [
            *opening(name, variables, "# PostgreSQL has no cast between arrays and JSON."),
            f"    rows = {variables.rows(each.model)}.exclude({old}__isnull=True)",
            f'    for pk, value in rows.values_list("pk", {literal(old)}).iterator():',
            f"        rows.filter(pk=pk).update({new}=value)",
            "",
        ]
    )
