"""What the rule finds."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.tables import may_have_rows
from migfix.findings.finding import Finding, Refusal
from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import Model
from migfix.rules.copy_links import RULE
from migfix.source.data_functions.lookups import models_named
from migfix.source.migration import Migration, Operation

_KINDS = {
    "ManyToManyField": "a many-to-many field",
    "ForeignKey": "a foreign key",
    "OneToOneField": "a one-to-one field",
}
_ACCEPT = "To accept the loss, add `# migfix: ignore[MIG115]`."


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Name each relation that is removed while one of the other kind, to the same model, is added."""
    for migration in migrations:
        removed: list[tuple[Operation, Model, Field]] = []
        for _, op, state in history.states(migration):
            model = state.models.get((migration.app, op.model)) if op.kind in ("RemoveField", "AddField") else None
            if model is None or not may_have_rows(model, migration) or _is_copied(migration, model):
                continue
            old = model.fields.get(op.text("name"))
            if op.kind == "RemoveField" and old is not None and old.is_relation:
                removed.append((op, model, old))
            for remove, before, field in removed if op.kind == "AddField" else ():
                if before.key == model.key and _takes_its_place(field, field_of(op), model, history):
                    yield _refusal(migration, remove, model, field, field_of(op))


def _takes_its_place(old: Field, new: Field, model: Model, history: History) -> bool:
    """Whether one of two relations to the same model holds one row, and the other many."""
    targets = [field.target(*model.key, history.facts) for field in (old, new)]
    is_other_kind = (old.kind == "ManyToManyField") != (new.kind == "ManyToManyField")
    return new.is_relation and is_other_kind and targets[0] is not None and targets[0] == targets[1]


def _is_copied(migration: Migration, model: Model) -> bool:
    """Whether a data step of the file gets the model, and so may copy the links."""
    for op in migration.walk():
        code = op.arguments.get("code")
        if op.kind in ("", "RunSQL") or (code is not None and model.key in models_named(migration, code)):
            return True
    return False


def _refusal(migration: Migration, remove: Operation, model: Model, old: Field, new: Field) -> Refusal:
    label = f"{model.label}.{old.name}"
    becomes = _KINDS[new.kind] if old.name == new.name else f"{_KINDS[new.kind]}, {new.name}"
    why = f"{label} becomes {becomes}, and RemoveField and AddField lose the links of all rows."
    next_step = "Move the AddField up, before the RemoveField, and copy the links in a RunPython between them."
    if old.name == new.name:
        next_step = f"Rename {old.name} with a RenameField first, add the new field, copy the links in a RunPython"
        next_step += ", and remove the old field after it."
    return Refusal(RULE.code, migration.path, remove.line, why, f"{next_step} {_ACCEPT}")
