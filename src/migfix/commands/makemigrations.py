"""The check after makemigrations, in the same process: plan, show, ask, write."""

from __future__ import annotations

import importlib
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from migfix.planning.decisions import Decisions
from migfix.planning.plan import Outcome, Plan
from migfix.project.config.pyproject import load_config
from migfix.project.django.installed_apps import loaded
from migfix.project.django.loaded import with_answer
from migfix.project.files import find_root
from migfix.prove.child import changed_models
from migfix.prove.project import NotProven
from migfix.report.diff import coloured, render_diff
from migfix.report.text import render_plan, shown, summary, uncertain_lines
from migfix.run import run
from migfix.write.files import recover, write_all


class Terminal(Protocol):
    """Where the hook prints its output and asks its question."""

    is_there: bool
    is_coloured: bool

    def print_text(self, text: str) -> None:
        """Print one or more lines."""

    def answer(self, question: str) -> str | None:
        """What was typed; None at the end of input."""


class Hook:
    """A check of the files that makemigrations has just written."""

    def __init__(self, written: list[Path], choice: str | None, terminal: Terminal, is_asking: bool) -> None:
        self.strays = [path for path in written if {"site-packages", "dist-packages"} & set(path.parts)]
        """Files that makemigrations wrote into installed packages."""
        self.written = [path for path in written if path not in self.strays]
        self.terminal = terminal
        self.config = load_config(_project())
        self.choice = choice or self.config.after_makemigrations
        self.is_asking = is_asking and terminal.is_there and self.choice == "ask"
        self.decisions = Decisions()

    def run(self) -> list[Path]:
        """Print the findings, and fix them if that is wanted. Returns the files that the fix added.

        Raises MigfixError.
        """
        if self.choice == "off":
            return []
        for path in recover([each.parent for each in self.written]):
            self.terminal.print_text(f"{path}: restored, because an earlier run was killed while writing.")
        self.remove_strays()
        if not self.written:
            return []
        outcome = self.plan()
        while self.is_asking and self.decisions.settle(
            outcome.plan.refusals, self.terminal.print_text, self.terminal.answer
        ):
            outcome = self.plan()
        uncertain = uncertain_lines(outcome, Path.cwd())
        if outcome.is_clean:
            if uncertain:
                self.terminal.print_text("\n".join(["migfix:", *uncertain]))
            return []
        fresh = (replace(each, advice=()) for each in outcome.plan.rewrites)  # the original can't have run anywhere yet
        findings = render_plan(replace(outcome.plan, rewrites=tuple(fresh)), Path.cwd())
        self.terminal.print_text("\n".join(["migfix:", *uncertain, findings]).rstrip())
        for error in outcome.errors:
            self.terminal.print_text(f"error: {error}")
        if not outcome.plan.after or outcome.errors:
            return []
        diff = render_diff(outcome.plan.before, outcome.plan.after, Path.cwd())
        self.terminal.print_text((coloured(diff) if self.terminal.is_coloured else diff).decode(errors="replace"))
        if not self.is_wanted():
            names = shlex.join(shown(str(path), Path.cwd()) for path in self.written)
            self.terminal.print_text(f"Nothing was rewritten. To fix it later: migfix apply {names}")
            return []
        write_all(outcome.plan.before, outcome.plan.after)
        self.terminal.print_text(summary(outcome.plan, "rewritten"))
        return [Path(path) for path in outcome.plan.after if outcome.plan.before[path] is None]

    def remove_strays(self) -> None:
        """Name the files in installed packages, and delete them if that is wanted. MIG205 re-points what needs them."""
        for path in self.strays:
            self.terminal.print_text(
                f"migfix: makemigrations wrote {path} into an installed package. Every other machine lacks it, and the "
                "next pip install removes it. Set default_auto_field for the app in an AppConfig of your own, or take "
                "its migrations over with MIGRATION_MODULES."
            )
            if self.is_wanted("Delete it? [y/N]"):
                path.unlink()
                self.terminal.print_text(f"{path}: deleted")

    def is_wanted(self, question: str = "Fix? [y/N]") -> bool:
        if self.is_asking:
            return (self.terminal.answer(question) or "").lower() in ("y", "yes")
        return self.choice == "fix"

    def plan(self) -> Outcome:
        """The plan, checked with Django's own ProjectState in this process. Raises MigfixError."""
        importlib.invalidate_caches()  # the files are newer than the import system's caches
        facts = with_answer(self.config.facts, loaded())
        config = replace(self.config, facts=facts, settings=None, databases=())
        outcome = run(self.written, self.decisions.applied(config))
        if outcome.plan.after and not outcome.errors:
            demand_same_state(outcome.plan)
        return outcome


def _project() -> Path:
    """The folder of the manage.py that is running, or else the project of the current folder."""
    script = Path(sys.argv[0]).resolve()
    return script.parent if script.name == "manage.py" else find_root(Path.cwd())


def demand_same_state(plan: Plan) -> None:
    """Raises NotProven if Django's autodetector finds other models after the plan."""
    found = changed_models({path: plan.contents[path] for path in plan.migrations})
    if found:
        raise NotProven(f"Django finds different models after the rewrite: {'; '.join(found)}.", "Nothing was written.")
