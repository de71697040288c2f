"""The CPU time and the memory of commands."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Both sides of a comparison may cache their bytecode, as an installed package does."""
PYTHON = sys.executable
MIGFIX = str(Path(sys.executable).parent / "migfix")
PROJECT = Path(__file__).parents[1] / "fixtures" / "seed_default_row" / "one_off_default" / "before"
CHANGES = "blog/migrations/0002_category_post_category.py"
"""A migration of this project that ``apply`` rewrites."""
PARSE = """
import ast, pathlib, sys
for path in sys.argv[1:]:
    ast.parse(pathlib.Path(path).read_bytes())
"""


class Cost(NamedTuple):
    """What a command costs."""

    seconds: float
    """CPU time, also of the processes that it starts."""
    megabytes: float
    """The largest size of the process."""


def cost(command: list[str], folder: Path) -> Cost:
    """Run a command whose exit code is 0 or 1, without its output. Raises CalledProcessError for other exit codes."""
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def exponent(sizes: list[int], costs: list[float]) -> float:
    """The power of the size that the costs grow with: the slope of a line through the logarithms."""
    xs, ys = [math.log(size) for size in sizes], [math.log(each) for each in costs]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)
