"""What git knows of a project: which files are new, and which may have run somewhere."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from migfix.errors import MigfixError

if TYPE_CHECKING:
    import subprocess

_DEFAULT_BRANCHES = ("main", "master", "trunk", "develop")


class UnknownBase(MigfixError):
    """Nobody can say which files are deployed: the default branch isn't here."""


@dataclass(frozen=True, eq=False, repr=False)
class Repository:
    """The git work tree around a folder; a file on the default branch's upstream may have run somewhere."""

    folder: Path
    since: str | None = None
    """The commit that a person named in the place of the default branch."""
    is_base_needed: bool = True
    """False if a person wants every migration, deployed or not known."""

    @cached_property
    def top(self) -> Path | None:
        """The folder of the work tree, also of a submodule or another worktree; None outside git.

        Raises UnknownBase if there is one that git can't read.
        """
        top = top_of(self.folder)
        reason = _why_unreadable(top) if top else ""
        if reason and self.is_base_needed:
            raise UnknownBase(
                f"git can't say which migrations of {top} are deployed: {reason}.",
                "Mend that, or say --all for every migration.",
            )
        return None if reason else top

    def holder(self, path: str) -> Repository:
        """The repository that a file is in: this one, or a submodule of it, or the one around it."""
        top = top_of(Path(path).parent)
        if top is None or top == self.top:
            return self
        if top not in self._others:
            self._others[top] = Repository(top, self.since, self.is_base_needed)
        return self._others[top]

    @cached_property
    def _others(self) -> dict[Path, Repository]:
        return {}

    @property
    def is_there(self) -> bool:
        """Whether the files are in a git work tree."""
        return self.top is not None

    def is_new(self, path: str) -> bool:
        """Whether git says that the file isn't deployed: not on the base, or in no commit where no base is known."""
        git = self.holder(path)
        return git.top is not None and git._place(path) not in git._files

    def is_deployed(self, path: str) -> bool:
        """Whether the file is on the base."""
        return self.holder(path).base is not None and not self.is_new(path)

    def is_unknown(self, path: str) -> bool:
        """Whether the file is committed, and nobody can say what that means."""
        git = self.holder(path)
        return self.is_base_needed and git.top is not None and git.base is None and not git.is_new(path)

    def demand_base(self) -> str:
        """The commit, by name, that holds what may be deployed. Raises UnknownBase."""
        if self.base is None:
            raise UnknownBase(
                "git doesn't know the default branch here, so migfix can't tell which migrations are new.",
                f"Fetch it (git fetch {self._remote} main), tell git which one it is (git remote set-head "
                f"{self._remote} -a), or say --since REF, or --all for every migration.",
            )
        return self.base

    def earlier(self, path: str) -> bytes | None:
        """The file as it is on the base, where it has been changed since; None otherwise."""
        git = self.holder(path)
        place = git._place(path) if git.top and git._changed else ""
        return git._git("cat-file", "blob", f"{git.base}:{place}") if place in git._changed else None

    def new_files(self) -> list[Path]:
        """The Python files that are untracked, staged or changed since the branch left the base.

        Raises UnknownBase.
        """
        untracked = self._listed("ls-files", "--others", "--exclude-standard", "--", "*.py")
        if self._head is None:
            return self._paths([*self._listed("ls-files", "--cached", "--", "*.py"), *untracked])
        self.demand_base()
        left = self._left
        if left is None:
            raise UnknownBase(
                f"git can't tell where this branch left {self.base_name}: this clone doesn't reach back so far.",
                "Fetch the rest (git fetch --unshallow), or say --since REF, or --all for every migration.",
            )
        only = ["--no-renames", "--diff-filter=d", "--", "*.py"]
        return self._paths([*self._listed("diff", "--name-only", left, *only), *untracked])

    @cached_property
    def _left(self) -> str | None:
        """Where the branch left the nearest of the bases; None if this clone doesn't reach back so far."""
        found = [left.decode().strip() for base in self.bases if (left := self._git("merge-base", "HEAD", base))]
        return min(found, key=lambda left: int(self._git("rev-list", "--count", f"{left}..HEAD") or 0), default=None)

    def staged_files(self) -> list[Path]:
        """The Python files that the next commit adds or changes.

        Raises MigfixError if one of them isn't in the work tree as it is staged.
        """
        staged = self._staged_files()
        others = set(staged).intersection(self._paths(self._listed("diff", "--name-only", "--", "*.py")))
        if others:
            raise MigfixError(
                f"{min(others)} is staged otherwise than it stands there.",
                "git add it, or put the rest aside: git stash --keep-index.",
            )
        return staged

    def _staged_files(self) -> list[Path]:
        if self._head is None:
            return self._paths(self._listed("ls-files", "--cached", "--", "*.py"))
        return self._paths(
            self._listed("diff", "--name-only", "--cached", "--no-renames", "--diff-filter=d", "--", "*.py")
        )

    def base_of(self, path: str) -> str:
        """The base that a file is on, as a person would call it."""
        git = self.holder(path)
        place = git._place(path)
        return _called(next((base for base in git.bases if place in git._tree(base)), git.base or ""))

    @property
    def base_name(self) -> str:
        """The base as a person would call it: ``origin/main``."""
        return _called(self.base or "")

    @property
    def base(self) -> str | None:
        """The first of the bases, None without one. Raises MigfixError if git doesn't know what was said."""
        return next(iter(self.bases), None)

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """What was said, else the default branches: those of all remotes where there are some, else the local one.

        Raises MigfixError if git doesn't know what was said.
        """
        if self.top is None:
            return ()
        if self.since is not None:
            if self._git("rev-parse", "--verify", "--quiet", f"{self.since}^{{commit}}") is None:
                raise MigfixError(
                    f"git knows no commit {self.since} here.",
                    f"Fetch it first: git fetch {self._remote} {self.since.removeprefix(f'{self._remote}/')}.",
                )
            return (self.since,)
        names = (self._git("for-each-ref", "--format=%(refname)", "refs/remotes", "refs/heads") or b"").decode().split()
        remote = [name for name in names if name.startswith("refs/remotes/")]
        local = [name for name in names if name.startswith("refs/heads/")]
        if remote or (self._is_detached and self._remotes):
            return tuple(filter(None, (self._default_of(each, remote) for each in self._remotes)))
        places = [f"refs/heads/{branch}" for branch in (*_DEFAULT_BRANCHES, self._said_default)]
        found = next((place for place in places if place in local), local[0] if len(local) == 1 else None)
        return (found,) if found else ()

    def _default_of(self, remote: str, names: list[str]) -> str | None:
        """The default branch of a remote: what it says, else by its name."""
        own = f"refs/remotes/{remote}/"
        if said := self._git("symbolic-ref", "--quiet", f"{own}HEAD"):
            return said.decode().strip()
        return next((own + branch for branch in _DEFAULT_BRANCHES if own + branch in names), None)

    @cached_property
    def _files(self) -> frozenset[str]:
        return frozenset(place for tree in self.bases or filter(None, [self._head]) for place in self._tree(tree))

    @cached_property
    def _trees(self) -> dict[str, frozenset[str]]:
        return {}

    def _tree(self, tree: str) -> frozenset[str]:
        """The files of a commit; asked once."""
        if tree not in self._trees:
            self._trees[tree] = frozenset(self._listed("ls-tree", "-r", "--name-only", "--full-tree", tree))
        return self._trees[tree]

    @cached_property
    def _changed(self) -> frozenset[str]:
        """The migrations that are other than on the base; one call for all, as most aren't."""
        only = ["--diff-filter=M", "--no-renames", "--", ":(top,glob)**/*migrations*/*.py"]
        return frozenset(self._listed("diff", "--name-only", self._left, *only) if self._left else ())

    @cached_property
    def _head(self) -> str | None:
        """HEAD, or None on a branch without a commit."""
        return "HEAD" if self._git("rev-parse", "--verify", "--quiet", "HEAD") is not None else None

    @property
    def _is_detached(self) -> bool:
        return self._git("symbolic-ref", "--quiet", "HEAD") is None

    @cached_property
    def _remotes(self) -> list[str]:
        return (self._git("remote") or b"").decode().split()

    @property
    def _remote(self) -> str:
        return next(iter(self._remotes), "origin")

    @property
    def _said_default(self) -> str:
        return (self._git("config", "init.defaultBranch") or b"").decode().strip()

    def _place(self, path: str) -> str:
        return os.path.relpath(path, self.top).replace(os.sep, "/")

    def _paths(self, places: Iterable[str]) -> list[Path]:
        assert self.top is not None
        found = (self.top / place for place in sorted(set(places)))
        return [path for path in found if path.is_file()]

    def _listed(self, *arguments: str) -> list[str]:
        """The paths that git lists, from the top of the work tree."""
        listed = self._git(arguments[0], "-z", *arguments[1:]) or b""
        return [os.fsdecode(name) for name in listed.split(b"\0") if name]

    def _git(self, *arguments: str) -> bytes | None:
        """What git prints; None if it fails, or isn't there."""
        filters = self._filters if arguments[0] == "diff" else {}
        result = _run(self.top or self.folder, *arguments, settings=filters)
        return result.stdout if result and result.returncode == 0 else None

    @cached_property
    def _filters(self) -> dict[str, str]:
        """What turns off the filters that the repository itself configures; a person's own stay on."""
        names = r"^filter\..*\.(clean|smudge|process|required)$"
        keys = ("config", "--show-scope", "-z", "--name-only", "--get-regexp", names)
        listed = self._git(*keys) or b""
        parts = [os.fsdecode(each) for each in listed.split(b"\0")]
        own = [key for scope, key in zip(parts[::2], parts[1::2], strict=False) if scope in ("local", "worktree")]
        return {key: "false" if key.endswith(".required") else "" for key in own}


def _called(ref: str) -> str:
    return ref.removeprefix("refs/remotes/").removeprefix("refs/heads/")


def top_of(folder: Path) -> Path | None:
    """The top of the work tree that a folder is in, None outside git."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)


def _why_unreadable(top: Path) -> str:
    """Why git can't work with a repository (a missing git, another owner); "" if it can."""
    result = _run(top, "rev-parse", "--is-inside-work-tree")
    if result is None:
        return "it isn't on the PATH"
    said = result.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
    return said[0].rstrip(".") if result.returncode else ""


_PATIENCE = 60
"""Seconds."""
_RUNS_NOTHING = tuple(
    word
    for setting in ("core.fsmonitor=false", f"core.hooksPath={os.devnull}", "protocol.allow=never")
    for word in ("-c", setting)
)
"""Git's own ways to run a command that a repository's configuration names (git-config, git-fsmonitor, githooks)."""


def _run(
    folder: Path, *arguments: str, settings: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes] | None:
    """git in a folder, so that nothing there is run or written; None if git isn't there.

    ``settings`` go before the repository's own; by environment, as ``-c`` ends a name at its first ``=``.
    """
    import subprocess

    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
    if settings:
        first = int(environment.get("GIT_CONFIG_COUNT") or 0)
        environment["GIT_CONFIG_COUNT"] = str(first + len(settings))
        for number, (key, value) in enumerate(settings.items(), first):
            environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    command = ["git", "-C", str(folder), *_RUNS_NOTHING, *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=False, env=environment, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:  # a pipe in the place of .gitattributes, a file system that is gone
        raise MigfixError(
            f"git gave no answer in {folder} for {_PATIENCE} seconds.", "Try `git status` there to see why."
        ) from None
    except OSError:
        return None
