"""``config`` and ``baseline``: what holds for a whole project."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from migfix.cli.app import app
from migfix.cli.options import (
    Color,
    Colour,
    ExtendSelect,
    Ignore,
    Json,
    OutputFormat,
    PythonPath,
    Report,
    Select,
    Settings,
    wants_json,
)
from migfix.cli.terminal import show_toml, warn_unconfirmed


@app.command("config")
def show_config(
    path: Annotated[Path, typer.Argument(help="The project, or one of its files.", show_default=False)] = Path(),
    is_trusted: Annotated[bool, typer.Option("--trust", help="Allow migfix to import its settings.")] = False,
    output_format: OutputFormat = Report.text,
    is_json: Json = False,
    color: Color = Colour.auto,
) -> None:
    """Show the configuration, and where each value comes from."""
    from migfix.project.config.confirmed import confirm
    from migfix.project.config.pyproject import load_config, read_table
    from migfix.project.files import find_root
    from migfix.project.settings import with_inferred
    from migfix.report.config import config_as_json, render_config

    root = find_root(path.absolute())
    config = load_config(root)
    if is_trusted and config.settings:
        confirm(config.home, config.settings)
    facts = with_inferred(config.facts, root)
    if wants_json(output_format, is_json):
        typer.echo(config_as_json(config, *read_table(root), facts), nl=False)
    else:
        show_toml(render_config(config, *read_table(root), facts))


@app.command("baseline")
def baseline(
    paths: Annotated[list[Path], typer.Argument(help="What to accept. Default: everything.", show_default=False)] = [],  # noqa: B006
    select: Select = [],  # noqa: B006
    extend_select: ExtendSelect = [],  # noqa: B006
    ignore: Ignore = [],  # noqa: B006
    settings: Settings = None,
    python_path: PythonPath = None,
) -> None:
    """Accept today's findings and report only new ones."""
    from dataclasses import replace

    from migfix.errors import MigfixError
    from migfix.findings.words import counted
    from migfix.planning.look import Look, look_at
    from migfix.planning.outcome import findings_of
    from migfix.planning.suppressions import baseline_of, place, read_baseline
    from migfix.project.config import BASELINE
    from migfix.project.config.options import with_selection
    from migfix.project.config.pyproject import load_config
    from migfix.project.files import find_root
    from migfix.write.files import replace_file

    root = find_root(Path(os.path.realpath(paths[0] if paths else Path())))
    config = with_selection(load_config(root), select, extend_select, ignore, settings, None, is_all=True)
    warn_unconfirmed(config)
    look = look_at(tuple(paths) or (root,), replace(config, has_baseline=False))
    found = list(findings_of(look)) if isinstance(look, Look) else []
    errors = look.all_errors if isinstance(look, Look) else look.errors
    if errors or not isinstance(look, Look):
        raise MigfixError(f"{errors[0] if errors else 'There are no migrations here.'}", "No baseline was written.")
    seen = {place(each.path, config.baseline) for each in look.migrations}
    kept = {path: codes for path, codes in read_baseline(config.baseline).accepted.items() if path not in seen}
    if found or kept:
        replace_file(config.baseline / BASELINE, baseline_of(found, config.baseline, kept))
    else:
        (config.baseline / BASELINE).unlink(missing_ok=True)
    files = len({each.path for each in found})
    summary = f"{counted(len(found), 'finding')} in {counted(files, 'file')} accepted in {BASELINE}"
    typer.echo(summary if found else "nothing to accept")
