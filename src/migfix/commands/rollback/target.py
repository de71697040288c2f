"""The migrations that a version of the project has."""

from __future__ import annotations

from pathlib import Path

from migfix.commands.doctor.checkout import Checkout
from migfix.errors import MigfixError
from migfix.project.files import repository_of
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
    return frozenset(key for label, folder in folders.items() for key in _new_in(label, folder, to, applied)), True


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
    return frozenset(own - kept)


def _new_in(app: str, folder: Path, commit: str, applied: frozenset[Key]) -> set[Key]:
    """The applied migrations of an app whose files a commit doesn't have."""
    top = repository_of(folder)
    if top is None or "site-packages" in folder.parts:
        return set()
    git = Git(top)
    if git.output("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}") is None:
        raise MigfixError(
            f"git knows no commit {commit} in {top}, and no app has that name.",
            "Use a tag, a branch, a commit, or an app and a migration: blog.0002.",
        )
    place = folder.relative_to(top).as_posix()
    names = {Path(each).stem for each in git.listed("ls-tree", "--name-only", "--full-tree", commit, f"{place}/")}
    return {key for key in applied if key[0] == app and key[1] not in names}
