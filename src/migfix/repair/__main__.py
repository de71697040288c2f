"""``python -m migfix.repair`` answers in a separate process: JSON in, JSON out.

It fails where Django can't load the migrations.
"""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from migfix.project.django.answering import reply
from migfix.project.django.read_only import read_only
from migfix.project.django.tenants import connected, has_tenants
from migfix.repair.compared import Compared
from migfix.repair.facets import table_of
from migfix.repair.going_back import going_back
from migfix.repair.history import Applied, key_of
from migfix.repair.plan import carry_out, described, plan
from migfix.repair.server_facts import behind, unvalidated


def comparison(compared: Compared) -> dict[str, object]:
    """What a database should have, and how it differs."""
    connection, tables = compared.applied.connection, []
    for model in compared.models:
        columns = [each.column for each in model._meta.local_concrete_fields if each.column]
        tables.append((model._meta.app_label, model._meta.label, model._meta.db_table, columns))
    here = [model for model in compared.models if ("table", table_of(model)) in compared.real]
    return {
        "tables": tables,
        "missing": compared.missing,
        "real_types": {f"{f[1]}.{f[2]}": f[3] for f in compared.real if f[0] == "type"},
        "begun": [
            (*key_of(each.migration), [part.value for part in each.parts], compared.applied.fakes(each.migration))
            for each in compared.begun
        ],
        "gone": [facet for each in compared.begun for facet in each.gone],
        "strangers": compared.strangers,
        "known": [facet[1:] for facet in compared.known],
        "quote": connection.ops.quote_name("x")[0],
        "unvalidated": unvalidated(connection),
        "behind": [table_of(model) for model in behind(connection, here)],
    }


def _without_values(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps without the values in their statements: a default that is called is another one each time."""
    return [{**each, "statements": [_VALUE.sub("''", text) for text in each["statements"]]} for each in steps]


_VALUE = re.compile(r"'(?:[^']|'')*'")


def answer(request: dict[str, Any]) -> object:
    """The comparison, the next steps, or the error of carrying them out."""
    connection = connected(request["alias"])
    compared = Compared(Applied(connection), frozenset(request["apps"]))
    if request["asked"] == "compare":
        with read_only(connection):
            return comparison(compared)
    if request["asked"] == "going back":
        with read_only(connection):
            back = going_back(compared, [(app, name) for app, name in request["gone"]])
            return {**back, "has_tenants": has_tenants(connection)}
    with read_only(connection):
        steps, left = plan(compared)
        texts = described(connection, steps)
    if request["asked"] == "plan":
        return {"steps": texts, "left": left}
    if _without_values(texts) != _without_values(request["steps"]):
        return {"error": "the database has changed since the plan was made"}
    try:
        carry_out(connected(request["alias"], has_public=True), steps)  # keys may point at shared tables
    except (DatabaseError, ImproperlyConfigured, ValueError) as error:
        return {"error": " ".join(str(error).split())}
    return {"error": ""}


if __name__ == "__main__":
    reply(answer)
