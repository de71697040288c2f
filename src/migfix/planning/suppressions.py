"""Findings that the user has accepted: with a comment, a path pattern or the baseline."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, NamedTuple

from migfix.errors import ConfigError
from migfix.project.config import BASELINE
from migfix.project.files import read_bytes
from migfix.source.ignores import ignores

if TYPE_CHECKING:
    from migfix.findings.finding import Finding
    from migfix.findings.rule import Rule
    from migfix.history import History
    from migfix.source.ignores import Ignore

VERSION = 1


@dataclass(frozen=True, eq=False, repr=False)
class Baseline:
    """The findings that existed when the baseline in ``root`` was written."""

    root: Path
    accepted: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Path below the root -> code -> number of findings."""

    def count(self, path: str, code: str) -> int:
        return self.accepted.get(place(path, self.root), {}).get(code, 0)


class Suppressions(NamedTuple):
    """What is accepted below ``root``, the folder of the configuration, and by the baseline."""

    root: Path
    per_file: Mapping[str, tuple[str, ...]]
    """Pattern of paths below the root -> codes or prefixes of codes."""
    baseline: Baseline

    def standing(self, rule: Rule, found: Iterable[Finding], history: History) -> Iterator[Finding]:
        """The findings of one rule that aren't accepted. The baseline accepts the first ones in each file."""
        accepted = Counter[str]()
        for finding in found:
            if self._is_ignored(finding, rule, history):
                continue
            accepted[finding.path] += 1
            if accepted[finding.path] > self.baseline.count(finding.path, finding.code):
                yield finding

    def accepts(self, path: str, code: str) -> bool:
        """Whether the baseline accepts a finding with this code in a file that can't be read."""
        return self.baseline.count(path, code) > 0

    def ignores(self, path: str, code: str) -> bool:
        """Whether the configuration accepts this code in a file."""
        name = place(path, self.root)
        return any(
            fnmatch(name, pattern) and any(each == "ALL" or code.startswith(each) for each in codes)
            for pattern, codes in self.per_file.items()
        )

    def _is_ignored(self, finding: Finding, rule: Rule, history: History) -> bool:
        return self.ignores(finding.path, finding.code) or bool(comments_on(finding, rule, history))


def place(path: str, root: Path) -> str:
    """A path in the form that patterns and the baseline use: relative to ``root`` if it is below it."""
    file = PurePath(path)
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()


def comments_on(finding: Finding, rule: Rule, history: History) -> list[Ignore]:
    """The comments in the file that accept a finding."""
    migration = history.at(finding.path)
    found = ignores(migration) if migration else ()
    return [each for each in found if finding.line in each.lines and each.means(rule.code, rule.name)]


def read_baseline(root: Path) -> Baseline:
    """The baseline in a folder, or an empty one if there is none. Raises ConfigError for an invalid file."""
    path = root / BASELINE
    if not path.is_file():
        return Baseline(root)
    try:
        content = json.loads(read_bytes(path))
        if content["version"] != VERSION:
            raise ConfigError(
                f"{path} has version {content['version']}, which this migfix doesn't know.",
                "Create it again: migfix baseline.",
            )
        accepted = content["accepted"].items()
        return Baseline(root, {str(name): {str(c): int(n) for c, n in codes.items()} for name, codes in accepted})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(f"{path} is not a baseline of migfix.", "Create it again: migfix baseline.") from None


def baseline_of(findings: Iterable[Finding], root: Path, kept: Mapping[str, Mapping[str, int]]) -> bytes:
    """The content of a baseline in ``root`` that accepts these findings, and the ``kept`` entries of other files."""
    accepted: dict[str, Counter[str]] = {path: Counter(codes) for path, codes in kept.items()}
    for each in findings:
        accepted.setdefault(place(each.path, root), Counter())[each.code] += 1
    content = {
        "version": VERSION,
        "accepted": {path: dict(sorted(accepted[path].items())) for path in sorted(accepted)},
    }
    return (json.dumps(content, indent=2) + "\n").encode()
