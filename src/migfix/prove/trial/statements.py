"""The SQL statements of each step, the operation that each belongs to, and the locks that it takes (PostgreSQL)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from migfix.findings.proof import Lock, Place, Statement

MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
"""From weakest to strongest: https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES"""

_HELD = """
SELECT c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE l.pid = pg_backend_pid() AND l.granted AND c.relkind IN ('r', 'p', 'm')
AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relname <> 'django_migrations'
"""
_OWN_TRANSACTION = re.compile(
    r"\bCONCURRENTLY\b|^\s*(VACUUM|ALTER\s+TYPE|CREATE\s+DATABASE|ALTER\s+SYSTEM)\b", re.IGNORECASE
)
_BESIDE = re.compile(
    r"pg_catalog|information_schema|sqlite_master|pg_class|^PRAGMA|^BEGIN|django_migrations|SAVEPOINT", re.IGNORECASE
)
_QUOTED = re.compile(r"""["'`]([\w$-]+)["'`]""")


def _weight(lock: Lock) -> tuple[int, float]:
    return MODES.index(lock.mode), lock.seconds


@dataclass
class _Held:
    mode: str
    since: float


@dataclass
class StatementLog:
    """Records every statement of the steps that it watches."""

    connection: BaseDatabaseWrapper
    is_looking_at_locks: bool = False
    statements: list[Statement] = field(default_factory=list)
    locks: dict[tuple[str, str], Lock] = field(default_factory=dict)
    """(step, table) -> the strongest lock, with the longest time in seconds that one transaction held it."""
    place: Place | None = None
    """The operation that is running."""
    failed: Place | None = None
    """The operation of the statement that failed last."""
    _step: str = ""
    _held: dict[str, _Held] = field(default_factory=dict)
    _transaction: object = None
    _deferred: dict[str, Place] = field(default_factory=dict)
    _is_asking: bool = False

    @contextmanager
    def watching(self, step: str) -> Iterator[None]:
        self._step, self.place, self.failed = step, None, None
        self._deferred.clear()
        with self.connection.execute_wrapper(self._noted):
            try:
                yield
            finally:
                self.let_go()

    @contextmanager
    def running(self, place: Place, editor: BaseDatabaseSchemaEditor | None) -> Iterator[None]:
        """Attribute statements in the block, and those that the operation defers to the end, to an operation."""
        self.place = place
        yield
        for sql in editor.deferred_sql if editor else ():
            self._deferred.setdefault(str(sql), place)
        self.place = None

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Don't record statements in the block, because they are migfix's own."""
        self._is_asking = True
        try:
            yield
        finally:
            self._is_asking = False

    def place_of(self, error: BaseException) -> Place | None:
        """The operation that an error comes from.

        It is the running one, that of the last failed statement, or the one whose SQL has the most names in the error.
        """
        if self.place or self.failed:
            return self.place or self.failed
        names = set(_QUOTED.findall(str(error)))
        names.update(part for text in re.findall(r"\b\w+\.\w+\b", str(error)) for part in text.split("."))
        best, most = None, 0
        for each in self.statements:
            quoted = len(names.intersection(_QUOTED.findall(each.sql)))
            if each.step == self._step and each.place and quoted and quoted >= most:
                best, most = each.place, quoted
        return best

    def let_go(self) -> None:
        """Record the locks of a transaction that has ended."""
        now = time.perf_counter()
        for table, held in self._held.items():
            new = Lock(self._step, table, held.mode, now - held.since)
            old = self.locks.get((self._step, table), new)
            self.locks[self._step, table] = max(old, new, key=_weight)
        self._held.clear()

    def _noted(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Mapping[str, Any]) -> Any:
        if self._is_asking:
            return execute(sql, params, many, context)
        place = self.place or self._deferred.get(str(sql))
        started, is_done = time.perf_counter(), False
        try:
            result = self._executed(execute, sql, params, many, context, started)
            is_done = True
        finally:
            if not is_done:
                self.failed = place or self.failed
            if not _BESIDE.search(sql):
                text = str(sql) if params is None or many else self._with_values(context, sql, params)
                self.statements.append(Statement(self._step, text, time.perf_counter() - started, place, not is_done))
        return result

    def _with_values(self, context: Mapping[str, Any], sql: str, params: Any) -> str:
        text = str(context["cursor"].db.ops.last_executed_query(context["cursor"], sql, params))
        return str(sql) if text == "None" else text  # mysqlclient's text for a statement that failed

    def _executed(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Mapping[str, Any], started: float
    ) -> Any:
        if not self.is_looking_at_locks:
            return execute(sql, params, many, context)
        if not self.connection.in_atomic_block and not _OWN_TRANSACTION.search(sql):
            # a single statement is its own transaction, and its locks are released as soon as it has run
            with self.aside(), transaction.atomic(using=self.connection.alias):
                result = execute(sql, params, many, context)
                self._look(started)
            self.let_go()
            return result
        result = execute(sql, params, many, context)
        if self.connection.in_atomic_block:
            self._look(started)
        return result

    def _look(self, started: float) -> None:
        """Read the locks that the current transaction holds."""
        raw = self.connection.connection
        with raw.cursor() as cursor:
            cursor.execute("SELECT txid_current_if_assigned()")
            (now_in,) = cursor.fetchone()
            if now_in != self._transaction and self._transaction is not None:
                self.let_go()
            self._transaction = now_in
            cursor.execute(_HELD)
            for table, mode in cursor.fetchall():
                held = self._held.get(table)
                if held is None or MODES.index(mode) > MODES.index(held.mode):
                    self._held[table] = _Held(mode, started)
