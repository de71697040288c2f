"""The line from paths to a plan: read, understand, plan, rewrite, prove. Writing is the caller's last step."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from migfix.config import Config, line_length_of
from migfix.errors import MigfixError, UnreadableFile
from migfix.git import Repository
from migfix.history import History
from migfix.history.facts import Facts
from migfix.history.files import find_root
from migfix.history.static import Project
from migfix.model import Migration
from migfix.plan import Outcome, Plan
from migfix.registry import all_rules, selected, selectors
from migfix.select import migrations_at, project_at
from migfix.waivers import Baseline, Waivers, read_baseline

if TYPE_CHECKING:
    from migfix.draft import Chooser
    from migfix.findings import Finding, Refusal
    from migfix.rule import Rule
    from migfix.source.ignores import Ignore


UNREADABLE = "MIG001"


class Look(NamedTuple):
    """The migrations that were named, read, and what is needed to say something about them."""

    root: Path
    project: Project
    migrations: tuple[Migration, ...]
    history: History
    rules: tuple[Rule, ...]
    waivers: Waivers
    left_out: tuple[str, ...]
    """Folders below those that were named which can't be listed."""

    @property
    def readable(self) -> tuple[Migration, ...]:
        return tuple(each for each in self.migrations if not each.unread)

    def findings(self) -> Iterator[Finding]:
        """What the rules find at first sight, in deployed files too."""
        for rule in self.rules:
            yield from self.waivers.standing(rule, rule.look(self.readable, self.history), self.history)
        yield from self.unread()

    def unread(self) -> Iterator[Refusal]:
        """The files that can't be read, unless that is accepted."""
        for each in self.migrations:
            if each.unread and not self.waivers.accepts(each.path, UNREADABLE):
                yield _unread(each)


def run(
    paths: Iterable[Path],
    config: Config,
    all_or_nothing: bool = False,
    chooser: Chooser | None = None,
    is_stepwise: bool = False,
) -> Outcome:
    """Plan all rewrites of the migrations at ``paths``, looked at together. Writes nothing.

    ``chooser`` is asked about each rewrite; ``is_stepwise``: the plan also says what each changes by itself.
    Raises MigfixError for what concerns all of them.
    """
    paths = tuple(paths)
    look, errors = look_at(paths, config)
    if look is None:
        return Outcome(Plan(), tuple(errors))
    plan = _planned(look, chooser, is_stepwise)
    found = (*look.unread(), *plan.refusals)
    passed_over = _passed_over(look, {each.path for each in found} - (set() if config.is_picked else _directly(paths)))
    refusals = tuple(each for each in found if each.path not in passed_over)
    if refusals and all_or_nothing:
        plan = Plan()
    errors += look.project.errors
    if config.settings and plan.after and not errors:
        plan = _asked_of_django(plan, look.root, config.settings, config.database)
    unused = tuple(_unused(look, plan))
    return Outcome(replace(plan, refusals=refusals), tuple(errors), passed_over, unused, left_out=look.left_out)


def _unused(look: Look, plan: Plan) -> Iterator[tuple[str, Ignore]]:
    """The comments that accept nothing, those aside that are for rules which are off."""
    commented = [each for each in look.readable if each.mentions_migfix]
    if not commented:
        return
    from migfix.source.ignores import ignores

    off = [rule for rule in all_rules() if rule not in look.rules]
    for migration in commented:
        for comment in ignores(migration):
            is_for_off = bool(comment.lines) and any(comment.means(rule.code, rule.name) for rule in off)
            if (migration.path, comment.number) not in plan.heeded and not is_for_off:
                yield migration.path, comment


def look_at(paths: tuple[Path, ...], config: Config) -> tuple[Look | None, list[str]]:
    """The migrations at ``paths``, looked at together, and what is wrong with the paths; None if none can be read.

    Raises MigfixError for what concerns all of them.
    """
    rules = selected(config.select, config.ignore)
    left_out: list[str] = []
    files, errors = _files(paths, config, left_out)
    if not files:
        return None, errors
    root = find_root(files[0].parent)
    git = Repository(files[0].parent, config.since, is_base_needed=not config.is_all)
    project = project_at(root, known_facts(config, root), tuple(files), git)
    migrations = project.read(files)
    paths_by_key = {each.key: each.path for each in migrations}
    twice = next((each for each in migrations if paths_by_key[each.key] != each.path), None)
    if twice:
        fact = f"{twice.path} and {paths_by_key[twice.key]} are both {'.'.join(twice.key)}."
        raise MigfixError(fact, "Name the files of one project at a time.")
    replaced = {key for each in migrations for key in each.replaces} if len(migrations) > 1 else set()
    directly = _directly(paths)
    # what a squashed migration replaces goes some day; in a folder nobody has asked for it
    migrations = tuple(each for each in migrations if each.key not in replaced or each.path in directly)
    history = History(project.facts, project).with_migrations(each for each in migrations if not each.unread)
    per_file = {pattern: selectors(codes) for pattern, codes in config.per_file_ignores.items()}
    baseline = read_baseline(config.baseline) if config.has_baseline else Baseline(config.baseline)
    waivers = Waivers(config.home, per_file, baseline)
    return Look(root, project, migrations, history, rules, waivers, tuple(left_out)), errors


def _directly(paths: Iterable[Path]) -> set[str]:
    """The files that were named themselves, rather than their folder."""
    return {os.path.realpath(path) for path in paths if path.suffix == ".py"}


def _passed_over(look: Look, paths: set[str]) -> dict[str, str]:
    """Those of the paths that are deployed migrations, and why they count as such.

    One that somebody is changing is somebody's business, however it was named.
    """
    return {
        each.path: why
        for each in look.migrations
        if each.path in paths and (why := look.history.why_deployed(each)) and not look.history.earlier(each)
    }


def known_facts(config: Config, root: Path) -> Facts:
    """What was said, and what Django says where it may be asked. Raises MigfixError."""
    facts = config.facts
    if config.settings:
        from migfix.history.loaded import with_loaded

        facts = with_loaded(facts, root, config.settings)
        if asked := dict.fromkeys(filter(None, [*config.databases, config.database])):
            from migfix.database.ask import applied_in

            facts = replace(facts, applied=applied_in(root, config.settings, asked))
    return facts


def _planned(look: Look, chooser: Chooser | None, is_stepwise: bool) -> Plan:
    """The plan; where no rule has anything to say, without loading what rewrites."""
    if not any(_finds(rule, look.readable, look.history) for rule in look.rules):
        return Plan()
    from migfix.draft import make_plan
    from migfix.formatting import lines_up_to

    with lines_up_to(line_length_of(look.root)):
        return make_plan(look.readable, look.history, look.rules, look.waivers, chooser, is_stepwise)


def _finds(rule: Rule, migrations: tuple[Migration, ...], history: History) -> bool:
    """Whether a rule has something to say, also about what is deployed; git is asked only where that matters."""
    is_found = any(True for _ in rule.check(migrations, history))
    return is_found or (history.has_met_deployed and any(True for _ in rule.look(migrations, history)))


def _asked_of_django(plan: Plan, root: Path, settings: str, database: str | None) -> Plan:
    """The plan, proven by Django itself, with the advice that holds for the database. Raises NotProven."""
    from migfix.prove.project import ask_django

    facts = ask_django(plan, root, settings, database)
    rewrites = (replace(each, advice=tuple(filter(facts.holds, each.advice))) for each in plan.rewrites)
    return replace(plan, rewrites=tuple(rewrites))


def _files(paths: Iterable[Path], config: Config, left_out: list[str]) -> tuple[list[Path], list[str]]:
    """The migration files that were named, once each, and what is wrong with the other names.

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


def _unread(migration: Migration) -> Refusal:
    from migfix.findings import Refusal

    line, reason = migration.unread or (1, "")
    return Refusal(
        UNREADABLE,
        migration.path,
        line,
        f"{reason}, so migfix can't see what this migration does.",
        "Write the operations and dependencies as plain lists, or check this file by hand.",
    )
