"""The original and the rewritten version of migration files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from migfix.errors import MigfixError
from migfix.findings.proof import ORIGINAL, REWRITTEN
from migfix.planning.plan import Plan
from migfix.prove.verify import Target, Version


def of_plan(plan: Plan, paths: Iterable[str]) -> tuple[Version, Version]:
    """The files on disk, and as the plan would rewrite them."""
    all_paths = dict.fromkeys((*paths, *plan.migrations))
    original = tuple(Target(path) for path in all_paths if Path(path).exists())
    return Version(ORIGINAL, original), Version(REWRITTEN, tuple(map(Target, all_paths)), plan.contents)


def of_disk(paths: tuple[str, ...], kept: Mapping[str, bytes | None]) -> tuple[Version, Version]:
    """The files before migfix or the user changed them, and as they are now.

    ``kept`` has the contents that migfix overwrote last. If none of the files is in it, the contents in git's last
    commit are used. Raises MigfixError if there is no other version.
    """
    before = {path: content for path, content in kept.items() if path.endswith(".py")}
    if not set(paths) & set(before):
        committed = {path: _committed(Path(path)) for path in paths}
        if any(content not in (None, Path(path).read_bytes()) for path, content in committed.items()):
            before = committed
    if not set(paths) & set(before):
        raise MigfixError(
            "There is nothing to compare: migfix would change nothing here, and neither git nor `migfix undo` has an "
            "earlier version.",
            "Remove --compare to verify the files as they are.",
        )
    all_paths = tuple(dict.fromkeys((*paths, *before)))
    hidden = frozenset(path for path, content in before.items() if content is None)
    earlier = {path: content for path, content in before.items() if content is not None}
    original = tuple(Target(path) for path in all_paths if path not in hidden)
    return Version(ORIGINAL, original, earlier, hidden), Version(
        REWRITTEN, tuple(Target(path) for path in all_paths if Path(path).exists())
    )


def _committed(path: Path) -> bytes | None:
    """The content of a file in git's last commit; None if it isn't in it."""
    try:
        result = subprocess.run(
            ["git", "-C", str(path.parent), "show", f"HEAD:./{path.name}"], capture_output=True, check=False
        )
    except OSError:
        return None
    return result.stdout if result.returncode == 0 else None
