"""Read the migrations that were named, and everything that is needed to check them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from migfix.errors import MigfixError, UnreadableFile
from migfix.findings.rule import Rule
from migfix.history import History
from migfix.planning.concerned import check, look
from migfix.planning.plan import Outcome, Plan
from migfix.planning.registry import selected, selectors
from migfix.planning.verdict import plain_verdict
from migfix.project.config import BASELINE, Config
from migfix.project.facts import ENGINES
from migfix.project.files import find_root
from migfix.project.git.repository import Repository
from migfix.project.known_facts import known_facts
from migfix.project.on_disk import Project
from migfix.project.select import migrations_at, project_at
from migfix.source.migration import Migration

if TYPE_CHECKING:
    from migfix.changes.judged.operations import JudgedOperation


@dataclass(frozen=True, eq=False, repr=False)
class Look:
    """The migrations that were named, with their project, history, configuration and rules."""

    root: Path
    project: Project
    config: Config
    migrations: tuple[Migration, ...]
    directly: frozenset[str]
    """The files that were named themselves, rather than their folder."""
    history: History
    rules: tuple[Rule, ...]
    per_file: Mapping[str, tuple[str, ...]]
    """Pattern of paths below the folder of the configuration -> codes that are accepted there."""
    errors: tuple[str, ...]
    """The errors of paths that can't be read."""
    left_out: tuple[str, ...]
    """Folders below the named ones that can't be listed."""

    @cached_property
    def readable(self) -> tuple[Migration, ...]:
        return tuple(each for each in self.migrations if not each.unread)

    @property
    def is_plain(self) -> bool:
        """Whether only rules can affect the result: no baseline, no unreadable file, no comment, nothing ignored."""
        has_baseline = self.config.has_baseline and (self.config.baseline / BASELINE).is_file()
        is_ignoring = bool(self.config.ignore or self.per_file)
        return not (has_baseline or is_ignoring or any(each.unread or each.mentions_migfix for each in self.migrations))

    @property
    def all_errors(self) -> tuple[str, ...]:
        """The errors of the paths, and those of other files of the project that were needed."""
        return (*self.errors, *self.project.errors)

    @cached_property
    def operations(self) -> tuple[JudgedOperation, ...]:
        """The operations of new migrations with what migfix knows of them, apart from what rules find."""
        judged = import_module("migfix.changes.judged.operations").judged_operations
        engines = self.history.facts.engines or ENGINES
        new = (each for each in self.readable if self.history.facts.force or not self.history.why_deployed(each))
        return tuple(operation for each in new for operation in judged(each, self.history, engines))

    @cached_property
    def finds_something(self) -> bool:
        """Whether a rule finds something, also in deployed migrations. git is called only if it matters."""
        return any(
            any(True for _ in check(rule, self.readable, self.history))
            or (self.history.has_met_deployed and any(True for _ in look(rule, self.readable, self.history)))
            for rule in self.rules
        )


def clean(look: Look) -> Outcome:
    """The outcome of a plain look in which no rule finds anything."""
    rules = {rule.code for rule in look.rules}
    operations = tuple(plain_verdict(each, rules) for each in look.operations)
    count = len(look.migrations)
    return Outcome(Plan(), look.all_errors, looked_at=count, left_out=look.left_out, operations=operations)


def look_at(paths: Iterable[Path], config: Config) -> Look | Outcome:
    """The migrations at ``paths`` as one Look, or an Outcome with the errors if there are none.

    Raises MigfixError for problems that concern all of them.
    """
    paths = tuple(paths)
    rules = selected(config.select, config.ignore)
    left_out: list[str] = []
    files, errors = _files(paths, config, left_out)
    if not files:
        return Outcome(Plan(), tuple(errors))
    root = find_root(files[0].parent)
    git = Repository(files[0].parent, config.since, is_base_needed=not config.is_all)
    project = project_at(root, known_facts(config, root), tuple(files), git)
    directly = frozenset(os.path.realpath(path) for path in paths if path.suffix == ".py")
    migrations = _without_replaced(_each_once(project.read(files)), directly)
    history = History(project.facts, project).with_migrations(each for each in migrations if not each.unread)
    per_file = {pattern: selectors(codes) for pattern, codes in config.per_file_ignores.items()}
    return Look(root, project, config, migrations, directly, history, rules, per_file, tuple(errors), tuple(left_out))


def _each_once(migrations: tuple[Migration, ...]) -> tuple[Migration, ...]:
    """The same migrations. Raises MigfixError if two files are the same migration."""
    paths = {each.key: each.path for each in migrations}
    twice = next((each for each in migrations if paths[each.key] != each.path), None)
    if twice:
        fact = f"{twice.path} and {paths[twice.key]} are both {'.'.join(twice.key)}."
        raise MigfixError(fact, "Pass the files of one project at a time.")
    return migrations


def _without_replaced(migrations: tuple[Migration, ...], directly: frozenset[str]) -> tuple[Migration, ...]:
    """The migrations without those that a squashed migration replaces, unless their files were named themselves.

    Replaced migrations will be deleted sooner or later.
    """
    replaced = {key for each in migrations for key in each.replaces} if len(migrations) > 1 else set()
    return tuple(each for each in migrations if each.key not in replaced or each.path in directly)


def _files(paths: Iterable[Path], config: Config, left_out: list[str]) -> tuple[list[Path], list[str]]:
    """The migration files at ``paths``, each once, and the errors of the paths that can't be read.

    Folders that can't be listed are added to ``left_out``.
    """
    files: dict[Path, None] = {}
    errors = []
    for path in paths:
        try:
            files.update(dict.fromkeys(migrations_at(path, config.facts, left_out)))
        except UnreadableFile as error:
            errors.append(str(error))
    return list(files), errors
