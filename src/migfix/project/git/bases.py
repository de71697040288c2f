"""The bases of a work tree: the commits that contain what may be deployed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from migfix.errors import MigfixError
from migfix.project.git.command import Git

_DEFAULT_BRANCHES = ("main", "master", "trunk", "develop")


@dataclass(frozen=True, eq=False, repr=False)
class Bases:
    """The commit ``since``, or else the default branches: those of all remotes if there are any, or the local one."""

    git: Git
    since: str | None = None
    """The commit that the user named instead of the default branch."""

    @cached_property
    def all(self) -> tuple[str, ...]:
        """The bases as git names them. Raises MigfixError if git doesn't know ``since``."""
        if self.since is not None:
            if self.git.output("rev-parse", "--verify", "--quiet", f"{self.since}^{{commit}}") is None:
                raise MigfixError(
                    f"git knows no commit {self.since} here.",
                    f"Fetch it first: git fetch {self.remote} {self.since.removeprefix(f'{self.remote}/')}.",
                )
            return (self.since,)
        names = self.git.line("for-each-ref", "--format=%(refname)", "refs/remotes", "refs/heads").split()
        remote = [name for name in names if name.startswith("refs/remotes/")]
        local = [name for name in names if name.startswith("refs/heads/")]
        if remote or (self._is_detached and self._remotes):
            return tuple(filter(None, (self._default_of(each, remote) for each in self._remotes)))
        places = (f"refs/heads/{branch}" for branch in self._default_branches())
        found = next((place for place in places if place in local), local[0] if len(local) == 1 else None)
        return (found,) if found else ()

    @cached_property
    def left(self) -> str | None:
        """The commit where the branch left the nearest base; None if the history of this clone is too short."""
        found = [left for base in self.all if (left := self.git.line("merge-base", "HEAD", base))]
        return min(found, key=self._distance) if len(found) > 1 else next(iter(found), None)

    def _distance(self, commit: str) -> int:
        """The number of commits between a commit and HEAD."""
        return int(self.git.line("rev-list", "--count", f"{commit}..HEAD") or 0)

    @property
    def remote(self) -> str:
        """The remote to fetch from."""
        return next(iter(self._remotes), "origin")

    @cached_property
    def _remotes(self) -> list[str]:
        return self.git.line("remote").split()

    def _default_of(self, remote: str, names: list[str]) -> str | None:
        """The default branch of a remote: its HEAD, or else a branch with a usual name."""
        own = f"refs/remotes/{remote}/"
        if head := self.git.line("symbolic-ref", "--quiet", f"{own}HEAD"):
            return head
        return next((own + branch for branch in _DEFAULT_BRANCHES if own + branch in names), None)

    @property
    def _is_detached(self) -> bool:
        return not self.git.line("symbolic-ref", "--quiet", "HEAD")

    def _default_branches(self) -> Iterator[str]:
        """The usual names of a default branch, then the configured one."""
        yield from _DEFAULT_BRANCHES
        yield self.git.line("config", "init.defaultBranch")


def called(base: str) -> str:
    """The short name of a base: ``origin/main``."""
    return base.removeprefix("refs/remotes/").removeprefix("refs/heads/")
