"""All files of a commit in a folder of their own, beside the work tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from shutil import copyfile

from migfix.project.git.command import Git

_LARGEST = 1_000_000
"""Bytes. What git ignores and settings read is small."""


def write_tree(git: Git, commit: str, tree: Path) -> bool:
    """Write the files of a commit to the folder ``tree``, and return whether git could.

    The index and the work tree of the repository stay as they are.
    """
    beside = replace(git, index=tree.with_name(f"{tree.name}.index"))
    steps = (("read-tree", commit), ("checkout-index", "--all", "--quiet", f"--prefix={tree}/"))
    return all(beside.output(*step) is not None for step in steps)


def copy_ignored(git: Git, folders: Iterable[Path], tree: Path) -> None:
    """Copy the small files in ``folders`` that git ignores, such as ``.env``: settings read them."""
    for folder in {each for each in folders if each.is_dir()}:
        place = folder.relative_to(git.folder).as_posix()
        ignored = ("ls-files", "--others", "--ignored", "--exclude-standard", "--", f":(top,glob){place}/*")
        for name in git.listed(*ignored):
            there = tree / name
            path = git.folder / name
            is_inside = there.parent.is_dir() and there.parent.resolve().is_relative_to(tree)  # and no link leads out
            if is_inside and not there.exists() and path.is_file() and path.stat().st_size <= _LARGEST:
                copyfile(path, there)
