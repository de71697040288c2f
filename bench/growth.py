"""How time and memory grow with a project, compared with ``ast.parse`` of the same files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from measure import MIGFIX, PARSE, PYTHON, Cost, cost, exponent
from synthetic import many_files, many_operations

Write = Callable[[Path, int], Path]
"""Writes a project of a size and returns its last file."""

UNIQUE = "UUIDField(default=uuid.uuid4, unique=True)"

SERIES: dict[str, tuple[Write, tuple[int, ...], list[str]]] = {
    "`check --all`, files in apps of 25": (
        lambda root, size: many_files(root, size // 25, 25),
        (100, 1000, 10000),
        ["check", "--all", "--force"],
    ),
    "`check --all`, files in one app": (
        lambda root, size: many_files(root, 1, size),
        (300, 1000, 3000),
        ["check", "--all", "--force"],
    ),
    "`check`, operations in one file": (
        lambda root, size: many_operations(root, size, size // 10),
        (500, 1500, 5000),
        ["check", "--force", "blog"],
    ),
    "`check`, fields added to one model": (
        lambda root, size: many_operations(root, size, 1),
        (60, 190, 590),
        ["check", "--force", "blog"],
    ),
    "`diff --html`, rewrites in one file": (
        lambda root, size: many_operations(root, size, size // 10, UNIQUE),
        (20, 40, 80),
        ["diff", "--force", "blog", "--html", "review.html"],
    ),
}


class Growth(NamedTuple):
    """One series of sizes."""

    name: str
    sizes: tuple[int, ...]
    costs: list[Cost]
    parse: float
    """The CPU seconds that ``ast.parse`` of the largest project's files takes, without starting Python."""
    start: float
    """The CPU seconds of the smallest project that can be checked: the start of a process."""

    @property
    def exponent(self) -> float:
        return exponent(list(self.sizes), [max(each.seconds - self.start * 0.9, 0.01) for each in self.costs])

    @property
    def kilobytes_each(self) -> float:
        """The memory that each file or operation adds."""
        more = self.costs[-1].megabytes - self.costs[0].megabytes
        return more * 1024 / (self.sizes[-1] - self.sizes[0])


def growths(largest: int = 10**9, most: int = len(SERIES)) -> Iterator[Growth]:
    """The first ``most`` series, with sizes up to ``largest``."""
    for name, (write, sizes, command) in islice(SERIES.items(), most):
        chosen = tuple(size for size in sizes if size <= largest)
        with tempfile.TemporaryDirectory() as folder:
            projects = [Path(folder) / str(size) for size in (1, *chosen)]
            many_files(projects[0], 1, 1)
            for project, size in zip(projects[1:], chosen, strict=True):
                write(project, size)
            start = min(cost([MIGFIX, "check", "--force", "--all"], projects[0]).seconds for _ in range(3))
            costs = [cost([MIGFIX, *command], project) for project in projects[1:]]
            yield Growth(name, chosen, costs, parse_seconds(projects[-1]), start)


def parse_seconds(project: Path) -> float:
    """The CPU seconds of ``ast.parse`` of every migration of a project in one process."""
    files = sorted(path.relative_to(project) for path in project.rglob("migrations/*.py") if path.name[0] not in "_~")
    names = list(map(str, files))
    empty = min(cost([PYTHON, "-c", PARSE], project).seconds for _ in range(3))
    listed = min(cost([PYTHON, "-c", PARSE, *names], project).seconds for _ in range(2))
    return max(listed - empty, 0.001)
