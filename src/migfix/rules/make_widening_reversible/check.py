"""What the rule finds, and what it writes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migfix.changes.altered_fields import AlteredField, altered_fields
from migfix.findings.finding import Finding, Rewrite
from migfix.history import History
from migfix.history.fields import Field, configured_value
from migfix.project.facts import ENGINES
from migfix.rows.allow_null import allow_null
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.replace_values import FORBIDS_AGAIN, replacing
from migfix.rows.removed_field import CannotComeBack, value_for
from migfix.rules.make_widening_reversible import RULE
from migfix.rules.make_widening_reversible.long_text import is_cut, stop_at_long_text
from migfix.source.data_functions.effects import effects
from migfix.source.data_functions.lookups import called_functions
from migfix.source.edits import AddImport
from migfix.source.formatting import flatten, free_name, snake
from migfix.source.migration import Call, Migration, Name, Value
from migfix.source.names import spelling
from migfix.source.writer import CannotWrite, Writer


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Fill the rows that have NULL by then when the migration is unapplied, and stop at text that would be cut."""
    for migration in migrations:
        taken = set(migration.bound)
        for each in altered_fields(migration, history):
            if _is_stuck(migration, each, history):
                yield from _finding(migration, each, taken, history)
            if is_cut(each, history.facts.engines or ENGINES) and not _is_read_back(migration, each, history):
                yield stop_at_long_text(migration, each, taken)


def _is_stuck(migration: Migration, each: AlteredField, history: History) -> bool:
    """Whether rows with NULL get no value when going back. Django itself gives them the old field's default."""
    if not each.gains("null") or each.old.is_relation or each.new.is_unique or "." in each.old.kind:
        return False
    field = _at_end(migration, each, history)
    is_kept = field is not None and field.is_true("null")
    return is_kept and each.old.get("default") is None and not _is_filled_back(migration, each)


def _at_end(migration: Migration, each: AlteredField, history: History) -> Field | None:
    """The field as the file leaves it, also under another name."""
    (app, model), name = each.model.key, each.new.name
    for op in migration.operations[each.index + 1 :]:
        if op.kind == "RenameModel" and op.model == model:
            model = op.text("new_name").lower()
        elif op.kind == "RenameField" and op.model == model and op.text("old_name") == name:
            name = op.text("new_name")
    found = history.state_after(migration).models.get((app, model))
    return found.fields.get(name) if found else None


def _is_filled_back(migration: Migration, each: AlteredField) -> bool:
    """Whether the reverse of a data step may fill the column, or a step of the file can't be reversed anyway."""
    for op in migration.operations:
        code = op.arguments.get("reverse_code")
        if op.kind in ("", "RunSQL") or (op.kind == "RunPython" and code is None):
            return True
        if isinstance(code, Name) and code.dotted in migration.functions:
            found = effects(migration, code.dotted)
            if any(one.model in (each.model.key, None) and one.column in (each.new.name, "") for one in found):
                return True
    return False


def _is_read_back(migration: Migration, each: AlteredField, history: History) -> bool:
    """Whether the file changes the field again, or a reverse function of it names the field."""
    field = _at_end(migration, each, history)
    if field is None or field.value != each.new.value or _is_filled_back(migration, each):
        return True
    reverses = {
        code.dotted for op in migration.operations if isinstance(code := op.arguments.get("reverse_code"), Name)
    }
    text = "\n".join(one.code for one in called_functions(migration, reverses & migration.functions.keys()))
    return re.search(rf"\b{re.escape(each.new.name)}\b", text) is not None


def _finding(migration: Migration, each: AlteredField, taken: set[str], history: History) -> Iterator[Finding]:
    configured = configured_value(history.facts, each.model.label, each.new.name)
    writer = Writer(migration, is_its_own=True)
    try:
        value, shown = value_for(each.model, each.old, configured)
        code = flatten(writer.code(_called(value)))
        name = free_name(f"fill_{snake(each.model.name)}_{each.new.name.lower()}", taken)
        function = replacing(name, each.model, each.new.name, [("None", code)], FORBIDS_AGAIN)
    except (CannotComeBack, CannotWrite):
        return
    taken.add(name)
    spelled = spelling(migration.imports, "django.db.migrations.RunPython") or "migrations.RunPython"
    first = [] if each.has_same_type else [allow_null(each.index, each.model, each.old, writer)]
    place = each.index + (not first)
    edits = [*first, *step_edits(migration, place, f"{spelled}.noop", function, reverse=name)]
    why = f"{each.label} comes to allow NULL: going back fails once a row has NULL."
    where = "before the AlterField of the type" if first else "after the AlterField"
    wrote = f"{name}() sets such rows to {shown} in the reverse of a RunPython {where}."
    yield Rewrite(
        RULE.code,
        migration.path,
        each.op.line,
        why,
        wrote,
        (*edits, AddImport(migration.path, "django.db", "router"), *writer.edits),
        used_values=(configured[0],) if configured else (),
    )


def _called(value: Value) -> Value:
    """What a callable default returns."""
    return Call(value.dotted) if isinstance(value, Name) else value
