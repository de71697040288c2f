"""Errors that the user can mend: one line and the next step, caught in ``cli`` alone."""

from __future__ import annotations


class MigfixError(Exception):
    """Something in the project, the command line or the machine stands in the way."""

    def __init__(self, fact: str, next_step: str = "") -> None:
        super().__init__(f"{fact} {next_step}".strip())


class UnreadableFile(MigfixError):
    """A file that can't be read as a migration."""

    def __init__(self, path: str, reason: str, line: int | None = None) -> None:
        self.path = path
        super().__init__(f"{path}{f':{line}' if line else ''}: {reason}")


class ConfigError(MigfixError):
    """A flag or a key of [tool.migfix] that can't be used."""
