"""What ``apply``, ``diff`` and ``check`` have in common: plan, prove, write, report."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from migfix.cli.app import FAILED, FIXED, LEFT
from migfix.cli.page import place_for, rendered, write_page
from migfix.cli.terminal import (
    print_text,
    progress,
    put_back_after_a_crash,
    show,
    show_diff,
    show_findings,
    still_working,
)

if TYPE_CHECKING:
    from migfix.cli.review import Review
    from migfix.planning.look import Look
    from migfix.planning.plan import Outcome
    from migfix.project.config import Config


class Verb(Enum):
    apply = "apply"
    diff = "diff"
    check = "check"


class Format(Enum):
    """The format of the output."""

    text = "text"
    json = "json"
    github = "github"
    gitlab = "gitlab"
    sarif = "sarif"


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """One run of a command, with the options that aren't part of the configuration."""

    verb: Verb
    format: Format = Format.text
    said: tuple[tuple[str, str], ...] = ()
    proving: tuple[str | None, ...] = ()
    is_staged: bool = False
    html: Path | None = None
    all_or_nothing: bool = False
    is_strict: bool = False
    is_verbose: bool = False
    is_failing_on_fix: bool = False
    is_interactive: bool = False
    is_quiet: bool = False
    """Whether nothing is printed if nothing is found."""

    def execute(self, groups: list[tuple[list[Path], Config]]) -> int:
        """Plan the files of each project, prove them, write them for ``apply``, and report. Returns the exit code."""
        from migfix.planning.plan import together
        from migfix.write.journal import reading

        place = place_for(self.html) if self.html else None
        places = [_folder(path) for paths, _ in groups for path in paths]
        if self.verb is Verb.apply:
            put_back_after_a_crash(places)
        review = self.review()
        outcomes = []
        is_waiting_for_others = bool(review or self.proving)
        with reading(places), nullcontext() if is_waiting_for_others else still_working():
            for paths, config in groups:
                outcome = self.planned(paths, config, review)
                if outcome is None:
                    return FAILED
                # A fix of SARIF can't rename a file.
                is_for_tools = self.format is Format.sarif and self.verb is not Verb.apply
                outcomes.append(outcome if is_for_tools else _renumbered(outcome))
        outcome = together(outcomes)
        is_written = self.verb is Verb.apply and not outcome.errors and bool(outcome.plan.after)
        database = next((config.database for _, config in groups), None)
        page = rendered(outcome, _top(), is_written, database) if place else b""
        if is_written:
            from migfix.write.files import write_all

            write_all(outcome.plan.before, outcome.plan.after)
        if (groups or self.format is not Format.text) and not (
            self.is_quiet and outcome.is_clean and self.format is Format.text
        ):
            self.report(outcome, is_written, database)
        if place:
            write_page(place, page)
        if review and not all(review.answers.values()):
            return max(self.code(outcome, is_written), LEFT)
        return self.code(outcome, is_written)

    def review(self) -> Review | None:
        """The questions of ``--interactive``, or None without it. Raises MigfixError if the output isn't text."""
        if not self.is_interactive:
            return None
        from migfix.cli.review import Review
        from migfix.errors import MigfixError

        if self.format is not Format.text:
            raise MigfixError("--interactive only works with text output.", "Remove --output-format.")
        return Review()

    def planned(self, paths: list[Path], config: Config, review: Review | None) -> Outcome | None:
        """What was found and, with ``--verify``, passes on scratch databases; None if they could not be used."""
        is_for_page = self.html is not None
        outcome = review.run(paths, config, self.all_or_nothing) if review else self.outcome(paths, config)
        if config.settings and outcome.is_clean and outcome.looked_at:
            from migfix.project.files import find_root
            from migfix.prove.project import why_not_loaded

            outcome = replace(outcome, errors=why_not_loaded(find_root(_folder(paths[0])), config.settings))
        if not self.proving or outcome.errors or not (outcome.plan.after or outcome.is_clean):
            return outcome
        if outcome.is_clean:
            return self.tried(outcome, [str(path) for path in paths if path.suffix == ".py"], config)
        from migfix.commands.verify import question_for, root_of
        from migfix.prove.passing import passing

        question = replace(question_for(root_of(paths), config, self.proving), shows_sql=is_for_page)
        with progress(len(self.proving) * (1 + is_for_page)) as on_step:
            plan, proofs = passing(outcome.plan, question, on_step, is_comparing=is_for_page)
        for proof in proofs:
            show(proof, is_error=True)
        return replace(outcome, plan=plan, proofs=proofs) if all(proof.is_complete for proof in proofs) else None

    def tried(self, outcome: Outcome, files: list[str], config: Config) -> Outcome | None:
        """The outcome with a proof of files in which no rule finds anything; None if they could not be run."""
        if not files:
            return outcome
        from migfix.commands.verify import question_for, root_of
        from migfix.prove.verify import Target, Version, verify

        question = question_for(root_of([Path(path) for path in files]), config, self.proving)
        with progress(len(self.proving)) as on_step:
            proof = verify(question, [Version("", tuple(map(Target, files)))], on_step)
        show(proof, is_error=True)
        return replace(outcome, proofs=(proof,)) if proof.is_complete else None

    def outcome(self, paths: list[Path], config: Config) -> Outcome:
        """What was found, and for ``check`` what is wrong in the databases that were looked at."""
        from migfix.planning.look import Look, look_at

        look = look_at(paths, config)
        if not isinstance(look, Look):
            return look
        outcome = self.judged(look)
        if self.verb is not Verb.check or not look.history.facts.applied:
            return outcome
        from migfix.commands.doctor.cheap import drifting

        refusals = (*outcome.plan.refusals, *drifting(look))
        return replace(outcome, plan=replace(outcome.plan, refusals=refusals))

    def judged(self, look: Look) -> Outcome:
        """What the rules find. What rewrites is loaded only if one finds something."""
        from migfix.planning.look import clean
        from migfix.planning.plan import Plan

        if not look.finds_something:
            if look.is_plain:
                return clean(look)
            from migfix.planning.outcome import outcome_of, suppressions_of

            return outcome_of(look, Plan(), suppressions_of(look), self.all_or_nothing)
        from migfix.run import planned

        return planned(look, self.all_or_nothing)

    def code(self, outcome: Outcome, is_written: bool) -> int:
        if outcome.errors:
            return FAILED
        if (self.is_strict and outcome.uncertain) or outcome.fails_as_it_is:
            return LEFT
        is_left = bool(outcome.plan.refusals) if self.verb is Verb.apply else not outcome.is_clean
        return LEFT if is_left or (is_written and self.is_failing_on_fix) else FIXED

    def report(self, outcome: Outcome, is_written: bool, database: str | None) -> None:
        """Print what was found and done, in the chosen format."""
        match self.format:
            case Format.text:
                self.report_text(outcome, is_written, database)
            case Format.json:
                from migfix.report.machine import render_json

                typer.echo(render_json(outcome, Path.cwd(), is_written), nl=False)
            case Format.github:
                from migfix.report.forges import render_github

                report_errors(outcome)
                typer.echo(render_github(outcome, _top()), nl=False)
            case Format.gitlab:
                from migfix.report.forges import render_gitlab

                report_errors(outcome)
                typer.echo(render_gitlab(outcome, _top()), nl=False)
            case Format.sarif:
                from migfix.report.sarif import render_sarif

                typer.echo(render_sarif(outcome, _top()), nl=False)

    def report_text(self, outcome: Outcome, is_written: bool, database: str | None) -> None:
        from migfix.report.text import closing, notes, operations, render_plan, shown, unused, verdict_lines

        here, is_patch = Path.cwd(), self.verb is Verb.diff
        for line in verdict_lines(outcome, here) if self.is_verbose else ():
            print_text(line, err=is_patch)
        for note in (*notes(outcome, here), *unused(self.said, outcome)):
            print_text(note, err=True)
        if outcome.is_clean:
            print_text("\n".join([*operations(outcome, is_written), closing(outcome, is_written)]), err=is_patch)
            return
        show_findings(render_plan(outcome.plan, here, database), err=is_patch)
        report_errors(outcome)
        if is_patch and outcome.plan.after:
            show_diff(outcome.plan.before, outcome.plan.after, _patch_root(outcome, here))
        if last_line := closing(outcome, is_written):
            print_text("\n".join(["", *operations(outcome, is_written), last_line]), err=is_patch)
        if self.verb is Verb.check and outcome.plan.after and not outcome.errors:
            print_text(f"To fix: {apply_like_this()}")
        if is_written and self.is_staged:
            import shlex

            files = shlex.join(shown(path, here) for path in sorted(outcome.plan.after))
            print_text(f"To add it to the commit: git add {files}")


def _renumbered(outcome: Outcome) -> Outcome:
    if not any(each.renames for each in outcome.plan.rewrites):
        return outcome
    from migfix.planning.renumbering import renumbered

    return replace(outcome, plan=renumbered(outcome.plan))


def apply_like_this() -> str:
    """The ``apply`` with the paths and options of this ``check``, without those that only affect its output."""
    import shlex

    words = iter(sys.argv[1:])
    kept = []
    for word in words:
        if word in ("--output-format", "--html", "--color"):
            next(words, None)
        elif not word.startswith(("--output-format=", "--html=", "--color=")):
            kept.append("apply" if word == "check" and "apply" not in kept else word)
    program = "migfix" if Path(sys.argv[0]).name in ("migfix", "__main__.py") else sys.argv[0]
    return f"{program} {shlex.join(kept)}"


def _top() -> Path:
    """The folder that paths are relative to for a forge: the top of the repository, or the current one."""
    from migfix.project.files import repository_of

    return repository_of(Path.cwd()) or Path.cwd()


def report_errors(outcome: Outcome) -> None:
    for error in outcome.errors:
        print_text(f"error: {error}", err=True)


def _folder(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _patch_root(outcome: Outcome, here: Path) -> Path:
    """The folder that the paths of a patch are relative to: the current one, or that of a project elsewhere."""
    from migfix.project.files import find_root

    paths = [Path(path) for path in outcome.plan.after]
    return here if all(path.is_relative_to(here) for path in paths) else find_root(paths[0].parent)
