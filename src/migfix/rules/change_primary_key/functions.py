"""The functions that give rows other keys."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.altered_fields import AlteredField
from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables, unique
from migfix.rules.change_primary_key.pointing import Pointing
from migfix.source.formatting import Code, call, literal, render
from migfix.source.migration import Call, Literal

Names = tuple[str, str, str, str]
"""The function that changes keys, its two callers, and the one that resets the sequence."""


def functions(names: Names, each: AlteredField, pointing: Pointing, made: str) -> list[str]:
    """The code of the four functions. ``made`` is the code of a new UUID."""
    change, give, number, reset = names
    return [
        _change(change, each, pointing),
        f"def {give}(apps, schema_editor):\n    {change}(apps, schema_editor, lambda number: {made}.hex)\n",
        f"def {number}(apps, schema_editor):\n    {change}(apps, schema_editor, str)\n",
        _reset(reset, each.model),
    ]


def _change(name: str, each: AlteredField, pointing: Pointing) -> str:
    """Every row gets a key from ``made``, and so do the rows that point at it."""
    model, key = each.model, each.old.name
    keyed = [(owner, field) for owner, field in pointing if field.kind != "ManyToManyField"]
    variables = Variables(unique((model, *(owner for owner, _ in keyed))))
    lines = opening(name, variables, "# The key is text on the way from numbers to UUIDs and back.")
    lines[0] = render(call(f"def {name}", "apps", "schema_editor", "made", tail="):"))
    links = list(_links(model, pointing))
    lines += [f"    {link} = {code}" for link, code, _ in links]
    lines += [
        f"    rows = {variables.rows(model)}",
        f"    keys = list(rows.order_by({literal('pk')}).values_list({literal('pk')}, flat=True))",
        "    for number, old in enumerate(keys, 1):",
        "        new = made(number)",
        f"        rows.filter({key}=old).update({key}=new)",
    ]
    for owner, field in keyed:
        lines.append("        " + render(_update(variables.rows(owner), f"{field.name}_id"), 8))
    for link, _, columns in links:
        lines += ["        " + render(_update(f"{link}.objects.using(alias)", column), 8) for column in columns]
    return "\n".join([*lines, ""])


def _update(rows: str, column: str) -> Code:
    return call(f"{rows}.filter({column}=old).update", f"{column}=new")


def _links(model: Model, pointing: Pointing) -> Iterator[tuple[str, str, list[str]]]:
    """Variable, code and columns of each table of links that Django makes itself."""
    for owner, field in pointing:
        if _is_automatic(field):
            variable = f"{owner.name}{field.name.title().replace('_', '')}"
            code = f"apps.get_model({literal(owner.app)}, {literal(f'{owner.name}_{field.name}')})"
            yield variable, code, _columns(model, owner, field)


def _is_automatic(field: Field) -> bool:
    return field.kind == "ManyToManyField" and field.get("through") is None


def _columns(model: Model, owner: Model, field: Field) -> list[str]:
    """The columns with keys of ``model`` in the table of links of ``owner.field``."""
    name = model.name.lower()
    if owner.key != model.key:
        return [f"{name}_id"]
    to = field.value.argument("to", 0) if isinstance(field.value, Call) else None
    is_to_itself = isinstance(to, Literal) and str(to.value).lower() in ("self", f"{model.app}.{name}", name)
    return [f"from_{name}_id", f"to_{name}_id"] if is_to_itself else [f"{name}_id"]


def _reset(name: str, model: Model) -> str:
    variables = Variables((model,))
    lines = [
        *opening(name, variables, "# Rows that have a number again don't advance PostgreSQL's sequence."),
        f"    statements = schema_editor.connection.ops.sequence_reset_sql(no_style(), [{variables.of(model)}])",
        "    for sql in statements:",
        "        schema_editor.execute(sql)",
    ]
    return "\n".join([*lines, ""])
