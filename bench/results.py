"""Measure everything and write bench/RESULTS.md."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from backfill import CASES, URLS, measure
from beside import hook_without_migrations, linters
from corpus import PINNED, build, migration_files
from growth import Growth, growths, parse_seconds
from hooked import makemigrations
from measure import CHANGES, MIGFIX, PROJECT, PYTHON, Cost, cost
from parallel import cached, halves
from profiled import driver_speed, shares
from synthetic import many_files
from verified import verified

ROWS = 1_000_000
RESULTS = Path(__file__).with_name("RESULTS.md")
MISSED = (
    "`check --all` should take 3 times `ast.parse`. Reading Python is already more than that: a file is parsed, its "
    "values are resolved, and its functions are read for what they write. As much goes into the models at each "
    "operation, which most rules need, and which no parser computes. zdm is faster, too: it "
    "looks at each operation by itself.",
    "Warm, `check --all` should take as long as `ast.parse`. A cache of the files that are read would save a few "
    "percent, as the last table shows. One of the findings would have to know all that they depend on: other apps, "
    "settings, models, git and the database. A stale one is silent where it must not be, so it isn't built.",
    "A second process doesn't share the work of `check --all`: rules look at all files of a run together, and half of "
    "the files have other findings. The last table shows how much time there is to win.",
    "`check` of one file should take 1.5 times the imports of its start. The rest is the search for `run_before` in "
    "all files, the ancestors that are parsed, and git.",
    "The hook should take 1.3 times the imports on a commit without migrations. It also asks git for the staged files, "
    "in a process of its own, and reads pyproject.toml.",
    "`apply` should take 1.3 times a process that parses and prints the file with LibCST. It also reads the project, "
    "parses the result again, and writes with a journal, so that Ctrl-C loses nothing.",
    "`verify --compare` should take half the time of two runs, with the state before kept as a template for the second "
    "version. Both versions run at the same time instead. A template would save processor time and no waiting: the "
    "second version can't start before the first one has reached the state before. It isn't built.",
    "The hook should add 15 % to `makemigrations`. It imports the rules, and reads the files once more: Django keeps "
    "the loaded migrations, and not their text.",
    "Functions that fill rows should be 20 times as fast as `save()`. Where each row gets a value of its own, "
    "PostgreSQL, MariaDB and MySQL get a statement for each row, and the driver sends no more of them in a second. A "
    "joined list of values is faster on MySQL only, and no dozen lines that a person reads.",
)
"""What takes longer than it should, and why."""
BESIDE = ("zdm", "django-upgrade")
"""Tools that read migrations without loading a project, measured if they are installed."""


def record(pairs: list[tuple[str, float, float]], folder: Path, corpus: Path) -> None:
    """Write the results. ``pairs`` are the names of commands, and the seconds of both sides.

    ``folder`` is empty; real projects are unpacked in ``corpus``.
    """
    parts = [
        *_heading(),
        *_pairs(pairs),
        *_one_file(folder),
        *_corpus(corpus),
        *_growth(list(growths())),
        *_backfills(),
        *_missed(folder, corpus),
    ]
    RESULTS.write_text("\n".join(parts) + "\n")


def _heading() -> Iterator[str]:
    yield "# Results\n"
    yield "Written by `python bench/run.py --record`. Seconds are CPU seconds; memory is that of the largest process.\n"
    beside = ", ".join(f"{name} {_version(name)}" for name in BESIDE)
    yield f"migfix {version('migfix')}, Python {platform.python_version()}, {platform.machine()}; {beside}.\n"


def _version(name: str) -> str:
    binary = _binary(name)
    if binary is None:
        return "not installed"
    return version(name)


def _binary(name: str) -> str | None:
    return shutil.which(name, path=str(Path(PYTHON).parent)) or shutil.which(name)


def _table(head: str, rows: list[list[str]]) -> Iterator[str]:
    columns = head.split(" | ")
    yield f"| {head} |"
    yield "|" + " --- |" * len(columns)
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _pairs(pairs: list[tuple[str, float, float]]) -> Iterator[str]:
    yield "## Start\n"
    rows = [[name, f"{mine:.3f}", f"{theirs:.3f}", f"{mine / theirs:.2f}"] for name, mine, theirs in pairs]
    yield from _table("what | migfix | a process that only imports | ratio", rows)


def _one_file(folder: Path) -> Iterator[str]:
    """``check`` of one new file in a project of 1,500 migrations."""
    project = folder / "large"
    last = many_files(project, 50, 30).relative_to(project)
    mine = _middle([MIGFIX, "check", "--force", str(last)], project)
    theirs = _middle([PYTHON, "-c", "import typer, ast"], project)
    yield "## One file in a project of 1,500 migrations\n"
    rows = [["`check`", f"{mine.seconds:.3f}", f"{theirs.seconds:.3f}", f"{mine.seconds / theirs.seconds:.2f}"]]
    yield from _table("what | migfix | `import typer, ast` | ratio", rows)
    hook, floor = hook_without_migrations(folder / "committed")
    yield "## The pre-commit hook on a commit without migrations\n"
    rows = [["`check --staged`", f"{hook:.3f}", f"{floor:.3f}", f"{hook / floor:.2f}"]]
    yield from _table("what | migfix | `import typer, ast` | ratio", rows)
    with_migfix, without = makemigrations(folder / "hooked")
    yield "## `makemigrations` in a project of 1,000 migrations\n"
    rows = [["one new field", f"{with_migfix:.3f}", f"{without:.3f}", f"{with_migfix / without:.2f}"]]
    yield from _table("what | with migfix | without | ratio", rows)
    yield "## `verify --compare` of one migration in a project of 50 apps\n"
    yield "Seconds of a clock. Both versions run at the same time, each in a process that reaches the state before. "
    yield "The second column is the time of two runs, one for each version.\n"
    engines = {"SQLite": "sqlite", **{name: url.rpartition("/")[0] for name, url in URLS.items() if name != "SQLite"}}
    rows = [
        [
            name,
            f"{each.whole:.1f}",
            f"{each.after_each_other:.1f}",
            f"{each.whole / each.after_each_other:.2f}",
            " and ".join(f"{seconds:.1f}" for seconds in each.before),
        ]
        for name, each in verified(folder / "verified", engines)
    ]
    yield from _table("engine | at the same time | one after the other | ratio | state before", rows)
    yield "## Linters on a project of 100 migrations\n"
    yield from _table("what | seconds", [[name, f"{seconds:.2f}"] for name, seconds in linters(folder / "linted")])


def _middle(command: list[str], folder: Path) -> Cost:
    return sorted(cost(command, folder) for _ in range(9))[4]


def _corpus(folder: Path) -> Iterator[str]:
    """``check --all`` of real projects, each beside ``ast.parse`` of its migrations, and other tools on all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    projects = build(folder)
    rows, total, parsed, files = [], 0.0, 0.0, 0
    for project in projects:
        mine, parse = cost([MIGFIX, "check", "--all", "--force"], project), parse_seconds(project)
        count = len(migration_files(project))
        total, parsed, files = total + mine.seconds, parsed + parse, files + count
        row = [project.name, str(count), f"{mine.seconds:.2f}", f"{mine.megabytes:.0f}", f"{parse:.2f}"]
        rows.append([*row, f"{mine.seconds / parse:.1f}"])
    rows.append(["all", str(files), f"{total:.1f}", "", f"{parsed:.2f}", f"{total / parsed:.1f}"])
    yield f"## `check --all` on {len(PINNED)} projects of the Python Package Index\n"
    yield from _table("project | migrations | migfix | MB | `ast.parse` | ratio", rows)
    rows = [[name, f"{seconds:.1f}"] for name, seconds in _beside(projects)]
    yield from _table("other tools, all projects | seconds", rows)


def _beside(projects: list[Path]) -> Iterator[tuple[str, float]]:
    for name in BESIDE:
        binary = _binary(name)
        if binary is None:
            continue
        seconds = 0.0
        for project in projects:
            files = [str(path.relative_to(project)) for path in migration_files(project)]
            arguments = ["."] if name == "zdm" else ["--target-version", "5.2", *files]
            # django-upgrade writes to the files, so that it runs on copies
            place = project if name == "zdm" else Path(shutil.copytree(project, project.parent / "copy"))
            try:
                seconds += cost([binary, *arguments], place).seconds
            except subprocess.CalledProcessError as error:
                yield f"{name} on {project.name}: exit code {error.returncode}", seconds
            finally:
                if place != project:
                    shutil.rmtree(place)
        yield name, seconds


def _growth(found: list[Growth]) -> Iterator[str]:
    yield "## Growth\n"
    yield "The exponent is that of time against size, without the start of the process.\n"
    rows = []
    for each in found:
        sizes = ", ".join(f"{size:,}" for size in each.sizes)
        times = ", ".join(f"{one.seconds:.2f}" for one in each.costs)
        memory = f"{each.costs[-1].megabytes:.0f} MB, {each.kilobytes_each:.0f} kB each"
        rows.append(
            [each.name, sizes, times, f"{each.exponent:.2f}", memory, f"{each.costs[-1].seconds / each.parse:.0f}"]
        )
    yield from _table("what | sizes | seconds | exponent | memory | times `ast.parse` of the largest", rows)


def _backfills() -> Iterator[str]:
    """The functions that fill rows, on a database with a million of them."""
    yield f"## Functions that fill rows, {ROWS:,} rows\n"
    yield "Rows per second, beside `for row in rows: row.save()`. The function and its commit are timed.\n"
    rows = []
    for engine, url in URLS.items():
        for name, case in CASES.items():
            speed = measure(case, url, ROWS)
            ratio = f"{speed.filled / speed.saved:.0f}"
            rows.append([engine, name, f"{speed.filled:,.0f}", f"{speed.saved:,.0f}", ratio, f"{speed.megabytes:.0f}"])
    yield from _table("engine | function | migfix | `save()` | ratio | MB", rows)


def _missed(folder: Path, corpus: Path) -> Iterator[str]:
    """Where the time goes in the commands that take longer than they should, and why backfills don't get faster."""
    yield "## Where the time goes\n"
    yield "Shares of the time in a profile. Functions of Python itself count for the part that calls them.\n"
    yield from (f"* {each}" for each in MISSED)
    yield ""
    large, hooked, changed = folder / "large", folder / "hooked", folder / "changed"
    shutil.copytree(PROJECT, changed)
    last = max(large.glob("app*/migrations/0*.py")).relative_to(large)
    largest = next(corpus.glob("nautobot-3*"))
    profiles = {
        f"`check --all`, {largest.name}": (largest, ("migfix", "check", "--all", "--force")),
        "`check`, one file among 1,500": (large, ("migfix", "check", "--force", str(last))),
        "`apply`, one file that changes": (changed, ("migfix", "apply", CHANGES)),
        "`check --staged`, no migration": (folder / "committed", ("migfix", "check", "--staged", "--settings=")),
        "`makemigrations` with the hook": (hooked, ("manage.py", "hooked", "makemigrations", "--no-input")),
    }
    rows = [
        [name, ", ".join(f"{part} {share:.0%}" for part, share in shares(project, *command) if share >= 0.01)]
        for name, (project, command) in profiles.items()
    ]
    yield from _table("what | shares", rows)
    yield from _not_built(list(corpus.glob("nautobot-3*")) + list(corpus.glob("pretix-*")))
    yield "Statements that update one row each, sent by `executemany()` without any model: what the driver can do.\n"
    yield from _table("engine | rows per second", [[name, f"{speed:,.0f}"] for name, speed in _drivers()])


def _not_built(projects: list[Path]) -> Iterator[str]:
    yield "Seconds of a clock for `check` of all files, and of two processes with one half each, which find less. CPU "
    yield "seconds for reading the files, and for loading them from a pickle: what a cache would save.\n"
    rows = []
    for project in projects:
        both, cache = halves(project), cached(project)
        times = (both.alone, both.together, cache.read, cache.loaded)
        rows.append([project.name, *(f"{seconds:.2f}" for seconds in times), f"{cache.megabytes:.1f}"])
    yield from _table("project | one process | two halves | reading | loading | MB of the pickle", rows)


def _drivers() -> Iterator[tuple[str, float]]:
    for engine, url in URLS.items():
        yield engine, driver_speed("sqlite://:memory:" if engine == "SQLite" else url, 50_000)
