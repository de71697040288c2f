"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.altered_fields import AlteredField, altered_fields
from migfix.changes.replaced_models import replaced_models
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.model import Model
from migfix.history.uniqueness import unique_sets
from migfix.rows.leftover_tables import before_migrating
from migfix.rows.prepared import is_cleaned
from migfix.rows.second_column import demand_unnamed
from migfix.rules.keep_relation_on_new_target import RULE
from migfix.rules.keep_relation_on_new_target.links import Link, link_between
from migfix.rules.keep_relation_on_new_target.new_field import to_new_field
from migfix.rules.keep_relation_on_new_target.new_model import to_new_model
from migfix.source.edits import Edit
from migfix.source.migration import Migration
from migfix.source.writer import CannotWrite

_ACCEPT = "accept this with `# migfix: ignore[MIG114]`"


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Bring the keys along, where one row of the old target belongs to one row of the new one."""
    for migration in migrations:
        taken = set(migration.bound)
        asked = {each.old.key for each in replaced_models(migration, history) if each.is_alike}  # MIG109 asks
        for each in altered_fields(migration, history):
            if _points_elsewhere(each, history) and each.targets[0] not in asked:
                if not is_cleaned(migration, len(migration.operations), each.model, each.new.name, history, RULE.code):
                    yield _finding(migration, each, taken, history)


def _points_elsewhere(each: AlteredField, history: History) -> bool:
    """Whether the same keys mean other rows afterwards."""
    old, new = each.targets
    if not (each.old.is_relation and each.new.is_relation) or old is None or new is None:
        return False
    if (each.old.kind == "ManyToManyField") != (each.new.kind == "ManyToManyField"):
        return False
    return (old != new and not each.points_at_parent(history)) or each.to_fields[0] != each.to_fields[1]


def _finding(migration: Migration, each: AlteredField, taken: set[str], history: History) -> Finding:
    why = _why(each)
    try:
        wrote, edits = _written(migration, each, taken, history)
    except CannotWrite as reason:
        return Refusal(RULE.code, migration.path, each.op.line, f"{why[:-1]}; {reason}.", _next_step(each))
    advice = before_migrating(migration, each.index, history)
    return Rewrite(RULE.code, migration.path, each.op.line, why, wrote, tuple(edits), advice=advice)


def _why(each: AlteredField) -> str:
    old, new = each.targets
    if old != new:
        return f"{each.label} keeps its keys, which were rows of {_shown(old)} and mean rows of {_shown(new)} now."
    return f"{each.label} keeps its values, but points at another field of {_shown(new)} now."


def _shown(key: tuple[str, str] | None) -> str:
    return ".".join(key) if key else "another model"


def _next_step(each: AlteredField) -> str:
    second = f"Add a second field, copy the rows in a RunPython, and remove {each.new.name} in a later migration"
    return f"{second}, or {_ACCEPT}."


def _written(migration: Migration, each: AlteredField, taken: set[str], history: History) -> tuple[str, list[Edit]]:
    """What is written, and the edits. Raises CannotWrite."""
    old, new = each.targets
    if each.old.kind == "ManyToManyField":
        raise CannotWrite("migfix doesn't rewrite links of many-to-many fields")
    state = history.state_before(migration, each.index)
    if not {old, new} <= state.models.keys():  # a model of an installed package, such as auth.User
        state = history.whole.state_before(migration, each.index)
    if old is None or new is None or not {old, new} <= state.models.keys():
        raise CannotWrite("one of the two models isn't found")
    if old == new:
        demand_unnamed(each.model, each.old)
        _demand_value(state.models[old], each.to_fields[1])
        return to_new_field(migration, each, state.models[old], taken)
    if each.to_fields != ("pk", "pk"):
        raise CannotWrite("it has a to_field, too")
    if any(each.new.name in names for names in unique_sets(each.model, also_partial=True)) or each.new.is_unique:
        raise CannotWrite("it is unique, and keys would collide while they change")
    if each.model.key in (old, new):
        raise CannotWrite("one of the two models is its own")
    _demand_rows(migration, state.models[old], state.models[new], history)
    link: Link = link_between(state.models[old], state.models[new], history)
    return to_new_model(migration, each, link, taken)


def _demand_value(target: Model, name: str) -> None:
    """Raises CannotWrite if rows of the target may have no value in the field that the key points at."""
    field = target.fields.get(name)
    if field is not None and field.is_true("null"):
        raise CannotWrite(f"{target.label}.{name} may be NULL, and keys to such rows would be lost")


def _demand_rows(migration: Migration, old: Model, new: Model, history: History) -> None:
    """Raises CannotWrite if one of the tables has no rows, forward or back, or keys of another type."""
    if new.made_by == migration.key:
        raise CannotWrite(f"{new.label} is new and has no rows")
    if old.key not in history.state_after(migration).models:
        raise CannotWrite(f"the file deletes {old.label}, so that going back finds no rows")
    keys = [model.primary_key for model in (old, new)]
    kinds = [key.kind if key else "AutoField" for key in keys]
    are_alike = all(key is None or key.is_integer for key in keys) or (
        keys[0] and keys[1] and keys[0].has_same_type(keys[1])
    )
    if not are_alike:
        raise CannotWrite(f"the key of {old.label} is a {kinds[0]}, and that of {new.label} a {kinds[1]}")
