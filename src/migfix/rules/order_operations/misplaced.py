"""Operations that come too early or too late for what they name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.changes.keys_by_field import target_without_uniqueness
from migfix.history import History
from migfix.history.fields import field_of, names_field, strings_in, together
from migfix.history.model import Model, items_of
from migfix.history.state import State
from migfix.source.migration import Call, Literal, Migration, Operation, Value

_OPTIONS = {"AlterUniqueTogether": "unique_together", "AlterIndexTogether": "index_together"}
_LISTS = {"RemoveIndex": "indexes", "RemoveConstraint": "constraints"}


@dataclass(frozen=True)
class Misplaced:
    """Operation ``index``, which must run right before operation ``to``."""

    index: int
    to: int
    op: Operation
    other: Operation
    """The operation that it must come before or after."""
    name: str
    """The field that it needs."""
    is_too_late: bool
    unique: str = ""
    """The field that must be unique, if it is there: ``blog.Country.code``."""
    is_taken: bool = False
    """Whether ``name`` is that of a model, which another model still has."""


def misplaced(migration: Migration, history: History) -> Iterator[Misplaced]:
    """Every such operation of a migration, in order."""
    removed: list[tuple[int, Operation]] = []
    for index, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model))
        if model is None:
            continue
        for place, removal in removed:
            name = removal.text("name")
            if removal.model == op.model and name not in model.fields and _lets_go(op, model, name):
                yield Misplaced(index, place, op, removal, name, True)
                break
        else:
            yield from _too_early(migration, index, op, model, state, history)
        if op.kind == "RemoveField":
            removed.append((index, op))


def _lets_go(op: Operation, model: Model, name: str) -> bool:
    """Whether an operation removes an index or a constraint that names a field."""
    if op.kind in _OPTIONS:
        return any(name in names for names in together(model.options.get(_OPTIONS[op.kind])))
    of_model = model.options.get(_LISTS[op.kind]) if op.kind in _LISTS else None
    wanted = Literal(op.text("name"))
    named = (each for each in items_of(of_model) if isinstance(each, Call) and each.keyword("name") == wanted)
    return any(names_field(each, name) for each in named)


def _too_early(
    migration: Migration, index: int, op: Operation, model: Model, state: State, history: History
) -> Iterator[Misplaced]:
    """The operation, if a later one adds the field that it names, or makes it unique."""
    later = list(enumerate(migration.operations))[index + 1 :]
    if op.kind == "RenameModel" and op.model != op.text("new_name").lower():
        name = op.text("new_name")
        for place, other in later if (migration.app, name.lower()) in state.models else ():
            if other.kind == "DeleteModel" and other.model == name.lower():
                yield Misplaced(index, place + 1, op, other, name, False, is_taken=True)
                return
    if model.parents(history.facts):
        return
    for name in sorted(_names(op) - model.fields.keys()):
        for place, other in later:
            if other.model == op.model and _adds(other) == name:
                yield Misplaced(index, place + 1, op, other, name, False)
                return
    is_field = op.kind in ("AddField", "AlterField")
    found = target_without_uniqueness(field_of(op), model, state, history.facts) if is_field else None
    if found is None:
        return
    target, named = found
    for place, other in later:
        is_it = (migration.app, other.model) == target.key and other.text("name") == named.name
        if is_it and other.kind == "AlterField" and field_of(other).is_unique:
            yield Misplaced(index, place + 1, op, other, named.name, False, f"{target.label}.{named.name}")
            return


def _adds(op: Operation) -> str:
    """The name of the field that an operation adds, or gives to another field; "" if none."""
    return op.text({"AddField": "name", "RenameField": "new_name"}.get(op.kind, ""))


def _names(op: Operation) -> set[str]:
    """The fields that an operation's new index, constraint or option names."""
    if op.kind in _OPTIONS:
        return {name for names in together(op.arguments.get(_OPTIONS[op.kind])) for name in names}
    value: Value | None = op.arguments.get("index" if op.kind == "AddIndex" else "constraint")
    if op.kind not in ("AddIndex", "AddConstraint") or not isinstance(value, Call):
        return set()
    conditions = (value.keyword(each) for each in ("condition", "check"))
    found = strings_in(value.keyword("fields")).union(*map(strings_in, conditions))
    return {name.lstrip("-").split("__")[0] for name in found}
