"""The part of a plan that passes on scratch databases."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from migfix.findings.proof import ORIGINAL, REWRITTEN, Proof
from migfix.planning.plan import Plan
from migfix.prove.verify import OnStep, Question, Target, Version, verify


def passing(
    plan: Plan, question: Question, on_step: OnStep, is_comparing: bool = False
) -> tuple[Plan, tuple[Proof, ...]]:
    """The plan without the rewrites that fail, which become refusals, and all proofs.

    With ``is_comparing``, the original files are run as well as the rewritten ones. If the whole plan can't be run, it
    is returned unchanged with that proof.
    """
    attempt = partial(_tried, question, on_step, is_comparing)
    proof = attempt(plan)
    if proof.is_passed or not proof.is_complete:
        return plan, (proof,)
    parts = plan.parts
    proofs = [attempt(part, plan) for part in parts] if len(parts) > 1 else [proof]
    passed = (part for part, each in zip(parts, proofs, strict=True) if each.is_passed)
    kept = plan.only(each for part in passed for each in part.rewrites)
    if len(kept.parts) > 1:
        together = attempt(kept, plan)
        proofs.append(together)
        kept = kept if together.is_passed else Plan()
    failed = [each for each in plan.rewrites if each not in kept.rewrites]
    reason = "; ".join(dict.fromkeys(_reason(each) for each in proofs if not each.is_passed))
    next_step = f"The fix fails on a scratch database ({reason}), so it was not written. `migfix diff` shows it."
    return replace(kept, refusals=(*plan.refusals, *(each.left(next_step) for each in failed))), tuple(proofs)


def _tried(question: Question, on_step: OnStep, is_comparing: bool, part: Plan, whole: Plan | None = None) -> Proof:
    """A proof of one part of the plan. The files of the other parts aren't run, because they may be what fails."""
    targets = tuple(map(Target, part.migrations))
    others = (path for path in (whole or part).migrations if path not in part.after)
    aside = tuple(Target(path) for path in others if Path(path).exists())
    rewritten = Version(REWRITTEN if is_comparing else "", targets, part.contents, aside=aside)
    original = Version(ORIGINAL, tuple(each for each in targets if Path(each.path).exists()), aside=aside)
    versions = [original, rewritten] if is_comparing and original.targets else [rewritten]
    return replace(verify(question, versions, on_step), files=part.migrations)


def _reason(proof: Proof) -> str:
    found = []
    for trial in proof.judged:
        found += [f"{trial.engine}: {trial.could_not_run}"] if trial.could_not_run else []
        found += [f"{trial.engine}, {step.name}: {step.error}" for step in trial.steps if step.error]
    return "; ".join(found)
