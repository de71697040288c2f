"""The migrations that a version of the project has."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from migfix.commands.doctor.checkout import Checkout
from migfix.commands.rollback.version import Version
from migfix.errors import MigfixError
from migfix.project.files import own_repository_of
from migfix.project.git.command import Git
from migfix.source.migration import Key


def gone_in(checkout: Checkout, to: str, applied: frozenset[Key]) -> tuple[frozenset[Key], bool]:
    """The applied migrations that ``to`` doesn't have, and whether it is a commit.

    ``to`` is a tag, a branch or a commit, or an app and a migration: ``blog.0002`` or ``blog.zero``. Files of a commit
    are read from git, and nothing is checked out. Installed packages count as they are installed. Raises MigfixError.
    """
    app, dot, name = to.partition(".")
    folders = checkout.history.facts.folders or {}
    if dot and app in folders:
        return _after(checkout, app, name, applied), False
    new = (_new_in(checkout, label, folder, to, applied) for label, folder in folders.items())
    return frozenset(key for each in new for key in each), True


def edited_in(checkout: Checkout, commit: str, kept: frozenset[Key]) -> list[Key]:
    """The migrations that a commit has too, and whose files were edited since: their models may have been others."""
    found = list[Key]()
    for app, folder in (checkout.history.facts.folders or {}).items():
        if version := _version(own_repository_of(folder), commit):
            own = (name for label, name in kept if label == app and (folder / f"{name}.py").is_file())
            there = version.files(folder)
            found += [
                (app, each) for each in own if there.get(each, "") not in ("", version.content(folder / f"{each}.py"))
            ]
    return sorted(found)


def _after(checkout: Checkout, app: str, name: str, applied: frozenset[Key]) -> frozenset[Key]:
    """The applied migrations of an app after one of them."""
    own = {key for key in applied if key[0] == app}
    if name == "zero":
        return frozenset(own)
    found = [each for each in checkout.history.app(app).values() if each.name.startswith(name)]
    exact = [each for each in found if each.name == name] or found
    if len(exact) != 1:
        names = ", ".join(sorted(checkout.history.app(app)))
        raise MigfixError(f"{app} has no single migration that starts with {name}.", f"It has {names}.")
    kept = {exact[0].key, *(each.key for each in checkout.history.before(exact[0]))}
    for key in own - kept:
        migration = checkout.history.migration(key)
        if migration and set(migration.replaces) & kept:
            raise _in_part(key, migration.replaces)
    return frozenset(own - kept)


def _new_in(checkout: Checkout, app: str, folder: Path, commit: str, applied: frozenset[Key]) -> set[Key]:
    """The applied migrations of an app that a commit doesn't have.

    A squashed one counts as there if all that it replaces is. Raises MigfixError for one that is there in part.
    """
    version = _version(own_repository_of(folder), commit)
    if version is None:
        return set()
    if not version.is_there:
        raise MigfixError(
            f"git knows no commit {commit} in {version.git.folder}, and no app has that name.",
            "Use a tag, a branch, a commit, or an app and a migration: blog.0002.",
        )
    names = set(version.files(folder))
    own = {key for key in applied if key[0] == app}
    _demand_same_places(version, folder, own)
    gone = {key for key in own if key[1] not in names and not _is_replaced_there(checkout, key, names)}
    older = sorted(key for key in own - gone if not checkout.history.migration(key) and not _is_squashed(checkout, key))
    if gone and older:
        raise MigfixError(
            f"{'.'.join(older[0])} is applied and part of {commit}, and this code doesn't have its file: it was "
            "squashed or deleted since.",
            "Go back with code that still has it.",
        )
    return gone


@cache
def _version(top: Path | None, commit: str) -> Version | None:
    """A commit of a repository, whose files are listed once for all apps in it."""
    return Version(Git(top), commit) if top else None


def _demand_same_places(version: Version, folder: Path, own: set[Key]) -> None:
    """Raises MigfixError if the commit has the migrations of an app in another folder or under another name."""
    there = version.files(folder)
    if not there and (place := version.elsewhere(folder, {name for _, name in own})):
        raise MigfixError(
            f"{version.commit} has these migrations in {place}, and {folder} has them now.",
            "Go back with code that still has them there.",
        )
    gone = {content: name for name, content in there.items() if not (folder / f"{name}.py").exists()}
    for key in sorted(own) if gone else ():
        content = version.content(folder / f"{key[1]}.py") if key[1] not in there else ""
        if content in gone:
            raise MigfixError(
                f"{'.'.join(key)} is called {gone[content]} in {version.commit}, which would run it again.",
                "Go back with code that calls it so.",
            )


def _is_replaced_there(checkout: Checkout, key: Key, names: set[str]) -> bool:
    """Whether a commit with the files ``names`` has all that a squashed migration replaces. Raises MigfixError."""
    migration = checkout.history.migration(key)
    replaced = migration.replaces if migration else ()
    there = [app == key[0] and name in names for app, name in replaced]
    if any(there) and all(there):
        return True
    if any(there) or any(app != key[0] for app, _ in replaced):
        raise _in_part(key, replaced)
    return False


def _in_part(key: Key, replaced: tuple[Key, ...]) -> MigfixError:
    return MigfixError(
        f"{'.'.join(key)} replaces {'.'.join(replaced[0])} and others, and Django can't go back to a part of them.",
        "Go back with code that doesn't have the squashed migration or the new label yet.",
    )


def _is_squashed(checkout: Checkout, key: Key) -> bool:
    """Whether a squashed migration of this code replaces a migration."""
    return checkout.history.replaced_by(key) != key
