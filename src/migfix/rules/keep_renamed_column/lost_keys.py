"""Numbers that become a foreign key although the row they point at doesn't exist."""

from __future__ import annotations

from migfix.changes.replaced_fields import ReplacedField
from migfix.history import History
from migfix.history.model import Model
from migfix.rows.allow_null import allow_null
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.opening import opening
from migfix.rows.functions.replace_values import FORBIDS_AGAIN, replacing
from migfix.rows.functions.variables import Variables, unique
from migfix.rows.placeholder_rows.values import INTEGERS
from migfix.source.edits import AddImport, Edit
from migfix.source.formatting import free_name, snake
from migfix.source.migration import Migration
from migfix.source.writer import Writer


def clear_lost_keys(migration: Migration, each: ReplacedField, history: History) -> tuple[list[Edit], str]:
    """The edits that set such numbers to NULL before the change, if the key may be NULL; else a sentence on them."""
    if each.old.is_key or not each.new.is_key or each.new.is_unconstrained:
        return [], ""
    stops = f" A value of {each.old.name} without a row stops the migration, as no key may point nowhere."
    if not each.new.is_true("null"):
        return [], stops
    target = each.new.target(*each.model.key, history.facts)
    state = history.state_before(migration, each.added)
    model = state.models.get(target) if target else None
    can_come_back = each.old.is_true("null") or each.old.kind in INTEGERS
    if model is None or each.new.get("to_field") or not can_come_back:
        return [], stops
    old, stem = each.old.name, f"{snake(each.model.name)}_{each.old.name}"
    clear, fill = (free_name(f"{verb}_{stem}", set(migration.bound)) for verb in ("clear_lost", "fill"))
    comment = "Going back leaves these values out."
    step = step_edits(migration, each.added, clear, _clear(clear, each, model), is_elidable=True, comment=comment)
    needed = AddImport(migration.path, "django.db", "router")
    wrote = f" {clear}() sets values without a row to NULL first."
    if each.old.is_true("null"):
        return [*step, needed], wrote
    writer = Writer(migration)
    first = allow_null(each.added, each.model, each.old, writer)
    noop = f"{writer.name('django.db.migrations.RunPython')}.noop"
    code = replacing(fill, each.model, old, [("None", "0")], f"{FORBIDS_AGAIN} No row has the number 0.")
    back = step_edits(migration, each.added, noop, code, reverse=fill)
    return [first, *writer.edits, *back, *step, needed], wrote


def _clear(name: str, each: ReplacedField, target: Model) -> str:
    variables, old = Variables(unique((each.model, target))), each.old.name
    lines = [
        *opening(name, variables, "# A foreign key can't point at a row that doesn't exist."),
        f"    rows = {variables.rows(each.model)}.exclude({old}__isnull=True)",
        f'    known = {variables.rows(target)}.values("pk")',
        f'    lost = list(rows.exclude({old}__in=known).values_list("pk", flat=True))',
        f"    rows.filter(pk__in=lost).update({old}=None)",
    ]
    return "\n".join([*lines, ""])
