"""``squash-finish`` and ``models``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from migfix.cli.app import FIXED, LEFT, app
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
    for path, content in sorted(found.after.items()):
        typer.echo(f"{shown(path, here)}: {'gone' if content is None else 'changed'}", err=dry_run)
    typer.echo(f"Once this is deployed, `migrate {label} --prune` clears their rows in django_migrations.", err=dry_run)


@app.command("models")
def models(
    paths: Annotated[list[Path], typer.Argument(help="Modules with models, or app folders.", show_default=False)],
    is_writing: Annotated[bool, typer.Option("--write", help="Write the files. Default: show the diff.")] = False,
    color: Color = Colour.auto,
) -> None:
    """Break import cycles: use "app.Model" strings in relations."""
    from migfix.commands.models.lazy import make_lazy, project_around
    from migfix.commands.models.report import render_lazy

    put_back_after_a_crash([path.parent for path in paths])
    here = Path.cwd()
    found = make_lazy(paths, project_around(paths[0]))
    if is_writing and found.after:
        from migfix.write.files import write_all

        write_all(found.before, found.after)
    typer.echo(render_lazy(found, here, is_writing), nl=False, err=not is_writing)
    if not is_writing:
        show_diff(found.before, found.after, here)
    raise typer.Exit(LEFT if found.left or (found.after and not is_writing) else FIXED)
