"""Which module-level names the code in a file reads."""

from __future__ import annotations

import symtable
from collections.abc import Iterator
from functools import lru_cache


@lru_cache(maxsize=1000)
def module_names_read(code: str, function: str | None = None) -> frozenset[str]:
    """The module-level names that ``code``, or one function in it, reads. Nested scopes are included.

    A function's decorators, defaults and annotations are read by the module, not by the function.
    """
    top = symtable.symtable(code, "code", "exec")
    if function is None:
        at_module_level = {each.get_name() for each in top.get_symbols() if each.is_referenced()}
        return frozenset(at_module_level.union(*map(_globals, top.get_children())))
    return frozenset().union(*(_globals(each) for each in top.get_children() if each.get_name() == function))


def names_read_in_methods(code: str) -> frozenset[str]:
    """The module-level names that the methods of its classes read."""
    classes = [each for each in symtable.symtable(code, "code", "exec").get_children() if each.get_type() == "class"]
    return frozenset().union(*(_globals(method) for each in classes for method in each.get_children()))


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    for each in table.get_symbols():
        if each.is_global() and each.is_referenced():
            yield each.get_name()
    for inner in table.get_children():
        yield from _globals(inner)
