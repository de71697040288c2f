"""The two functions: one makes a link from each key, the other a key from the links."""

from __future__ import annotations

from migfix.history.model import Model
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables
from migfix.rows.link_tables import LinkTable
from migfix.rules.copy_links.created_rows import created_rows
from migfix.source.formatting import call, literal, render
from migfix.source.writer import Writer


def to_links(name: str, model: Model, key: str, links: str, table: LinkTable) -> str:
    """Make a link from the key of each row."""
    variables = Variables((model,))
    made = call("through", f"{table.source}_id=row", f"{table.target}_id=key")
    lines = [
        *opening(name, variables, f"# The {key} of each row becomes its only link."),
        f"    through = {variables.of(model)}.{links}.through",
        "    " + render(call(f"rows = {variables.rows(model)}.exclude", f"{key}=None"), 4),
        f"    keys = rows.values_list({literal('pk')}, {literal(key)})",
        *created_rows(made, "for row, key in keys.iterator()", "through.objects.using(alias)"),
    ]
    return "\n".join([*lines, ""])


def to_key(
    name: str, model: Model, links: str, key: str, table: LinkTable, writer: Writer, is_one: bool, is_required: bool
) -> str:
    """Point each row at its first link. ``is_one`` stops at rows with several, ``is_required`` at rows without."""
    variables = Variables((model,))
    outer, subquery = (writer.name(f"django.db.models.{each}") for each in ("OuterRef", "Subquery"))
    comment = "# Each row has one link at most." if is_one else "# A row with several links keeps the first one."
    lines = [
        *opening(name, variables, comment),
        f"    links = {variables.of(model)}.{links}.through.objects.using(alias)",
    ]
    if is_one:
        count = writer.name("django.db.models.Count")
        lines += [
            f"    counted = links.values({literal(table.source)}).annotate(links={count}({literal('pk')}))",
            f"    several = counted.filter(links__gt=1).values_list({literal(table.source)}, flat=True)",
            *_stop("several", f"These rows of {model.label} have several {links}: {{keys}}"),
        ]
    lines += [
        f"    first = links.filter({table.source}={outer}({literal('pk')})).order_by({literal('pk')})",
        f"    rows = {variables.rows(model)}",
        "    " + render(call("rows.update", f"{key}={subquery}(first.values({literal(table.target)})[:1])"), 4),
    ]
    if is_required:
        lines += [
            f"    unlinked = rows.filter({key}=None).values_list({literal('pk')}, flat=True)",
            *_stop("unlinked", f"These rows of {model.label} have no {links}: {{keys}}"),
        ]
    return "\n".join([*lines, ""])


def _stop(found: str, message: str) -> list[str]:
    return [
        f"    keys = list({found}[:10])",
        "    if keys:",
        "        " + render(call("raise ValueError", f'f"{message}"'), 8),
    ]
