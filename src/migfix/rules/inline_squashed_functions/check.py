"""What the rule finds, and what it writes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.findings.words import listed
from migfix.history import History
from migfix.rules.inline_squashed_functions import RULE
from migfix.rules.inline_squashed_functions.copied import CannotCopy, Copied, copied
from migfix.source.edits import Edit, Replace, ReplaceText
from migfix.source.elsewhere import NOTE
from migfix.source.migration import Migration, Name, Operation
from migfix.source.text import decode

_ARGUMENTS = ("code", "reverse_code")


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Copy the functions, name them as they are called here, and remove Django's comment."""
    for migration in migrations:
        line = next((op.line for op in migration.walk() if _uses(migration, op)), 1)
        named = listed(sorted(each.code for each in migration.elsewhere.values()))
        why = f"squashmigrations left {named}, which Python can't read: no command of Django works."
        try:
            edits = tuple(_edits(migration, history))
        except CannotCopy as reason:
            by_hand = "Copy the functions into this file by hand, and name them without their module."
            yield Refusal(RULE.code, migration.path, line, f"{why[:-1]}; {reason}.", by_hand)
            continue
        wrote = "copies the functions into this file, with what they need, and removes the comment about it."
        yield Rewrite(RULE.code, migration.path, line, why, wrote, edits)


def _uses(migration: Migration, op: Operation) -> list[str]:
    """The arguments of an operation that are functions of another migration."""
    values = ((name, op.arguments.get(name)) for name in _ARGUMENTS)
    return [name for name, each in values if isinstance(each, Name) and each.dotted in migration.elsewhere]


def _edits(migration: Migration, history: History) -> Iterator[Edit]:
    taken = set(migration.bound)
    sources: dict[str, Copied] = {}
    for name in dict.fromkeys(each.migration for each in migration.elsewhere.values()):
        source = history.migration((migration.app, name))
        if source is None or source.unread:
            raise CannotCopy(f"the file of {name} isn't there")
        wanted = {each.name for each in migration.elsewhere.values() if each.migration == name}
        sources[name] = copied(source, wanted, migration, taken)
        taken |= set(sources[name].names.values())
    uses = [(op, name) for op in migration.walk() for name in _uses(migration, op)]
    used = {value.dotted for op, name in uses if isinstance(value := op.arguments[name], Name)}
    if used != migration.elsewhere.keys():
        raise CannotCopy("a field uses one of them")
    for op, argument in uses:
        value = op.arguments[argument]
        assert isinstance(value, Name)
        each = migration.elsewhere[value.dotted]
        yield Replace(migration.path, op.place(argument), sources[each.migration].names[each.name])
    yield from dict.fromkeys(edit for each in sources.values() for edit in each.imports)
    yield from _texts(migration, "\n\n\n".join(each.code for each in sources.values()))


def _texts(migration: Migration, code: str) -> Iterator[ReplaceText]:
    """The edits that remove Django's comment and put the functions above the class."""
    text = decode(migration.source).replace("\r\n", "\n")
    note = re.search(NOTE, text)
    if note:
        first, last = (text.count("\n", 0, place) + 1 for place in note.span())
        yield ReplaceText(migration.path, (first, 0, last, 0), "")
    line = next(i for i, each in enumerate(text.split("\n"), 1) if each.startswith("class Migration"))
    yield ReplaceText(migration.path, (line, 0, line, 0), f"{code}\n\n\n")
