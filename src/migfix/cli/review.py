"""``apply --interactive``: asks about one fix at a time, with its diff."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from migfix.cli.terminal import print_text
from migfix.errors import ConfigError, MigfixError

if TYPE_CHECKING:
    from migfix.findings.finding import Rewrite
    from migfix.planning.plan import Outcome
    from migfix.project.config import Config

HELP = """\
y  make this fix
n  skip it
e  change a value of a placeholder row
x  explain the rule
q  skip this and all that follow; write what you accepted
"""


class _Again(Exception):
    """The answer changes the plan, which must be made again."""


@dataclass
class Review:
    """The answers so far."""

    values: dict[str, object] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    duplicates: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    mapped: dict[str, str] = field(default_factory=dict)
    truncate: list[str] = field(default_factory=list)
    answers: dict[tuple[str, str, str, int], bool] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    """The missing values that were asked for, answered or not."""
    is_over: bool = False
    sound: dict[str, object] = field(default_factory=dict)
    """The values that a plan was made with."""

    def run(self, paths: list[Path], config: Config, all_or_nothing: bool) -> Outcome:
        """The plan with the accepted fixes. Raises MigfixError without a terminal to ask at."""
        from migfix.project.config.options import with_facts
        from migfix.run import run

        if not sys.stdin.isatty():
            raise MigfixError("--interactive needs a terminal to ask at.", "Nothing was written.")
        while True:
            self.seen: Counter[tuple[str, str, str]] = Counter()
            facts = config.facts
            answered = with_facts(
                config,
                values=self.values,
                moved=self.moved,
                duplicates=self.duplicates,
                renamed=self.renamed,
                mapped=self.mapped,
                truncate=self.truncate,
                force=facts.force,
                follow_up=facts.follow_up,
            )
            try:
                outcome = run(paths, answered, all_or_nothing, self.is_wanted)
                self._settle(outcome)
            except _Again:
                continue
            except ConfigError as error:
                if self.values == self.sound:
                    raise
                print_text(f"{error}\n")
                self.values = dict(self.sound)
                continue
            return outcome

    def is_wanted(self, rewrite: Rewrite, before: Mapping[str, bytes | None], after: Mapping[str, bytes]) -> bool:
        """The answer to a fix, also if it was given before the plan was made again."""
        alike = (rewrite.code, rewrite.path, rewrite.why)
        self.seen[alike] += 1
        self.sound = dict(self.values)
        place = (*alike, self.seen[alike])
        if place not in self.answers:
            self.answers[place] = not self.is_over and self._ask(rewrite, before, after)
        return self.answers[place]

    def _ask(self, rewrite: Rewrite, before: Mapping[str, bytes | None], after: Mapping[str, bytes]) -> bool:
        from migfix.cli.terminal import show_diff
        from migfix.planning.plan import Plan
        from migfix.planning.registry import find_rule
        from migfix.report.rule_pages import read_page
        from migfix.report.text import render_plan

        print_text(f"\n{render_plan(Plan(rewrites=(replace(rewrite, advice=()),)), Path.cwd())}", nl=False)
        show_diff(before, after, Path.cwd())
        names = [f"{row.model}.{name}" for row in rewrite.placeholders for name, _ in row.values]
        while True:
            match _answer(f"Fix? [y,n,{'e,' if names else ''}x,q,?]"):
                case "y" | "yes":
                    return True
                case "n" | "no":
                    return False
                case "e" if names:
                    self._edit(rewrite)
                case "x":
                    typer.echo(read_page(find_rule(rewrite.code).name))
                case "q" | None:
                    self.is_over = True
                    return False
                case _:
                    typer.echo(HELP, nl=False)

    def _edit(self, rewrite: Rewrite) -> None:
        """Ask for the values of the placeholder rows, and make the plan again with the answers."""
        answered = {}
        for row in rewrite.placeholders:
            for name, value in row.values:
                if answer := _answer(f"{row.model}.{name} [{value}]:"):
                    answered[f"{row.model}.{name}"] = answer
        self.values |= answered
        if answered:
            raise _Again

    def _settle(self, outcome: Outcome) -> None:
        """Ask once for each value that is missing for a fix."""
        for refusal in outcome.plan.refusals:
            for asked in refusal.asked:
                if asked in self.settled or self.is_over:
                    continue
                self.settled.add(asked)
                flag, _, name = asked.partition(" ")
                print_text(f"\n{refusal.path}:{refusal.line}: {refusal.code}: {refusal.why}")
                if self._decide(flag, name):
                    raise _Again

    def _decide(self, flag: str, name: str) -> bool:
        """Ask for one decision. Returns whether there is one."""
        match flag:
            case "moved" | "renamed" if _is_yes(f"Did {name.replace('=', ' become ')}? [y,n]"):
                answers = self.moved if flag == "moved" else self.renamed
                answers |= dict([name.split("=", 1)])
                return True
            case "truncate" if _is_yes(f"Cut {name} to its new length? [y,n]"):
                self.truncate.append(name)
                return True
            case "set" if value := _answer(f"{name} (empty to skip):"):
                self.values[name] = value
                return True
            case "duplicates" | "map" if value := _answer(f"{name.partition('=')[0]} (empty to skip):"):
                answers = self.duplicates if flag == "duplicates" else self.mapped
                answers[name.partition("=")[0]] = value
                return True
        return False


def _is_yes(question: str) -> bool:
    return _answer(question) in ("y", "yes")


def _answer(question: str) -> str | None:
    """The answer, or None at the end of input."""
    typer.echo(f"{question} ", nl=False)
    sys.stdout.flush()
    try:
        return input().strip()
    except EOFError:
        typer.echo()
        return None
