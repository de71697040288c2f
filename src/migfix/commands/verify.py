"""The arguments of ``migfix verify``: which project, files and versions to run, and where."""

from __future__ import annotations

import os
from pathlib import Path

import sqlparse

from migfix.errors import MigfixError
from migfix.project.config import Config
from migfix.project.extras import demand
from migfix.project.facts import Facts
from migfix.project.files import find_root, read_bytes
from migfix.project.select import is_by_name, migrations_at
from migfix.project.settings import settings_module
from migfix.prove.verify import Question, Target, Version
from migfix.prove.versions import of_disk, of_plan
from migfix.run import run
from migfix.write.files import last_before


def paths_in(what: list[str]) -> list[Path]:
    """The arguments as paths; empty if they are an app label and a migration name, as for ``migrate``."""
    return [] if is_by_name(what) else list(map(Path, what))


def root_of(paths: list[Path]) -> Path:
    """The project of the first migration in ``paths``.

    It is the project of the current folder if there are no paths, or if the migration is in an installed package.
    Raises UnreadableFile.
    """
    file = migrations_at(paths[0], Facts())[0] if paths else None
    return find_root(file.parent if file and "site-packages" not in file.parts else Path.cwd() / "x")


def question_for(root: Path, config: Config, engines: tuple[str | None, ...]) -> Question:
    """What to verify, and where. Raises MigfixError if no settings are known or packages are missing."""
    demand("verify", "verify")
    settings = settings_of(root, config.settings or config.unconfirmed)  # verify runs the project's code anyway
    return Question(root, settings, config.database or "default", engines or (None,))


def settings_of(root: Path, configured: str | None) -> str:
    """The settings of a project: ``configured``, or from the environment, or from manage.py. Raises MigfixError."""
    settings = configured or os.environ.get("DJANGO_SETTINGS_MODULE") or settings_module(root)
    if settings is None:
        raise MigfixError(
            "migfix doesn't know the settings module of this project.",
            "Pass --settings, or set `settings` in [tool.migfix].",
        )
    return settings


def own_rows(path: Path | None) -> tuple[str, ...]:
    """The statements in an SQL file. Raises UnreadableFile."""
    if path is None:
        return ()
    return tuple(filter(None, map(str.strip, sqlparse.split(read_bytes(path).decode()))))


def targets_of(what: list[str], paths: list[Path], config: Config) -> tuple[Version, ...]:
    """The version on disk, as the only one. Raises UnreadableFile."""
    if not paths:
        return (Version("", (Target(app=what[0], name="".join(what[1:])),)),)
    return (Version("", tuple(map(Target, _files(paths, config)))),)


def earlier_and_now(paths: list[Path], config: Config) -> tuple[Version, Version]:
    """The files as they are and as migfix would rewrite them.

    If migfix wouldn't change anything, the files before its last write and as they are. Raises MigfixError.
    """
    if not paths:
        raise MigfixError("--compare needs the path of a migration file.", "Pass the file instead of the app.")
    outcome = run(paths, config)
    if outcome.errors:
        raise MigfixError(outcome.errors[0])
    files = _files(paths, config)
    return of_plan(outcome.plan, files) if outcome.plan.after else of_disk(files, last_before(root_of(paths)))


def _files(paths: list[Path], config: Config) -> tuple[str, ...]:
    return tuple(str(file) for path in paths for file in migrations_at(path, config.facts))
