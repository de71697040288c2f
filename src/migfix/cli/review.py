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
from migfix.planning.decisions import Decisions

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

    decisions: Decisions = field(default_factory=Decisions)
    answers: dict[tuple[str, str, str, int], bool] = field(default_factory=dict)
    is_over: bool = False
    sound: dict[str, object] = field(default_factory=dict)
    """The values that a plan was made with."""

    def run(self, paths: list[Path], config: Config, all_or_nothing: bool) -> Outcome:
        """The plan with the accepted fixes. Raises MigfixError without a terminal to ask at."""
        from migfix.run import run

        if not sys.stdin.isatty():
            raise MigfixError("--interactive needs a terminal to ask at.", "Nothing was written.")
        while True:
            self.seen: Counter[tuple[str, str, str]] = Counter()
            try:
                outcome = run(paths, self.decisions.applied(config), all_or_nothing, self.is_wanted)
                if not self.is_over and self.decisions.settle(outcome.plan.refusals, print_text, _answer):
                    continue
            except _Again:
                continue
            except ConfigError as error:
                if self.decisions.values == self.sound:
                    raise
                print_text(f"{error}\n")
                self.decisions.values = dict(self.sound)
                continue
            return outcome

    def is_wanted(self, rewrite: Rewrite, before: Mapping[str, bytes | None], after: Mapping[str, bytes]) -> bool:
        """The answer to a fix, also if it was given before the plan was made again."""
        alike = (rewrite.code, rewrite.path, rewrite.why)
        self.seen[alike] += 1
        self.sound = dict(self.decisions.values)
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
        self.decisions.values |= answered
        if answered:
            raise _Again


def _answer(question: str) -> str | None:
    """The answer, or None at the end of input."""
    typer.echo(f"{question} ", nl=False)
    sys.stdout.flush()
    try:
        return input().strip()
    except EOFError:
        typer.echo()
        return None
