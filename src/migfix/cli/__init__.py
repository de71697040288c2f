"""The command line: options in, text and exit code out."""

from __future__ import annotations

import gc
import io
import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import typer

from migfix.cli.app import FAILED, app
from migfix.cli.terminal import print_text
from migfix.errors import MigfixError

COMMANDS = {
    "apply": ("apply", "diff", "check", "undo"),
    "verify": ("verify",),
    "project": ("config", "baseline"),
    "squash_finish": ("squash-finish",),
    "doctor": ("doctor",),
    "rollback": ("rollback",),
    "apps": ("rename-app", "remove-app"),
    "models": ("models",),
    "rules": ("rules", "explain", "demo"),
}
"""Module -> its commands; only the module of the command that runs is loaded."""


def main() -> None:
    """The entry point: an error that the user can fix is one line."""
    gc.disable()  # a short run has nothing to gain from it
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no ✓ shows a question mark
    asked_for = [module for module, names in COMMANDS.items() if set(sys.argv[1:2]) & set(names)]
    for module in asked_for or COMMANDS:
        import_module(f"migfix.cli.{module}")
    one = [each for each in app.registered_commands if [each.name] == sys.argv[1:2]]
    app.registered_commands = one or app.registered_commands  # Typer builds the options of each, 5 ms a run
    try:
        _demand_working_folder()
        app()
    except MigfixError as error:
        print_text(f"error: {error}", err=True)
        raise SystemExit(FAILED) from None
    except RecursionError:
        typer.echo(
            "error: one of the files nests too deeply to be read. Name the files one by one to find it.", err=True
        )
        raise SystemExit(FAILED) from None


def _demand_working_folder() -> None:
    try:
        Path.cwd()
    except FileNotFoundError:
        raise MigfixError("The working directory no longer exists.", "Change to one that exists.") from None


def run_and_leave() -> None:
    """The installed script: ``main``, without the clean-up of every module at the end (10 ms a run)."""
    try:
        main()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
