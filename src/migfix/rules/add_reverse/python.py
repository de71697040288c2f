"""The reverse of a RunPython, depending on what its function does to which rows."""

from __future__ import annotations

from migfix.history import History
from migfix.history.model import created_model
from migfix.history.state import State
from migfix.rules.add_reverse.conditions import stepping_columns
from migfix.rules.add_reverse.copied import can_hold, copied_columns, model_of
from migfix.rules.add_reverse.lost import Lost, lost_after, reads
from migfix.rules.add_reverse.verdict import NOT_RESTORED, CopyBack, Harm, Made, Noop, Verdict
from migfix.source.data_functions.effect import Effect
from migfix.source.data_functions.effects import effects, effects_of_lambda
from migfix.source.data_functions.lookups import called_functions, models_named
from migfix.source.migration import Call, Key, Literal, Migration, Name, Opaque, Operation
from migfix.source.names import is_noop


def reverse_of_python(migration: Migration, op: Operation, history: History) -> Verdict:
    """Whether a noop is right, needs a comment, or does harm because the function runs twice or values are lost."""
    code = op.arguments.get("code")
    if code is None or is_noop(code) or code == Literal(None):
        return Noop()
    if isinstance(code, Opaque) and _is_empty_lambda(code.code):
        return Noop()
    if isinstance(code, Call) and code.func == "functools.partial":
        code = code.argument("func", 0)
    if isinstance(code, Opaque) and code.code.startswith("lambda"):
        harms = (_harm(each, "the lambda") for each in effects_of_lambda(migration, code.code))
        return next(filter(None, harms), Noop(NOT_RESTORED))
    if not isinstance(code, Name):
        return Noop(NOT_RESTORED)
    made = made_by(migration)
    found = effects(migration, code.dotted)
    left = [each for each in found if not made.covers(each.model, each.column)]
    for each in left:
        if harm := _harm(each, code.dotted):
            return harm
    codes = [function.code for function in called_functions(migration, {code.dotted})]
    if columns := [column for column in stepping_columns(codes) if any(each.column == column for each in left)]:
        what = " and ".join(columns)
        return Harm(
            f"{code.dotted}() changes {what} in steps, so going back and forward again would take one more step."
        )
    lost = _lost(migration, op, code, history)
    taken = {(each.model, column) for each in found for column in each.reads}
    is_told = all(each.column for each in found if each.kind in ("derive", "unknown"))
    if len(left) == len(found) and is_told:  # only lost columns that values are taken from matter
        lost = [each for each in lost if (each.model, each.column) in taken]
    emptied = _emptied(found, made)
    if lost or emptied:
        back = _copied_back(migration, op, code.dotted, {(each.model, each.column) for each in lost} | emptied, history)
        return back or (_loses(code.dotted, lost) if lost else _moves(code.dotted, emptied))
    return Noop(NOT_RESTORED if any(each.kind in ("derive", "unknown") for each in left) else None)


def _lost(migration: Migration, op: Operation, code: Name, history: History) -> list[Lost]:
    """What the function reads and a later operation removes. Going back, it is empty."""
    index = int(op.where[1])
    functions = called_functions(migration, {code.dotted})
    models = models_named(migration, code) | {each.model for each in effects(migration, code.dotted) if each.model}
    related = _related(models, history.state_before(migration, index), history)
    after = list(lost_after(migration, index, history))
    return [each for each in after if any(reads(function.code, each, models, related) for function in functions)]


def _related(models: frozenset[Key], state: State, history: History) -> frozenset[Key]:
    """The models, and those that their relations lead to in at most two steps."""
    found = models
    for _ in range(2):
        near = [state.models[key] for key in found if key in state.models]
        fields = [(model, field) for model in near for field in model.fields.values()]
        found |= {key for model, field in fields for key in field.related(*model.key, history.facts)}
    return found


def _loses(function: str, lost: list[Lost]) -> Harm:
    what = " and ".join(dict.fromkeys(each.label for each in lost))
    where = ", ".join(dict.fromkeys(each.removed_by for each in lost))
    return Harm(
        f"{function}() reads {what}, which comes back empty when {where} is reversed: "
        "going back and forward again would lose what was copied.",
        "Copy the values back in the reverse.",
    )


def _moves(function: str, emptied: set[tuple[Key, str]]) -> Harm:
    what = " and ".join(sorted(".".join((*model, column)) for model, column in emptied))
    return Harm(
        f"{function}() copies {what} and then changes it: going back and forward again would copy the changed values.",
        "Copy the values back in the reverse.",
    )


def _copied_back(
    migration: Migration, op: Operation, function: str, needed: set[tuple[Key, str]], history: History
) -> CopyBack | None:
    """The true inverse of a plain copy of columns, if every column in ``needed`` was copied and fits back."""
    index = int(op.where[1])
    state = history.state_before(migration, index)
    model, copied = model_of(migration, function, state), copied_columns(migration.functions[function])
    if model is None or model.has_managers or not needed <= {(model.key, old) for old, _ in copied}:
        return None  # managers may hide rows
    columns = tuple((old, new) for old, new in copied if (model.key, old) in needed)
    are_fitting = all(can_hold(model.fields.get(old), model.fields.get(new)) for old, new in columns)
    return CopyBack(model, columns) if are_fitting else None


def _emptied(found: tuple[Effect, ...], made: Made) -> set[tuple[Key, str]]:
    """The columns that a value is taken from and that are then changed."""
    return {
        (other.model, other.column)
        for place, each in enumerate(found)
        for other in found[place + 1 :]  # in the order of the code: what changes first is read with its new value
        if other.model and other.model == each.model and other.column in each.reads - {each.column}
        if not made.covers(other.model, other.column) and other.reads != {other.column}
    }


def changes_old_rows_only(migration: Migration, op: Operation) -> bool:
    """Whether an operation only changes existing rows. A new database has none unless other code creates them."""
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
    """Whether dropping a new model's table drops its rows: not for a proxy, a child model, or an unmanaged table."""
    model = created_model(migration, op)
    return model.has_own_table and all(isinstance(base, Name) for base in model.bases)


def _harm(effect: Effect, function: str) -> Harm | None:
    label = ".".join(effect.model or ("a model that migfix can't read",))
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
