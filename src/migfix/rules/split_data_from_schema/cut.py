"""Where to cut a migration so that PostgreSQL doesn't alter a table while checks on its rows are pending."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history import History
from migfix.history.state import State
from migfix.rules.split_data_from_schema.pending_triggers import Pending, altered, is_indexed_at_the_end, left_pending
from migfix.source.migration import Key, Migration, Operation
from migfix.source.names import BACKWARD, FORWARD


@dataclass(frozen=True)
class Conflict:
    """A RunPython or RunSQL and an operation on the same table that must not share a transaction."""

    data: Operation
    schema: Operation
    model: Key
    after: int
    """The cut must come after this operation,"""
    up_to: int
    """and right before this one at the latest."""
    is_backward: bool = False


def needed_cuts(migration: Migration, history: History) -> list[Conflict]:
    """The fewest conflicts whose cuts, right before operation ``up_to``, resolve all conflicts; the first cut first."""
    if not migration.atomic or not history.facts.may_run_on("postgresql"):
        return []
    chosen: list[Conflict] = []
    for each in sorted(conflicts(migration, history), key=lambda each: each.up_to):
        if not any(each.after < cut.up_to <= each.up_to for cut in chosen):
            chosen.append(each)
    return chosen


def conflicts(migration: Migration, history: History) -> Iterator[Conflict]:
    """Every conflict of a migration, going forward and going back."""
    if all(op.kind == "RunPython" for op in migration.operations):
        return
    states = [state.copy() for _, _, state in history.states(migration)]
    for index, op in enumerate(migration.operations):
        for each in (op, *op.database_operations):
            if each.kind in FORWARD:
                yield from _forward(migration, index, each, states)
                yield from _backward(migration, index, each, states)


def _forward(migration: Migration, index: int, data: Operation, states: list[State]) -> Iterator[Conflict]:
    fresh = {(migration.app, op.model) for op in migration.operations[:index] if op.kind == "CreateModel"}
    waiting = left_pending(migration, data, states[index], FORWARD[data.kind], fresh)
    added = {Pending((migration.app, op.model), op.text("name")) for op in migration.operations[:index]}
    waiting -= {each for each in added if each.field}
    for place, op in enumerate(migration.operations[:index]):
        if is_indexed_at_the_end(op) and any(each.model == (migration.app, op.model) for each in waiting):
            yield Conflict(data, op, (migration.app, op.model), place, index)
    yield from _stopped(migration, range(index + 1, len(migration.operations)), data, waiting, states, index)


def _backward(migration: Migration, index: int, data: Operation, states: list[State]) -> Iterator[Conflict]:
    waiting = left_pending(migration, data, states[index], BACKWARD[data.kind], set())
    for place, op in enumerate(migration.operations[index + 1 :], index + 1):
        if op.kind == "RemoveField" and any(each.model == (migration.app, op.model) for each in waiting):
            removed = states[place].models[migration.app, op.model].fields.get(op.text("name"))
            if removed and (removed.is_key or removed.is_true("db_index") or removed.kind == "SlugField"):
                yield Conflict(data, op, (migration.app, op.model), index, place, is_backward=True)
    yield from _stopped(migration, range(index - 1, -1, -1), data, waiting, states, index)


def _stopped(
    migration: Migration, places: range, data: Operation, waiting: set[Pending], states: list[State], index: int
) -> Iterator[Conflict]:
    """The first operation at ``places``, in the order in which they run, that fails because of a pending check."""
    waiting = set(waiting)
    for place in places if waiting else ():
        op = migration.operations[place]
        for each in altered(migration, op, states[place], is_backward=place < index):
            stopping = {check for check in waiting if check.model == each.model} - {each}
            if stopping:
                yield Conflict(data, op, each.model, min(place, index), max(place, index), place < index)
                return
            waiting.discard(each)
