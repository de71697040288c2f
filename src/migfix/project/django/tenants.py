"""The schemas of a project with django-tenants. Each has tables and records of its own.

A place is the alias of a database, or the alias and the schema of a tenant: ``default/acme``.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

SCRATCH = "migfix_tenant"


def has_tenants(connection: BaseDatabaseWrapper) -> bool:
    """Whether each tenant has a schema in this database."""
    own = getattr(settings, "TENANT_DB_ALIAS", "default")
    return hasattr(connection, "set_tenant") and hasattr(settings, "TENANT_MODEL") and connection.alias == own


def places_in(alias: str) -> list[str]:
    """A database, which stands for its public schema, and the schemas of its tenants."""
    if "/" in alias or not has_tenants(connections[alias]):
        return [alias]
    public = getattr(settings, "PUBLIC_SCHEMA_NAME", "public")
    names = _tenants().using(alias).exclude(schema_name=public).values_list("schema_name", flat=True)
    return [alias, *(f"{alias}/{name}" for name in sorted(names))]


def connected(place: str, has_public: bool = False) -> BaseDatabaseWrapper:
    """The connection to a place, which finds the tables of the public schema too if ``has_public`` is set.

    Raises DoesNotExist for a tenant that isn't there.
    """
    alias, _, schema = place.partition("/")
    connection: Any = connections[alias]
    if has_tenants(connection):
        connection.set_schema_to_public()
    if schema:
        connection.set_tenant(_tenants().using(alias).get(schema_name=schema), include_public=has_public)
    return connection  # type: ignore[no-any-return]


def enter_new_schema(connection: Any) -> None:
    """Make the schema of a tenant who isn't in the table of tenants, for a scratch database."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {SCRATCH}")
    connection.set_schema(SCRATCH)


def _tenants() -> Any:
    return apps.get_model(settings.TENANT_MODEL)._base_manager
