"""Compare the run time of migfix with a floor: ``python bench/run.py [--limit 1.4]``.

* ``migfix apply`` on one file that changes, against a process that imports typer and libcst, parses the same file and
  prints it.
* ``migfix check`` on one clean file, against ``python -c "import typer, ast"``.

Both sides of a pair run in turns, so that other load on the machine affects both. Prints the medians in milliseconds
of CPU time and their ratio. The exit code is 1 if a ratio is above the limit.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "fixtures" / "seed_default_row" / "one_off_default" / "before"
CHANGES = "blog/migrations/0002_category_post_category.py"
CLEAN = "blog/migrations/0001_initial.py"
FLOOR = "import sys, typer, libcst; sys.stdout.write(libcst.parse_module(open(sys.argv[1], 'rb').read()).code)"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Both sides may cache their bytecode, as an installed package does."""
MIGFIX = str(Path(sys.executable).parent / "migfix")


def seconds(command: list[str], project: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=project, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def pair(
    ours: list[str], floor: list[str], project: Path, reset: Callable[[], object], runs: int
) -> tuple[float, float]:
    """Return the median seconds of both commands, run in turns after two warm-up rounds."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(runs + 2):
        reset()
        measured = seconds(ours, project), seconds(floor, project)
        if number >= 2:
            times[0].append(measured[0])
            times[1].append(measured[1])
    return statistics.median(times[0]), statistics.median(times[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=1.4)
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        shutil.copytree(PROJECT, project)

        def reset() -> None:
            shutil.copy(PROJECT / CHANGES, project / CHANGES)

        python = sys.executable
        pairs = {
            "apply, one file that changes": ([MIGFIX, "apply", CHANGES], [python, "-c", FLOOR, CHANGES]),
            "check, one clean file": ([MIGFIX, "check", CLEAN], [python, "-c", "import typer, ast"]),
        }
        slowest = 0.0
        for name, (ours, floor) in pairs.items():
            mine, theirs = pair(ours, floor, project, reset, options.runs)
            slowest = max(slowest, mine / theirs)
            print(f"{name:<30} {mine * 1000:6.0f} ms   floor {theirs * 1000:6.0f} ms   {mine / theirs:.2f}x")
    return int(slowest > options.limit)


if __name__ == "__main__":
    raise SystemExit(main())
