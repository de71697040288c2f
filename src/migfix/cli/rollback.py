"""``rollback``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from migfix.cli.app import FIXED, LEFT, app
from migfix.cli.options import Color, Colour, PythonPath, Settings
from migfix.cli.terminal import print_text


@app.command()
def rollback(
    to: Annotated[str, typer.Option("--to", help="A tag, branch or commit, or a migration: blog.0002.")],
    settings: Settings = None,
    database: Annotated[str, typer.Option("--database", help="The database.")] = "default",
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    is_running: Annotated[bool, typer.Option("--run", help="Carry the plan out, after a question.")] = False,
    is_sure: Annotated[bool, typer.Option("--yes", help="With --run: don't ask.")] = False,
    python_path: PythonPath = None,
    color: Color = Colour.auto,
) -> None:
    """Plan how a database goes back. Run it from the newer code."""
    from migfix.commands.rollback.run import carry_out, lines_of, plan_of

    checkout, plan = plan_of(Path.cwd(), to, settings, database)
    if is_json:
        typer.echo(json.dumps(plan.as_data, indent=2))
    else:
        print_text("\n".join(lines_of(plan)))
    if not plan.is_needed:
        raise typer.Exit(FIXED)
    if not is_running or plan.is_stuck:
        raise typer.Exit(LEFT)
    if not is_sure and not typer.confirm("Go back?"):
        raise typer.Exit(LEFT)
    carry_out(checkout, plan)
    if not is_json:
        print_text(f"{database}: went back to {to}")
