"""A cursor on the server for scratch databases."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db.backends.base.base import NO_DB_ALIAS, BaseDatabaseWrapper
from django.db.utils import DatabaseError

from migfix.errors import MigfixError
from migfix.prove.trial.foreign import one_line
from migfix.prove.trial.scratch.fence import CONFIGURED_NAME

SERVERS = ("postgresql", "mysql")


SERVER = {"postgresql": "PostgreSQL", "mysql": "MySQL or MariaDB"}


@contextmanager
def server_cursor(connection: BaseDatabaseWrapper) -> Iterator[Any]:
    """A cursor on the server, outside the scratch databases, to create and drop them.

    It connects to the configured database if the user can't connect to the server's own. Raises MigfixError if the
    server can't be reached.
    """
    own = "postgres" if connection.vendor == "postgresql" else None
    configured = connection.settings_dict["TEST"].get(CONFIGURED_NAME)
    reason = ""
    with ExitStack() as stack, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in dict.fromkeys([own, configured or own]):
            server = type(connection)({**connection.settings_dict, "NAME": name}, NO_DB_ALIAS)
            stack.callback(server.close)
            try:
                cursor = stack.enter_context(server.cursor())
                break
            except DatabaseError as error:
                reason = reason or one_line(error).rstrip(".?")
        else:
            raise MigfixError(
                f"The database server can't be used ({where(connection)}): {reason}.",
                "Is it running, and are user and password right? --engine sqlite needs no server.",
            )
        yield cursor


def where(connection: BaseDatabaseWrapper) -> str:
    return f"{connection.settings_dict['HOST'] or 'localhost'}, {SERVER[connection.vendor]}"
