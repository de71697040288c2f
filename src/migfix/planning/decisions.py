"""What a person decides about findings that migfix can't fix alone, asked for at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from migfix.findings.finding import Refusal
from migfix.project.config import Config
from migfix.project.config.options import with_facts

Answer = Callable[[str], str | None]
"""Asks a question. Returns what was typed, or None at the end of input."""


@dataclass
class Decisions:
    """The decisions so far, as the options of the command line have them."""

    values: dict[str, object] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    duplicates: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    mapped: dict[str, str] = field(default_factory=dict)
    truncate: list[str] = field(default_factory=list)
    settled: set[str] = field(default_factory=set)
    """What was asked for, answered or not."""

    def applied(self, config: Config) -> Config:
        """The configuration with the decisions. Raises ConfigError if one can't be read."""
        return with_facts(
            config,
            values=self.values,
            moved=self.moved,
            duplicates=self.duplicates,
            renamed=self.renamed,
            mapped=self.mapped,
            truncate=self.truncate,
            force=config.facts.force,
            follow_up=config.facts.follow_up,
        )

    def settle(self, refusals: Iterable[Refusal], show: Callable[[str], None], answer: Answer) -> bool:
        """Ask once for each decision that a finding needs. Returns True after the first one that was made."""
        for refusal in refusals:
            for asked in refusal.asked:
                if asked in self.settled:
                    continue
                self.settled.add(asked)
                flag, _, name = asked.partition(" ")
                show(f"\n{refusal.path}:{refusal.line}: {refusal.code}: {refusal.why}")
                if self._decide(flag, name, answer):
                    return True
        return False

    def _decide(self, flag: str, name: str, answer: Answer) -> bool:
        """Ask for one decision. Returns whether there is one."""
        label, _, suggested = name.partition("=")
        match flag:
            case "moved" | "renamed" if _is_yes(answer(f"Did {name.replace('=', ' become ')}? [y,n]")):
                answers = self.moved if flag == "moved" else self.renamed
                answers[label] = suggested
                return True
            case "truncate" if _is_yes(answer(f"Cut {name} to its new length? [y,n]")):
                self.truncate.append(name)
                return True
            case "set" if value := answer(f"{name} (empty to skip):"):
                self.values[name] = value
                return True
            case "duplicates" if value := answer(f"{label}: stop, first, suffix or null (empty to skip):"):
                self.duplicates[label] = value
                return True
            case "map" if value := answer(f"{label}: old and new values, such as {suggested} (empty to skip):"):
                self.mapped[label] = value
                return True
        return False


def _is_yes(answer: str | None) -> bool:
    return answer in ("y", "yes")
