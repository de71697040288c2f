"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.findings.words import listed
from migfix.history import History
from migfix.rules.keep_deployed_file import RULE
from migfix.rules.keep_deployed_file.edited import appended_from, changes, is_relabelled, new_label, removed_apps
from migfix.rules.keep_deployed_file.lost import ends_as_before, lost, new_files, twin
from migfix.rules.keep_deployed_file.waiting import waiting
from migfix.source.edits import AddAttribute, Edit, Insert
from migfix.source.formatting import Brackets, literal, quote_of, render, with_quotes
from migfix.source.migration import Migration
from migfix.splitting.in_two import split
from migfix.splitting.leaving_fields import CannotLeave


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Keep what databases have recorded: a new file for what is new, and the names of the files that are gone."""
    for migration in migrations:
        deployed = history.earlier(migration)
        gone = history.gone(migration)
        if (
            deployed
            and not is_relabelled(migration, deployed, history)
            and not (gone and ends_as_before(migration.app, gone, history))
        ):
            if found := changes(migration, deployed, history):
                yield _edited(migration, deployed, found, history)
        yield from waiting(migration, history)
    for app in dict.fromkeys(each.app for each in migrations):
        yield from _gone(app, [each for each in migrations if each.app == app], history)


def _gone(app: str, migrations: list[Migration], history: History) -> Iterator[Finding]:
    """What took the place of the deployed files of an app that are gone."""
    gone = lost(migrations[0], history)
    new = [each for each in new_files(app, history) if not each.replaces]
    for migration in new:
        renamed = twin(migration, gone)
        if renamed:
            gone.remove(renamed)
            if migration in migrations:
                yield _renamed(migration, renamed)
    if not gone:
        return
    others = [each for each in new if not twin(each, history.gone(each))]
    if len(others) < 2 and ends_as_before(app, history.gone(migrations[0]), history):
        anew = next(iter(others), None) or next((each for each in migrations if history.earlier(each)), None)
        if anew is not None:
            yield _anew(anew, gone)
            return
    yield _left(next((each for each in migrations if each in others), migrations[0]), gone)


def _line(migration: Migration) -> int:
    return migration.operations[0].line if migration.operations else 1


def _edited(migration: Migration, deployed: Migration, found: list[str], history: History) -> Finding:
    where = history.why_deployed(migration)
    name = ".".join(migration.key)
    why = f"{name} {where}, and was edited ({'; '.join(found)}): databases that ran it never get the change."
    index = appended_from(migration, deployed)
    line = migration.operations[index].line if index is not None else _line(migration)
    reason = ""
    if index is not None:
        try:
            follow_up, edits = split(migration, index, reason="because it is deployed", history=history)
            wrote = f"moves the operations from line {line} on to {follow_up}, which they run."
            return Rewrite(RULE.code, migration.path, line, why, wrote, tuple(edits))
        except CannotLeave as problem:
            reason = f"; {problem}"
    next_step = _way_back(migration, deployed, history)
    return Refusal(RULE.code, migration.path, line, f"{why[:-1]}{reason}.", next_step)


def _way_back(migration: Migration, deployed: Migration, history: History) -> str:
    for app in removed_apps(deployed, history):
        if label := new_label(app, migration, deployed, history):
            return f"Restore the label {app} in all migrations, and run migfix rename-app {app} {label}."
        return (
            f"Restore this file and the app {app} with git, delete the models of {app} and what points at them, and "
            f"run makemigrations. Once that is deployed, run migfix remove-app {app}."
        )
    return "Restore the file with git, and run makemigrations: it writes the difference as a new migration."


def _renamed(migration: Migration, old: Migration) -> Rewrite:
    why = (
        f"{'.'.join(old.key)} is deployed, and its file is now called {migration.name}: databases that ran it run it "
        "again, and fail at what is already there. SQLite may lose values instead."
    )
    wrote = f"says that it replaces {old.name}, so that it counts as applied where that one is."
    return Rewrite(RULE.code, migration.path, _line(migration), why, wrote, (_replaces(migration, [old]),))


def _anew(migration: Migration, gone: list[Migration]) -> Rewrite:
    why = (
        f"{_files(gone)} gone, and this file makes the same tables: databases that ran the old files don't know that "
        "this one needs none of it."
    )
    wrote = "says that it replaces them, so that it counts as applied where all of them are."
    return Rewrite(RULE.code, migration.path, _line(migration), why, wrote, (_replaces(migration, gone),))


def _left(migration: Migration, gone: list[Migration]) -> Refusal:
    why = f"{_files(gone)} gone: databases that ran them keep what they did, and new databases never get it."
    next_step = (
        "Restore them with git. If a new file takes their place, it must end in the same models, and name them in "
        "`replaces`."
    )
    return Refusal(RULE.code, migration.path, _line(migration), why, next_step)


def _files(gone: list[Migration]) -> str:
    """The subject of a sentence: ``deployed files of blog (0002_more) are``."""
    return f"deployed files of {gone[0].app} ({listed([each.name for each in gone])}) are"


def _replaces(migration: Migration, gone: list[Migration]) -> Edit:
    """The edit that adds names to ``replaces``."""
    quote = quote_of(migration.source)
    codes = [with_quotes(f"({literal(each.app)}, {literal(each.name)})", quote) for each in gone]
    if migration.replaces:
        place = ("replaces", len(migration.replaces))
        return Insert(migration.path, place, codes[0])
    return AddAttribute(migration.path, "replaces", render(Brackets("[", tuple(codes), "]"), 4, 0))
