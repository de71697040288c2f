"""``rename-app`` and ``remove-app``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migfix.cli.app import app
from migfix.cli.options import Color, Colour, DryRun, PythonPath, Settings
from migfix.cli.terminal import print_text, put_back_after_a_crash, show_diff

if TYPE_CHECKING:
    from migfix.commands.doctor.checkout import Checkout


@app.command("rename-app")
def rename_app(
    old: Annotated[str, typer.Argument(help="The label that databases have recorded.")],
    new: Annotated[str, typer.Argument(help="The label that the app has now.")],
    settings: Settings = None,
    dry_run: DryRun = False,
    python_path: PythonPath = None,
    color: Color = Colour.auto,
) -> None:
    """Let migrations and databases follow a renamed app."""
    from migfix.commands.rename_app.plan import plan_renaming

    found = plan_renaming(_checkout(settings), old, new)
    _write(found.before, found.after, dry_run)
    for each in found.left:
        print_text(f"still has the old label: {each}", err=dry_run)


@app.command("remove-app")
def remove_app(
    label: Annotated[str, typer.Argument(metavar="APP", help="Label of an app whose models are deleted.")],
    settings: Settings = None,
    dry_run: DryRun = False,
    python_path: PythonPath = None,
    color: Color = Colour.auto,
) -> None:
    """Remove an app from all migrations."""
    from migfix.commands.remove_app.plan import plan_removal

    found = plan_removal(_checkout(settings), label)
    _write(found.before, found.after, dry_run)
    for each in found.left:
        print_text(f"still names the app: {each}", err=dry_run)
    print_text(
        f"Now remove the rest of {label}, and its entry in INSTALLED_APPS. On each database, "
        f"`python manage.py remove_stale_contenttypes --include-stale-apps` removes its content types and permissions, "
        f"and DELETE FROM django_migrations WHERE app = '{label}' its records.",
        err=dry_run,
    )


def _checkout(settings: str | None) -> Checkout:
    from migfix.commands.doctor.checkout import checkout_at

    put_back_after_a_crash([Path.cwd()])
    return checkout_at(Path.cwd(), (), settings)


def _write(before: Mapping[str, bytes | None], after: Mapping[str, bytes | None], is_dry: bool) -> None:
    """Write the files, or show the diff, and a line for each file."""
    from migfix.report.text import shown
    from migfix.write.files import write_all

    here = Path.cwd()
    if is_dry:
        show_diff(before, after, here)
    else:
        write_all(before, after)
    for path, content in sorted(after.items()):
        done = "deleted" if content is None else "written" if before[path] is None else "changed"
        print_text(f"{shown(path, here)}: {'would be ' if is_dry else ''}{done}", err=is_dry)
