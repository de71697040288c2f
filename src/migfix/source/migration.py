"""What was read: a migration file as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import NamedTuple

# --- expressions, as they stand in the file -------------------------------------------------------

Span = tuple[int, int, int, int]
"""First line, first column, last line, last column: lines from 1, columns in UTF-8 bytes from 0."""

NOWHERE: Span = (0, 0, 0, 0)


@dataclass(frozen=True)
class Literal:
    """A constant: ``"blog"``, ``1``, ``None``."""

    value: object
    span: Span = field(default=NOWHERE, compare=False)


class Import(NamedTuple):
    """One imported name: ``from module import name as bound``; ``name`` is None for ``import module``."""

    module: str
    name: str | None
    bound: str
    code: str
    """The statement that binds just this name."""


@dataclass(frozen=True)
class Name:
    """A dotted name with imports resolved (``django.db.models.CASCADE``); undotted if it is the file's own."""

    dotted: str
    span: Span = field(default=NOWHERE, compare=False)
    source: Import | None = field(default=None, compare=False, repr=False)
    """The import that gives the name in the file it was read from."""


class Argument(NamedTuple):
    """One argument of a call; ``keyword`` is None for a positional one."""

    keyword: str | None
    value: Value


@dataclass(frozen=True)
class Call:
    """A call with its callee resolved; ``|``, ``&`` and ``~`` on Q objects are calls of that name."""

    func: str
    arguments: tuple[Argument, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)
    source: Import | None = field(default=None, compare=False, repr=False)
    """The import that gives the callee in the file it was read from."""

    def keyword(self, name: str) -> Value | None:
        """The value given by keyword, or None."""
        return next((arg.value for arg in self.arguments if arg.keyword == name), None)

    def argument(self, name: str, position: int) -> Value | None:
        """The value given by keyword or at ``position``, or None."""
        positional = [arg.value for arg in self.arguments if arg.keyword is None]
        return positional[position] if position < len(positional) else self.keyword(name)


@dataclass(frozen=True)
class Sequence:
    """A list, tuple or set display."""

    kind: OneOf["list", "tuple", "set"]
    items: tuple[Value, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Dictionary:
    """A dict display."""

    pairs: tuple[tuple[Value, Value], ...]
    span: Span = field(default=NOWHERE, compare=False)

    def get(self, key: str) -> Value | None:
        """The value under a string key, or None."""
        return next((value for name, value in self.pairs if name == Literal(key)), None)


@dataclass(frozen=True)
class Opaque:
    """Code that is not read: equal only to the same code."""

    code: str
    span: Span = field(default=NOWHERE, compare=False)


Value = Literal | Name | Call | Sequence | Dictionary | Opaque

# --- a migration file -----------------------------------------------------------------------------

Key = tuple[str, str]
"""App label and migration name, or app label and lower-case model name."""

Where = tuple[str | int, ...]
"""A place in the Migration class: an attribute, then child indexes (list item, call argument, dict pair)."""


@dataclass(frozen=True, eq=False, repr=False)
class Operation:
    """One operation: its class name if it is Django's own (else ""), its arguments by name, and its place."""

    kind: str
    arguments: Mapping[str, Value]
    value: Value
    where: Where
    inner: tuple[Operation, ...] = ()
    """Of SeparateDatabaseAndState and RunSQL: the operations inside."""

    @property
    def line(self) -> int:
        return self.value.span[0]

    def text(self, name: str) -> str:
        """A string argument, or "" where it is missing or not a literal."""
        value = self.arguments.get(name)
        return value.value if isinstance(value, Literal) and isinstance(value.value, str) else ""

    @property
    def state_operations(self) -> tuple[Operation, ...]:
        """The operations inside that change the state only."""
        return tuple(each for each in self.inner if self._argument_of(each) == "state_operations")

    @property
    def database_operations(self) -> tuple[Operation, ...]:
        """The operations inside that run on the database only."""
        return tuple(each for each in self.inner if self._argument_of(each) == "database_operations")

    def _argument_of(self, inner: Operation) -> str:
        return list(self.arguments)[int(inner.where[len(self.where)])]

    def place(self, name: str) -> Where:
        """Where an argument stands."""
        return (*self.where, list(self.arguments).index(name))

    @property
    def model(self) -> str:
        """Lower-case name of the model that the operation is about, or ""."""
        by_name = self.kind.endswith("Model") or self.kind.startswith(
            ("AlterModel", "AlterUnique", "AlterIndex", "AlterOrder")
        )
        return self.text("model_name" if not by_name else "old_name" if self.kind == "RenameModel" else "name").lower()


@dataclass(frozen=True, eq=False, repr=False)
class Dependency:
    """One entry of ``dependencies``: a migration, or the setting of a swappable model; neither if not read."""

    key: Key | None
    setting: str | None
    index: int
    line: int
    code: str = ""
    """As written."""

    @property
    def is_read(self) -> bool:
        """Whether it is known what this names."""
        return self.key is not None or self.setting is not None


class Function(NamedTuple):
    """A function at module level, as text."""

    name: str
    code: str
    line: int
    """That of its ``def``; comments and decorators stand above it."""

    @property
    def first_line(self) -> int:
        """The line of the file that its code begins on."""
        lines = self.code.split("\n")
        return self.line - next((i for i, line in enumerate(lines) if line.startswith("def ")), 0)


@dataclass(frozen=True, eq=False, repr=False)
class Migration:
    """A migration file, read and not run."""

    path: str
    app: str
    name: str
    source: bytes
    operations: tuple[Operation, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    run_before: tuple[Key, ...] = ()
    replaces: tuple[Key, ...] = ()
    initial: bool | None = None
    atomic: bool = True
    bases: str = "migrations.Migration"
    """What the class inherits from, as written."""
    extras: tuple[str, ...] = ()
    """What else the class holds, as code from column 0: markers of other packages (``stage``, ``safe``), methods."""
    functions: Mapping[str, Function] = field(default_factory=dict)
    imports: tuple[Import, ...] = ()
    constants: Mapping[str, Value] = field(default_factory=dict)
    bound: frozenset[str] = frozenset()
    """Every name bound at module level."""
    django: tuple[int, int] | None = None
    unread: tuple[int, str] | None = None
    """Line and reason, where ``operations`` or ``dependencies`` is not a literal list."""

    @property
    def key(self) -> Key:
        return self.app, self.name

    @property
    def mentions_migfix(self) -> bool:
        """Whether the file may hold a comment for migfix."""
        return b"migfix:" in self.source

    @property
    def is_initial(self) -> bool:
        """Whether Django takes it for an initial migration: said so, or without a dependency on its own app."""
        if self.initial is not None:
            return self.initial
        return not any(each.key and each.key[0] == self.app for each in self.dependencies)

    def walk(self) -> Iterator[Operation]:
        """All operations that run on the database, those inside another after it."""
        for op in self.operations:
            yield op
            yield from op.database_operations
