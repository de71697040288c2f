"""``migfix squash-finish``: turn a squashed migration into a normal one and delete the migrations it replaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from migfix.errors import MigfixError
from migfix.history import History
from migfix.history.dependencies import dependency_code
from migfix.history.differences import squash_differences
from migfix.project.mentions import Mention, mentions, mentions_below
from migfix.source.edits import Edit, Remove, RemoveAttribute, Replace
from migfix.source.migration import Key, Migration, Where
from migfix.splitting.split import companion
from migfix.syntax import apply_edits


@dataclass(frozen=True)
class Finish:
    """The files before and after (None: deleted), and the reasons why they must stay, if there are any."""

    squashed: tuple[Migration, ...]
    before: Mapping[str, bytes | None]
    after: Mapping[str, bytes | None]
    standing: tuple[str, ...] = ()
    """One line for each thing that still needs the replaced migrations."""


def plan_finish(app: str, root: Path, history: History, applied: Mapping[str, frozenset[Key]]) -> Finish:
    """Plan to finish every squashed migration of ``app``. Raises MigfixError if there is none or they are nested."""
    squashed = tuple(each for each in history.app(app).values() if each.replaces)
    if not squashed:
        known = "it has no squashed migration" if history.app(app) else "the project has no such app"
        raise MigfixError(f"There is nothing to finish in {app}: {known}.")
    by_name = {key: each for each in squashed for key in each.replaces}
    if nested := sorted(each.name for each in squashed if each.key in by_name):
        raise MigfixError(
            f"{', '.join(nested)} is itself replaced by another squashed migration.",
            "Delete the inner one first, and list what it replaces in the outer one.",
        )
    standing = [
        f"{app}: the squash ends in different models than what it replaces: {line}. Squash the files again, or add "
        "what is missing to its operations."
        for line in squash_differences(history, app)
    ]
    standing += [line for each in squashed for line in _younger(each, history)]
    standing += [line for each in squashed for line in _needed_by_databases(each, applied)]
    gone = {each.path: each.source for key in by_name if (each := history.migration(key))}
    edits = dict(_edits(squashed, by_name, gone, history))
    before: dict[str, bytes | None] = dict(gone)
    after: dict[str, bytes | None] = dict.fromkeys(gone)
    for path, (source, found) in edits.items():
        before[path], after[path] = source, apply_edits(source, found)
    for path, (source, content) in _companions(squashed, history).items():
        before[path], after[path] = source, content
    standing += [_listed(each, root) for each in _still_named(root, by_name, after)]
    return Finish(squashed, before, after, tuple(standing))


def _younger(squashed: Migration, history: History) -> Iterator[str]:
    """Lines for files that are newer than the squash but have a name that it replaces.

    Such a file depends on the squash, or isn't deployed although the squash is.
    """
    for key in squashed.replaces:
        each = history.migration(key)
        if each is None:
            continue
        waits = any(dependency.key == squashed.key for dependency in each.dependencies)
        if waits or (history.why_deployed(squashed) and not history.why_deployed(each)):
            yield (
                f"{'.'.join(squashed.key)}: {each.name} is newer than the squash, which replaces another file of "
                "that name: rename it."
            )


def _needed_by_databases(squashed: Migration, applied: Mapping[str, frozenset[Key]]) -> Iterator[str]:
    replaced = frozenset(squashed.replaces)
    for alias, keys in applied.items():
        if squashed.key in keys or not any(app == squashed.app for app, _ in keys):
            continue
        count = len(replaced & keys)
        if count == len(replaced):
            reason = "has applied everything it replaces but not recorded it: run `migrate` there once"
        else:
            reason = f"has applied {count} of the {len(replaced)} that it replaces: run `migrate` there first"
        yield f"{'.'.join(squashed.key)}: database {alias} {reason}."


def _edits(
    squashed: tuple[Migration, ...], by_name: Mapping[Key, Migration], gone: Mapping[str, bytes], history: History
) -> Iterator[tuple[str, tuple[bytes, list[Edit]]]]:
    """Path -> source and edits of every file that names a replaced migration."""
    named = {each.key: each for key in by_name for each in history.mentioning(key[1])}
    for migration in [*squashed, *(each for each in named.values() if each not in squashed)]:
        if migration.path in gone:
            continue
        edits: list[Edit] = [RemoveAttribute(migration.path, "replaces")] if migration in squashed else []
        edits += _retargeted(migration, by_name)
        if edits:
            yield migration.path, (migration.source, edits)


def _retargeted(migration: Migration, by_name: Mapping[Key, Migration]) -> Iterator[Edit]:
    """Edits that point dependencies at the squashed instead of the replaced migrations, without duplicates.

    Dependencies that would point at the file itself are removed.
    """
    keys = [each.key for each in migration.dependencies]
    there: set[Key | None] = {migration.key, *(key for key in keys if key not in by_name)}
    places = [(key, ("dependencies", each.index)) for key, each in zip(keys, migration.dependencies, strict=True)]
    yield from _each_retargeted(migration, places, by_name, there)
    run_before: list[tuple[Key | None, Where]] = [
        (key, ("run_before", index)) for index, key in enumerate(migration.run_before)
    ]
    yield from _each_retargeted(migration, run_before, by_name, {key for key, _ in run_before if key not in by_name})


def _each_retargeted(
    migration: Migration,
    places: Iterable[tuple[Key | None, Where]],
    by_name: Mapping[Key, Migration],
    there: set[Key | None],
) -> Iterator[Edit]:
    for key, where in places:
        if key is None or key not in by_name:
            continue
        new = by_name[key]
        if new.key in there:
            yield Remove(migration.path, where)
        else:
            yield Replace(migration.path, where, dependency_code(new.key, migration.source))
        there.add(new.key)


def _companions(squashed: tuple[Migration, ...], history: History) -> dict[str, tuple[bytes, bytes]]:
    """The max_migration.txt files of django-linear-migrations that name a replaced migration, before and after."""
    edits = [
        edit for each in squashed for _, name in each.replaces for edit in companion(each, name, each.name, history)
    ]
    return {edit.path: (history.companion(edit.path) or b"", edit.content) for edit in edits}


def _still_named(root: Path, by_name: Mapping[Key, Migration], after: Mapping[str, bytes | None]) -> Iterator[Mention]:
    """Code that still names a replaced migration afterwards, such as tests and imports by name."""
    yield from mentions_below(root, by_name, after)
    for path, content in after.items():
        if content is not None and path.endswith(".py"):
            yield from mentions(content, path, by_name)


def _listed(mention: Mention, root: Path) -> str:
    path = PurePath(mention.path)
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    return f"{shown}:{mention.line}: mentions {mention.name}: change it to what replaces it, or remove it."
