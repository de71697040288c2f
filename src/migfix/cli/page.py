"""``--html FILE``: the file for the review page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from migfix.errors import MigfixError

if TYPE_CHECKING:
    from migfix.planning.plan import Outcome


def place_for(path: Path) -> Path:
    """The file that the page may be written to. A page of an earlier run is removed first.

    Raises MigfixError if no page can be written there, or if a file that isn't a page would be lost.
    """
    from migfix.project.extras import demand

    demand("review", "--html")
    if str(path).startswith("-"):
        raise MigfixError(f"--html takes the name of a file, and {path} is an option.", "Name a file for --html.")
    try:
        place = path.resolve()
        if place.is_dir() or not place.parent.is_dir():
            fact = "is a folder." if place.is_dir() else f"can't be written: there is no folder {path.parent}."
            raise MigfixError(f"{path} {fact}", "Name a file for --html.")
        _demand_ours(place, path)
        place.unlink(missing_ok=True)
    except OSError as error:
        raise MigfixError(f"{path}: {error.strerror}.", "Name another file for --html.") from None
    return place


def _demand_ours(place: Path, path: Path) -> None:
    """Raises MigfixError for an existing file that migfix didn't write, unless it is empty."""
    from migfix.report.page import MARK

    if not place.exists():
        return
    if place.is_file():
        with place.open("rb") as file:
            start = file.read(100)
        if not start or MARK.encode() in start:
            return
    raise MigfixError(
        f"{path} is there already, and migfix didn't write it. It was left as it is.", "Name another file for --html."
    )


def rendered(outcome: Outcome, start: Path, is_written: bool, database: str | None) -> bytes:
    """The page, made before anything is written: a name may hold bytes that UTF-8 can't encode."""
    from migfix.report.page import render_page

    return render_page(outcome, start, is_written, database).encode(errors="backslashreplace")


def write_page(place: Path, page: bytes) -> None:
    """Write the page and report it. Raises MigfixError."""
    from migfix.report.text import shown
    from migfix.write.files import replace_file

    path = Path(shown(str(place), Path.cwd()))
    _demand_ours(place, path)  # the run itself may have made a file there
    try:
        replace_file(place, page)
    except OSError as error:
        raise MigfixError(f"{path}: {error.strerror}; the page was not written.") from None
    typer.echo(f"{path}: the page for the review", err=True)
