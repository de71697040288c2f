"""The function that creates permissions or content types early, with the functions of Django's ``post_migrate``."""

from __future__ import annotations

from dataclasses import dataclass

from migfix.source.formatting import Brackets, call, literal, render


@dataclass(frozen=True)
class Maker:
    """A function of Django that creates rows for one app."""

    package: str
    function: str
    what: str

    def name(self, labels: tuple[str, ...]) -> str:
        """The name of the written function: ``create_blog_permissions``, ``create_all_content_types``."""
        whose = "all" if not labels else "missing" if len(labels) > 1 else labels[0]
        return f"create_{whose}_{self.what.replace(' ', '_')}"


PERMISSIONS = Maker("auth", "create_permissions", "permissions")
CONTENT_TYPES = Maker("contenttypes", "create_contenttypes", "content types")
SITE = Maker("sites", "create_default_site", "site")
COMMENT = "# On a new database these are made after the last migration only."


def site_code(name: str) -> str:
    """The code of a function that creates the default site."""
    made = call(SITE.function, "None", "verbosity=0", "using=alias", "apps=apps")
    lines = [f"def {name}(apps, schema_editor):", "    # On a new database it is made after the last migration only."]
    return "\n".join([*lines, "    alias = schema_editor.connection.alias", f"    {render(made, 4)}", ""])


def creation_code(name: str, maker: Maker, labels: tuple[str, ...]) -> str:
    """The code of a function that calls ``maker`` for the apps with ``labels``, or for all apps without labels.

    Django's functions skip an app without a models module, and historical apps have none, so ``models_module`` is set
    around the call (django/contrib/auth/management/__init__.py, ticket 23422).
    """
    lines = [f"def {name}(apps, schema_editor):", f"    {COMMENT}", "    alias = schema_editor.connection.alias"]
    indent = 4
    if len(labels) == 1:
        lines.append(f"    app_config = apps.get_app_config({literal(labels[0])})")
    else:
        indent = 8
        listed = render(Brackets("for label in [", tuple(map(literal, labels)), "]:"), 4)
        lines += (
            [f"    {listed}", "        app_config = apps.get_app_config(label)"]
            if labels
            else ["    for app_config in apps.get_app_configs():"]
        )
    pad = " " * indent
    made = render(call(maker.function, "app_config", "verbosity=0", "using=alias", "apps=apps"), indent)
    lines += [f"{pad}app_config.models_module = True", f"{pad}{made}", f"{pad}app_config.models_module = None"]
    return "\n".join(lines) + "\n"
