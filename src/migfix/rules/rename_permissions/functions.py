"""The functions that rename permissions, forward and back."""

from __future__ import annotations

from collections.abc import Iterable

from migfix.source.formatting import literal


def helper(name: str, app: str, actions: Iterable[str]) -> str:
    """The code of the function that renames the permissions of one model. Its callers give the names."""
    return f"""\
def {name}(apps, schema_editor, old, new):
    # RenameModel keeps the codenames. Django renames them itself from version 6.1 on.
    alias = schema_editor.connection.alias
    Permission = apps.get_model({literal("auth")}, {literal("Permission")})
    if not router.allow_migrate_model(alias, Permission):
        return
    permissions = Permission.objects.using(alias).filter(
        content_type__app_label={literal(app)}, content_type__model__in=[old, new]
    )
    for action in [{", ".join(map(literal, actions))}]:
        codename = action + {literal("_")} + new
        if not permissions.filter(codename=codename).exists():
            permissions.filter(codename=action + {literal("_")} + old).update(codename=codename)
"""


def both_ways(names: tuple[str, str], rename: str, old: str, new: str) -> list[str]:
    """The code of the two functions that call it: forward, and back."""
    before, after = literal(old.lower()), literal(new.lower())
    return [
        f"def {name}(apps, schema_editor):\n    {rename}(apps, schema_editor, {first}, {second})\n"
        for name, first, second in ((names[0], before, after), (names[1], after, before))
    ]
