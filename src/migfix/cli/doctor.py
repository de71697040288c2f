"""``doctor``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from migfix.cli.app import FIXED, LEFT, app
from migfix.cli.options import Color, Colour, PythonPath, Settings, Texts


@app.command()
def doctor(
    apps: Annotated[Texts, typer.Argument(metavar="[APP]...", help="Only these apps. Default: all.")] = [],  # noqa: B006
    settings: Settings = None,
    databases: Annotated[Texts, typer.Option("--database", help="A database to look at. Default: `default`.")] = [],  # noqa: B006
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    python_path: PythonPath = None,
    color: Color = Colour.auto,
) -> None:
    """Compare files, records and tables of a database."""
    from migfix.commands.doctor.run import diagnose

    found = diagnose(Path.cwd(), apps, settings, databases)
    count = sum(map(len, found.values()))
    if is_json:
        listed = [{"database": alias, **asdict(each)} for alias, drifts in found.items() for each in drifts]
        typer.echo(json.dumps({"version": 1, "findings": listed}, indent=2))
        raise typer.Exit(LEFT if count else FIXED)
    for alias, drifts in found.items():
        for each in drifts:
            typer.echo(f"{alias}: {each.name}: {each.what}\n  next: {each.next_step}\n")
        if not drifts:
            typer.echo(f"{alias}: healthy: files, records and tables agree")
    raise typer.Exit(LEFT if count else FIXED)
