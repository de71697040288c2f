"""Errors that the user can fix: one line and the next step."""

from __future__ import annotations


class MigfixError(Exception):
    """A problem in the project, on the command line or on the machine that prevents the run."""

    def __init__(self, fact: str, next_step: str = "") -> None:
        super().__init__(f"{fact} {next_step}".strip())


class UnreadableFile(MigfixError):
    """A file that can't be read as a migration."""

    def __init__(self, path: str, reason: str, line: int | None = None) -> None:
        self.path = path
        super().__init__(f"{path}{f':{line}' if line else ''}: {reason}")


class ConfigError(MigfixError):
    """An option or a key of ``[tool.migfix]`` that can't be used."""
