"""``models``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from migfix.cli.app import FIXED, LEFT, app
from migfix.cli.options import Color, Colour
from migfix.cli.terminal import put_back_after_a_crash, show_diff


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
