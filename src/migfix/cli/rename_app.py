"""``rename-app``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from migfix.cli.app import app
from migfix.cli.options import Color, Colour, DryRun, PythonPath, Settings
from migfix.cli.terminal import print_text, put_back_after_a_crash, show_diff


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
    from migfix.commands.doctor.checkout import checkout_at
    from migfix.commands.rename_app.plan import plan_renaming
    from migfix.report.text import shown

    here = Path.cwd()
    put_back_after_a_crash([here])
    found = plan_renaming(checkout_at(here, (), settings), old, new)
    if dry_run:
        show_diff(found.before, found.after, here)
    else:
        from migfix.write.files import write_all

        write_all(found.before, found.after)
    would_be = "would be " if dry_run else ""
    for path in sorted(found.after):
        done = "written" if found.before[path] is None else "changed"
        print_text(f"{shown(path, here)}: {would_be}{done}", err=dry_run)
    for each in found.left:
        print_text(f"still has the old label: {each}", err=dry_run)
