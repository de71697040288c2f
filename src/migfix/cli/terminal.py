"""What commands share of the terminal: progress, proofs, diffs, and where migfix keeps its own files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

import typer

from migfix.report.visible import visible

if TYPE_CHECKING:
    from migfix.findings.proof import Proof
    from migfix.project.config import Config


@contextmanager
def progress(trials: int) -> Iterator[Callable[[str], object]]:
    """A bar on stderr that names the step, nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield lambda step: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from migfix.report.proof import STEPS

    columns = SpinnerColumn(), BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task, seen = progress.add_task("making scratch databases", total=trials * len(STEPS)), set[str]()

        def on_step(step: str) -> None:
            progress.update(task, description=step, advance=step not in seen)
            seen.add(step)

        yield on_step


def say(text: str, nl: bool = True, err: bool = False) -> None:
    """Print what may hold names and comments of a stranger's files."""
    typer.echo(visible(text), nl=nl, err=err)


def tell_of_unasked(config: Config) -> None:
    """A line on stderr where pyproject.toml names settings that nobody let migfix import."""
    if config.unasked:
        fact = f"importing the settings {config.unasked} of pyproject.toml would run this project's code"
        next_step = f"Pass --settings {config.unasked}, or allow it in this checkout: migfix config --trust"
        say(f"note: {fact}, so migfix continues without them. {next_step}", err=True)


def show(proof: Proof, is_error: bool = False, is_telling_sql: bool = False) -> None:
    from shutil import get_terminal_size

    from migfix.report.proof import render_proof, render_sql

    is_terminal = (sys.stderr if is_error else sys.stdout).isatty()
    width = get_terminal_size((140, 24)).columns if is_terminal else 140
    is_coloured = is_terminal and "NO_COLOR" not in os.environ
    if is_telling_sql:
        typer.echo(render_sql(proof, width, is_coloured), nl=False, err=is_error, color=is_coloured)
    typer.echo(render_proof(proof, Path.cwd(), width, is_coloured), nl=False, err=is_error, color=is_coloured)


def show_diff(before: Mapping[str, bytes | None], after: Mapping[str, bytes | None], start: Path) -> None:
    from migfix.report.diff import coloured, render_diff

    diff = render_diff(before, after, start)
    is_coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    if sys.stdout.isatty():
        diff = visible(diff.decode(errors="replace")).encode()  # a patch in a file or a pipe stays as it is
    typer.echo(coloured(diff) if is_coloured else diff, nl=False, color=True)


@contextmanager
def still_working(seconds: float = 10) -> Iterator[None]:
    """Say on stderr, once, that a long look goes on."""
    told = "still working: a long history takes a while. Pass only the files that matter to be faster."
    timer = Timer(seconds, lambda: typer.echo(told, err=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def put_back_after_a_crash(places: list[Path]) -> None:
    """Before a command that writes: what a killed run left half written in the projects at ``places``."""
    from migfix.write.journal import at

    if not any(journal.is_broken_off for journal in at(places)):
        return
    from migfix.write.files import recover

    for path in recover(places):
        typer.echo(f"{path}: restored, because an earlier run was killed while writing.", err=True)
