"""The part of a plan that passes on scratch databases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from migfix.findings import Refusal, Rewrite
from migfix.plan import Plan
from migfix.prove.proof import Proof
from migfix.prove.verify import OnStep, Question, Target, Version, verify


def passing(plan: Plan, question: Question, on_step: OnStep) -> tuple[Plan, tuple[Proof, ...]]:
    """The plan without the rewrites that fail, which become refusals; and every proof that was made.

    Where a proof can't be told, the plan comes back whole and the last proof says so.
    """
    proof = _tried(plan, question, on_step)
    if proof.is_passed or not proof.is_told:
        return plan, (proof,)
    parts = plan.parts
    proofs = [_tried(part, question, on_step, plan) for part in parts] if len(parts) > 1 else [proof]
    kept = _joined(plan, (part for part, each in zip(parts, proofs, strict=True) if each.is_passed))
    if len(kept.parts) > 1:
        together = _tried(kept, question, on_step, plan)
        proofs.append(together)
        kept = kept if together.is_passed else Plan()
    failed = [each for each in plan.rewrites if each not in kept.rewrites]
    reason = "; ".join(dict.fromkeys(_reason(each) for each in proofs if not each.is_passed))
    return replace(kept, refusals=(*plan.refusals, *(_refused(each, reason) for each in failed))), tuple(proofs)


def _tried(part: Plan, question: Question, on_step: OnStep, whole: Plan | None = None) -> Proof:
    """A proof of one part; the files of the others, which may be what fails, stay aside."""
    targets = tuple(Target(path) for path in part.after if path.endswith(".py"))
    others = (path for path in (whole or part).before if path not in part.after and path.endswith(".py"))
    aside = tuple(Target(path) for path in others if Path(path).exists())
    return verify(question, [Version("", targets, part.after, aside=aside)], on_step)


def _joined(plan: Plan, parts: Iterable[Plan]) -> Plan:
    rewrites = [each for part in parts for each in part.rewrites]
    paths = {edit.path for each in rewrites for edit in each.edits}
    return Plan(
        {path: each for path, each in plan.before.items() if path in paths},
        {path: each for path, each in plan.after.items() if path in paths},
        tuple(each for each in plan.rewrites if each in rewrites),
    )


def _reason(proof: Proof) -> str:
    failing = [(trial, step) for trial in proof.trials for step in trial.steps if step.error]
    return "; ".join(f"{trial.engine}, {step.name}: {step.error}" for trial, step in failing)


def _refused(rewrite: Rewrite, reason: str) -> Refusal:
    return Refusal(
        rewrite.code,
        rewrite.path,
        rewrite.line,
        rewrite.why,
        f"The rewrite fails on a scratch database ({reason}), so it was not written; `migfix diff` shows it.",
    )
