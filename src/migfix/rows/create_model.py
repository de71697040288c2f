"""The code of operations that move into another one: unchanged, or a CreateModel with other fields and options."""

from __future__ import annotations

from collections.abc import Mapping

from migfix.history.model import items_of
from migfix.source.formatting import literal, quote_of, with_quotes
from migfix.source.migration import Dictionary, Literal, Migration, Operation, Sequence
from migfix.source.names import spelling
from migfix.source.text import comment_after, comments_above, reindented, text_between
from migfix.splitting.follow_up import text_at


def as_it_stands(migration: Migration, op: Operation, has_comments: bool = True) -> str:
    """The code of an operation as in the file, starting at column 0, with the comments above it if ``has_comments``."""
    above = comments_above(migration.source, op.line) if has_comments else ()
    return "\n".join([*above, reindented(text_between(migration.source, op.value.span), 8, 0)])


def created_as(migration: Migration, op: Operation, names: Mapping[str, str], options: Mapping[str, str]) -> str:
    """The code of the CreateModel ``op`` from column 0, to be placed at depth 8, with its own text and comments.

    ``names`` maps the fields to keep to their new names. ``options`` maps options to new code, or to "" to drop them.
    """
    lines = [
        f"{spelling(migration.imports, 'django.db.migrations.CreateModel')}(",
        f"    name={text_at(migration, op.arguments['name'], 4)},",
        "    fields=[",
    ]
    for pair in items_of(op.arguments.get("fields")):
        name = pair.items[0] if isinstance(pair, Sequence) else None
        if isinstance(pair, Sequence) and isinstance(name, Literal) and name.value in names:
            above = comments_above(migration.source, pair.span[0]) if pair.span[0] != op.line else ()
            after = comment_after(migration.source, pair.span)
            code = f"({literal(names[str(name.value)])}, {text_at(migration, pair.items[1], 8)})"
            lines += [*(f"        {each}" for each in above), f"        {code},{f'  {after}' if after else ''}"]
    lines.append("    ],")
    given = op.arguments.get("options")
    pairs = given.pairs if isinstance(given, Dictionary) else ()
    kept = [
        f"{text_at(migration, key, 8)}: {text_at(migration, value, 8)}"
        for key, value in pairs
        if isinstance(key, Literal) and key.value not in options
    ]
    shown = [*kept, *(f"{literal(name)}: {code}" for name, code in options.items() if code)]
    lines += ["    options={", *(f"        {each}," for each in shown), "    },"] if shown else []
    more = [name for name in ("bases", "managers") if name in op.arguments]
    lines += [f"    {name}={text_at(migration, op.arguments[name], 4)}," for name in more]
    return with_quotes("\n".join([*lines, ")"]), quote_of(migration.source))
