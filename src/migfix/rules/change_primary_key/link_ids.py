"""The ids of link tables, which Django leaves small when a model gets a ``BigAutoField``.

Source: https://docs.djangoproject.com/en/stable/ref/settings/#default-auto-field, "Migrating auto-created through
tables".
"""

from __future__ import annotations

from migfix.changes.altered_fields import AlteredField
from migfix.findings.finding import Rewrite
from migfix.history.fields import Field
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables
from migfix.rules.change_primary_key import RULE
from migfix.source.edits import AddImport
from migfix.source.formatting import free_name, snake
from migfix.source.migration import Migration


def small_links(migration: Migration, each: AlteredField) -> list[Field]:
    """The many-to-many fields of the model whose link tables Django made, if its key becomes a ``BigAutoField``."""
    becomes_big = each.old.kind in ("AutoField", "SmallAutoField") and each.new.kind == "BigAutoField"
    links = [field for field in each.model.fields.values() if field.kind == "ManyToManyField"]
    made = [field for field in links if becomes_big and field.get("through") is None]
    return [field for field in made if not _is_named(migration, each, field)]


def _is_named(migration: Migration, each: AlteredField, field: Field) -> bool:
    """Whether the file names the link table, or takes it from the field."""
    names = (f".{field.name}.through", f"{each.model.table}_{field.name}")
    return any(name.encode() in migration.source for name in names)


def widen_ids(migration: Migration, each: AlteredField, links: Field, taken: set[str]) -> Rewrite:
    """A RunPython after the AlterField that alters the key of the link table."""
    name = free_name(f"widen_{snake(each.model.name)}_{links.name.lower()}_ids", taken)
    taken.add(name)
    steps = step_edits(migration, each.index + 1, name, _function(name, each, links), is_atomic=False)
    return Rewrite(
        RULE.code,
        migration.path,
        each.op.line,
        f"{each.label} becomes a BigAutoField, and Django leaves the ids of the links {links.name} as they are.",
        f"{name}() alters them as well. It copies the link table on some databases. Going back leaves them large.",
        (*steps, AddImport(migration.path, "django.db", "router"), AddImport(migration.path, "django.db", "models")),
    )


def _function(name: str, each: AlteredField, links: Field) -> str:
    variables = Variables((each.model,))
    lines = [
        *opening(name, variables, "# Django alters the key of the model, but not that of its link table."),
        f"    links = {variables.of(each.model)}.{links.name}.through",
        f"    old, new = models.{each.old.kind}(primary_key=True), models.BigAutoField(primary_key=True)",
        "    for field in (old, new):",
        '        field.set_attributes_from_name("id")',
        "        field.model = links",
        "    schema_editor.alter_field(links, old, new)",
        "",
    ]
    return "\n".join(lines)
