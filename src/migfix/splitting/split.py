"""A cut as edits: what moves out, the follow-up that holds it, and the files that must depend on the follow-up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from migfix.history import History
from migfix.history.dependencies import dependency_code, dependency_edit
from migfix.source.data_functions.lookups import called_functions
from migfix.source.edits import Edit, NewFile, Remove, RemoveDefinition, RemoveImport, Replace, SetContent
from migfix.source.formatting import quote_of, with_quotes
from migfix.source.migration import Dependency, Dictionary, Key, Literal, Migration, Name, Sequence, Value
from migfix.source.text import assignment_of, decode, names_read, text_between
from migfix.splitting.cut import Cut
from migfix.splitting.follow_up import follow_up_name, follow_up_source, pieces
from migfix.splitting.leaving_fields import CannotLeave, Leaving, uses_field


def split_cheapest(cuts: list[Cut], history: History) -> tuple[Cut, list[Edit]]:
    """The first cut that can be written, and its edits. If none can, raises the CannotLeave of the first cut."""
    reasons = []
    for cut in cuts:
        try:
            return cut, [edit for key, left in cut.leavings.items() for edit in _split(key, left, cut, history)]
        except CannotLeave as reason:
            reasons.append(reason)
    raise reasons[0]


def _split(key: Key, left: Leaving, cut: Cut, history: History) -> Iterator[Edit]:
    migration = history.migration(key)
    assert migration is not None
    dropped = [each for each in migration.dependencies if (key, history.resolve(each)) in cut.edges]
    yield from _let_go(migration, dropped, cut, history)
    if left.is_empty:
        return
    before, after = _successors(migration, dropped_targets(cut, key), history)
    found = pieces(migration, left)
    functions = functions_along(migration, left)
    name = follow_up_name(migration, history.app(migration.app), found)
    path = str(PurePath(migration.path).parent / f"{name}.py")
    texts = [each.code for each in dropped]
    others = sorted({".".join(target) for source, target in cut.edges if source == key})
    reason = f"Split from {migration.name}, because it and {', '.join(others)} depend on each other."
    own = f'("{migration.app}", "{before}")'
    yield NewFile(path, migration.app, follow_up_source(migration, [own, *texts], found, functions, reason))
    yield from (Remove(migration.path, ("operations", index)) for index in left.operations)
    yield from removals(migration, left)
    yield from leftovers(migration, left, functions, texts)
    yield from retargeted(migration, before, name, after, history)
    yield from _later_users(migration, left, dropped_targets(cut, key), name, history)
    if not after:
        yield from companion(migration, before, name, history)


def _let_go(migration: Migration, dropped: list[Dependency], cut: Cut, history: History) -> Iterator[Edit]:
    """Remove dependencies, or replace them by an earlier migration of the same app that doesn't close the cycle."""
    for each in dropped:
        target = history.resolve(each)
        lower = cut.lowered.get((migration.key, target)) if target else None
        if lower and lower not in [history.resolve(other) for other in migration.dependencies]:
            code = dependency_code(lower, migration.source)
            yield Replace(migration.path, ("dependencies", each.index), code)
        else:
            yield Remove(migration.path, ("dependencies", each.index))


def dropped_targets(cut: Cut, key: Key) -> frozenset[Key]:
    return frozenset(target for source, target in cut.edges if source == key)


def _successors(migration: Migration, targets: frozenset[Key], history: History) -> tuple[str, list[Migration]]:
    """The migration of the app that the follow-up comes after, and those that must then come after the follow-up.

    Later migrations of the app that the targets need must run before the follow-up.
    """
    needed = {key for target in targets for key in _without(migration.key, target, history)}
    later = later_of_app(migration, history)
    early = [each for each in later if each.key in needed]
    last = early[-1] if early else migration
    after = [each for each in later if last.key in history.own_parents(each) and each not in early]
    return last.name, after


def later_of_app(migration: Migration, history: History) -> list[Migration]:
    """The migrations of the app that depend on this one, directly or through others of the app, nearest first."""
    found: list[Migration] = []
    waiting = [migration.key]
    while waiting:
        key = waiting.pop(0)
        for each in history.active(migration.app):
            if key in history.own_parents(each) and each not in found and each is not migration:
                found.append(each)
                waiting.append(each.key)
    return found


def _without(closed: Key, start: Key, history: History) -> set[Key]:
    """``start`` and everything that it depends on without passing through ``closed``."""
    seen, waiting = {start}, [start]
    while waiting:
        found = history.migration(waiting.pop())
        for parent in history.parents(found) if found else ():
            if parent not in seen and parent != closed:
                seen.add(parent)
                waiting.append(parent)
    return seen


def removals(migration: Migration, left: Leaving) -> Iterator[Edit]:
    """Remove moved fields and options from their CreateModel. An option that becomes empty is removed altogether."""
    for index, name in left.fields:
        op = migration.operations[index]
        fields = op.arguments["fields"]
        place = next(
            i for i, item in enumerate(_items(fields)) if isinstance(item, Sequence) and item.items[0] == Literal(name)
        )
        yield Remove(migration.path, (*op.place("fields"), place))
    for index, name in dict.fromkeys((index, name) for index, name, _ in left.options):
        yield from _option_removals(migration, left, index, name)


def _option_removals(migration: Migration, left: Leaving, index: int, name: str) -> Iterator[Edit]:
    op = migration.operations[index]
    options = op.arguments["options"]
    assert isinstance(options, Dictionary)
    items = [item for place, option, item in left.options if (place, option) == (index, name)]
    pair = next(i for i, (key, _) in enumerate(options.pairs) if key == Literal(name))
    where = (*op.place("options"), pair)
    whole = {
        name
        for place, name, item in left.options
        if place == index and (item is None or _leaves_whole(left, options, place, name))
    }
    if whole == {str(key.value) for key, _ in options.pairs if isinstance(key, Literal)}:
        if name == min(whole):
            yield Remove(migration.path, op.place("options"))
    elif name in whole:
        yield Remove(migration.path, where)
    else:
        yield from (Remove(migration.path, (*where, item)) for item in items if item is not None)


def _leaves_whole(left: Leaving, options: Dictionary, index: int, name: str) -> bool:
    gone = sum((place, option) == (index, name) for place, option, _ in left.options)
    return gone == len(_items(options.get(name)))


def _items(value: Value | None) -> tuple[Value, ...]:
    return value.items if isinstance(value, Sequence) else ()


def functions_along(migration: Migration, left: Leaving) -> list[str]:
    """The functions that move as well: those of moved operations and what they call in the file, in file order."""
    needed = set()
    for index in left.operations:
        for op in (migration.operations[index], *migration.operations[index].inner):
            for argument in ("code", "reverse_code"):
                if isinstance(code := op.arguments.get(argument), Name):
                    needed.add(code.dotted)
    return [each.name for each in called_functions(migration, needed)]


def leftovers(migration: Migration, left: Leaving, functions: list[str], dependencies: list[str]) -> Iterator[Edit]:
    """Remove functions, constants and imports that nothing in the file needs any more."""
    spans = [migration.operations[index].value.span for index in left.operations]
    for index, name in left.fields:
        pairs = [item for item in _items(migration.operations[index].arguments["fields"]) if isinstance(item, Sequence)]
        spans += [pair.span for pair in pairs if pair.items[0] == Literal(name)]
    for index, name, item in left.options:
        options = migration.operations[index].arguments["options"]
        value = options.get(name) if isinstance(options, Dictionary) else None
        if value is not None:
            spans.append(value.span if item is None else _items(value)[item].span)
    yield from cleared(migration, functions, [*(text_between(migration.source, span) for span in spans), *dependencies])


def cleared(migration: Migration, functions: Iterable[str], gone_code: list[str], new_code: str = "") -> Iterator[Edit]:
    """Remove what is unused once ``gone_code`` is removed: any of ``functions``, constants and imports."""
    gone = Counter(name for text in gone_code for name in names_read(text))
    read = Counter([*names_read(decode(migration.source)), *names_read(new_code)])
    waiting = [name for name in (*functions, *migration.constants) if read[name]]
    while unused := [name for name in waiting if read[name] == gone[name]]:
        for name in unused:
            yield RemoveDefinition(migration.path, name)
            gone.update(names_read(_code_of(migration, name)))
        waiting = [name for name in waiting if name not in unused]
    for bound in dict.fromkeys(each.bound for each in migration.imports):
        if read[bound] and read[bound] == gone[bound]:
            yield RemoveImport(migration.path, bound)


def _code_of(migration: Migration, name: str) -> str:
    """The code of a function of the file, or the assignment of a constant."""
    if name in migration.functions:
        return migration.functions[name].code
    return text_between(migration.source, assignment_of(migration.source, name))


def retargeted(
    migration: Migration, before: str, name: str, after: list[Migration], history: History
) -> Iterator[Edit]:
    """Make the later migrations ``after`` depend on the follow-up. Raises CannotLeave if one is deployed."""
    for each in after:
        if not history.is_new(each):
            raise CannotLeave(f"{'.'.join(each.key)} comes after {migration.name} and is deployed")
        for dependency in each.dependencies:
            if dependency.key == (migration.app, before):
                written = re.sub(rf"{re.escape(before)}(?=[\"'])", name, dependency.code)
                yield Replace(
                    each.path, ("dependencies", dependency.index), with_quotes(written, quote_of(each.source))
                )


def _later_users(
    migration: Migration, left: Leaving, targets: frozenset[Key], name: str, history: History
) -> Iterator[Edit]:
    """Make migrations of other apps depend on the follow-up if their data functions use a moved field."""
    needed = {key for target in targets for key in _without(migration.key, target, history)}
    after = [each.key for each in later_of_app(migration, history) if each.key not in needed]
    for each in history.mentioning(migration.app):
        if each.key in (migration.key, *after) or not _uses_moved(each, migration, left):
            continue
        if each.key in needed or each.app == migration.app or not history.is_new(each):
            raise CannotLeave(f"{'.'.join(each.key)} uses a field that would have to move, and can't come after it")
        yield dependency_edit(each, (migration.app, name))


def _uses_moved(each: Migration, migration: Migration, left: Leaving) -> bool:
    """Whether a data function of another file uses a field that has moved out of this one."""
    moved = [(migration.operations[index].model, name) for index, name in left.fields]
    moved += [(op.model, op.text("name")) for op in map(migration.operations.__getitem__, left.operations)]
    called = [op.arguments.get(name) for op in each.walk() for name in ("code", "reverse_code")]
    names = [code.dotted for code in called if isinstance(code, Name) and code.dotted in each.functions]
    return any(uses_field(each, name, model, field) for name in names for model, field in moved if field)


def companion(migration: Migration, before: str, name: str, history: History) -> Iterator[SetContent]:
    """Update max_migration.txt of django-linear-migrations, which names the leaf."""
    path = str(PurePath(migration.path).parent / "max_migration.txt")
    content = history.companion(path)
    if content is not None and content.strip() == before.encode():
        yield SetContent(path, content.replace(before.encode(), name.encode()))
