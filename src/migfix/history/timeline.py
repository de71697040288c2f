"""The ancestors of each migration and the models before it, each computed once, parents first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from migfix.history.dependency_graph import parents_first
from migfix.history.joined_state import Part, joined
from migfix.history.state import State
from migfix.source.migration import Key, Migration

if TYPE_CHECKING:
    from migfix.history import History

Question = Callable[[Migration, "History"], bool]

STEP = 8
"""Within a file, the models are kept at every operation whose index is a multiple of this."""


class Numbers:
    """The bit of each migration. A set of migrations is an integer: a graph of 10,000 files then needs 10 MB."""

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.apps: dict[str, int] = {}
        """App label -> the set of its migrations."""
        self._bits: dict[Key, int] = {}

    def bit(self, key: Key) -> int:
        """The set of this migration alone."""
        if key not in self._bits:
            self._bits[key] = 1 << len(self.keys)
            self.keys.append(key)
            self.apps[key[0]] = self.apps.get(key[0], 0) | self._bits[key]
        return self._bits[key]

    def members(self, numbers: int) -> Iterator[Key]:
        """The migrations in a set."""
        while numbers:
            lowest = numbers & -numbers
            yield self.keys[lowest.bit_length() - 1]
            numbers ^= lowest


class Timeline:
    """The ancestors and states of one history.

    A migration in a cycle, or after one, has no place in an order. What runs before it is walked through each time.
    """

    def __init__(self, history: History, numbers: Numbers | None = None) -> None:
        self._history = history
        self._numbers = numbers or Numbers()
        self._lines: dict[Key, int] = {}
        """Migration -> the set of itself and its ancestors; parents before children."""
        self._after_cycle: set[Key] = set()
        self._ends: dict[Key, State] = {}
        self._within: dict[Migration, list[State]] = {}
        self._answers: dict[Question, tuple[int, int]] = {}
        """Question -> the migrations that it was answered for, and those for which the answer is yes."""

    def following(self, history: History, changed: Iterable[Key]) -> Timeline:
        """The timeline of a history in which only the operations and dependencies of ``changed`` are different."""
        found = Timeline(history, self._numbers)
        stale = set(changed)
        for key, line in self._lines.items():
            if key in stale or not stale.isdisjoint(self._parents(key)):
                stale.add(key)
            else:
                found._lines[key] = line
        found._ends = {key: end for key, end in self._ends.items() if key not in stale}
        return found

    def is_before(self, key: Key, migration: Migration) -> bool:
        """Whether ``key`` runs before ``migration``."""
        line = self._before(migration)
        if line is None:
            return any(each.key == key for each in self._history.before(migration))
        return bool(line & self._numbers.bit(key))

    def any_before(self, migration: Migration, question: Question) -> bool:
        """Whether the answer is yes for ``migration`` or one that runs before it. It is asked once for each."""
        if question(migration, self._history):
            return True
        line = self._before(migration)
        if line is None:
            return any(question(each, self._history) for each in self._history.before(migration))
        asked, yes = self._answers.get(question, (0, 0))
        for key in self._numbers.members(line & ~asked):
            found = self._history.migration(key)
            yes |= self._numbers.bit(key) if found and question(found, self._history) else 0
        self._answers[question] = asked | line, yes
        return bool(line & yes)

    def state_before(self, migration: Migration, index: int) -> State:
        """A copy of the models just before operation ``index`` of ``migration``."""
        if migration not in self._within:
            self._within[migration] = [self._start(migration)]
        kept = self._within[migration]
        while len(kept) <= index // STEP:
            state, start = kept[-1].copy(), (len(kept) - 1) * STEP
            state.replay(migration, migration.operations[start : start + STEP])
            kept.append(state)
        state = kept[index // STEP].copy()
        state.replay(migration, migration.operations[index // STEP * STEP : index])
        return state

    def _start(self, migration: Migration) -> State:
        """The models before a migration. They are shared with its parent if there is only one."""
        line = self._before(migration)
        if line is None:
            state = State(self._history.facts)
            for each in self._history.before(migration):
                state.replay(each, each.operations)
            return state
        return self._joined(self._parents_of(migration))

    def state_after_all(self, keys: tuple[Key, ...]) -> State | None:
        """The models after all of ``keys``, which may be shared; None if a cycle prevents an order."""
        self._enter(keys)
        if self._after_cycle.intersection(keys):
            return None
        parents = {parent for key in keys for parent in self._parents(key)}
        return self._joined(tuple(key for key in keys if key not in parents))

    def _joined(self, keys: tuple[Key, ...]) -> State:
        """The models after all of ``keys``, whose ancestors are known."""
        for key in parents_first(keys, self._parents, self._ends):
            found = self._history.migration(key)
            if found:
                self._ends[key] = self.state_before(found, len(found.operations))
        lines = {key: self._lines[key] for key in keys}
        last = [key for key in keys if not any(lines[each] & self._numbers.bit(key) for each in keys if each != key)]
        parts = [Part(lines[key], self._ends[key]) for key in last]

        def missing(app: str, line: int) -> list[Migration]:
            """The migrations of an app among ``keys`` and their ancestors that aren't in ``line``, in order."""
            found = (key for key in parents_first(keys, self._parents) if key[0] == app)
            left = (self._history.migration(key) for key in found if not self._numbers.bit(key) & line)
            return [each for each in left if each]

        return joined(parts, self._numbers.apps, missing, self._history.facts)

    def _before(self, migration: Migration) -> int | None:
        """The set of a migration's ancestors; None if there is a cycle among them, or if it is in one."""
        parents = self._parents_of(migration)
        self._enter(parents)
        line = 0
        for key in parents:
            if key in self._after_cycle:
                return None
            line |= self._lines[key]
        return None if line & self._numbers.bit(migration.key) else line

    def _enter(self, keys: tuple[Key, ...]) -> None:
        """Find the ancestors of ``keys``."""
        for key in parents_first(keys, self._parents, self._lines, self._after_cycle):
            before = self._parents(key)
            if all(each in self._lines for each in before):
                self._lines[key] = self._numbers.bit(key)
                for each in before:
                    self._lines[key] |= self._lines[each]
            else:
                self._after_cycle.add(key)

    def _parents(self, key: Key) -> tuple[Key, ...]:
        return self._there(self._history.parents_of(key))

    def _parents_of(self, migration: Migration) -> tuple[Key, ...]:
        return self._there(self._history.parents(migration))

    def _there(self, keys: tuple[Key, ...]) -> tuple[Key, ...]:
        """Those that exist: a squash may replace files that were deleted."""
        return tuple(key for key in keys if self._history.migration(key))
