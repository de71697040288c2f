"""Run the rules in rounds until none of them changes a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import PurePath

from migfix.errors import MigfixError
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.findings.rule import Rule
from migfix.history import History
from migfix.history.differences import differences
from migfix.planning.broken_steps import broken_steps
from migfix.planning.concerned import follow_ups, look
from migfix.planning.name_clash import name_clash
from migfix.planning.original_line import line_in
from migfix.planning.plan import Plan
from migfix.planning.suppressions import Suppressions, comments_on
from migfix.source import read_migration
from migfix.source.edits import AddFunction, Edit, Insert, NewFile, SetContent
from migfix.source.elsewhere import without_note
from migfix.source.migration import Migration
from migfix.syntax import CannotEdit, apply_edits
from migfix.syntax.comments import with_lost_comments

MOST_ROUNDS = 25
MOST_OF_ONE_RULE = 1000

Chooser = Callable[[Rewrite, Mapping[str, bytes | None], Mapping[str, bytes]], bool]
"""Whether a rewrite is wanted, given the files before and after it."""


def make_plan(
    migrations: tuple[Migration, ...],
    history: History,
    rules: Iterable[Rule],
    suppressions: Suppressions,
    chooser: Chooser | None = None,
) -> Plan:
    """The plan for everything that the rules find in ``migrations``, which are in ``history``, and isn't suppressed.

    Each round checks the result of the previous one. Raises MigfixError if the rules never stop changing files.
    """
    rules = tuple(rules)
    draft = Draft(migrations, history, suppressions, chooser)
    for _ in range(MOST_ROUNDS):
        has_changed = [draft.take_repeatedly(rule) if chooser else draft.take(rule) for rule in rules]
        if not any(has_changed):
            return draft.plan()
    raise MigfixError(
        f"After {MOST_ROUNDS} rounds the rules still change these files.", "Please report this, with the files."
    )


@dataclass(frozen=True)
class Tried:
    """Edits that were applied in memory: the files before and after, and the resulting history and migrations."""

    before: Mapping[str, bytes | None]
    after: Mapping[str, bytes]
    history: History
    migrations: tuple[Migration, ...]


class Draft:
    """A plan while it is being made."""

    def __init__(
        self,
        migrations: tuple[Migration, ...],
        history: History,
        suppressions: Suppressions,
        chooser: Chooser | None,
    ) -> None:
        self.suppressions = suppressions
        self.chooser = chooser
        self.declined: Counter[tuple[str, str, str]] = Counter()
        """Identity of a rewrite -> how many of them the user declined."""
        self.used_comments: set[tuple[str, int]] = set()
        self.migrations = migrations
        self.history = history
        self.deployed = {each.key for each in migrations if history.why_deployed(each)}
        self.before: dict[str, bytes | None] = {}
        self.after: dict[str, bytes] = {}
        self.rewrites: list[Rewrite] = []
        self.refusals: dict[tuple[tuple[str, str, str], int], Refusal] = {}
        self.given_up: set[tuple[str, str, str]] = set()
        self.suppressed: dict[str, int] = {}
        """How many findings of each rule are suppressed."""
        self.standing: dict[str, set[tuple[str, str, str]]] = {}
        """What each rule found last. An operation that migfix can't fix may have moved to another file since."""
        self.known: dict[str, tuple[History, list[Finding]]] = {}
        """Rule -> what it found last, and the history that it was asked about."""

    def plan(self) -> Plan:
        standing = set().union(*self.standing.values())
        left = [each for each in self.refusals.values() if _identity(each) in standing]
        refusals = sorted(left, key=lambda each: (each.path, each.line, each.code))
        rewrites = tuple(self.rewrites)
        suppressed = sum(self.suppressed.values())
        used = frozenset(self.used_comments)
        return Plan(self.before, self.after, rewrites, tuple(refusals), used, suppressed, self.history)

    def take_repeatedly(self, rule: Rule) -> bool:
        """Run a rule until it changes nothing more. Returns whether it changed a file."""
        return sum(1 for _ in takewhile(bool, (self.take(rule) for _ in range(MOST_OF_ONE_RULE)))) > 0

    def take(self, rule: Rule) -> bool:
        """Run a rule once on the current state of the files. Returns whether it changed one."""
        if rule.code not in self.known or self.known[rule.code][0] is not self.history:
            self.known[rule.code] = self.history, list(self._found(rule))
        _, everything = self.known[rule.code]
        self.used_comments |= {(f.path, each.number) for f in everything for each in comments_on(f, rule, self.history)}
        found = list(self.suppressions.standing(rule, everything, self.history))
        self.suppressed[rule.code] = len(everything) - len(found)
        self.standing[rule.code] = set(map(_identity, found))
        refusals = [each for each in found if isinstance(each, Refusal)]
        for number, refusal in enumerate(refusals):
            alike = sum(_identity(each) == _identity(refusal) for each in refusals[:number])
            self.refuse(refusal, alike)
        for each in found:
            if isinstance(each, Rewrite) and not rule.is_for_deployed and (next_step := self._instead(each, rule)):
                self.give_up(each, next_step)
        rewrites = [each for each in found if isinstance(each, Rewrite) and _identity(each) not in self.given_up]
        return self._take_one(rewrites) if self.chooser else self._take_all(rewrites)

    def _take_all(self, rewrites: list[Rewrite]) -> bool:
        """Apply all rewrites together. If that isn't possible, apply the first half of them that can be applied."""
        if len(rewrites) < 2:
            return self._take_one(rewrites)
        tried = self._tried(rewrites)
        if isinstance(tried, Tried):
            self._keep(tried, rewrites)
            return True
        half = len(rewrites) // 2
        return self._take_all(rewrites[:half]) or self._take_all(rewrites[half:])

    def _take_one(self, rewrites: list[Rewrite]) -> bool:
        """Apply the first rewrite that is possible and wanted. The places of the others must then be found again."""
        seen: Counter[tuple[str, str, str]] = Counter()
        for each in rewrites:
            seen[_identity(each)] += 1
            if seen[_identity(each)] <= self.declined[_identity(each)]:
                continue
            tried = self._tried([each])
            if isinstance(tried, str):
                self.give_up(each, f"migfix doesn't make this fix, because {tried}. Make the change by hand.")
            elif self.chooser is None or self.chooser(each, tried.before, tried.after):
                self._keep(tried, [each])
                return True
            else:
                self.declined[_identity(each)] += 1
        return False

    def _found(self, rule: Rule) -> Iterator[Finding]:
        """What a rule finds. With ``follow_up``, its fixes as new migrations replace findings in deployed files."""
        later: list[Finding] = []
        if self.history.facts.follow_up:
            deployed = [each for each in self.migrations if each.key in self.deployed]
            later += follow_ups(rule, deployed, self.history)
        reported = set(map(_identity, later))
        yield from later
        yield from (each for each in look(rule, self.migrations, self.history) if _identity(each) not in reported)

    def _instead(self, rewrite: Rewrite, rule: Rule) -> str:
        """The next step in place of a rewrite that would change a deployed file; "" if it changes none.

        Raises UnknownBase.
        """
        for path in dict.fromkeys(edit.path for edit in rewrite.edits):
            migration = self.history.at(path)
            if migration is None:
                continue
            if why := self.history.why_deployed(migration):
                way = " --follow-up writes the fix as a new migration." if rule.has_follow_up else ""
                return self._not_again(migration, why) + way
            self.history.demand_known(migration)
        return ""

    def _not_again(self, migration: Migration, why: str) -> str:
        fact = f"{'.'.join(migration.key)} {why}. Databases that ran it don't run it again, so a rewrite has no effect"
        fact += " there."
        if "is applied in" not in why:
            return f"{fact} If it only ran on databases that you can throw away, use --force."
        before = next((name for _, name in self.history.own_parents(migration)), "zero")
        return f"{fact} Go back first (python manage.py migrate {migration.app} {before}), or use --force."

    def give_up(self, rewrite: Rewrite, next_step: str) -> None:
        """Leave a rewrite to the user, and don't try it again."""
        self.given_up.add(_identity(rewrite))
        self.refuse(rewrite.left(next_step))

    def refuse(self, refusal: Refusal, alike: int = 0) -> None:
        """Store a refusal with the line it had first. ``alike`` numbers those that differ only in their line."""
        if (_identity(refusal), alike) not in self.refusals:
            self.refusals[_identity(refusal), alike] = replace(refusal, line=self._line_on_disk(refusal))

    def _line_on_disk(self, finding: Finding) -> int:
        """The line of a finding in the file as it was read, since edits may have moved it. In a new file, its line."""
        original, current = self.before.get(finding.path), self._content(finding.path)
        if original is None or current is None or original == current:
            return finding.line
        return line_in(original, current, finding.line)

    def _tried(self, rewrites: list[Rewrite]) -> Tried | str:
        """The result of applying ``rewrites`` together, or the reason why they can't be applied."""
        try:
            changed = self._changed([edit for each in rewrites for edit in each.edits])
        except CannotEdit as reason:
            return f"it can't edit the file ({reason})"
        if clash := name_clash((edit for each in rewrites for edit in each.edits), self.history):
            return f"the file already uses {clash} for something else"
        migrations = tuple(self._read(path, app, content, rewrites) for path, (app, content) in changed.items() if app)
        companions = {path: content for path, (app, content) in changed.items() if not app}
        history = self.history.with_migrations(migrations, companions)
        is_ordering = all(_adds_dependency(edit) for each in rewrites for edit in each.edits)
        found = [] if is_ordering else differences(self.history, history, {each.app for each in migrations})
        if found:
            return f"the models would differ ({'; '.join(found)})"
        if broken := broken_steps(self.history, history, migrations):
            return f"{'; '.join(broken)}"
        before = {path: self._content(path) for path in changed}
        return Tried(before, {path: content for path, (_, content) in changed.items()}, history, migrations)

    def _content(self, path: str) -> bytes | None:
        """The current content of a file; None if it doesn't exist yet."""
        old = self.history.at(path)
        if old is None:
            return self.history.companion(path)
        return old.source if old.on_disk is None else old.on_disk

    def _keep(self, tried: Tried, rewrites: list[Rewrite]) -> None:
        reported = [replace(each, line=self._line_on_disk(each)) for each in rewrites]
        self.before = {**tried.before, **self.before}
        self.after |= tried.after
        named = {each.key for each in self.migrations} | {each.key for each in tried.migrations}
        self.history = tried.history
        self.migrations = tuple(each for key in sorted(named) if (each := self.history.migration(key)))
        self.rewrites += reported

    def _changed(self, edits: list[Edit]) -> dict[str, tuple[str, bytes]]:
        """Path -> app ("" for companion files) and new content, with all old comments. Raises CannotEdit."""
        found = dict(self._edited(edits))
        old = {path: without_note(each.source) for path in found if (each := self.history.at(path))}
        for path, (_, content) in found.items():
            each = self.history.at(path)
            if each and any(name.encode() in content for name in each.elsewhere):
                raise CannotEdit("squashmigrations left names in it that Python can't read")
        kept = with_lost_comments(old, {path: content for path, (_, content) in found.items()})
        return {path: (app, kept[path]) for path, (app, _) in found.items()}

    def _edited(self, edits: list[Edit]) -> Iterator[tuple[str, tuple[str, bytes]]]:
        for path in dict.fromkeys(edit.path for edit in edits):
            own = [edit for edit in edits if edit.path == path]
            match own[0]:
                case NewFile(app=app, content=content):
                    yield path, (app, content)
                case SetContent(content=content):
                    yield path, ("", content)
                case _:
                    migration = self.history.at(path)
                    if migration is None:
                        raise LookupError(path)
                    yield path, (migration.app, apply_edits(migration.source, own))

    def _read(self, path: str, app: str, content: bytes, rewrites: list[Rewrite]) -> Migration:
        """A changed file, and which rule added which of its functions in this run."""
        old = self.history.at(path)
        functions = {
            edit.name: each.code
            for each in rewrites
            for edit in each.edits
            if isinstance(edit, AddFunction) and edit.path == path
        }
        found = read_migration(path, app, PurePath(path).stem, content)
        return replace(found, added={**(old.added if old else {}), **functions})


def _adds_dependency(edit: Edit) -> bool:
    """Whether an edit only adds a dependency, so that it changes the order but not what each migration does."""
    return isinstance(edit, Insert) and edit.where[0] == "dependencies"


def _identity(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.path, finding.why
