"""A squashed migration whose operations can be divided into two parts as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from migfix.history import History
from migfix.history.model import Model, created_model, items_of
from migfix.history.model_differences import state_differences
from migfix.history.state import State
from migfix.rules.break_dependency_cycle.data_steps import DATA
from migfix.rules.break_dependency_cycle.part_file import new_part, part_of
from migfix.rules.break_dependency_cycle.ranges import Part
from migfix.source.edits import Edit, Remove
from migfix.source.migration import Migration, Operation, Sequence, Value
from migfix.splitting.follow_up import ADDS, pieces
from migfix.splitting.leaving_fields import OPTION_SETS, Leaving
from migfix.splitting.split import functions_along, leftovers, removals


def second_half(
    squashed: Migration, parts: tuple[Part, ...], steps: dict[int, int], history: History
) -> Leaving | None:
    """What moves to the second part, if what stays has exactly the end state of the first range; else None."""
    start = _start(squashed, parts, history)
    wanted = start.copy()
    for migration in parts[0].replaced:
        wanted.replay(migration, migration.operations)
    left = Leaving()
    for index, op in enumerate(squashed.operations):
        model = wanted.models.get((squashed.app, op.model))
        if op.kind in DATA:
            is_leaving = steps[index] > 0
        elif op.kind == "CreateModel" and model:
            made = created_model(squashed, op)
            left.fields += [(index, name) for name in made.fields if name not in model.fields]
            left.options += _options_left(index, made.options, model.options)
            continue
        elif op.kind in ("AddField", "AddIndex", "AddConstraint"):
            is_leaving = not model or not _is_in(op, model)
        else:
            is_leaving = True
        if is_leaving:
            left.operations.append(index)
    found = start.copy()
    found.replay(squashed, [op for index, op in enumerate(squashed.operations) if index not in left.operations])
    _take_out(found, squashed, left)
    return None if state_differences(wanted, found, [squashed.app]) else left


def _start(squashed: Migration, parts: tuple[Part, ...], history: History) -> State:
    """The app's own models before the replaced migrations."""
    state = State(history.facts)
    chain = {each.key for part in parts for each in part.replaced}
    for each in history.before(parts[0].replaced[0]):
        if each.app == squashed.app and each.key not in chain and each.key != squashed.key:
            state.replay(each, each.operations)
    return state


def _is_in(op: Operation, model: Model) -> bool:
    """Whether a model has the field, index or constraint that an operation adds."""
    if op.kind == "AddField":
        return op.text("name") in model.fields
    name, argument = ("indexes", "index") if op.kind == "AddIndex" else ("constraints", "constraint")
    return op.arguments.get(argument) in items_of(model.options.get(name))


def _options_left(
    index: int, made: Mapping[str, Value], wanted: Mapping[str, Value]
) -> Iterator[tuple[int, str, int | None]]:
    for name in OPTION_SETS:
        if name in made and name not in wanted:
            yield index, name, None
    for name in ADDS:
        for place, item in enumerate(items_of(made.get(name))):
            if item not in items_of(wanted.get(name)):
                yield index, name, place


def _take_out(state: State, squashed: Migration, left: Leaving) -> None:
    for index, name in left.fields:
        key = (squashed.app, squashed.operations[index].model)
        fields = {each: field for each, field in state.models[key].fields.items() if each != name}
        state.models[key] = replace(state.models[key], fields=fields)
    for index, name, place in left.options:
        key = (squashed.app, squashed.operations[index].model)
        options = dict(state.models[key].options)
        if place is None:
            options.pop(name)
        else:
            op = squashed.operations[index]
            gone = items_of(created_model(squashed, op).options[name])[place]
            options[name] = Sequence("list", tuple(each for each in items_of(options[name]) if each != gone))
        state.models[key] = replace(state.models[key], options=options)


def apart(squashed: Migration, parts: tuple[Part, ...], left: Leaving) -> Iterator[Edit]:
    """The edits that move what belongs to the second range, unchanged, to a new file."""
    functions = functions_along(squashed, left)
    dropped = [each.code for each in squashed.dependencies if part_of(each, parts) > 0]
    yield new_part(squashed, squashed, parts, 1, pieces(squashed, left), functions)
    yield from (Remove(squashed.path, ("operations", index)) for index in left.operations)
    yield from removals(squashed, left)
    yield from leftovers(squashed, left, functions, dropped)
