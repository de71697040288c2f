"""What the names in a data function mean at the point that has been read."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, field

from migfix.source.data_functions.effect import Meaning, Model
from migfix.source.data_functions.lookups import imported_model
from migfix.source.data_functions.methods import DO_MORE, NO_STYLE
from migfix.source.data_functions.texts import Texts, module_texts
from migfix.source.data_functions.written import Written
from migfix.source.migration import Migration


@dataclass
class FunctionScope:
    """The names in one function, updated statement by statement."""

    migration: Migration
    names: dict[str, Meaning]
    variables: dict[str, ast.expr] = field(default_factory=dict)
    """Variable -> the expression it was last set to."""

    def __post_init__(self) -> None:
        self.texts: Texts = module_texts(self.migration)
        self.modules = {each.bound: f"{each.module}.{each.name or ''}" for each in self.migration.imports}

    def bring(self, node: ast.Import | ast.ImportFrom) -> None:
        """Add the names of an import inside the function."""
        package = "." * node.level + (node.module or "") + "." if isinstance(node, ast.ImportFrom) else ""
        for each in node.names:
            bound = each.asname or (each.name if package else each.name.partition(".")[0])
            self.modules[bound] = f"{package}{each.name}"

    def written(self, value: ast.expr, row: str, column: str) -> Written:
        functions = {name: each.code for name, each in self.migration.functions.items()}
        return Written(value, row, column, self.variables, functions)

    def is_registry(self, name: str) -> bool:
        """Whether ``name`` is an app registry, or an app config that ``get_app_config()`` returned."""
        config = self.variables.get(name)
        if isinstance(config, ast.Call) and ast.unparse(config.func).endswith(".get_app_config"):
            name = root_of(config)
        return self.names.get(name) == "apps" or self.modules.get(name) == "django.apps.apps"

    def imported(self, node: ast.Name | ast.Attribute) -> Model | None:
        """The model that an imported name refers to: ``Post``, ``models.Post``, ``blog.models.Post``."""
        root, _, rest = ast.unparse(node).partition(".")
        dotted = ".".join(filter(None, (self.modules.get(root, "").rstrip("."), rest)))
        key = imported_model(dotted, self.migration.app) if root in self.modules else None
        return Model(key) if key else None

    def is_foreign(self, name: str) -> bool:
        """Whether a name is imported from code that may change rows. Most of Django and Python doesn't."""
        module = self.modules.get(name, "")
        root = module.partition(".")[0]
        return module not in ("", NO_STYLE) and (
            module.startswith(DO_MORE) or not (root == "django" or root in sys.stdlib_module_names)
        )

    def spelled(self, node: ast.expr) -> str:
        """The code of an expression; of a variable, the code that it was last set to."""
        found = self.variables.get(node.id) if isinstance(node, ast.Name) else None
        return ast.unparse(found or node)

    def is_expression(self, func: ast.expr) -> bool:
        """Whether a callable is a query expression of Django's, such as ``models.Subquery``, which changes no rows."""
        root, _, rest = ast.unparse(func).partition(".")
        dotted = ".".join(filter(None, (self.modules.get(root, ""), rest)))
        return dotted.startswith("django.db.models.") and dotted.rpartition(".")[2][:1].isupper()

    def is_default(self, func: ast.expr) -> bool:
        """Whether a field in this migration uses the callable as its default. Then it only returns a value."""
        return f"default={ast.unparse(func)}".encode() in self.migration.source


def root_of(node: ast.expr) -> str:
    """The name that an expression starts with: ``post`` for ``post.author.tags``."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def yields_values(over: ast.expr) -> bool:
    """Whether a loop yields values instead of rows: over ``values_list("pk", "rank").iterator()``."""
    calls = (each.func for each in ast.walk(over) if isinstance(each, ast.Call))
    return any(isinstance(func, ast.Attribute) and func.attr in ("values_list", "values") for func in calls)


def listed_columns(target: ast.expr, over: ast.expr) -> dict[str, ast.expr]:
    """The variables of a loop over ``values_list("pk", "rank")``, each with the column that it holds."""
    match target, over:
        case ast.Tuple(elts=names), ast.Call(func=ast.Attribute(attr="values_list"), args=columns):
            pairs = zip(names, columns, strict=False)
        case ast.Name(), ast.Call(func=ast.Attribute(attr="values_list"), args=[column]):
            pairs = zip([target], [column], strict=True)
        case _:
            return {}
    return {
        name.id: ast.Attribute(ast.Name("row", ast.Load()), column.value, ast.Load())
        for name, column in pairs
        if isinstance(name, ast.Name) and isinstance(column, ast.Constant) and isinstance(column.value, str)
    }
