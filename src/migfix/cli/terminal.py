"""Output that commands share: progress, findings, proofs, diffs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from shutil import get_terminal_size
from threading import Timer
from typing import TYPE_CHECKING

import typer

from migfix.report.control_characters import visible

if TYPE_CHECKING:
    from migfix.findings.proof import Proof
    from migfix.project.config import Config


@contextmanager
def progress(trials: int) -> Iterator[Callable[[str], object]]:
    """A progress bar on stderr with the current step, if stderr is a terminal."""
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


def print_text(text: str, nl: bool = True, err: bool = False) -> None:
    """Print text that may contain names and comments of untrusted files."""
    typer.echo(visible(text), nl=nl, err=err)


def warn_unconfirmed(config: Config) -> None:
    """Warn on stderr that pyproject.toml names settings which nobody has confirmed."""
    if config.unconfirmed:
        fact = f"importing the settings {config.unconfirmed} of pyproject.toml would run this project's code"
        next_step = f"Pass --settings {config.unconfirmed}, or allow it in this checkout: migfix config --trust"
        print_text(f"note: {fact}, so migfix continues without them. {next_step}", err=True)


def is_installed(package: str) -> bool:
    """Whether an optional package is installed."""
    return find_spec(package) is not None


def is_coloured(err: bool = False) -> bool:
    """Whether a stream shows colors, by the rules of rich: NO_COLOR, then FORCE_COLOR, then the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    stream = sys.stderr if err else sys.stdout
    can = stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    return bool(os.environ.get("FORCE_COLOR")) or can


def show_findings(text: str, err: bool = False) -> None:
    """Print findings, in color if the terminal supports it and rich is installed."""
    if not is_coloured(err) or not is_installed("rich"):
        print_text(text, nl=False, err=err)
        return
    from migfix.report.highlight import highlighted

    typer.echo(highlighted(visible(text)), nl=False, err=err, color=True)


def show_page(markdown: str) -> None:
    """Print the page of a rule, formatted if the terminal supports it and rich is installed."""
    if not is_coloured() or not is_installed("rich"):
        typer.echo(markdown, nl=False)
        return
    from migfix.report.highlight import page

    typer.echo(page(markdown, get_terminal_size((80, 24)).columns), nl=False, color=True)


def show_toml(text: str) -> None:
    """Print a configuration, in color if the terminal supports it and rich is installed."""
    if not is_coloured() or not is_installed("rich"):
        print_text(text, nl=False)
        return
    from migfix.report.highlight import toml

    typer.echo(toml(visible(text)), nl=False, color=True)


def show(proof: Proof, is_error: bool = False, shows_sql: bool = False) -> None:
    from migfix.report.proof import render_proof, render_sql

    is_terminal = (sys.stderr if is_error else sys.stdout).isatty()
    width = get_terminal_size((80, 24)).columns if is_terminal else 80
    in_colour = is_coloured(is_error)
    if shows_sql:
        typer.echo(render_sql(proof, width, in_colour), nl=False, err=is_error, color=in_colour)
    typer.echo(render_proof(proof, Path.cwd(), width, in_colour), nl=False, err=is_error, color=in_colour)


def show_diff(before: Mapping[str, bytes | None], after: Mapping[str, bytes | None], start: Path) -> None:
    from migfix.report.diff import coloured, render_diff

    diff = render_diff(before, after, start)
    if sys.stdout.isatty():
        diff = visible(diff.decode(errors="replace")).encode()  # a patch in a file or a pipe stays as it is
    typer.echo(coloured(diff) if is_coloured() else diff, nl=False, color=True)


@contextmanager
def still_working(seconds: float = 10) -> Iterator[None]:
    """Print once on stderr that migfix is still working."""
    message = "still working: a long history takes a while. Pass only the files that matter to be faster."
    timer = Timer(seconds, lambda: typer.echo(message, err=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def put_back_after_a_crash(places: list[Path]) -> None:
    """Restore what a killed run left half written in the projects at ``places``, before a command that writes."""
    from migfix.write.journal import at

    if not any(journal.is_broken_off for journal in at(places)):
        return
    from migfix.write.files import recover

    for path in recover(places):
        typer.echo(f"{path}: restored, because an earlier run was killed while writing.", err=True)
