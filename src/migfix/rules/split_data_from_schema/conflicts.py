"""The operations of a migration that alter a table while checks on its rows are pending."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.history import History
from migfix.history.state import State
from migfix.rules.split_data_from_schema.altered_tables import altered, is_indexed_at_the_end
from migfix.rules.split_data_from_schema.checked import is_checked, since_check
from migfix.rules.split_data_from_schema.conflict import Conflict
from migfix.rules.split_data_from_schema.pending_triggers import Pending, left_pending
from migfix.rules.split_data_from_schema.step_effects import link_table
from migfix.rules.split_data_from_schema.written_tables import checks_at_once, written_tables
from migfix.source.migration import Key, Migration, Operation
from migfix.source.names import BACKWARD, FORWARD


def open_conflicts(migration: Migration, history: History) -> list[Conflict]:
    """The conflicts on PostgreSQL that no step of the file resolves by checking the rows."""
    if not migration.atomic or not history.facts.may_run_on("postgresql"):
        return []
    return [each for each in conflicts(migration, history) if not is_checked(migration, each)]


def conflicts(migration: Migration, history: History) -> Iterator[Conflict]:
    """Every conflict of a migration, going forward and going back."""
    if all(op.kind == "RunPython" for op in migration.operations):
        return
    states = [state.copy() for _, _, state in history.states(migration)]
    for index, op in enumerate(migration.operations):
        for each in (op, *op.database_operations):
            if each.kind in FORWARD:
                yield from _of_step(migration, index, each, states, is_backward=False)
                yield from _of_step(migration, index, each, states, is_backward=True)


def _of_step(
    migration: Migration, index: int, data: Operation, states: list[State], is_backward: bool
) -> Iterator[Conflict]:
    """The conflicts of one data step, also those that it has only because rows were written before it."""
    find = _backward if is_backward else _forward
    alone = list(find(migration, index, data, states, set()))
    yield from alone
    written = _written(migration, index, states, is_backward)
    for each in find(migration, index, data, states, written) if written else ():
        if each not in alone and each.model in written:
            yield each


def _forward(
    migration: Migration, index: int, data: Operation, states: list[State], written: set[Key]
) -> Iterator[Conflict]:
    fresh = {(migration.app, op.model) for op in migration.operations[:index] if op.kind == "CreateModel"}
    fresh |= {link_table((migration.app, op.model), op.text("name")) for op in migration.operations[:index]}
    waiting = left_pending(migration, data, states[index], FORWARD[data.kind], fresh, written)
    waiting -= _at_once(migration, since_check(migration, index, is_backward=False), is_backward=False)
    for place, op in enumerate(migration.operations[:index]):
        if is_indexed_at_the_end(op) and any(each.model == (migration.app, op.model) for each in waiting):
            yield Conflict(data, op, (migration.app, op.model), place, index)
    yield from _stopped(migration, range(index + 1, len(migration.operations)), data, waiting, states, index)


def _backward(
    migration: Migration, index: int, data: Operation, states: list[State], written: set[Key]
) -> Iterator[Conflict]:
    again = [op for op in migration.operations[index + 1 :] if op.kind == "RemoveField"]
    fresh = {link_table((migration.app, op.model), op.text("name")) for op in again}
    waiting = left_pending(migration, data, states[index], BACKWARD[data.kind], fresh, written)
    waiting -= _at_once(migration, since_check(migration, index, is_backward=True), is_backward=True)
    for place, op in enumerate(migration.operations[index + 1 :], index + 1):
        if op.kind == "RemoveField" and any(each.model == (migration.app, op.model) for each in waiting):
            removed = states[place].models[migration.app, op.model].fields.get(op.text("name"))
            if removed and (removed.is_key or removed.is_true("db_index") or removed.kind == "SlugField"):
                yield Conflict(data, op, (migration.app, op.model), index, place, is_backward=True)
    yield from _stopped(migration, range(index - 1, -1, -1), data, waiting, states, index)


def _at_once(migration: Migration, places: range, is_backward: bool) -> set[Pending]:
    """The foreign keys that operations at ``places`` add, and which PostgreSQL then checks at once.

    One that AlterField or RenameField makes anew isn't: only ``sql_create_column_inline_fk`` sets it
    (django/db/backends/postgresql/schema.py).
    """
    found: set[Pending] = set()
    for place in reversed(places) if is_backward else places:
        op = migration.operations[place]
        key = (migration.app, op.model)
        if op.kind == ("RemoveField" if is_backward else "AddField"):
            found.add(Pending(key, op.text("name")))
        elif op.kind in ("AlterField", "RenameField"):
            found -= {Pending(key, op.text(name)) for name in ("name", "old_name", "new_name")}
    return found


def _written(migration: Migration, index: int, states: list[State], is_backward: bool) -> set[Key]:
    """The tables whose rows were written before a data step. Empty if checks are no longer put off."""
    found: set[Key] = set()
    recent = since_check(migration, index, is_backward)
    for place in range(len(states) - 1, index, -1) if is_backward else range(index):
        op, state = migration.operations[place], states[place]
        if place in recent and checks_at_once(op, state.models.get((migration.app, op.model)), is_backward):
            return set()
        found |= set(written_tables(migration, op, state, is_backward))
    return found


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
