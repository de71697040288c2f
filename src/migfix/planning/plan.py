"""What to change in which file and why, and what needs your decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migfix.findings.finding import Advice, Finding, Refusal, Rewrite
    from migfix.findings.proof import Proof
    from migfix.history import History
    from migfix.planning.verdict import OperationVerdict
    from migfix.source.ignores import Ignore


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """The old content (None for a new file) and the new content (None for none) by path, and the reasons."""

    before: Mapping[str, bytes | None] = field(default_factory=dict)
    after: Mapping[str, bytes | None] = field(default_factory=dict)
    rewrites: tuple[Rewrite, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    used_comments: frozenset[tuple[str, int]] = frozenset()
    """Path and number of each ignore comment that matched a finding."""
    suppressed: int = 0
    """The number of findings that a comment, the baseline or the configuration suppresses."""
    history: History | None = None
    """The history with the new content."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every rewrite, then every refusal."""
        return (*self.rewrites, *self.refusals)

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What to do in addition to the rewrites, without duplicates.

        Advice with the same condition is combined if its steps depend on the operation that failed.
        """
        found = dict.fromkeys(each for rewrite in self.rewrites for each in rewrite.advice)
        same: dict[str, list[Advice]] = {}
        for each in found:
            same.setdefault(each.condition, []).append(each)
        return tuple(_together(each) if each[0].stopped_at else each[0] for each in same.values())

    @property
    def parts(self) -> tuple[Plan, ...]:
        """The plan in parts that share no file. Each can be written without the others."""
        groups: list[tuple[set[str], list[Rewrite]]] = []
        for rewrite in self.rewrites:
            paths, rewrites = {edit.path for edit in rewrite.edits}, [rewrite]
            for other in [each for each in groups if each[0] & paths]:
                groups.remove(other)
                paths, rewrites = paths | other[0], [*other[1], *rewrites]
            groups.append((paths, rewrites))
        return tuple(self.only(rewrites) for _, rewrites in groups)

    def only(self, rewrites: Iterable[Rewrite]) -> Plan:
        """The part of the plan for these rewrites, in the plan's order."""
        wanted = list(rewrites)
        kept = tuple(each for each in self.rewrites if each in wanted)
        paths = {edit.path for each in kept for edit in each.edits}
        return Plan(
            {path: each for path, each in self.before.items() if path in paths},
            {path: each for path, each in self.after.items() if path in paths},
            kept,
        )

    @property
    def migrations(self) -> tuple[str, ...]:
        """The changed paths that are migrations. The others are companion files."""
        return tuple(path for path in self.contents if path.endswith(".py"))

    @property
    def contents(self) -> dict[str, bytes]:
        """The new contents, without the files that get another name."""
        return {path: content for path, content in self.after.items() if content is not None}


@dataclass(frozen=True, eq=False, repr=False)
class Outcome:
    """The result of a run: the plan, and an error for every path that can't be read."""

    plan: Plan
    errors: tuple[str, ...] = ()
    passed_over: Mapping[str, str] = field(default_factory=dict)
    """Deployed migrations that weren't named themselves and that a rule would change -> why they count as deployed."""
    unused: tuple[tuple[str, Ignore], ...] = ()
    """Comments in these files that accept something that no rule finds."""
    proofs: tuple[Proof, ...] = ()
    """The results on scratch databases, if ``verify`` was run."""
    looked_at: int = 0
    """The number of migrations that were checked."""
    left_out: tuple[str, ...] = ()
    """Folders that can't be listed."""
    operations: tuple[OperationVerdict, ...] = ()
    """The verdict on each operation of the new migrations."""

    @property
    def uncertain(self) -> tuple[OperationVerdict, ...]:
        """The operations of which migfix can't tell whether they are safe (MIG002)."""
        return tuple(each for each in self.operations if each.verdict.name == "unknown")

    @property
    def is_clean(self) -> bool:
        return not (self.plan.after or self.plan.refusals or self.errors)

    @property
    def fails_as_it_is(self) -> bool:
        """Whether no rule finds anything, but the files fail on a scratch database."""
        return self.is_clean and not all(proof.is_passed for proof in self.proofs)


def together(outcomes: list[Outcome]) -> Outcome:
    """The outcomes of several projects as one."""
    if len(outcomes) == 1:
        return outcomes[0]
    plans = [each.plan for each in outcomes]
    return Outcome(
        Plan(
            {path: content for plan in plans for path, content in plan.before.items()},
            {path: content for plan in plans for path, content in plan.after.items()},
            tuple(each for plan in plans for each in plan.rewrites),
            tuple(each for plan in plans for each in plan.refusals),
            suppressed=sum(plan.suppressed for plan in plans),
        ),
        tuple(error for each in outcomes for error in each.errors),
        {path: why for each in outcomes for path, why in each.passed_over.items()},
        tuple(each for outcome in outcomes for each in outcome.unused),
        tuple(each for outcome in outcomes for each in outcome.proofs),
        sum(each.looked_at for each in outcomes),
        tuple(each for outcome in outcomes for each in outcome.left_out),
        tuple(each for outcome in outcomes for each in outcome.operations),
    )


def _together(same: list[Advice]) -> Advice:
    """Advice with the same condition, for different operations that may have failed, as one; later operations first."""
    steps = dict(sorted({each.step: each.stopped_at for each in same}.items(), key=lambda pair: -pair[1]))
    if len(steps) == 1:
        return same[0]
    sentence = same[0].step.partition("\n")[0]
    blocks = [f"\n    -- if it stopped at line {line}\n{step.partition(chr(10))[2]}" for step, line in steps.items()]
    tables = tuple(dict.fromkeys(table for each in same for table in each.tables))
    return replace(same[0], step=sentence + "".join(blocks), tables=tables)
