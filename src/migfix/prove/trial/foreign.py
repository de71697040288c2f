"""Code that isn't ours: a project's settings, apps and migrations. Whatever it raises is a finding and no bug here."""

from __future__ import annotations

from django.db.transaction import TransactionManagementError


def _cause(error: BaseException) -> BaseException:
    """What was raised first, where leaving a broken transaction raised something of its own."""
    while isinstance(error, TransactionManagementError) and error.__context__ is not None:
        error = error.__context__
    return error


class Stopped(BaseException):
    """The person, or the process that asked, wants no more."""


class Foreign:
    """Inside the block, keep what is raised, whatever it is; only the end of the trial goes through."""

    def __init__(self, *passing: type[BaseException]) -> None:
        self.passing = passing
        """What goes through as well."""
        self.error: BaseException | None = None

    def __enter__(self) -> Foreign:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> bool:
        if error is not None and not isinstance(error, (Stopped, *self.passing)):
            self.error = _cause(error)
        return self.error is not None

    @property
    def said(self) -> str:
        """The error on one line."""
        return f"{type(self.error).__name__}: {one_line(self.error)}" if self.error is not None else ""


def one_line(error: BaseException) -> str:
    """An error as the database words it, on one line."""
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
