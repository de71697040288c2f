"""The application and its exit codes."""

from __future__ import annotations

from typing import Annotated

import typer

from migfix import __version__

app = typer.Typer(
    name="migfix",
    help="Rewrite freshly generated Django migrations so that they succeed on your rows and go back.",
    no_args_is_help=True,
    add_completion=True,
    suggest_commands=False,  # click does it from 8.4 on
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

FIXED, LEFT, FAILED = 0, 1, 2
"""Exit codes: nothing to do or fixed, a finding needs a decision or a change is pending, could not run."""


def _version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"migfix {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass
