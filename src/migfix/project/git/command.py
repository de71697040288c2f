"""Run git in a work tree that someone else may have created, without running or writing anything in it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from migfix.errors import MigfixError


@dataclass(frozen=True, eq=False, repr=False)
class Git:
    """git in one folder."""

    folder: Path
    index: Path | None = None
    """An index beside the repository's own."""

    def output(self, *arguments: str) -> bytes | None:
        """What git prints; None if it fails or isn't installed."""
        filters = self._filters if arguments[0] in ("diff", "checkout-index") else {}
        result = _run(self.folder, *arguments, settings=filters, index=self.index)
        return result.stdout if result and result.returncode == 0 else None

    def line(self, *arguments: str) -> str:
        """What git prints, as stripped text; "" if it fails."""
        return (self.output(*arguments) or b"").decode().strip()

    def listed(self, *arguments: str) -> list[str]:
        """The paths that git lists, relative to the top of the work tree."""
        listed = self.output(arguments[0], "-z", *arguments[1:]) or b""
        return [os.fsdecode(name) for name in listed.split(b"\0") if name]

    @cached_property
    def _filters(self) -> dict[str, str]:
        """The settings that turn off the filters configured by the repository. The user's own filters stay on."""
        names = r"^filter\..*\.(clean|smudge|process|required)$"
        keys = ("config", "--show-scope", "-z", "--name-only", "--get-regexp", names)
        listed = self.output(*keys) or b""
        parts = [os.fsdecode(each) for each in listed.split(b"\0")]
        own = [key for scope, key in zip(parts[::2], parts[1::2], strict=False) if scope in ("local", "worktree")]
        return {key: "false" if key.endswith(".required") else "" for key in own}


def why_unreadable(top: Path) -> str:
    """Why git can't read a repository (git is missing, or another user owns it); "" if it can."""
    result = _run(top, "rev-parse", "--is-inside-work-tree")
    if result is None:
        return "it isn't on the PATH"
    lines = result.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
    return lines[0].rstrip(".") if result.returncode else ""


_PATIENCE = 60
"""Seconds."""
_RUNS_NOTHING = tuple(
    word
    for setting in ("core.fsmonitor=false", f"core.hooksPath={os.devnull}", "protocol.allow=never")
    for word in ("-c", setting)
)
"""Options that turn off the commands git would run from a repository's configuration (git-config, githooks)."""


def _run(
    folder: Path, *arguments: str, settings: Mapping[str, str] | None = None, index: Path | None = None
) -> subprocess.CompletedProcess[bytes] | None:
    """Run git in a folder without running or writing anything in it. None if git isn't installed.

    ``settings`` override the repository's own. They are passed in the environment, because ``-c`` ends a name at the
    first ``=``. Raises MigfixError if git takes too long.
    """
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
    if index:
        environment["GIT_INDEX_FILE"] = str(index)
    if settings:
        first = int(environment.get("GIT_CONFIG_COUNT") or 0)
        environment["GIT_CONFIG_COUNT"] = str(first + len(settings))
        for number, (key, value) in enumerate(settings.items(), first):
            environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    command = ["git", "-C", str(folder), *_RUNS_NOTHING, *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=False, env=environment, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:  # .gitattributes is a pipe, or the file system is gone
        raise MigfixError(
            f"git did not answer in {folder} for {_PATIENCE} seconds.", "Run `git status` there to see why."
        ) from None
    except OSError:
        return None
