"""The methods of managers, querysets and rows by what they do, and modules whose functions may change rows."""

from __future__ import annotations

from migfix.source.data_functions.written import Kind

TO_ROW = frozenset({"get", "first", "last", "earliest", "latest", "create", "get_or_create", "update_or_create"})
READS = frozenset(
    (
        *("filter", "exclude", "all", "using", "order_by", "iterator", "select_related"),
        *("prefetch_related", "only", "defer", "annotate", "distinct", "values", "values_list"),
        *("exists", "count", "aggregate", "get", "first", "last", "earliest", "latest", "none"),
        *("reverse", "union", "select_for_update", "db_manager", "in_bulk", "alias", "get_queryset"),
        *("extra", "dates", "datetimes", "explain", "contains"),
    )
)
WRITES: dict[str, Kind] = {
    "create": "create",
    "bulk_create": "create",
    "get_or_create": "ensure",
    "update_or_create": "ensure",
    "delete": "delete",
    "_raw_delete": "delete",
}

NO_STYLE = "django.core.management.color.no_style"
DO_MORE = ("django.core.management", "subprocess", "os.system", "concurrent", "multiprocessing")
COLLECTS = frozenset(
    {"append", "extend", "add", "insert", "get", "setdefault", "format", "join", "index", "pop", "allow_migrate_model"}
)
COPIES = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter", "islice"})
PURE = frozenset(
    (
        *("all", "any", "bool", "dict", "enumerate", "getattr", "isinstance", "len", "max", "min", "next", "print"),
        *("range", "repr", "setattr", "str", "sum", "tqdm", "type", "zip"),
    )
)
"""Functions that change no rows themselves, whatever they are called with. ``setattr()`` is read on its own."""
INSERTS = frozenset({"create", "bulk_create", "acreate", "abulk_create"})
WRITING_NAMES = frozenset({*WRITES, *INSERTS, "save", "bulk_update"})
