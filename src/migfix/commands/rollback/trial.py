"""Whether an older version runs on today's schema, as a scratch database shows it."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migfix.commands.doctor.checkout import Checkout
from migfix.project.django.asking import NoAnswer, ask
from migfix.project.files import own_repository_of
from migfix.project.git.command import Git
from migfix.project.git.tree import copy_ignored, write_tree
from migfix.source.migration import Key

_PROCESS = "migfix.prove.trial.older_release"
_FAILURE = "The older code can't be tried on a scratch database"


@dataclass(frozen=True)
class Trial:
    """What an older version can't do on today's schema."""

    failures: tuple[str, ...]
    without_code: str = ""
    """Why its own code couldn't be tried, and the models of its migrations were; "" if it was."""
    without_structure: str = ""
    """Why the schema is that of the migrations instead of the database's own; "" if it is its own."""


def trial_of(checkout: Checkout, commit: str, alias: str, applied: Collection[Key], kept: Collection[Key]) -> Trial:
    """Try the code of a commit, or else the models of its migrations ``kept``, as today's files make them.

    The scratch database has the structure of the real one, or else that of the migrations ``applied``. Raises
    MigfixError if nothing can be tried.
    """
    request = {"alias": alias, "question": "failures", "applied": list(applied), "kept": list(kept)}
    without_code = without_structure = ""
    try:
        structure = _asked(checkout.root, checkout.settings, {"alias": alias, "question": "structure"})
        try:
            return Trial(_of_commit(checkout, commit, request | {"structure": structure}))
        except NoAnswer as error:
            without_code = error.reason
        return Trial(_of_migrations(checkout, request | {"structure": structure}), without_code)
    except NoAnswer as error:
        without_structure = error.reason
    without_code = without_code or "it needs the structure of the database"
    return Trial(_of_migrations(checkout, request | {"structure": None}), without_code, without_structure)


def _of_commit(checkout: Checkout, commit: str, request: dict[str, Any]) -> tuple[str, ...]:
    top = own_repository_of(checkout.root)
    if top is None:
        raise NoAnswer(_FAILURE, f"{checkout.root} isn't in a git repository")
    with tempfile.TemporaryDirectory(prefix="migfix-older-") as folder:
        tree = Path(folder).resolve() / "tree"
        if not write_tree(Git(top), commit, tree):
            raise NoAnswer(_FAILURE, f"git can't write the files of {commit}")
        settings = checkout.root.joinpath(*checkout.settings.split(".")[:-1])
        copy_ignored(Git(top), (top, checkout.root, settings), tree)
        root = tree / checkout.root.relative_to(top)
        if not root.is_dir():
            raise NoAnswer(_FAILURE, f"{commit} has no folder {checkout.root.relative_to(top)}")
        return _failures(root, checkout.settings, request | {"top": str(top), "tree": str(tree)})


def _of_migrations(checkout: Checkout, request: dict[str, Any]) -> tuple[str, ...]:
    return _failures(checkout.root, checkout.settings, request)


def _failures(root: Path, settings: str, request: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"{label}: {error}" for label, error in _asked(root, settings, request))


def _asked(root: Path, settings: str, request: dict[str, Any]) -> Any:
    return ask(_PROCESS, root, settings, request, _FAILURE)
