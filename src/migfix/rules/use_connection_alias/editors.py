"""The functions that a RunPython runs, with their names for the schema editor and its alias."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from migfix.source.data_functions.data_steps import BOTH_WAYS, running
from migfix.source.migration import Function, Migration, Name
from migfix.source.parse import nodes, syntax_tree

_NAME = "schema_editor"
_OTHER_NAMES = ("editor", "schema", "se")


@dataclass(frozen=True)
class Editor:
    """A function of the file. ``is_run`` if a RunPython calls it itself, with the schema editor as second argument."""

    function: Function
    is_run: bool

    @cached_property
    def node(self) -> ast.FunctionDef:
        found = next(each for each in syntax_tree(self.function.code).body if isinstance(each, ast.FunctionDef))
        return found

    @cached_property
    def names(self) -> set[str]:
        """Every name in the function."""
        named = {each.id for each in nodes(self.node) if isinstance(each, ast.Name)}
        return named | {each.arg for each in nodes(self.node) if isinstance(each, ast.arg)}

    @property
    def _parameter(self) -> ast.arg | None:
        parameters = [*self.node.args.posonlyargs, *self.node.args.args]
        if self.is_run:
            return parameters[1] if len(parameters) > 1 else None
        return next((each for each in parameters if each.arg in (_NAME, *_OTHER_NAMES)), None)

    @property
    def _is_unnamed(self) -> bool:
        """Whether the parameter is ``_`` or ``_editor``, and not used."""
        return (
            self._parameter is not None and self._parameter.arg.startswith("_") and self._parameter.annotation is None
        )

    @property
    def name(self) -> str:
        """The parameter for the schema editor."""
        if self._parameter is None:
            return ""
        return _NAME if self._is_unnamed else self._parameter.arg

    def named(self) -> Iterator[tuple[tuple[int, int, int, int], str]]:
        """Where an unused parameter gets its usual name, as a span in the function's code, and the name."""
        parameter = self._parameter
        if parameter is not None and self._is_unnamed:
            start, end = parameter.lineno, parameter.end_lineno or parameter.lineno
            yield (start, parameter.col_offset, end, parameter.end_col_offset or 0), _NAME

    @property
    def alias(self) -> str | None:
        """The variable that the function itself sets to the alias at its top."""
        for each in self.node.body:
            match each:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if (
                    ast.unparse(value) == f"{self.name}.connection.alias"
                ):
                    return name
        return None

    @property
    def top(self) -> tuple[int, str]:
        """The line in the function's code where the body begins, after a docstring, and its indentation."""
        has_docstring = ast.get_docstring(self.node, clean=False) is not None and len(self.node.body) > 1
        first = self.node.body[1 if has_docstring else 0]
        line = min([first.lineno, *(each.lineno for each in getattr(first, "decorator_list", []))])
        lines = self.function.code.split("\n")
        while line - 1 > self.node.lineno and lines[line - 2].lstrip().startswith("#"):
            line -= 1
        return line, lines[first.lineno - 1][: first.col_offset]

    @property
    def problem(self) -> str:
        """Why the alias can't be used in the function; "" if it can."""
        if self._parameter is None:
            return "it doesn't get the schema editor"
        if self._is_unnamed and (self._parameter.arg in self._read or _NAME in self.names):
            return "its second parameter is used for something else"
        line, indent = self.top
        if indent.strip() or line == self.node.lineno:
            return "its body shares the line of the def"
        return ""

    @property
    def _read(self) -> set[str]:
        return {each.id for each in nodes(self.node) if isinstance(each, ast.Name)}


def editors(migration: Migration) -> Iterator[Editor]:
    """Every function of the file that a RunPython runs, directly or through another function."""
    run = set()
    for op in migration.walk():
        codes = (op.arguments.get(name) for name in BOTH_WAYS if op.kind == "RunPython")
        run |= {code.dotted for code in codes if isinstance(code, Name)}
    yield from (Editor(function, function.name in run) for function, _, _ in running(migration))
