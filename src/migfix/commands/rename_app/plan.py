"""``migfix rename-app``: the files, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from migfix.changes.relabelling import Relabelling, relabelling_of
from migfix.commands.doctor.checkout import Checkout
from migfix.commands.rename_app.new_file import new_file
from migfix.errors import MigfixError
from migfix.history import History
from migfix.history.model import created_model
from migfix.project.files import read_bytes
from migfix.project.mentions import python_files
from migfix.source.edits import AddAttribute, Edit, Insert
from migfix.source.formatting import literal, quote_of, with_quotes
from migfix.source.migration import Dictionary, Migration, Operation
from migfix.syntax import apply_edits


@dataclass(frozen=True)
class Renaming:
    """The files before and after, and what is left to do by hand."""

    before: Mapping[str, bytes | None]
    after: Mapping[str, bytes]
    left: tuple[str, ...]
    """Places that still have the old label, or may have it."""


def plan_renaming(checkout: Checkout, old: str, new: str) -> Renaming:
    """Plan to rename an app whose package and AppConfig have the new label already. Raises MigfixError."""
    history = checkout.history
    _demand_renamed(checkout, old, new)
    own = list(history.app(new).values())
    created, names = _automatic(_in_order(own, old, new))
    relabelling = relabelling_of(own, old, new)
    before: dict[str, bytes | None] = {}
    after: dict[str, bytes] = {}
    for migration in (each for label in history.labels for each in history.app(label).values()):
        if "site-packages" in Path(migration.path).parts:
            continue
        edits = list(_edits(migration, old, created)) if migration.app == new else []
        content = relabelling.apply(migration.source)
        content = apply_edits(content, edits) if edits else content
        if content != migration.source:
            before[migration.path], after[migration.path] = migration.source, content
    path, text = new_file(own, _leaf(own, old, new), old, new, sorted(names), _has_types(history))
    before[path], after[path] = None, text
    return Renaming(before, after, tuple(_left(checkout.root, relabelling, after)))


def _demand_renamed(checkout: Checkout, old: str, new: str) -> None:
    folders = checkout.history.facts.folders or {}
    if new not in folders:
        raise MigfixError(
            f"No installed app has the label `{new}`.",
            "Rename the app first: its folder, `name` and `label` in apps.py, INSTALLED_APPS and the imports. "
            "Then run this again, before makemigrations.",
        )
    if old in folders:
        raise MigfixError(f"An installed app still has the label `{old}`.", "Two apps can't be joined.")
    if "site-packages" in folders[new].parts:
        raise MigfixError(f"The app {new} is an installed package.", "Only an app of the project can be renamed.")
    own = checkout.history.app(new).values()
    if squashed := [each.name for each in own if each.replaces]:
        raise MigfixError(
            f"{new}.{squashed[0]} replaces other migrations, and Django doesn't look through two names.",
            f"Finish the squash before the app is renamed: migfix squash-finish {old}.",
        )
    if odd := [each.name for each in own if each.unread]:
        raise MigfixError(f"migfix can't read all of {new}.{odd[0]}, so it can't tell which tables it makes.")


def _leaf(own: list[Migration], old: str, new: str) -> Migration:
    """The migration that no other one of the app depends on. Raises MigfixError if there are several."""
    needed = {name for each in own for name in _needs(each, old, new)}
    leaves = [each for each in own if each.name not in needed]
    if len(leaves) != 1:
        names = ", ".join(each.name for each in leaves)
        raise MigfixError(f"{new} has {len(leaves)} leaves: {names}.", "Merge them before the app is renamed.")
    return leaves[0]


def _in_order(own: list[Migration], old: str, new: str) -> list[Migration]:
    """The migrations of the app, each after those that it depends on. Their dependencies have the old label."""
    waiting, found = {each.name: each for each in own}, list[Migration]()
    while waiting:
        ready = [each for name, each in waiting.items() if not any(need in waiting for need in _needs(each, old, new))]
        found += ready or waiting.values()
        waiting = {name: each for name, each in waiting.items() if each not in found}
    return found


def _needs(migration: Migration, old: str, new: str) -> set[str]:
    return {each.key[1] for each in migration.dependencies if each.key and each.key[0] in (old, new)}


def _automatic(own: list[Migration]) -> tuple[set[tuple[str, str]], set[str]]:
    """(migration, model) of each CreateModel without a table name, and the names that these models have at the end.

    Raises MigfixError if the name of the table changes by itself.
    """
    created, names = set(), set[str]()
    for migration in own:
        for op in migration.operations:
            if op.kind == "CreateModel":
                model = created_model(migration, op)
                if model.has_own_table and "db_table" not in model.options:
                    created.add((migration.name, op.model))
                    names.add(op.model)
            elif op.kind == "RenameModel" and op.model in names:
                names = names - {op.model} | {op.text("new_name").lower()}
            elif op.kind == "DeleteModel":
                names.discard(op.model)
            elif op.kind == "AlterModelTable" and op.model in names:
                raise MigfixError(
                    f"{migration.app}.{migration.name} changes the name of a table (line {op.line}).",
                    "migfix can't tell its name at each point. Give the models a db_table by hand.",
                )
    return created, names


def _edits(migration: Migration, old: str, created: set[tuple[str, str]]) -> Iterator[Edit]:
    """The old label of the migration, and the name that each table has had at this point."""
    quote = quote_of(migration.source)
    yield AddAttribute(migration.path, "replaces", with_quotes(f"[({literal(old)}, {literal(migration.name)})]", quote))
    models = {model for _, model in created}
    for index, op in enumerate(migration.operations):
        if op.kind == "CreateModel" and (migration.name, op.model) in created:
            yield _named(migration, op, with_quotes(f'"db_table": {literal(f"{old}_{op.model}")}', quote))
        elif op.kind == "RenameModel" and op.model in models:
            # Django renames the table and the columns of links only if the name of the table is automatic.
            new = op.text("new_name").lower()
            models.add(new)
            yield Insert(migration.path, ("operations", index), _table_of(op.model, "None", quote))
            yield Insert(migration.path, ("operations", index + 1), _table_of(new, literal(f"{old}_{new}"), quote))


def _table_of(model: str, table: str, quote: str) -> str:
    return with_quotes(f"migrations.AlterModelTable(name={literal(model)}, table={table})", quote)


def _named(migration: Migration, op: Operation, pair: str) -> Insert:
    options = op.arguments.get("options")
    if isinstance(options, Dictionary):
        return Insert(migration.path, (*op.place("options"), len(options.pairs)), pair)
    return Insert(migration.path, (*op.where, len(op.arguments)), f"options={{{pair}}}")


def _has_types(history: History) -> bool:
    return "contenttypes" in (history.facts.folders or {})


def _left(root: Path, relabelling: Relabelling, after: Mapping[str, bytes]) -> Iterator[str]:
    """Code that names the app by its old label, and strings in any file that may."""
    for path in python_files(root):
        source = after.get(str(path)) or read_bytes(path)
        is_code = str(path) not in after and path.parent.name != "migrations"
        for token in (*(relabelling.places(source) if is_code else ()), *relabelling.mentions(source)):
            yield f"{path.relative_to(root)}:{token.start[0]}: {token.string}"
