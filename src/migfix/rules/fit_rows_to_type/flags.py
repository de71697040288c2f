"""A boolean that becomes a number, or a number that becomes a boolean: PostgreSQL has no cast for most of them."""

from __future__ import annotations

from migfix.changes.altered_fields import AlteredField
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables
from migfix.rows.placeholder_rows.values import INTEGERS
from migfix.source.formatting import call, literal, render

_NUMBERS = INTEGERS | {"FloatField", "DecimalField"}
_VALUES = {"False": "0", "True": "1"}


def are_flags(each: AlteredField) -> bool:
    """Whether one of the two fields is a boolean, and the other a number."""
    kinds = each.old.kind, each.new.kind
    is_key = each.old.is_true("primary_key") or each.new.is_true("primary_key")
    is_number = (kinds[0] in INTEGERS, kinds[1] in _NUMBERS)
    return not is_key and (
        (is_number[0] and kinds[1] == "BooleanField") or (kinds[0] == "BooleanField" and is_number[1])
    )


def copying(name: str, each: AlteredField, old: str, new: str, is_forward: bool) -> str:
    """Copy from one column to the other. Forward, numbers other than 0 and 1 stop the migration."""
    variables = Variables((each.model,))
    is_to_number = (each.old.kind == "BooleanField") == is_forward
    lines = [
        *opening(name, variables, "# Not every database can turn a boolean into a number."),
        f"    rows = {variables.rows(each.model)}",
    ]
    if is_to_number:
        lines += [f"    rows.filter({old}={flag}).update({new}={number})" for flag, number in _VALUES.items()]
        return "\n".join([*lines, ""])
    if is_forward:
        said = f'f"{each.label} is neither 0 nor 1 in these rows: {{keys}}"'
        lines += [
            f"    others = rows.filter({old}__isnull=False).exclude({old}__in=[0, 1])",
            f"    keys = list(others.values_list({literal('pk')}, flat=True)[:10])",
            "    if keys:",
            "        " + render(call("raise ValueError", said), 8),
        ]
    lines += [
        f"    rows.filter({old}=0).update({new}=False)",
        f"    rows.filter({old}__isnull=False).exclude({old}=0).update({new}=True)",
    ]
    return "\n".join([*lines, ""])
