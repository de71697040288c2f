"""What a data function writes, collected call by call, and what it has set on rows and not saved yet."""

from __future__ import annotations

import ast

from migfix.source.data_functions.effect import WORST, ColumnChange, Effect, Meaning, Row, Rows
from migfix.source.data_functions.function_scope import FunctionScope
from migfix.source.data_functions.methods import READS, TO_ROW, WRITES
from migfix.source.data_functions.written import Kind
from migfix.source.migration import Key


class Writes:
    """The effects of one function. ``found`` is shared with the functions that it calls."""

    def __init__(self, scope: FunctionScope, found: list[Effect]) -> None:
        self.scope = scope
        self.found = found
        self.changed: dict[str, list[ColumnChange]] = {}
        """Variable -> the columns that were assigned on it and not saved yet."""
        self.is_guarded = False
        """Whether the code depends on the result of a query or is inside a ``try`` statement."""

    def unknown(self, node: ast.stmt | ast.expr, key: Key | None = None) -> None:
        """Record code that can't be followed. It may do anything to the model, or to any model if ``key`` is None."""
        self.found.append(Effect("unknown", key, line=node.lineno))

    def set_column(self, target: ast.Attribute, kind: Kind, reads: frozenset[str] = frozenset()) -> None:
        if isinstance(target.value, ast.Name):
            self.changed.setdefault(target.value.id, []).append(ColumnChange(target.attr, kind, reads))

    def set_by_name(self, node: ast.Call, key: Key | None) -> None:
        """Record a ``setattr(post, "rank", post.rank + 1)``."""
        match node.args:
            case [ast.Name(id=row), ast.Constant(value=str() as column), value]:
                written = self.scope.written(value, row, column)
                self.changed.setdefault(row, []).append(ColumnChange(column, written.kind, written.reads))
            case _:
                self.found.append(Effect("derive", key, line=node.lineno))

    def on_rows(self, node: ast.Call, rows: Rows, name: str) -> Meaning | None:
        key, links = rows.key, rows.links
        if name == "update":
            for each in node.keywords:
                written = self.scope.written(each.value, "", each.arg or "")
                reads = written.reads
                self.found.append(Effect(written.kind, key, links or written.column, node.lineno, reads=reads))
            return None
        if name == "bulk_update":
            self.bulk_update(node, rows)
            return None
        if name in WRITES:
            kind = WRITES[name]
            if kind == "ensure" and not _is_constant(node):
                kind = "accumulate" if self.adds_up(node) else "derive"
            if kind == "create" and (
                self.is_guarded or any(each.arg in ("ignore_conflicts", "update_conflicts") for each in node.keywords)
            ):
                kind = "derive"
            given = tuple(
                (each.arg or "", each.value.value) for each in node.keywords if isinstance(each.value, ast.Constant)
            )
            self.found.append(Effect(kind, key, links, node.lineno, given))
        elif name not in READS:
            self.unknown(node, key)
        if name in ("values", "values_list"):
            return None
        return Row(key, links=links) if name in TO_ROW else rows if name in READS else None

    def adds_up(self, node: ast.Call) -> bool:
        """Whether an argument is computed from a column: ``F("count") + 1``, ``row.count + 1``."""
        for each in ast.walk(node):
            for inner in ast.walk(each) if isinstance(each, ast.BinOp) else ():
                is_row = isinstance(inner, ast.Name) and isinstance(self.scope.names.get(inner.id), Row)
                if is_row or (isinstance(inner, ast.Call) and ast.unparse(inner.func).rpartition(".")[2] == "F"):
                    return True
        return False

    def bulk_update(self, node: ast.Call, rows: Rows) -> None:
        listed = [*node.args[1:2], *(each.value for each in node.keywords if each.arg == "fields")]
        items = [item for arg in listed if isinstance(arg, ast.List | ast.Tuple) for item in arg.elts]
        columns = [item.value for item in items if isinstance(item, ast.Constant)]
        changes = [change for each in self.changed.values() for change in each]
        changes.sort(key=lambda change: WORST.index(change.kind))
        assigned = {each.column: each for each in changes}
        for column in map(str, columns or [""]):
            change = assigned.get(column, ColumnChange(column, "derive"))
            self.found.append(Effect(change.kind, rows.key, rows.links or column, node.lineno, reads=change.reads))

    def saved(self, node: ast.Call, changed: list[ColumnChange]) -> list[ColumnChange]:
        """The columns that a ``save()`` writes: its literal ``update_fields``, or else those that were set."""
        update_fields = next((each.value for each in node.keywords if each.arg == "update_fields"), None)
        if not isinstance(update_fields, ast.List | ast.Tuple | ast.Set):
            return changed
        known = {each.column: each for each in changed}
        columns = [str(item.value) for item in update_fields.elts if isinstance(item, ast.Constant)]
        return [known.get(column, ColumnChange(column, "derive")) for column in columns] or changed

    def on_row(self, node: ast.Call, func: ast.Attribute, row: Row, name: str) -> None:
        if name == "delete":
            self.found.append(Effect("delete", row.key, row.links, node.lineno))
        elif name == "save":
            if row.is_fresh:
                kind: Kind = "derive" if self.is_guarded else "create"
                self.found.append(Effect(kind, row.key, row.links, node.lineno))
                return
            variable = func.value.id if isinstance(func.value, ast.Name) else ""
            if any(each.column in ("pk", "id") for each in self.changed.get(variable, [])):
                self.found.append(Effect("create", row.key, row.links, node.lineno))
            for each in self.saved(node, self.changed.get(variable, [ColumnChange("", "derive")])):
                column = row.links or each.column
                self.found.append(Effect(each.kind, row.key, column, node.lineno, reads=each.reads))
        elif name not in ("refresh_from_db", "clean", "full_clean") and not name.startswith("get_"):
            self.found.append(Effect("unknown", row.key, row.links, node.lineno))


def _is_constant(node: ast.Call) -> bool:
    """Whether all arguments of a call are plain values and names."""
    given = [*node.args, *(each.value for each in node.keywords)]
    return not any(isinstance(each, ast.Call | ast.BinOp | ast.JoinedStr) for arg in given for each in ast.walk(arg))
