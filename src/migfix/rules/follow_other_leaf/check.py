"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import PurePath

from migfix.findings.finding import Advice, Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.dependencies import dependency_code
from migfix.rules.follow_other_leaf import RULE
from migfix.rules.follow_other_leaf.branch import Branch, branches, made_twice, orphans, used_without
from migfix.source.edits import Edit, Replace, SetContent
from migfix.source.migration import Key, Migration

_MERGE = "Run `python manage.py makemigrations --merge`, which makes a migration that depends on both."


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Put the new files of one branch behind the leaf of the other. Look at merges of branches that make the same."""
    for migration in migrations:
        if not history.why_deployed(migration) and (found := _merging_twice(migration, history)):
            yield found
    for app in dict.fromkeys(each.app for each in migrations):
        leaves = sorted(history.leaves(app))
        deployed = [key for key in leaves if _is_deployed(key, history)]
        named = [each for each in migrations if each.app == app]
        orphan = next(orphans(app, history), None) if len(leaves) > 1 else None
        if orphan:
            yield from _without_parent(*orphan, named)
        elif len(leaves) > 1 and any(key not in deployed for key in leaves):
            stays = deployed[0] if deployed else leaves[0]
            follows = next(key for key in leaves if key != stays and key not in deployed)
            yield _following(*branches(stays, follows, history), named, history)
        elif len(deployed) > 1:
            yield _merged(deployed, named)


def _without_parent(orphan: Migration, lost: str, named: list[Migration]) -> Iterator[Refusal]:
    """The finding for a file whose parent is gone. MIG205 has it if the file is among the named ones."""
    if orphan not in named:
        why = f"{orphan.app} has two leaves, because {orphan.name} depends on {lost}, which isn't there."
        yield Refusal(RULE.code, named[0].path, _line(named[0]), why, f"Restore {lost} with git.")


def _merging_twice(migration: Migration, history: History) -> Refusal | None:
    """The finding for a merge migration if both of its branches make the same model or field."""
    parents = [each.key for each in migration.dependencies if each.key and each.key[0] == migration.app]
    for one, other in combinations(parents, 2):
        for name, op, first, second in made_twice(*branches(one, other, history)):
            why = f"{first.name} and {second.name} both make the {name}, so that {migration.name} can never run."
            next_step = f"Remove it from {second.name} (line {op.line})."
            if history.why_deployed(second):
                next_step = (
                    f"Remove it from {first.name}, or from {second.name} (line {op.line}) if that is the new one."
                )
            return Refusal(RULE.code, migration.path, _line(migration), why, next_step)
    return None


def _is_deployed(key: Key, history: History) -> bool:
    migration = history.migration(key)
    return migration is None or bool(history.why_deployed(migration)) or not history.knows_deployed


def _line(migration: Migration) -> int:
    own = (each.line for each in migration.dependencies if each.key and each.key[0] == migration.app)
    return next(own, 1)


def _merged(leaves: list[Key], named: list[Migration]) -> Refusal:
    place = next((each for each in named if each.key in leaves), named[0])
    why = f"{' and '.join(name for _, name in leaves)} are both leaves of {leaves[0][0]}, and may both be deployed."
    return Refusal(RULE.code, place.path, _line(place), why, _MERGE)


def _following(stays: Branch, follows: Branch, named: list[Migration], history: History) -> Finding:
    app, leaf = stays.leaf
    place = next((each for each in named if each in follows.files), named[0])
    why = f"{app} has two leaves, {leaf} and {follows.leaf[1]}: Django migrates nothing until one follows the other."
    first = follows.files[0]
    twice = next(made_twice(stays, follows), None)
    if twice:
        name, op, one, other = twice
        why = f"{one.name} and {other.name} both make the {name}, and {app} has two leaves."
        next_step = f"Remove it from {other.name}, the new one, or give it another name."
        return Refusal(RULE.code, other.path, op.line, why, next_step)
    if lost := next(used_without(stays, follows), None):
        name, op, one, other = lost
        why = f"{one.name} removes or renames the {name}, which {other.name} uses, and {app} has two leaves."
        next_step = (
            f"Take that out of {follows.leaf[1]} or what leads to it, run migfix again, and then makemigrations."
        )
        mine = (other.path, op.line) if other in follows.files else (place.path, _line(place))
        return Refusal(RULE.code, *mine, why, next_step)
    own = [each for each in first.dependencies if each.key and each.key[0] == app]
    if any(history.why_deployed(each) or each.replaces for each in follows.files) or len(own) != 1:
        return Refusal(RULE.code, place.path, _line(place), why, _MERGE)
    code = dependency_code(stays.leaf, first.source)
    edits: list[Edit] = [Replace(first.path, ("dependencies", own[0].index), code)]
    renames = tuple(_renames(stays, follows, history))
    called = "".join(f" {PurePath(old).stem} becomes {PurePath(new).stem}." for old, new in renames)
    edits += _companion(first, stays, follows, PurePath(renames[-1][1]).stem if renames else follows.leaf[1], history)
    wrote = f"makes {first.name} depend on {leaf}, so that it runs after it.{called}"
    parent = next(name for label, name in history.own_parents(first) if label == app)
    back = f"go back on your branch, as it was before the two met: python manage.py migrate {app} {parent}"
    advice = Advice(f"{app}.{first.name} already ran", back, applied=first.key)
    return Rewrite(RULE.code, first.path, own[0].line, why, wrote, tuple(edits), advice=(advice,), renames=renames)


def _renames(stays: Branch, follows: Branch, history: History) -> Iterator[tuple[str, str]]:
    """The old and the new path of each file that follows, if all have numbers and these don't come later already."""
    last, first = _last_number(stays), follows.files[0].name[:4]
    if last is None or not all(each.name[:4].isdigit() for each in follows.files) or int(first) > last:
        return
    if any(f".{each.name}".encode() in one.source for each in follows.files for one in history.mentioning(each.name)):
        return  # a file imports it
    names = {each.path: f"{number:04}{each.name[4:]}" for number, each in enumerate(follows.files, last + 1)}
    if not history.app(stays.leaf[0]).keys() & names.values():
        yield from ((path, str(PurePath(path).with_stem(name))) for path, name in names.items())


def _last_number(branch: Branch) -> int | None:
    """The number of the leaf, also if this run has put a file behind another one; None if a file has none."""
    last = 0
    for each in branch.files:
        if not each.name[:4].isdigit():
            return None
        last = max(int(each.name[:4]), last + 1)
    return last


def _companion(first: Migration, stays: Branch, follows: Branch, end: str, history: History) -> Iterator[SetContent]:
    """Name the new leaf in max_migration.txt of django-linear-migrations, also where git left both names in it."""
    path = str(PurePath(first.path).parent / "max_migration.txt")
    content = history.companion(path)
    new = f"{end}\n".encode()
    names = [name[4:].encode() for _, name in (stays.leaf, follows.leaf)]
    if content not in (None, new) and (b"<<<<" in content or any(name in content for name in names)):
        yield SetContent(path, new)
