"""``migfix remove-app``: the files, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from migfix.changes.relabelling import Relabelling, relabelling_of
from migfix.commands.doctor.checkout import Checkout
from migfix.errors import MigfixError
from migfix.findings.words import listed
from migfix.history import History
from migfix.history.dependencies import dependency_code
from migfix.project.files import read_bytes
from migfix.project.mentions import python_files
from migfix.source.edits import Edit, Insert, Remove
from migfix.source.migration import Key, Migration
from migfix.syntax import apply_edits


@dataclass(frozen=True)
class Removal:
    """The files before and after (None: deleted), and what is left to do by hand."""

    before: Mapping[str, bytes | None]
    after: Mapping[str, bytes | None]
    left: tuple[str, ...]
    """Places in other code that still name the app."""


def plan_removal(checkout: Checkout, label: str) -> Removal:
    """Plan to remove the migrations of an app whose models are gone already. Raises MigfixError."""
    history = checkout.history
    own = list(history.app(label).values())
    _demand_own_app(checkout, label)
    _demand_no_models(own, label, history)
    before: dict[str, bytes | None] = {each.path: each.source for each in own}
    after: dict[str, bytes | None] = dict.fromkeys(before)
    names = relabelling_of(own, label, label)
    for migration in (each for other in history.labels if other != label for each in history.app(other).values()):
        edits = list(_edits(migration, label, history))
        content = apply_edits(migration.source, edits) if edits else migration.source
        if token := next(names.places(content), None):
            raise MigfixError(
                f"{migration.app}.{migration.name} names the app {label} (line {token.start[0]}: {token.string}), "
                f"so that a new database needs it.",
                f"Squash the migrations of {migration.app} so that this is gone, and run this again.",
            )
        if edits:
            before[migration.path], after[migration.path] = migration.source, content
    return Removal(before, after, tuple(_left(checkout.root, label, names, after)))


def _demand_own_app(checkout: Checkout, label: str) -> None:
    folder = (checkout.history.facts.folders or {}).get(label)
    if folder is None:
        raise MigfixError(f"No installed app with migrations has the label `{label}`.")
    if "site-packages" in folder.parts:
        raise MigfixError(
            f"The app {label} is an installed package.",
            "Its migrations go with the package.",
        )


def _demand_no_models(own: list[Migration], label: str, history: History) -> None:
    """Raises MigfixError if the app has models, or if databases may still have their tables."""
    state = history.state_at_end([each.key for each in own])
    models = sorted(model.name for key, model in (state.models if state else {}).items() if key[0] == label)
    if models or state is None:
        raise MigfixError(
            f"{label} still has {listed(models)}." if models else f"migfix can't order the migrations of {label}.",
            "Delete its models and what points at them, run makemigrations, and deploy that. Then run this again.",
        )
    if history.knows_deployed and (new := [each.name for each in own if not history.why_deployed(each)]):
        raise MigfixError(
            f"{label}.{new[-1]} isn't deployed yet, so that databases still have the tables of {label}.",
            "Deploy it first. Once it ran everywhere, run this again.",
        )


def _edits(migration: Migration, label: str, history: History) -> Iterator[Edit]:
    """The dependencies on the app, as dependencies on what the app itself depends on."""
    kept = {each.key for each in migration.dependencies if each.key}
    added = list[Key]()
    for each in migration.dependencies:
        if each.key and each.key[0] == label:
            yield Remove(migration.path, ("dependencies", each.index))
            added += [key for key in _behind(each.key, label, history) if key[0] != migration.app and key not in kept]
    for key in dict.fromkeys(added):
        code = dependency_code(key, migration.source)
        yield Insert(migration.path, ("dependencies", len(migration.dependencies)), code)


def _behind(key: Key, label: str, history: History) -> Iterator[Key]:
    """The migrations of other apps that ``key`` and those before it depend on."""
    migration = history.migration(key)
    for each in (*history.before(migration), migration) if migration else ():
        if each.app == label:
            yield from (other.key for other in each.dependencies if other.key and other.key[0] != label)


def _left(root: Path, label: str, names: Relabelling, after: Mapping[str, bytes | None]) -> Iterator[str]:
    """Code outside migrations that names the app or imports it."""
    for path in python_files(root):
        if str(path) in after or path.parent.name == "migrations":
            continue
        source = read_bytes(path)
        for number, line in enumerate(source.decode(errors="replace").splitlines(), 1):
            words = line.split()
            if words[:1] in (["import"], ["from"]) and words[1].split(".")[0] == label:
                yield f"{path.relative_to(root)}:{number}: {line.strip()}"
        for token in (*names.places(source), *names.mentions(source)):
            yield f"{path.relative_to(root)}:{token.start[0]}: {token.string}"
