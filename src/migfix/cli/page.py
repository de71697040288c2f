"""``--html FILE``: where the page for the review goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from migfix.errors import MigfixError

if TYPE_CHECKING:
    from migfix.plan import Outcome


def demand_place(path: Path) -> None:
    """Raises MigfixError where no page can be written, or something else than a page would be lost."""
    from migfix.extras import REVIEW, demand
    from migfix.report.page import MARK

    demand(REVIEW, "--html", "review")
    if path.is_dir() or not path.parent.is_dir():
        fact = "is a folder." if path.is_dir() else f"can't be written: there is no folder {path.parent}."
        raise MigfixError(f"{path} {fact}", "Name a file for --html.")
    if path.exists() and not (path.is_file() and _is_ours(path.read_bytes()[:100], MARK.encode())):
        raise MigfixError(
            f"{path} is there already, and migfix didn't write it; it was left as it is.",
            "Name another file for --html.",
        )


def _is_ours(start: bytes, mark: bytes) -> bool:
    """Whether a file that begins so may be written over: a page of migfix, or an empty file."""
    return mark in start or not start


def write_page(path: Path, outcome: Outcome, is_written: bool) -> None:
    """Write the page and say so. Raises MigfixError."""
    from migfix.report.page import render_page
    from migfix.write import replace_file

    try:
        replace_file(path, render_page(outcome, Path.cwd(), is_written).encode())
    except OSError as error:
        raise MigfixError(f"{path}: {error.strerror}; the page was not written.") from None
    typer.echo(f"{path}: the page for the review", err=True)
