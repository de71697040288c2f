"""The functions that rename permissions, forward and back."""

from __future__ import annotations

from migfix.source.formatting import literal

Names = tuple[str, str, str]
"""The function that renames, and its callers: forward, and back."""


def functions(names: Names, app: str, old: str, new: str, actions: list[str]) -> tuple[str, str, str]:
    """The code of the three functions."""
    rename, forward, back = names
    before, after = old.lower(), new.lower()
    code = f"""\
def {rename}(apps, schema_editor, old, new):
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
    callers = [
        f"def {name}(apps, schema_editor):\n    {rename}(apps, schema_editor, {literal(first)}, {literal(second)})\n"
        for name, first, second in ((forward, before, after), (back, after, before))
    ]
    return code, callers[0], callers[1]
