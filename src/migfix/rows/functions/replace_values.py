"""A function that replaces values of one column."""

from __future__ import annotations

from collections.abc import Iterable

from migfix.history.model import Model
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables
from migfix.source.formatting import call, render

FORBIDS_AGAIN = "# The column is about to forbid NULL again."
"""The comment in the function that fills NULLs when going back."""


def replacing(name: str, model: Model, field: str, pairs: Iterable[tuple[str, str]], comment: str) -> str:
    """The function. ``pairs`` are the code of old and new values; None as an old value means NULL."""
    variables = Variables((model,))
    lines = [*opening(name, variables, comment), f"    rows = {variables.rows(model)}"]
    for old, new in pairs:
        lookup = f"{field}__isnull=True" if old == "None" else f"{field}={old}"
        lines.append("    " + render(call(f"rows.filter({lookup}).update", f"{field}={new}"), 4))
    return "\n".join([*lines, ""])
