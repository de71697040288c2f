"""The reverse of a RunPython, by what its function does to which rows."""

from __future__ import annotations

from migfix.history.state import created_model
from migfix.model import Literal, Migration, Name, Opaque, Operation
from migfix.reverse.verdict import NOT_RESTORED, Harm, Made, Noop, Verdict
from migfix.source.effects import Effect, effects
from migfix.source.names import is_noop


def reverse_of_python(migration: Migration, op: Operation) -> Verdict:
    """Whether doing nothing is right, honest with a comment, or harmful because the step would run twice."""
    code = op.arguments.get("code")
    if code is None or is_noop(code) or code == Literal(None):
        return Noop()
    if isinstance(code, Opaque) and _is_empty_lambda(code.code):
        return Noop()
    if not isinstance(code, Name):
        return Noop(NOT_RESTORED)
    made = made_by(migration)
    left = [each for each in effects(migration, code.dotted) if not made.covers(each.model, each.column)]
    for each in left:
        if harm := _harm(each, code.dotted):
            return harm
    return Noop(NOT_RESTORED if any(each.kind in ("derive", "unknown") for each in left) else None)


def changes_old_rows_only(migration: Migration, op: Operation) -> bool:
    """Whether a step makes no rows, so that a new database has nothing for it to do unless other code filled it."""
    code = op.arguments.get("code")
    if op.kind != "RunPython" or "elidable" in op.arguments or not isinstance(code, Name) or is_noop(code):
        return False
    found = effects(migration, code.dotted)
    return bool(found) and all(each.kind in ("set", "derive", "accumulate", "delete") for each in found)


def made_by(migration: Migration) -> Made:
    """The models and fields that a migration adds itself."""
    ops = list(migration.walk())
    models = frozenset(
        (migration.app, op.model) for op in ops if op.kind == "CreateModel" and has_own_table(migration, op)
    )
    columns = frozenset(
        ((migration.app, op.model), op.text("name").removesuffix("_id")) for op in ops if op.kind == "AddField"
    )
    return Made(models, columns)


def has_own_table(migration: Migration, op: Operation) -> bool:
    """Whether the rows of a new model go with its table: not those of a proxy, a parent, or an unmanaged table."""
    model = created_model(migration, op)
    return model.has_own_table and all(isinstance(base, Name) for base in model.bases)


def _harm(effect: Effect, function: str) -> Harm | None:
    if effect.model is None:
        return None
    label = ".".join(effect.model)
    match effect.kind:
        case "create":
            return Harm(
                f"{function}() inserts rows into {label}, so going back and forward again would insert them twice."
            )
        case "accumulate":
            return Harm(
                f"{function}() computes {label}{f'.{effect.column}' if effect.column else ''} from its own old value, "
                "so going back and forward again would do that twice."
            )
    return None


def _is_empty_lambda(code: str) -> bool:
    body = code.partition(":")[2].strip()
    return code.startswith("lambda") and body in ("None", "True", "False", "...")
