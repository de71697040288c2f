"""Operations that use a model that a later CreateModel of the same file creates, and how to put them in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history import History
from migfix.history.fields import field_of
from migfix.history.model import created_model
from migfix.source.data_functions.lookups import models_named
from migfix.source.edits import Edit, Insert, Move
from migfix.source.migration import Key, Literal, Migration, Operation
from migfix.splitting.follow_up import pieces
from migfix.splitting.leaving_fields import CannotLeave, Leaving, leaving
from migfix.splitting.split import removals

_PASSED = frozenset(
    [
        "CreateModel",
        "AddField",
        "AlterField",
        "RemoveField",
        "AddIndex",
        "RemoveIndex",
        "AddConstraint",
        "RemoveConstraint",
        "AlterUniqueTogether",
        "AlterIndexTogether",
        "AlterModelOptions",
        "AlterModelManagers",
        "RunPython",
    ]
)
"""Operations that a CreateModel may move across. None of them can take its name, its table or a type it needs."""


@dataclass(frozen=True)
class Ordering:
    """The edits that put the operations in order, and a short description of them."""

    edits: tuple[Edit, ...]
    wrote: str


class Forward:
    """The operations of one migration, and which CreateModels of the file each of them needs."""

    def __init__(self, migration: Migration, history: History) -> None:
        self.migration = migration
        self.history = history
        self.made = {
            (migration.app, op.model): index
            for index, op in enumerate(migration.operations)
            if op.kind == "CreateModel"
        }
        self.needs = {index: tuple(self._needs(op)) for index, op in enumerate(migration.operations)}

    def _needs(self, op: Operation) -> Iterator[int]:
        """The indexes of the file's CreateModels whose models an operation uses."""
        used: set[Key] = {(self.migration.app, op.model)} if op.model and op.kind != "CreateModel" else set()
        facts = self.history.facts
        if op.kind == "CreateModel":
            model = created_model(self.migration, op)
            used = {key for each in model.fields.values() for key in each.related(*model.key, facts)}
            used = (used | set(model.parents(facts))) - {model.key}
        elif op.kind in ("AddField", "AlterField"):
            used |= set(field_of(op).related(self.migration.app, op.model, facts))
        elif op.kind == "RunPython" and (code := op.arguments.get("code")) is not None:
            used = set(models_named(self.migration, code))
        return (self.made[key] for key in sorted(used) if key in self.made)

    def references(self) -> dict[int, tuple[int, ...]]:
        """Index of an operation -> the later CreateModels whose models don't exist yet when it runs."""
        later = {index: [each for each in needed if each > index] for index, needed in self.needs.items()}
        if not any(later.values()):
            return {}
        keys = {index: key for key, index in self.made.items()}
        return {
            index: missing
            for index, _, state in self.history.states(self.migration)
            if (missing := tuple(each for each in later[index] if keys[each] not in state.models))
        }

    def ordering(self, references: dict[int, tuple[int, ...]]) -> Ordering:
        """Move up all CreateModels that can move. If none can, a key becomes an AddField. Raises CannotLeave."""
        moves: dict[int, int] = {}
        for index, targets in references.items():
            for target in targets:
                self._hoist(target, index, moves)
        if moves:
            edits = tuple(Move(self.migration.path, ("operations", each), to) for each, to in moves.items())
            names = [self.migration.operations[each].text("name") for each in moves]
            return Ordering(edits, f"moves {' and '.join(names)} up, before what uses {_it(names)}.")
        index, targets = next(iter(references.items()))
        try:
            return self._apart(index, index, targets[0])
        except CannotLeave:
            if self.migration.operations[index].kind != "CreateModel" or index not in self.needs[targets[0]]:
                raise
            return self._apart(targets[0], targets[0], index)

    def _hoist(self, target: int, to: int, moves: dict[int, int]) -> None:
        """Move a CreateModel, after those that it needs, to before operation ``to``, or do nothing if that fails."""
        found: dict[int, None] = {}
        waiting = [(target, False)]
        while waiting:
            each, is_ready = waiting.pop()
            if is_ready:
                found[each] = None
            elif each == to:
                return
            elif each > to and each not in moves and each not in found:
                if not all(self._may_come_after(op, each) for op in self.migration.operations[to:each]):
                    return
                waiting.append((each, True))
                if any((needed, True) in waiting for needed in self.needs[each]):
                    return
                waiting += [(needed, False) for needed in self.needs[each]]
        moves.update(dict.fromkeys(found, to))

    def _may_come_after(self, op: Operation, index: int) -> bool:
        created = self.migration.operations[index]
        fields = created_model(self.migration, created).fields.values()
        named = {str(value.value) for each in fields if isinstance(value := each.get("to_field"), Literal)}
        return op.kind in _PASSED and not (op.kind == "AddField" and op.text("name") in named)

    def _apart(self, source: int, index: int, target: int) -> Ordering:
        """Turn the keys of operation ``index`` to the model of ``target`` into AddFields after both."""
        migration = self.migration
        last = max(source, target)
        lost = frozenset(key for key, each in self.made.items() if each == target)
        left = leaving(migration, lost, frozenset(), self.history, range(index, last + 1))
        if left.is_empty:
            raise CannotLeave(f"line {migration.operations[index].line} uses it in a way that can't be postponed")
        edits: list[Edit] = [*removals(migration, left)]
        edits += [Move(migration.path, ("operations", each), last + 1) for each in left.operations]
        added = Leaving(left.fields, left.options)
        for piece in pieces(migration, added):
            comment = "\n".join([*piece.comments, *([piece.after] if piece.after else [])])
            edits.append(Insert(migration.path, ("operations", last + 1), piece.code, comment or None))
        what = "the key" if left.keys == 1 else f"{left.keys} keys"
        along = " and what depends on them" if left.options or left.operations else ""
        return Ordering(tuple(edits), f"moves {what}{along} after both, in the same file.")


def _it(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"
