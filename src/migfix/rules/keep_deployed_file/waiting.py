"""Deployed migrations that wait for a new one: a user model of one's own that comes late."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Refusal
from migfix.history import History
from migfix.rules.keep_deployed_file import RULE
from migfix.source.migration import Migration


def waiting(migration: Migration, history: History) -> Iterator[Refusal]:
    """Report a new migration that deployed ones depend on through AUTH_USER_MODEL."""
    user = history.facts.auth_user
    creating = (op for op in migration.operations if op.kind == "CreateModel" and (migration.app, op.model) == user)
    op = next(creating, None)
    if op is None or _is_deployed(migration, history):
        return
    needing = next(_needing(migration, history), None)
    if needing is None:
        return
    name = op.text("name")
    why = (
        f"{migration.app}.{name} becomes AUTH_USER_MODEL, and {needing}, which is deployed, waits for this migration "
        "then: every migrate on a database that ran it stops with InconsistentMigrationHistory."
    )
    next_step = (
        f"Call the class User, whose name is in the columns of its links, and give it the table that is there "
        f'(db_table = "auth_user", with the fields of auth.User). Before the '
        "next migrate on each database run: INSERT INTO django_migrations (app, name, applied) VALUES "
        f"('{migration.app}', '{migration.name}', CURRENT_TIMESTAMP); UPDATE django_content_type SET app_label = "
        f"'{migration.app}' WHERE app_label = 'auth' AND model = 'user'. Other columns come in a second migration."
    )
    yield Refusal(RULE.code, migration.path, op.line, why, next_step)


def _needing(migration: Migration, history: History) -> Iterator[str]:
    """The deployed migrations that depend on the user model."""
    for each in history.mentioning("AUTH_USER_MODEL"):
        if migration.key in map(history.resolve, each.dependencies) and _is_deployed(each, history):
            yield ".".join(each.key)
    apps = (history.app(label).values() for label in history.labels)
    if history.installs("django.contrib.admin") and any(_is_deployed(each, history) for app in apps for each in app):
        yield "admin.0001_initial"


def _is_deployed(migration: Migration, history: History) -> bool:
    """Whether a file itself is deployed, and not only needed by one that is."""
    return history.why_deployed(migration).startswith(("is on ", "is applied "))
