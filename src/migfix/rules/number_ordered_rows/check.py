"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.tables import may_have_rows
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.model import Model
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables
from migfix.rows.leftover_tables import before_migrating
from migfix.rows.placeholder_rows.made_by_steps import writes_column
from migfix.rules.number_ordered_rows import RULE
from migfix.source.edits import AddImport
from migfix.source.formatting import free_name, literal, snake
from migfix.source.migration import Literal, Migration, Operation, Sequence
from migfix.source.writer import CannotWrite

_BY_HAND = "Number the rows in your own RunPython after it: it sets _order."
_COUNTED_ANEW = "# Rows keep the order that they had, and are counted anew."
_COMMENT = "# Existing rows all have 0. They keep the order that they had."


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Number the rows right after the operation."""
    for migration in migrations:
        taken = set(migration.bound)
        for index, op, state in history.states(migration):
            is_ordering = op.kind == "AlterOrderWithRespectTo" and op.text("order_with_respect_to")
            model = state.models.get((migration.app, op.model)) if is_ordering else None
            if model is None or not may_have_rows(model, migration) or writes_column(migration, model.key, "_order"):
                continue
            if model.options.get("order_with_respect_to") != op.arguments["order_with_respect_to"]:
                yield _finding(migration, index, op, model, taken, history)


def _finding(
    migration: Migration, index: int, op: Operation, model: Model, taken: set[str], history: History
) -> Finding:
    owner = op.text("order_with_respect_to")
    why = f"all existing rows of {model.label} get the same place in the order of their {owner}."
    order = _order(history.state_before(migration).models.get(model.key, model), model)
    if order is None:
        why = f"{why[:-1]}, and migfix can't read the ordering that they had."
        return Refusal(RULE.code, migration.path, op.line, why, _BY_HAND)
    name = free_name(f"number_{snake(model.name)}_order", taken)
    try:
        function = _function(name, model, owner, order)
    except CannotWrite as reason:
        return Refusal(RULE.code, migration.path, op.line, f"{why[:-1]}, and {reason}.", _BY_HAND)
    taken.add(name)
    edits = step_edits(migration, index + 1, name, function, is_elidable=True)
    wrote = f"{name}() numbers the rows of each {owner} in a RunPython after it, in the order that they had."
    imports = AddImport(migration.path, "django.db", "router")
    advice = before_migrating(migration, index, history)
    return Rewrite(RULE.code, migration.path, op.line, why, wrote, (*edits, imports), advice=advice)


def _function(name: str, model: Model, owner: str, order: tuple[str, ...]) -> str:
    """The code of the function: the rows of one owner at a time."""
    variables, by = Variables((model,)), ", ".join(map(literal, order))
    lines = [
        *opening(name, variables, _COUNTED_ANEW if order[0] == "_order" else _COMMENT),
        f"    rows = {variables.rows(model)}",
        f"    for owner in rows.order_by().values_list({literal(owner)}, flat=True).distinct():",
        f"        batch = list(rows.filter({owner}=owner).order_by({by}).only({literal('pk')}))",
        "        for number, row in enumerate(batch):",
        "            row._order = number",
        f"        rows.bulk_update(batch, [{literal('_order')}], batch_size=1000)",
    ]
    return "\n".join([*lines, ""])


def _order(before: Model, model: Model) -> tuple[str, ...] | None:
    """The order that the rows had ``before`` the file: their old place, else the ordering, and the primary key.

    None if it can't be read.
    """
    if model.options.get("order_with_respect_to") not in (None, Literal(None)):
        return "_order", "pk"
    ordering = before.options.get("ordering")
    if ordering is None and before.bases:
        return None  # the model may inherit the ordering
    if ordering is None:
        return ("pk",)
    items = ordering.items if isinstance(ordering, Sequence) else ()
    names = [str(each.value) for each in items if isinstance(each, Literal) and isinstance(each.value, str)]
    is_known = len(names) == len(items) and all(_is_field(each, model) for each in names)
    return tuple(dict.fromkeys((*names, "pk"))) if is_known else None


def _is_field(name: str, model: Model) -> bool:
    """Whether rows can be ordered by it, also through a relation: ``quiz__name``."""
    first = name.lstrip("-").split("__")[0]
    return first in model.fields or first in ("pk", "id")
