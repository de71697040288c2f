"""``squash-finish``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from migfix.cli.app import LEFT, app
from migfix.cli.options import Color, Colour, DryRun, PythonPath, Settings, Texts
from migfix.cli.terminal import put_back_after_a_crash, show_diff


@app.command("squash-finish")
def squash_finish(
    label: Annotated[str, typer.Argument(metavar="APP", help="Label of an app whose squash is applied everywhere.")],
    settings: Settings = None,
    databases: Annotated[
        Texts, typer.Option("--database", help="A database to look at. Default: all of the settings.")
    ] = [],  # noqa: B006
    dry_run: DryRun = False,
    python_path: PythonPath = None,
    color: Color = Colour.auto,
) -> None:
    """Turn applied squashed migrations into ordinary ones."""
    from migfix.commands.squash_finish.run import finish
    from migfix.report.text import shown

    here = Path.cwd()
    put_back_after_a_crash([here])
    found = finish(label, here, settings, databases)
    for line in found.standing:
        typer.echo(f"can't finish: {line}")
    if found.standing:
        typer.echo(f"The replaced migrations of {label} are still needed. Nothing was written.")
        raise typer.Exit(LEFT)
    if dry_run:
        show_diff(found.before, found.after, here)
    else:
        from migfix.write.files import write_all

        write_all(found.before, found.after)
    would_be = "would be " if dry_run else ""
    for path, content in sorted(found.after.items()):
        done = "deleted" if content is None else "changed"
        typer.echo(f"{shown(path, here)}: {would_be}{done}", err=dry_run)
    typer.echo(f"Once this is deployed, `migrate {label} --prune` clears their rows in django_migrations.", err=dry_run)
