"""A value that was read, written as code of a file: with the names as that file imports them."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import dataclass, replace
from textwrap import indent

from migfix.source.edits import AddImport
from migfix.source.formatting import (
    Brackets,
    Code,
    call,
    flatten,
    line_length,
    literal,
    prefixed,
    quote_of,
    render,
    with_quotes,
)
from migfix.source.migration import (
    Argument,
    Call,
    Dictionary,
    Import,
    Literal,
    Migration,
    Name,
    Opaque,
    Sequence,
    Value,
)
from migfix.source.names import package_of, spelling

_BY_NAME = (("django.db", "models"), ("django.db", "migrations"), ("django.conf", "settings"))
"""What Django's own migrations import by name."""


class CannotWrite(Exception):
    """Code of another file that can't be written here, because it means something there only."""


@dataclass
class Writer:
    """Writes values into one file; what must be imported for them is in ``imports``."""

    migration: Migration
    is_its_own: bool = False
    """Whether the values were read from this very file, so that code in them means the same."""

    def __post_init__(self) -> None:
        self.imports: dict[tuple[str, str | None], None] = {}

    @property
    def edits(self) -> list[AddImport]:
        return [AddImport(self.migration.path, module, name) for module, name in self.imports]

    def name(self, dotted: str, source: Import | None = None) -> str:
        """How the file spells a dotted name, which it comes to import if it doesn't yet, as ``source`` did.

        Raises CannotWrite for a name that another file defines, or imports by a path that starts there.
        """
        if found := spelling(self.migration.imports, dotted):
            return found
        if dotted.startswith("."):
            raise CannotWrite(f"{dotted.lstrip('.')} is imported by a relative path in another migration")
        if "." not in dotted:
            if dotted in self.migration.bound or hasattr(builtins, dotted):
                return dotted
            raise CannotWrite(f"{dotted} is defined in another migration")
        for package, imported in _BY_NAME:
            if dotted.startswith(f"{package}.{imported}."):
                self._import(package, imported)
                return dotted.removeprefix(f"{package}.")
        if source and source.name and source.name == source.bound:
            self._import(source.module, source.name)
            return f"{source.bound}{dotted.removeprefix(f'{source.module}.{source.name}')}"
        is_known = source and not source.name and dotted.startswith(f"{source.module}.")
        self._import(source.module if source and is_known else package_of(dotted), None)
        return dotted

    def _import(self, module: str, name: str | None) -> None:
        """Raises CannotWrite where the file already means something else by the name that this would bind."""
        bound = name or module.partition(".")[0]
        same = [each for each in self.migration.imports if each.bound == bound]
        is_free = (
            bound not in self.migration.bound
            if name or not same
            else all(each.name is None and each.module.partition(".")[0] == bound for each in same)
        )
        if not is_free:
            raise CannotWrite(f"the file already uses {bound} for something else")
        self.imports[module, name] = None

    def code(self, value: Value) -> Code:
        """The value as code. Raises CannotWrite for what wasn't read."""
        match value:
            case Literal(value=constant):
                return literal(constant)
            case Name(dotted=dotted, source=source):
                return self.name(dotted, source)
            case Call(func="|" | "&" | "^" as operator, arguments=(left, right)):
                return f"{self.flat(left.value)} {operator} {self.flat(right.value)}"
            case Call(func="~", arguments=(inner,)):
                return f"~{self.flat(inner.value)}"
            case Call(func=func, arguments=arguments, source=source):
                return call(self.name(func, source), *map(self._argument, arguments))
            case Sequence(kind=kind, items=items):
                opening, closing = {"list": ("[", "]"), "tuple": ("(", ")"), "set": ("{", "}")}[kind]
                codes = [self.code(item) for item in items]
                if kind == "tuple" and len(codes) == 1:
                    return f"({self.flat(items[0])},)"
                return Brackets(opening, tuple(codes), closing) if codes or kind != "set" else "set()"
            case Dictionary(pairs=pairs):
                return Brackets("{", tuple(prefixed(f"{self.flat(k)}: ", self.code(v)) for k, v in pairs), "}")
            case Opaque(code=code) if self.is_its_own:
                return code
            case Opaque(code=code):
                raise CannotWrite(f"`{code}` is code that migfix doesn't read")

    def flat(self, value: Value) -> str:
        """The code on one line; operators inside another are in brackets."""
        code = flatten(self.code(value))
        return f"({code})" if isinstance(value, Call) and value.func in ("|", "&", "^") else code

    def _argument(self, argument: Argument) -> Code:
        code = self.code(argument.value)
        return prefixed(f"{argument.keyword}=", code) if argument.keyword else code

    def operation(self, kind: str, *arguments: tuple[str, Code], depth: int = 0) -> str:
        """An operation from column 0, one argument a line, in the file's quotes; it will stand ``depth`` deeper."""
        room = line_length() - len("        ,") - depth
        lines = "".join(f"    {render(prefixed(f'{name}=', code), 4, room)},\n" for name, code in arguments)
        text = f"{self.name(f'django.db.migrations.{kind}')}(\n{lines})"
        return with_quotes(text, quote_of(self.migration.source))

    def alter_field(self, model: str, name: str, field: Value, depth: int = 0) -> str:
        """An AlterField from column 0."""
        arguments: tuple[tuple[str, Code], ...] = (
            ("model_name", literal(model)),
            ("name", literal(name)),
            ("field", self.code(field)),
        )
        return self.operation("AlterField", *arguments, depth=depth)

    def apart(self, **operations: Iterable[str]) -> str:
        """A SeparateDatabaseAndState from column 0: of each argument's operations the code, written for depth 8."""
        lines = [f"{self.name('django.db.migrations.SeparateDatabaseAndState')}("]
        for name, codes in operations.items():
            lines += [f"    {name}=[", *(indent(code, " " * 8) + "," for code in codes), "    ],"]
        return "\n".join([*lines, ")"])


def with_arguments(field: Value, **arguments: Value | None) -> Call:
    """A call with keyword arguments set, in the order of the alphabet as Django writes them; None takes one out."""
    assert isinstance(field, Call)
    kept = [each for each in field.arguments if each.keyword not in arguments]
    for name, value in arguments.items():
        if value is not None:
            place = next((i for i, each in enumerate(kept) if each.keyword and each.keyword > name), len(kept))
            kept.insert(place, Argument(name, value))
    return replace(field, arguments=tuple(kept))
