"""What was read, what was found, and what shall change: the values that pass between the stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal as OneOf

if TYPE_CHECKING:
    from migfix.history import History

# --- expressions, as they stand in the file -------------------------------------------------------

Span = tuple[int, int, int, int]
"""First line, first column, last line, last column: lines from 1, columns in UTF-8 bytes from 0."""

NOWHERE: Span = (0, 0, 0, 0)


@dataclass(frozen=True)
class Literal:
    """A constant: ``"blog"``, ``1``, ``None``."""

    value: object
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Name:
    """A dotted name with imports resolved (``django.db.models.CASCADE``); undotted if it is the file's own."""

    dotted: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Argument:
    """One argument of a call; ``keyword`` is None for a positional one."""

    keyword: str | None
    value: Value


@dataclass(frozen=True)
class Call:
    """A call with its callee resolved; ``|``, ``&`` and ``~`` on Q objects are calls of that name."""

    func: str
    arguments: tuple[Argument, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)

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


@dataclass(frozen=True)
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

    def place(self, name: str) -> Where:
        """Where an argument stands."""
        return (*self.where, list(self.arguments).index(name))

    @property
    def model(self) -> str:
        """Lower-case name of the model that the operation is about, or ""."""
        by_name = self.kind.endswith("Model") or self.kind.startswith(("AlterModel", "AlterUnique", "AlterIndex", "AlterOrder"))
        return self.text("model_name" if not by_name else "old_name" if self.kind == "RenameModel" else "name").lower()


@dataclass(frozen=True)
class Dependency:
    """One entry of ``dependencies``: a migration, or the setting of a swappable model; neither if not read."""

    key: Key | None
    setting: str | None
    index: int
    line: int
    code: str = ""
    """As written."""


@dataclass(frozen=True)
class Function:
    """A function at module level, as text."""

    name: str
    code: str
    line: int


@dataclass(frozen=True)
class Import:
    """One imported name: ``from module import name as bound``; ``name`` is None for ``import module``."""

    module: str
    name: str | None
    bound: str
    code: str
    """The statement that binds just this name."""


@dataclass(frozen=True)
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
    def is_initial(self) -> bool:
        """Whether Django takes it for an initial migration: said so, or without a dependency on its own app."""
        if self.initial is not None:
            return self.initial
        return not any(each.key and each.key[0] == self.app for each in self.dependencies)

    def walk(self) -> Iterator[Operation]:
        """All operations, those inside others after the one that holds them."""
        for op in self.operations:
            yield op
            yield from op.inner


# --- what shall change ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Insert:
    """Put ``code`` before the child at ``where``; comments of its neighbours stay with them."""

    path: str
    where: Where
    code: str
    comment: str | None = None


@dataclass(frozen=True)
class Remove:
    """Take the child at ``where`` out, with the comments that belong to it."""

    path: str
    where: Where


@dataclass(frozen=True)
class Move:
    """Put the child at ``where`` before its sibling ``to``, with the comments that belong to it."""

    path: str
    where: Where
    to: int


@dataclass(frozen=True)
class Replace:
    """Put ``code`` in the place of the value at ``where``."""

    path: str
    where: Where
    code: str


@dataclass(frozen=True)
class Comment:
    """Put a comment line above the child at ``where``."""

    path: str
    where: Where
    text: str


@dataclass(frozen=True)
class AddFunction:
    """Put a function above the Migration class."""

    path: str
    code: str


@dataclass(frozen=True)
class RemoveFunction:
    """Take a module-level function out."""

    path: str
    name: str


@dataclass(frozen=True)
class AddImport:
    """Bind ``name`` of ``module``, or ``module`` itself if name is None, sorted into place."""

    path: str
    module: str
    name: str | None = None


@dataclass(frozen=True)
class RemoveImport:
    """Stop importing what the file binds as ``bound``."""

    path: str
    bound: str


@dataclass(frozen=True)
class NewFile:
    """A migration of ``app`` that isn't there yet."""

    path: str
    app: str
    content: bytes


@dataclass(frozen=True)
class SetContent:
    """A companion file (``max_migration.txt``) gets new content."""

    path: str
    content: bytes


Edit = Insert | Remove | Move | Replace | Comment | AddFunction | RemoveFunction | AddImport | RemoveImport | NewFile | SetContent

# --- what was found -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Placeholder:
    """A row that the rewritten migration will make: model label, lookup, and the values written as code."""

    model: str
    key: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Advice:
    """What to do beside a rewrite, in a database that met the plain migration."""

    condition: str
    step: str
    applied: Key | None = None
    """It holds where this migration is recorded as applied."""
    tables: tuple[str, ...] = ()
    """It holds where one of these tables is there although the migration isn't applied."""


@dataclass(frozen=True)
class Rewrite:
    """A change that a rule makes, and everything a person should know about it."""

    code: str
    path: str
    line: int
    why: str
    wrote: str
    edits: tuple[Edit, ...]
    placeholders: tuple[Placeholder, ...] = ()
    advice: tuple[Advice, ...] = ()
    used_values: tuple[str, ...] = ()
    """The ``--set`` names that went into it."""


@dataclass(frozen=True)
class Refusal:
    """The rule's business, but a person must decide: the fact, the reason, and the next step."""

    code: str
    path: str
    line: int
    why: str
    next_step: str


Finding = Rewrite | Refusal


@dataclass(frozen=True)
class Rule:
    """A rule: what it is called, when it runs, and the function that looks for its failure."""

    code: str
    name: str
    why: str
    check: Callable[[tuple[Migration, ...], History], Iterator[Finding]]
    order: int
    """Lower runs first: structure, rows, splits, reverses, deployment."""
