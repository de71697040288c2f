"""The function that creates placeholder rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from migfix.history.model import Model
from migfix.rows.functions.variables import Variables, unique
from migfix.rows.placeholder_rows.seed import Guard, Seed
from migfix.source.formatting import Brackets, call, dictionary, line_length, literal, render

ONE_OFF = "# Existing rows get this key as their default, so its row has to be there first."
LASTING = "# The default of a foreign key points at this row, so it has to be there first."
SEQUENCE = "# An explicit key does not advance PostgreSQL's sequence."


@dataclass(frozen=True)
class Child:
    """A table that gets the key. For an AlterField, ``null_field`` is the field whose NULLs get the default."""

    model: Model
    null_field: str | None = None


def function_code(name: str, seeds: Iterable[Seed], children: Iterable[Child]) -> str:
    """The code of a function that creates ``seeds`` if one of ``children`` has rows, or always without ``children``."""
    rows = [each for seed in seeds for each in seed.walk()]
    rows = list({(each.model.key, each.lookup, each.key): each for each in rows}.values())
    children = list(children)
    resets = unique(each.resets for each in rows if each.resets)
    guards = [] if children else list(dict.fromkeys(guard for each in rows for guard in each.guards))
    used = [*(each.model for each in rows), *(each.model for each in children), *resets]
    variables = Variables(unique([*used, *(each.model for each in guards if each.model)]))
    lines = [render(call(f"def {name}", "apps", "schema_editor", tail="):")), f"    {ONE_OFF if children else LASTING}"]
    lines += ["    alias = schema_editor.connection.alias"]
    for model in variables.models:
        got = call(f"{variables.of(model)} = apps.get_model", literal(model.app), literal(model.name))
        lines.append("    " + render(got, 4))
    lines += _router_check(list(map(variables.of, variables.models)))
    lines += _emptiness_check(children, variables) if children else []
    for guard in guards:
        lines += _guard(guard, variables)
    for each in rows:
        lines.append("    " + render(_get_or_create(variables.rows(each.model), each), 4))
    lines += _sequence_reset(list(map(variables.of, resets)))
    return "\n".join(lines) + "\n"


def imports_of(seeds: Iterable[Seed]) -> list[tuple[str, str | None]]:
    """The modules and names that the function must import."""
    rows = [each for seed in seeds for each in seed.walk()]
    needed: list[tuple[str, str | None]] = [("django.db", "router")]
    needed += [("django.core.management.color", "no_style")] if any(each.resets for each in rows) else []
    return list(dict.fromkeys([*needed, *(line for each in rows for line in each.imports)]))


def _router_check(names: list[str]) -> list[str]:
    if len(names) == 1:
        return [
            "    " + render(call("if not router.allow_migrate_model", "alias", names[0], tail="):"), 4),
            "        return",
        ]
    loop = render(Brackets("for model in (", tuple(names), "):"), 4)
    return [f"    {loop}", "        if not router.allow_migrate_model(alias, model):", "            return"]


def _emptiness_check(children: list[Child], variables: Variables) -> list[str]:
    rows = []
    for child in children:
        query = variables.rows(child.model)
        rows.append(f"{query}.filter({child.null_field}=None)" if child.null_field else query)
    if len(rows) == 1 and len(condition := f"    if not {rows[0]}.exists():") <= line_length():
        return [condition, "        return"]
    listed = "".join(f"        {row},\n" for row in rows)
    return [
        f"    children = [\n{listed}    ]",
        "    if not any(child.exists() for child in children):",
        "        return",
    ]


def _guard(guard: Guard, variables: Variables) -> list[str]:
    assert guard.model is not None
    query = f"{variables.rows(guard.model)}.filter({guard.lookup}={guard.key})"
    return [
        f"    # A new database has no {guard.model.name} {guard.key} to point at.",
        f"    if not {query}.exists():",
        "        return",
    ]


def _get_or_create(rows: str, seed: Seed) -> Brackets:
    items: list[str | Brackets] = [f"{seed.lookup}={seed.key}"]
    if seed.values:
        inner = dictionary(seed.values)
        items.append(Brackets("defaults=" + inner.head, inner.items, inner.tail))
    return call(f"{rows}.get_or_create", *items)


def _sequence_reset(names: list[str]) -> list[str]:
    if not names:
        return []
    head = "for sql in schema_editor.connection.ops.sequence_reset_sql"
    loop = render(call(head, "no_style()", f"[{', '.join(names)}]", tail="):"), 4)
    return [f"    {SEQUENCE}", f"    {loop}", "        schema_editor.execute(sql)"]
