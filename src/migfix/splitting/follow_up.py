"""The source of the follow-up migration, which holds what moved out of another one."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from migfix.history.model import items_of
from migfix.source.formatting import literal, quote_of, with_quotes
from migfix.source.migration import Call, Dictionary, Import, Literal, Migration, Name, Operation, Sequence, Value
from migfix.source.names import spelling
from migfix.source.text import assignment_of, comment_after, comments_above, names_read, reindented, text_between
from migfix.splitting.leaving_fields import CannotLeave, Leaving

ALTERS = {
    "unique_together": "AlterUniqueTogether",
    "index_together": "AlterIndexTogether",
    "order_with_respect_to": "AlterOrderWithRespectTo",
}
ADDS = {"indexes": ("AddIndex", "index"), "constraints": ("AddConstraint", "constraint")}
MOST_IN_A_NAME = 52


@dataclass(frozen=True)
class Piece:
    """One operation of the follow-up: its code from column 0, its comments, and its part of the file's name."""

    code: str
    fragment: str
    comments: tuple[str, ...] = ()
    after: str = ""


def pieces(migration: Migration, left: Leaving) -> list[Piece]:
    """The operations for everything that moved out, in the original order."""
    found = []
    for index, op in enumerate(migration.operations):
        if index in left.operations:
            found.append(moved(migration, op))
            continue
        found += [_added_field(migration, op, name) for place, name in left.fields if place == index]
        found += [_option(migration, op, name, item) for place, name, item in left.options if place == index]
    return found


def moved(migration: Migration, op: Operation) -> Piece:
    """An operation as it is in its file."""
    code = reindented(text_between(migration.source, op.value.span), 8, 0)
    comments = comments_above(migration.source, op.line)
    return Piece(code, _fragment(op), comments, comment_after(migration.source, op.value.span))


def _fragment(op: Operation) -> str:
    """The same as Django's ``migration_name_fragment``, but a RunPython is named after its function."""
    name = op.text("name").lower()
    code = op.arguments.get("code")
    index = op.arguments.get("index")
    match op.kind.removesuffix("Concurrently"):
        case "AddIndex" if op.kind != "AddIndex" and isinstance(index, Call):
            return f"{op.model}_{getattr(index.keyword('name'), 'value', '')}".lower()
        case "AddField" | "AddIndex" | "AddConstraint":
            return f"{op.model}_{name}".rstrip("_")
        case "RemoveField" | "RemoveIndex" | "RemoveConstraint":
            return f"remove_{op.model}_{name}"
        case "CreateModel":
            return name
        case "DeleteModel":
            return f"delete_{name}"
        case "SeparateDatabaseAndState" if op.inner:
            return next(filter(None, map(_fragment, op.inner)), "")
        case "RunPython" if isinstance(code, Name) and "." not in code.dotted:
            return code.dotted.strip("_").lower()
    return f"alter_{op.model}_{name}".rstrip("_") if op.model else ""


def _added_field(migration: Migration, op: Operation, name: str) -> Piece:
    """An AddField for a field of a CreateModel. The code of the field is kept as it is."""
    fields = op.arguments.get("fields")
    pairs = [item for item in items_of(fields) if isinstance(item, Sequence)]
    pair = next(item for item in pairs if item.items[0] == Literal(name))
    value = pair.items[1]
    code = _operation(
        migration,
        "AddField",
        [
            ("model_name", _quoted(migration, op.model)),
            ("name", _quoted(migration, name)),
            ("field", text_at(migration, value, 4)),
        ],
    )
    comments = comments_above(migration.source, pair.span[0]) if pair.span[0] != op.line else ()
    return Piece(code, f"{op.model}_{name.lower()}", comments, comment_after(migration.source, pair.span))


def _option(migration: Migration, op: Operation, name: str, item: int | None) -> Piece:
    options = op.arguments.get("options")
    value = options.get(name) if isinstance(options, Dictionary) else None
    assert value is not None
    if item is None:
        code = _operation(
            migration, ALTERS[name], [("name", _quoted(migration, op.model)), (name, text_at(migration, value, 4))]
        )
        return Piece(code, f"alter_{op.model}_{name}")
    kind, argument = ADDS[name]
    each = items_of(value)[item]
    code = _operation(
        migration, kind, [("model_name", _quoted(migration, op.model)), (argument, text_at(migration, each, 4))]
    )
    return Piece(code, f"{op.model}_{argument}", comments_above(migration.source, each.span[0]))


def _operation(migration: Migration, kind: str, arguments: list[tuple[str, str]]) -> str:
    """A call with one argument per line. The values are code and are kept as written."""
    name = spelling(migration.imports, f"django.db.migrations.{kind}") or f"migrations.{kind}"
    return f"{name}(\n" + "".join(f"    {key}={value},\n" for key, value in arguments) + ")"


def _quoted(migration: Migration, text: str) -> str:
    """A string in the quotes of the file."""
    return with_quotes(literal(text), quote_of(migration.source))


def text_at(migration: Migration, value: Value, indent: int) -> str:
    """The code of a value, with further lines moved so that the closing bracket is at column ``indent``."""
    text = text_between(migration.source, value.span)
    last = text.rpartition("\n")[2]
    return reindented(text, len(last) - len(last.lstrip()), indent)


def follow_up_name(migration: Migration, names: Iterable[str], found: list[Piece]) -> str:
    """The next free number and the name that Django would use: ``0002_initial`` or ``0002_memberlike_post``."""
    numbers = [int(match[1]) for name in names if (match := re.match(r"(\d+)", name))]
    number = max(numbers, default=0) + 1
    width = 4
    if migration.is_initial:
        return f"{number:0{width}}_initial"
    fragments = [each.fragment for each in found if each.fragment] or ["follow_up"]
    name = fragments[0]
    for fragment in fragments[1:]:
        longer = f"{name}_{fragment}"
        if len(longer) > MOST_IN_A_NAME:
            name += "_and_more"
            break
        name = longer
    return f"{number:0{width}}_{name}"


def follow_up_source(
    migration: Migration,
    dependencies: list[str],
    found: list[Piece],
    functions: list[str],
    reason: str,
    run_before: list[str] | None = None,
    replaces: list[str] | None = None,
) -> bytes:
    """The whole file, with the line endings and indentation of the migration it is split from.

    Raises CannotLeave if the operations use something of that file that can't be imported.
    """
    quote = quote_of(migration.source)
    attributes = _list_of("replaces", replaces or [], quote)
    attributes += ["    initial = True", ""] if migration.is_initial else []
    attributes += [] if migration.atomic else ["    atomic = False", ""]
    body = [f"class Migration({migration.bases}):", "", *attributes, "    dependencies = ["]
    body += [f"        {with_quotes(each, quote)}," for each in dependencies]
    body += ["    ]", ""]
    body += _list_of("run_before", run_before or [], quote)
    body += [line for each in migration.extras for line in (f"    {reindented(each, 0, 4)}", "")]
    body += ["    operations = ["]
    for piece in found:
        body += [f"        {comment}" for comment in piece.comments]
        code = reindented(piece.code, 0, 8)
        body.append(f"        {code},{f'  {piece.after}' if piece.after else ''}")
    body += ["    ]", ""]
    definitions = [migration.functions[name].code for name in functions]
    code = "\n".join([*(f"{each}\n\n" for each in definitions), *body])
    constants = [_constant(migration, name) for name in constants_for(migration, code)]
    code = "".join(f"{each}\n" for each in constants) + "\n\n" * bool(constants) + code
    text = f"# {reason}\n\n{_imports(migration, code, functions)}\n\n{code}"
    return _as_in(migration, text)


def _list_of(name: str, items: list[str], quote: str) -> list[str]:
    """The lines of an attribute with one item per line; empty without items."""
    if not items:
        return []
    return [f"    {name} = [", *(f"        {with_quotes(each, quote)}," for each in items), "    ]", ""]


def constants_for(migration: Migration, code: str) -> list[str]:
    """The module-level constants that ``code`` needs, and those that they need, by name, in the order of the file."""
    needed: set[str] = set()
    text = code
    while more := {name for name in names_read(text) if name in migration.constants} - needed:
        needed |= more
        text = "\n".join(text_between(migration.source, assignment_of(migration.source, name)) for name in more)
    return [name for name in migration.constants if name in needed]


def _constant(migration: Migration, name: str) -> str:
    """The assignment of a constant with its comments, as it is in its file."""
    span = assignment_of(migration.source, name)
    above = "".join(f"{comment}\n" for comment in comments_above(migration.source, span[0]))
    after = comment_after(migration.source, span)
    return f"{above}{text_between(migration.source, span)}{f'  {after}' if after else ''}"


def _imports(migration: Migration, code: str, functions: list[str]) -> str:
    """The imports that ``code`` needs, sorted as isort does."""
    read = set(names_read(code))
    bound = {each.bound for each in migration.imports}
    own = read & (migration.bound - bound - set(functions) - set(migration.constants))
    if own:
        raise CannotLeave(f"what would have to move uses {', '.join(sorted(own))}, which this file defines")
    needed = [each for each in migration.imports if each.bound in read and _is_needed(each, code)]
    if "migrations" in read and "migrations" not in bound:
        needed.append(Import("django.db", "migrations", "migrations", "from django.db import migrations"))
    sections: dict[bool, list[str]] = {}
    for is_ours, lines in (
        (True, _lines([e for e in needed if _is_stdlib(e)])),
        (False, _lines([e for e in needed if not _is_stdlib(e)])),
    ):
        if lines:
            sections[is_ours] = lines
    return "\n\n".join("\n".join(lines) for lines in sections.values()) + "\n"


def _is_needed(each: Import, code: str) -> bool:
    """Whether an import is needed. ``import a.b`` binds only ``a``, so ``code`` must spell out ``a.b``."""
    is_root = each.name is None and each.bound == each.module.partition(".")[0]
    return not is_root or each.module == each.bound or each.module in code


def _lines(imports: list[Import]) -> list[str]:
    plain = sorted({each.code for each in imports if each.name is None})
    modules = sorted({each.module for each in imports if each.name})
    names = {
        module: sorted({each.code.partition(" import ")[2] for each in imports if each.module == module and each.name})
        for module in modules
    }
    return plain + [f"from {module} import {', '.join(names[module])}" for module in modules]


def _is_stdlib(each: Import) -> bool:
    return each.module.partition(".")[0] in sys.stdlib_module_names


def _as_in(migration: Migration, text: str) -> bytes:
    if re.search(rb"^\t", migration.source, re.MULTILINE):
        text = re.sub(r"^( {4})+", lambda match: "\t" * (len(match[0]) // 4), text, flags=re.MULTILINE)
    newline = "\r\n" if b"\r\n" in migration.source else "\n"
    return text.replace("\n", newline).encode()
