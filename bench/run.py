"""Compare the run time of migfix with a floor: ``python bench/run.py [--limit 1.4] [--record]``.

* ``migfix apply`` on one file that changes, against a process that imports typer and libcst, parses the same file and
  prints it.
* ``migfix check`` on one clean file, against ``python -c "import typer, ast"``.
* ``migfix check --all`` on 1,000 files, in many apps and in one, against ``ast.parse`` of these files.

Both sides of a pair run in turns, so that other load on the machine affects both. Prints the medians in milliseconds
of CPU time and their ratio. The exit code is 1 if a ratio is above its limit. ``--record`` measures larger projects and
real ones, too, and writes ``bench/RESULTS.md``.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from growth import growths
from measure import CHANGES, MIGFIX, PROJECT, PYTHON, cost
from results import record

CLEAN = "blog/migrations/0001_initial.py"
FLOOR = "import sys, typer, libcst; sys.stdout.write(libcst.parse_module(open(sys.argv[1], 'rb').read()).code)"
MOST_TIMES_PARSE = 30
"""How much longer than ``ast.parse`` of the same files ``check --all`` may take."""
LARGEST = 1000
"""The largest projects that are measured without ``--record``."""


def pair(
    ours: list[str], floor: list[str], project: Path, reset: Callable[[], object], runs: int
) -> tuple[float, float]:
    """Return the median seconds of both commands, run in turns after two warm-up rounds."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(runs + 2):
        reset()
        measured = cost(ours, project).seconds, cost(floor, project).seconds
        if number >= 2:
            times[0].append(measured[0])
            times[1].append(measured[1])
    return statistics.median(times[0]), statistics.median(times[1])


def pairs(runs: int) -> list[tuple[str, float, float]]:
    """The name of each pair of commands, and the seconds of both."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        shutil.copytree(PROJECT, project)

        def reset() -> None:
            shutil.copy(PROJECT / CHANGES, project / CHANGES)

        commands = {
            "apply, one file that changes": ([MIGFIX, "apply", CHANGES], [PYTHON, "-c", FLOOR, CHANGES]),
            "check, one clean file": ([MIGFIX, "check", CLEAN], [PYTHON, "-c", "import typer, ast"]),
        }
        return [(name, *pair(ours, floor, project, reset, runs)) for name, (ours, floor) in commands.items()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=1.4)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--record", action="store_true", help="measure everything and write bench/RESULTS.md")
    parser.add_argument("--corpus", type=Path, help="a folder to keep the downloaded projects in")
    options = parser.parse_args()
    measured = pairs(options.runs)
    for name, mine, theirs in measured:
        print(f"{name:<30} {mine * 1000:6.0f} ms   floor {theirs * 1000:6.0f} ms   {mine / theirs:.2f}x")
    if options.record:
        with tempfile.TemporaryDirectory() as folder:
            record(measured, Path(folder), options.corpus or Path(folder) / "corpus")
        return 0
    grown = {each.name: each.costs[-1].seconds / each.parse for each in growths(LARGEST, 2)}
    for name, times in grown.items():
        print(f"{name:<36} {times:.0f} times ast.parse")
    is_slow = any(mine / theirs > options.limit for _, mine, theirs in measured)
    return int(is_slow or max(grown.values()) > MOST_TIMES_PARSE)


if __name__ == "__main__":
    raise SystemExit(main())
