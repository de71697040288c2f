"""Dependencies on migrations that an installed package doesn't ship."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from migfix.history import History
from migfix.history.installed import Package
from migfix.model import Dependency, Key, Migration


@dataclass(frozen=True)
class Phantom:
    """A dependency on something that isn't shipped."""

    dependency: Dependency
    package: Package
    newest: str | None
    """The newest migration that is shipped, None if there are several."""

    @property
    def key(self) -> Key:
        assert self.dependency.key is not None
        return self.dependency.key

    @property
    def is_on_disk(self) -> bool:
        """Whether somebody wrote it into the package."""
        return (self.package.folder / f"{self.key[1]}.py").is_file()


def phantoms(migration: Migration, history: History) -> Iterator[Phantom]:
    """The dependencies of ``migration`` that no package ships although one ships that app."""
    for each in migration.dependencies:
        if each.key is None or each.key[1].startswith("__") or history.app(each.key[0]):
            continue
        package = history.package(each.key[0])
        if package is None or each.key[1] in package.shipped:
            continue
        shipped = history.whole.app(each.key[0]).values()
        found = Phantom(each, package, _newest(each.key[0], history))
        if not any(each.key in other.replaces for other in shipped) and _is_sure(migration, found, history):
            yield found


def _newest(app: str, history: History) -> str | None:
    leaves = history.whole.leaves(app)
    return leaves[0][1] if len(leaves) == 1 else None


def _is_sure(migration: Migration, phantom: Phantom, history: History) -> bool:
    """Whether this package is the one that the project uses: not another of the label, not an older release."""
    if phantom.is_on_disk:
        return True
    if phantom.package.distribution.lower() == "django":
        version = tuple(map(int, re.findall(r"\d+", phantom.package.version)[:2]))
        return migration.django is not None and migration.django <= version
    return history.installs(phantom.package.module)


def missing_files(migration: Migration, history: History) -> Iterator[tuple[Dependency, str]]:
    """The dependencies on a migration that an app of the project doesn't have, each with the name most like it."""
    for each in migration.dependencies:
        if each.key is None or each.key[1].startswith("__"):
            continue
        there = history.app(each.key[0])
        if there and history.resolve(each) is None and not history.has_file(each.key):
            yield each, next(iter(get_close_matches(each.key[1], there, 1, 0)))
