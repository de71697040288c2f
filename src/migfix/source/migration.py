"""A migration file as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import NamedTuple

from migfix.source.elsewhere import Elsewhere

# --- expressions, as written in the file ----------------------------------------------------------

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
    """The statement that binds only this name."""


@dataclass(frozen=True)
class Name:
    """A dotted name with imports resolved (``django.db.models.CASCADE``); a plain name if the file defines it."""

    dotted: str
    span: Span = field(default=NOWHERE, compare=False)
    source: Import | None = field(default=None, compare=False, repr=False)
    """The import that provides the name in the file it was read from."""


class Argument(NamedTuple):
    """One argument of a call; ``keyword`` is None for a positional one."""

    keyword: str | None
    value: Value


@dataclass(frozen=True)
class Call:
    """A call with its callee resolved. ``|``, ``&``, ``^`` and ``~`` on Q objects are calls with that name."""

    func: str
    arguments: tuple[Argument, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)
    source: Import | None = field(default=None, compare=False, repr=False)
    """The import that provides the callee in the file it was read from."""

    def keyword(self, name: str) -> Value | None:
        """The value passed by keyword, or None."""
        return next((arg.value for arg in self.arguments if arg.keyword == name), None)

    def argument(self, name: str, position: int) -> Value | None:
        """The value passed by keyword or at ``position``, or None."""
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
    """Code that is not read. It is equal only to the same code."""

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
    """One operation: its class name if it is one of Django's (else ""), its arguments by name, and its place."""

    kind: str
    arguments: Mapping[str, Value]
    value: Value
    where: Where
    inner: tuple[Operation, ...] = ()
    """The operations inside a SeparateDatabaseAndState or RunSQL."""

    @property
    def line(self) -> int:
        return self.value.span[0]

    def text(self, name: str) -> str:
        """A string argument, or "" if it is missing or not a literal."""
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
        """The place of an argument."""
        return (*self.where, list(self.arguments).index(name))

    @property
    def model(self) -> str:
        """The lower-case name of the model that the operation changes, or ""."""
        by_name = self.kind.endswith("Model") or self.kind.startswith(
            ("AlterModel", "AlterUnique", "AlterIndex", "AlterOrder")
        )
        return self.text("model_name" if not by_name else "old_name" if self.kind == "RenameModel" else "name").lower()


@dataclass(frozen=True, eq=False, repr=False)
class Dependency:
    """One entry of ``dependencies``: a migration or the setting of a swappable model. Neither if it can't be read."""

    key: Key | None
    setting: str | None
    index: int
    line: int
    code: str = ""
    """As written."""

    @property
    def is_read(self) -> bool:
        """Whether it was read as a migration or a setting."""
        return self.key is not None or self.setting is not None


class Function(NamedTuple):
    """A module-level function as text."""

    name: str
    code: str
    line: int
    """The line of its ``def``. Comments and decorators are above it."""

    @property
    def first_line(self) -> int:
        """The line of the file where ``code`` begins."""
        lines = self.code.split("\n")
        return self.line - next((i for i, line in enumerate(lines) if line.startswith("def ")), 0)


@dataclass(frozen=True, eq=False, repr=False)
class Migration:
    """A migration file that was read without running it."""

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
    """The base classes, as written."""
    extras: tuple[str, ...] = ()
    """The rest of the class body, as code from column 0: methods, and attributes of other packages (``safe``)."""
    functions: Mapping[str, Function] = field(default_factory=dict)
    imports: tuple[Import, ...] = ()
    constants: Mapping[str, Value] = field(default_factory=dict)
    bound: frozenset[str] = frozenset()
    """Every name bound at module level."""
    django: tuple[int, int] | None = None
    unread: tuple[int, str] | None = None
    """The line and the reason, if the migration can't be read: ``operations`` is not a literal list, for example."""
    added: Mapping[str, str] = field(default_factory=dict)
    """Function -> the code of the rule that added it in this run."""
    elsewhere: Mapping[str, Elsewhere] = field(default_factory=dict)
    """Name in ``source`` -> the function of another migration that it stands for, where squashmigrations left one."""
    on_disk: bytes | None = None
    """The content of the file, if ``source`` isn't exactly that."""

    @property
    def key(self) -> Key:
        return self.app, self.name

    @property
    def mentions_migfix(self) -> bool:
        """Whether the file may contain a comment for migfix."""
        return b"migfix:" in self.source

    @property
    def is_initial(self) -> bool:
        """Whether Django treats it as initial: it sets ``initial``, or it doesn't depend on its own app."""
        if self.initial is not None:
            return self.initial
        return not any(each.key and each.key[0] == self.app for each in self.dependencies)

    def walk(self) -> Iterator[Operation]:
        """All operations, each followed by its ``database_operations``. ``state_operations`` are left out."""
        for op in self.operations:
            yield op
            yield from op.database_operations
