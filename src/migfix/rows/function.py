"""The function that makes seed rows, written as a Django developer would."""

from __future__ import annotations

import keyword
from collections.abc import Iterable
from dataclasses import dataclass

from migfix.formatting import Brackets, call, dictionary, line_length, literal, render
from migfix.history.state import Model
from migfix.rows.seed import Seed

ONE_OFF = "# Existing rows get this key as their default, so its row has to be there first."
LASTING = "# The default of a foreign key points at this row, so it has to be there first."
SEQUENCE = "# An explicit key does not advance PostgreSQL's sequence."


OWN_NAMES = frozenset(
    (
        *("alias", "any", "apps", "child", "children", "datetime", "model", "models"),
        *("no_style", "router", "schema_editor", "sql", "timezone"),
    )
)
"""What the function calls things itself."""


@dataclass(frozen=True)
class Child:
    """A table that gets the key; ``null_field`` is the field whose NULLs get the default, for an AlterField."""

    model: Model
    null_field: str | None = None


def function_code(name: str, seeds: Iterable[Seed], children: Iterable[Child]) -> str:
    """A RunPython function that makes ``seeds`` if one of ``children`` has rows, or always if there are none."""
    rows = [each for seed in seeds for each in seed.walk()]
    rows = list({(each.model.key, each.lookup, each.key): each for each in rows}.values())
    children = list(children)
    models = {each.model.key: each.model for each in rows} | {each.model.key: each.model for each in children}
    models |= {each.resets.key: each.resets for each in rows if each.resets}
    names = _variables(list(models.values()))
    lines = [render(call(f"def {name}", "apps", "schema_editor", tail="):")), f"    {ONE_OFF if children else LASTING}"]
    lines += ["    alias = schema_editor.connection.alias"]
    for key, model in models.items():
        lines.append(
            "    " + render(call(f"{names[key]} = apps.get_model", literal(model.app), literal(model.name)), 4)
        )
    lines += _router_check(list(names.values()))
    if children:
        lines += _emptiness_check([(names[each.model.key], each) for each in children])
    for each in rows:
        lines.append("    " + render(_get_or_create(names[each.model.key], each), 4))
    lines += _sequence_reset({each.resets.key: each.resets for each in rows if each.resets}, names)
    return "\n".join(lines) + "\n"


def imports_of(seeds: Iterable[Seed]) -> list[tuple[str, str | None]]:
    """Modules and names that ``function_code`` needs."""
    rows = [each for seed in seeds for each in seed.walk()]
    needed: list[tuple[str, str | None]] = [("django.db", "router")]
    needed += [("django.core.management.color", "no_style")] if any(each.resets for each in rows) else []
    return list(dict.fromkeys([*needed, *(line for each in rows for line in each.imports)]))


def _variables(models: list[Model]) -> dict[tuple[str, str], str]:
    """A variable for each model: its name, with the app where two have the same."""
    names = [model.name for model in models]
    found = {}
    for model in models:
        name = model.name if names.count(model.name) == 1 else model.app.title().replace("_", "") + model.name
        found[model.key] = f"{name}_model" if name in OWN_NAMES or keyword.iskeyword(name) else name
    return found


def manager(variable: str, model: Model) -> str:
    """``.objects``, or ``._base_manager`` where the state declares managers: these may hide rows."""
    return f"{variable}.{'_base_manager' if model.has_managers else 'objects'}.using(alias)"


def _router_check(names: list[str]) -> list[str]:
    if len(names) == 1:
        return [
            "    " + render(call("if not router.allow_migrate_model", "alias", names[0], tail="):"), 4),
            "        return",
        ]
    loop = render(Brackets("for model in (", tuple(names), "):"), 4)
    return [f"    {loop}", "        if not router.allow_migrate_model(alias, model):", "            return"]


def _emptiness_check(children: list[tuple[str, Child]]) -> list[str]:
    rows = []
    for name, child in children:
        query = manager(name, child.model)
        rows.append(f"{query}.filter({child.null_field}=None)" if child.null_field else query)
    if len(rows) == 1 and len(condition := f"    if not {rows[0]}.exists():") <= line_length():
        return [condition, "        return"]
    listed = "".join(f"        {row},\n" for row in rows)
    return [
        f"    children = [\n{listed}    ]",
        "    if not any(child.exists() for child in children):",
        "        return",
    ]


def _get_or_create(variable: str, seed: Seed) -> Brackets:
    items: list[str | Brackets] = [f"{seed.lookup}={seed.key}"]
    if seed.values:
        inner = dictionary(seed.values)
        items.append(Brackets("defaults=" + inner.head, inner.items, inner.tail))
    return call(f"{manager(variable, seed.model)}.get_or_create", *items)


def _sequence_reset(models: dict[tuple[str, str], Model], names: dict[tuple[str, str], str]) -> list[str]:
    if not models:
        return []
    listed = f"[{', '.join(names[key] for key in models)}]"
    head = "for sql in schema_editor.connection.ops.sequence_reset_sql"
    loop = render(call(head, "no_style()", listed, tail="):"), 4)
    return [f"    {SEQUENCE}", f"    {loop}", "        schema_editor.execute(sql)"]
