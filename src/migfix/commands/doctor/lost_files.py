"""Files of applied migrations that are gone: where git still has them, and what took their place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from migfix.commands.doctor.drift import Drift
from migfix.errors import UnreadableFile
from migfix.history import History
from migfix.project.files import own_repository_of
from migfix.project.git.command import Git
from migfix.source import read_migration
from migfix.source.edits import AddAttribute, Insert
from migfix.source.formatting import literal, quote_of, with_quotes
from migfix.source.migration import Key, Migration
from migfix.syntax import apply_edits


@dataclass(frozen=True)
class LostFile:
    """A migration that is recorded as applied, and whose file is gone."""

    key: Key
    path: Path
    """Where the file was."""
    content: bytes | None = None
    """Its content in git; None if git doesn't know it."""
    commit: str = ""
    """The short name of the newest commit that has it."""
    is_ahead: bool = False
    """Whether only commits have it that this code doesn't contain: the database is ahead of the code."""
    renamed: Migration | None = None
    """The file that isn't recorded and has the same operations."""
    is_made_anew: bool = False
    """Whether the files that are there make what it made: a reset."""

    @property
    def drift(self) -> Drift:
        """What doctor says about it."""
        app, name = self.key
        replaces = f'replaces = [("{app}", "{name}")]'
        if self.renamed:
            what = f"{app}.{name} is recorded as applied, and its file is now called {self.renamed.name}."
            next_step = f"Name the old one in {self.renamed.path}: `{replaces}`."
        elif self.is_ahead:
            what = f"{app}.{name} is recorded as applied, and only newer code has its file (commit {self.commit})."
            next_step = (
                "Deploy that code, or go back from a checkout of it, before older code runs: migfix rollback --to "
                "the version that runs now."
            )
        elif self.is_made_anew:
            what = f"{app}.{name} is recorded as applied, its file is gone, and the files that are there make the same."
            next_step = f"Name it there in `{replaces}`, or drop the row: python manage.py migrate {app} --prune."
        elif self.content is not None:
            what = f"{app}.{name} is recorded as applied, and its file is gone."
            next_step = (
                f"Restore it: git show {self.commit}:./{self.path.name} has it, and migfix doctor --fix writes it. If "
                f"another file took its place, name it there in `{replaces}`."
            )
        else:
            what = f"{app}.{name} is recorded as applied, and its file is gone."
            next_step = f"Restore the file with git. If another file took its place, name it there in `{replaces}`."
        return Drift("missing-file", what, next_step, app, name)

    def written(self, history: History) -> tuple[Path, bytes | None, bytes] | None:
        """The file that mends it: path, content now (None: no file) and then. None if a person must decide."""
        if self.renamed:
            return Path(self.renamed.path), self.renamed.source, _replacing(self.renamed, self.key)
        app = self.key[0]
        is_followed = any(self.key == needed.key for each in history.app(app).values() for needed in each.dependencies)
        if (
            self.content is None
            or self.is_ahead
            or self.is_made_anew
            or not (is_followed or self._comes_after_all(history))
        ):
            return None
        return self.path, None, self.content

    def _comes_after_all(self, history: History) -> bool:
        """Whether the file belongs behind the leaf of its app, so that it makes no second leaf."""
        old = read_migration(str(self.path), *self.key, self.content or b"")
        leaves = list(history.leaves(self.key[0]))
        return len(leaves) == 1 and leaves[0] in map(history.resolve, old.dependencies)


def lost_files(applied: frozenset[Key], apps: frozenset[str], history: History) -> Iterator[LostFile]:
    """The migrations that are recorded as applied, and whose files are gone."""
    for key in sorted(applied):
        if key[0] in apps and not history.migration(key) and history.replaced_by(key) == key:
            path = (history.facts.folders or {})[key[0]] / f"{key[1]}.py"
            if not path.is_file():  # one that can't be read is named as such
                yield _found(key, path, applied, history)


def _found(key: Key, path: Path, applied: frozenset[Key], history: History) -> LostFile:
    app, name = key
    top = own_repository_of(path.parent)
    if top is None:
        return LostFile(key, path)
    git, place = Git(top), path.relative_to(top).as_posix()
    newest = ("-1", "--format=%h", "--diff-filter=AM", "--", place)
    commit = git.line("log", *newest) or git.line("log", "--all", *newest)
    content = git.output("show", f"{commit}:{place}") if commit else None
    if content is None:
        return LostFile(key, path)
    is_ahead = git.output("merge-base", "--is-ancestor", commit, "HEAD") is None
    renamed, is_made_anew = None, False
    with suppress(UnreadableFile):
        old = read_migration(str(path), app, name, content)
        operations = [op.value for op in old.operations]
        is_made_anew = _is_made(old, history)
        new = (each for each in history.app(app).values() if each.key not in applied and not each.replaces)
        renamed = next((each for each in new if [op.value for op in each.operations] == operations), None)
    return LostFile(key, path, content, commit, is_ahead, renamed, is_made_anew)


def _is_made(old: Migration, history: History) -> bool:
    """Whether the files that are there make a model or a field that a lost file makes."""
    state = history.state_at_end(history.leaves(old.app))
    for op in old.operations if state else ():
        model = state.models.get((old.app, op.model)) if state else None
        if model and (op.kind == "CreateModel" or (op.kind == "AddField" and op.text("name") in model.fields)):
            return True
    return False


def _replacing(migration: Migration, key: Key) -> bytes:
    """The file with a name more in ``replaces``."""
    app, name = key
    code = with_quotes(f"({literal(app)}, {literal(name)})", quote_of(migration.source))
    if migration.replaces:
        return apply_edits(migration.source, [Insert(migration.path, ("replaces", len(migration.replaces)), code)])
    return apply_edits(migration.source, [AddAttribute(migration.path, "replaces", f"[{code}]")])
