"""The migration that gives tables and content types the new name."""

from __future__ import annotations

from pathlib import Path

from migfix.source.formatting import literal
from migfix.source.migration import Migration

_FUNCTIONS = """
def rename_content_types(apps, schema_editor):
    # Permissions, generic keys and the log of the admin stay with their content types.
    _move_content_types(apps, schema_editor, {old}, {new})


def restore_content_types(apps, schema_editor):
    _move_content_types(apps, schema_editor, {new}, {old})


def _move_content_types(apps, schema_editor, old, new):
    ContentType = apps.get_model("contenttypes", "ContentType")
    content_types = ContentType.objects.using(schema_editor.connection.alias)
    there = content_types.filter(app_label=new).values_list("model", flat=True)
    content_types.filter(app_label=old).exclude(model__in=list(there)).update(app_label=new)

"""
_OPERATION = """        migrations.AlterModelTable(
            name={model},
            table=None,
        ),
"""
_TYPES = ("contenttypes", "0002_remove_content_type_name")


def new_file(
    own: list[Migration], leaf: Migration, old: str, new: str, models: list[str], has_types: bool
) -> tuple[str, bytes]:
    """Path and content. ``models`` are those whose tables get an automatic name again."""
    number = max((int(each.name[:4]) for each in own if each.name[:4].isdigit()), default=0) + 1
    path = Path(own[0].path).parent / f"{number:04}_rename_app_from_{old}.py"
    dependencies = [leaf.key, *([_TYPES] if has_types else [])]
    operations = [_OPERATION.format(model=literal(model)) for model in models]
    if has_types:
        operations.insert(0, "        migrations.RunPython(rename_content_types, restore_content_types),\n")
    lines = [
        "from django.db import migrations\n\n",
        _FUNCTIONS.format(old=literal(old), new=literal(new)) if has_types else "",
        "\nclass Migration(migrations.Migration):\n\n    dependencies = [\n",
        *(f"        ({literal(app)}, {literal(name)}),\n" for app, name in dependencies),
        "    ]\n\n    operations = [\n",
        *operations,
        "    ]\n",
    ]
    return str(path), "".join(lines).encode()
