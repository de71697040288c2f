"""Fields that a migration makes unique, alone or together, on tables that may have rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.changes.altered_fields import altered_fields
from migfix.changes.tables import may_have_rows
from migfix.history import History
from migfix.history.fields import strings_in, together
from migfix.history.model import Model, items_of
from migfix.history.state import State
from migfix.history.uniqueness import unique_sets
from migfix.source.migration import Call, Literal, Migration, Operation, Value


@dataclass(frozen=True)
class NewUniqueness:
    """An operation after which two rows can't have the same values in ``fields``."""

    index: int
    op: Operation
    model: Model
    """The model before the operation."""
    fields: tuple[str, ...]
    is_partial: bool = False
    """Whether it holds for some rows only, or for expressions of the fields."""
    is_lower: bool = False
    """Whether values that differ only in case are equal: ``Lower("slug")``."""

    @property
    def label(self) -> str:
        return f"{self.model.label}.{','.join(self.fields)}"


def new_uniqueness(migration: Migration, history: History) -> Iterator[NewUniqueness]:
    """Every such operation of a migration, if the fields are older than the file and weren't unique before."""
    first = history.state_before(migration)
    for each in altered_fields(migration, history):
        if each.new.kind == "GeneratedField":
            continue  # Django can't alter it, and the old values go: MIG117
        if each.new.is_unique and not each.old.is_unique and _may_be_equal(each.model, (each.new.name,), first):
            yield NewUniqueness(each.index, each.op, each.model, (each.new.name,))
    for index, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model)) if op.kind in _SETS else None
        if model is None or not may_have_rows(model, migration):
            continue
        lower = _in_lower_case(op.arguments.get("constraint"), model)
        if lower and lower in first.models.get(model.key, model).fields and not _is_known(op, model, first):
            now = history.state_before(migration, index).models[model.key]
            yield NewUniqueness(index, op, now, (lower,), is_lower=True)
        for fields, is_partial in _sets(op, model) if not lower else ():
            if _may_be_equal(model, fields, first) or (_counts_nulls(op.arguments.get("constraint")) and fields):
                now = history.state_before(migration, index).models[model.key]
                yield NewUniqueness(index, op, now, fields, is_partial)


_SETS = ("AlterUniqueTogether", "AddConstraint")


def _sets(op: Operation, model: Model) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The sets of fields that an operation makes unique, and whether that holds for some rows or expressions only."""
    if op.kind == "AlterUniqueTogether":
        yield from ((fields, False) for fields in sorted(together(op.arguments.get("unique_together"))))
    constraint = op.arguments.get("constraint")
    if not isinstance(constraint, Call) or constraint.func != "django.db.models.UniqueConstraint":
        return
    fields = constraint.keyword("fields")
    if fields is not None and fields != Literal(None):
        is_partial = constraint.keyword("condition") is not None or _counts_nulls(constraint)
        yield from ((each, is_partial) for each in together(fields))
        return
    named = frozenset().union(*map(strings_in, _positional(constraint)))
    yield tuple(sorted(named & model.fields.keys())), True


def _in_lower_case(constraint: Value | None, model: Model) -> str:
    """The field of ``UniqueConstraint(Lower("slug"), name=...)``; "" for other constraints."""
    if not isinstance(constraint, Call) or constraint.func != "django.db.models.UniqueConstraint":
        return ""
    given = _positional(constraint)
    if len(given) != 1 or constraint.keyword("condition") or not isinstance(given[0], Call):
        return ""
    names = strings_in(given[0])
    is_lower = given[0].func.startswith("django.db.models.functions") and given[0].func.endswith(".Lower")
    return next(iter(names)) if is_lower and len(names) == 1 and names <= model.fields.keys() else ""


def _is_known(op: Operation, model: Model, first: State) -> bool:
    """Whether the table had a constraint with the same expression before the file."""
    constraint, old = op.arguments.get("constraint"), first.models.get(model.key)
    known = items_of(old.options.get("constraints")) if old else []
    return any(_positional(each) == _positional(constraint) for each in known)


def _positional(constraint: Value | None) -> list[Value]:
    arguments = constraint.arguments if isinstance(constraint, Call) else ()
    return [each.value for each in arguments if each.keyword is None]


def _counts_nulls(constraint: Value | None) -> bool:
    """Whether two rows with NULL are equal for a constraint."""
    return isinstance(constraint, Call) and constraint.keyword("nulls_distinct") == Literal(False)


def _may_be_equal(model: Model, fields: tuple[str, ...], first: State) -> bool:
    """Whether the table had all these fields before the file, and two rows could have the same values in them."""
    old = first.models.get(model.key)
    if old is None or not fields or any(name not in old.fields for name in fields):
        return False
    return not any(_is_unique_already(each, fields) for each in (old, model))


def _is_unique_already(model: Model, fields: tuple[str, ...]) -> bool:
    """Whether rows already differ in some of the fields: alone, together, or because one of them is the key."""
    keys = [(each.name,) for each in model.fields.values() if each.is_true("primary_key")]
    return any(set(each) <= set(fields) for each in (*unique_sets(model), *keys, ("id",), ("pk",)))
