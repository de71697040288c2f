"""Django's names, independent of the module they are imported from."""

from __future__ import annotations

from migfix.source.migration import Import, Literal, Name, Value

# Operation class -> parameter names, from django/db/migrations/operations/ and contrib/postgres/operations.py.
_EXTENSIONS = ("Bloom", "BtreeGin", "BtreeGist", "CIText", "Crypto", "HStore", "Trigram", "Unaccent")

OPERATIONS: dict[str, tuple[str, ...]] = {
    "CreateModel": ("name", "fields", "options", "bases", "managers"),
    "DeleteModel": ("name",),
    "RenameModel": ("old_name", "new_name"),
    "AlterModelTable": ("name", "table"),
    "AlterModelTableComment": ("name", "table_comment"),
    "AlterUniqueTogether": ("name", "unique_together"),
    "AlterIndexTogether": ("name", "index_together"),
    "AlterOrderWithRespectTo": ("name", "order_with_respect_to"),
    "AlterModelOptions": ("name", "options"),
    "AlterModelManagers": ("name", "managers"),
    "AddIndex": ("model_name", "index"),
    "RemoveIndex": ("model_name", "name"),
    "RenameIndex": ("model_name", "new_name", "old_name", "old_fields"),
    "AddConstraint": ("model_name", "constraint"),
    "RemoveConstraint": ("model_name", "name"),
    "AlterConstraint": ("model_name", "name", "constraint"),
    "AddField": ("model_name", "name", "field", "preserve_default"),
    "RemoveField": ("model_name", "name"),
    "AlterField": ("model_name", "name", "field", "preserve_default"),
    "RenameField": ("model_name", "old_name", "new_name"),
    "RunSQL": ("sql", "reverse_sql", "state_operations", "hints", "elidable"),
    "RunPython": ("code", "reverse_code", "atomic", "hints", "elidable"),
    "SeparateDatabaseAndState": ("database_operations", "state_operations"),
    "AddIndexConcurrently": ("model_name", "index"),
    "RemoveIndexConcurrently": ("model_name", "name"),
    "AddConstraintNotValid": ("model_name", "constraint"),
    "ValidateConstraint": ("model_name", "name"),
    "CreateExtension": ("name", "hints"),
    "CreateCollation": ("name", "locale", "provider", "deterministic"),
    "RemoveCollation": ("name", "locale", "provider", "deterministic"),
} | {f"{name}Extension": ("hints",) for name in _EXTENSIONS}

OPTIONAL = {
    "CreateModel": 3,
    "RenameIndex": 2,
    "AddField": 1,
    "AlterField": 1,
    "RunSQL": 4,
    "RunPython": 4,
    "SeparateDatabaseAndState": 2,
    "CreateExtension": 1,
    "CreateCollation": 2,
    "RemoveCollation": 2,
    **{f"{name}Extension": 1 for name in _EXTENSIONS},
}
"""How many of an operation's last arguments may be omitted. Operations that aren't listed require all of them."""

FORWARD = {"RunPython": "code", "RunSQL": "sql"}
BACKWARD = {"RunPython": "reverse_code", "RunSQL": "reverse_sql"}

_GIS_ONLY = frozenset(
    [
        "GeometryField",
        "PointField",
        "LineStringField",
        "PolygonField",
        "MultiPointField",
        "MultiLineStringField",
        "MultiPolygonField",
        "GeometryCollectionField",
        "ExtentField",
        "RasterField",
    ]
)

# Modules of django.db.models whose names the package doesn't export, apart from Lookup, Transform and JSONField.
_ROOMS = ("functions", "lookups", "fields.json", "fields.related_lookups", "sql")

_EXPRESSIONS = frozenset(
    [
        "Case",
        "Exists",
        "Expression",
        "ExpressionList",
        "ExpressionWrapper",
        "F",
        "Func",
        "OrderBy",
        "OuterRef",
        "RowRange",
        "Subquery",
        "Value",
        "ValueRange",
        "When",
        "Window",
        "WindowFrame",
        "WindowFrameExclusion",
    ]
)
"""What django.db.models exports of its module expressions. CombinedExpression and RawSQL aren't among them."""


def canonical(dotted: str) -> str:
    """One spelling for each public name: ``django.db.models.deletion.CASCADE`` is ``django.db.models.CASCADE``."""
    last = dotted.rpartition(".")[2]
    if dotted.startswith("django.contrib.gis.db.models."):
        return f"django.contrib.gis.db.models.{last}" if last in _GIS_ONLY else f"django.db.models.{last}"
    if dotted.startswith("django.db.models.expressions.") and last not in _EXPRESSIONS:
        return dotted
    if dotted.startswith("django.db.models."):
        room = next((each for each in _ROOMS if dotted.startswith(f"django.db.models.{each}.")), None)
        is_of_package = room is None or last in ("JSONField", "Lookup", "Transform")
        return f"django.db.models.{last}" if is_of_package else f"django.db.models.{room}.{last}"
    if dotted.startswith("django.contrib.postgres.fields."):
        return f"django.contrib.postgres.fields.{last}"
    if dotted.startswith("django.db.migrations."):
        inner = dotted.split(".")
        head = next(
            (i for i, part in enumerate(inner) if part[:1].isupper() or part == "swappable_dependency"), len(inner) - 1
        )
        return ".".join(["django.db.migrations", *inner[head:]])
    return dotted


def operation_kind(func: str) -> str:
    """The class name of one of Django's operations, or "" for any other callable."""
    package, _, name = func.rpartition(".")
    return (
        name if package in ("django.db.migrations", "django.contrib.postgres.operations") and name in OPERATIONS else ""
    )


def is_noop(value: Value) -> bool:
    """Whether this is RunPython.noop or RunSQL.noop."""
    if isinstance(value, Name):
        return value.dotted in ("django.db.migrations.RunPython.noop", "django.db.migrations.RunSQL.noop")
    return value == Literal("")


def spelling(imports: tuple[Import, ...], dotted: str) -> str | None:
    """The shortest spelling of a dotted name in a file with these imports; None if none of them provides it."""
    found = []
    for each in imports:
        is_root = each.name is None and each.bound == each.module.partition(".")[0]
        means = canonical(f"{each.module}.{each.name}") if each.name else each.bound if is_root else each.module
        is_loaded = not is_root or f"{each.module}.".startswith(f"{package_of(dotted)}.") or _is_in(dotted, each.module)
        if each.name != "*" and is_loaded and _is_in(dotted, means):
            found.append(each.bound + dotted[len(means) :])
    return min(found, key=len, default=None)


def _is_in(dotted: str, package: str) -> bool:
    return f"{dotted}.".startswith(f"{package}.")


def package_of(dotted: str) -> str:
    """The module of a dotted name: the part before its class, or else before its last part."""
    parts = dotted.split(".")
    return ".".join(parts[: next((i for i, part in enumerate(parts) if part[:1].isupper()), len(parts) - 1)])
