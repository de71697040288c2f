"""Run the project's own code: settings, apps and migrations. Whatever it raises is a result, not a bug in migfix."""

from __future__ import annotations

from django.db.transaction import TransactionManagementError


def _cause(error: BaseException) -> BaseException:
    """The original error, if leaving a broken transaction raised another one."""
    while isinstance(error, TransactionManagementError) and error.__context__ is not None:
        error = error.__context__
    return error


class Stopped(BaseException):
    """The user or the process that started the trial has stopped it."""


class Foreign:
    """Catches and stores every exception in its block, except Stopped and those in ``passing``."""

    def __init__(self, *passing: type[BaseException]) -> None:
        self.passing = passing
        """Exceptions that are not caught."""
        self.error: BaseException | None = None

    def __enter__(self) -> Foreign:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> bool:
        if error is not None and not isinstance(error, (Stopped, *self.passing)):
            self.error = _cause(error)
        return self.error is not None

    @property
    def message(self) -> str:
        """The error on one line."""
        return f"{type(self.error).__name__}: {one_line(self.error)}" if self.error is not None else ""


def one_line(error: BaseException) -> str:
    """The text of an error on one line."""
    try:
        return " ".join(str(error).split())
    except (
        TypeError,
        ValueError,
        AttributeError,
        LookupError,
        RuntimeError,
    ):  # a project's own exception may be broken
        return "(its text can't be shown)"
