"""What a second process and a cache on disk could bring to ``check --all``: measured, and neither is built."""

from __future__ import annotations

import pickle
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from corpus import migration_files
from measure import ENVIRONMENT, MIGFIX

from migfix.source import read_migration


class Halves(NamedTuple):
    """Seconds of a clock: ``check`` of all files in one process, and in two that have one half each."""

    alone: float
    together: float


def halves(project: Path) -> Halves:
    """``check`` of the migrations of a project, at once and in two processes that run at the same time."""
    files = [str(path.relative_to(project)) for path in migration_files(project)]
    middle = len(files) // 2
    return Halves(_clock(project, files), _clock(project, files[:middle], files[middle:]))


def _clock(project: Path, *parts: list[str]) -> float:
    start = time.perf_counter()
    running = [
        subprocess.Popen(
            [MIGFIX, "check", "--force", *part],
            cwd=project,
            env=ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for part in parts
    ]
    for each in running:
        each.wait()
    return time.perf_counter() - start


class Cached(NamedTuple):
    """CPU seconds: reading the migrations of a project, and loading them as they were pickled."""

    read: float
    loaded: float
    megabytes: float


def cached(project: Path) -> Cached:
    """The migrations of a project, read from source and from a pickle."""
    paths = [path for path in migration_files(project) if b"class Migration(" in path.read_bytes()]
    sources = [(str(path), path.stem, path.read_bytes()) for path in paths]
    start = time.process_time()
    found = [read_migration(path, "app", name, source) for path, name, source in sources]
    read = time.process_time() - start
    content = pickle.dumps(found, pickle.HIGHEST_PROTOCOL)
    start = time.process_time()
    pickle.loads(content)
    return Cached(read, time.process_time() - start, len(content) / 1e6)
