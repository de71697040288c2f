"""What the rule finds."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.judged.default_rows import own_effects
from migfix.changes.replaced_fields import removals_and_additions
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.findings.words import listed
from migfix.history import History
from migfix.history.fields import said_of
from migfix.history.model import Model
from migfix.rows.cannot_fix import CannotFix
from migfix.rows.leftover_tables import before_migrating
from migfix.rules.copy_links import RULE
from migfix.rules.copy_links.columns_to_links import ColumnToLinks, columns_to_links
from migfix.rules.copy_links.edits import to_key_edits, to_links_edits
from migfix.rules.copy_links.lost_fields import LostField, lost_fields
from migfix.rules.copy_links.move_edits import move_edits
from migfix.rules.copy_links.moved_fields import MovedFields, demand_movable, moved_fields
from migfix.rules.copy_links.other_side import fields_of_new_targets, turned_relations
from migfix.rules.copy_links.replaced_relation import LINKS, ReplacedRelation, replaced_relations
from migfix.rules.copy_links.text_edits import text_edits
from migfix.rules.copy_links.texts import TextToKey, texts_to_keys
from migfix.source.data_functions.lookups import models_named, words_of
from migfix.source.migration import Migration
from migfix.source.writer import CannotWrite

_KINDS = {LINKS: "a many-to-many field", "ForeignKey": "a foreign key", "OneToOneField": "a one-to-one field"}
_ACCEPT = "To accept the loss, add `# migfix: ignore[MIG115]`."
_CHOICES = ("first", "stop")


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Copy the links where a relation, a text or several fields are removed and take another form in the same file."""
    for migration in migrations:
        taken, done = set(migration.bound), set[int]()
        filled = {effect.model for effect in own_effects(migration) if effect.kind == "create"}
        for text in texts_to_keys(migration, history):
            if not {text.removed, text.added} & done and not _is_copied(
                migration, text.model, text.old.name, text.new.name
            ):
                done |= {text.removed, text.added}
                yield _text_finding(migration, text, taken, text.target.key in filled, history)
                filled.add(text.target.key)
        pairs = sorted(replaced_relations(migration, history), key=lambda each: each.old.name != each.new.name)
        for each in pairs:
            if not {each.removed, each.added} & done and not _is_pair_copied(migration, each):
                done |= {each.removed, each.added}
                rival = _rival(migration, each, history)
                yield _ambiguous(migration, each, rival) if rival else _finding(migration, each, taken, history)
        for column in columns_to_links(migration, history):
            if not _is_copied(migration, column.model, column.old.name, column.new.name):
                yield _column_finding(migration, column)
        for lost in lost_fields(migration, history):
            if not _is_copied(migration, lost.old, lost.name):
                yield _lost_finding(migration, lost)
        for other in (*turned_relations(migration, history), *fields_of_new_targets(migration, history)):
            if not _is_copied(migration, other.model, *other.names):
                by_hand = f"{other.by_hand} {_ACCEPT}"
                yield Refusal(RULE.code, migration.path, other.op.line, other.why, by_hand)
        moves = tuple(moved_fields(migration, history))
        for move in moves:
            if not {index for index, _, _ in move.removed} & done and not _is_copied(migration, move.old, *move.names):
                yield _move_finding(migration, move, moves, taken, history)


def _is_copied(migration: Migration, model: Model, *names: str) -> bool:
    """Whether a data step of the file gets the model and names these fields, and so may copy the links."""
    for op in migration.walk():
        code = op.arguments.get("code")
        if op.kind in ("", "RunSQL"):
            return True
        if code is not None and model.key in models_named(migration, code) and {*names} <= words_of(migration, code):
            return True
    return False


def _is_pair_copied(migration: Migration, each: ReplacedRelation) -> bool:
    """Whether a data step may copy the links. Of two fields with different names, one that it names isn't free."""
    names = (each.old.name, each.new.name)
    if names[0] != names[1]:
        return any(_is_copied(migration, each.model, name) for name in names)
    return _is_copied(migration, each.model, *names)


def _rival(migration: Migration, each: ReplacedRelation, history: History) -> str:
    """Another removed relation that may be the new one under its old name: of the same kind, to the same model."""
    removed, _ = removals_and_additions(migration, history)
    alike = (
        old.name
        for index, _, model, old in removed
        if index != each.removed and model.key == each.model.key and old.kind == each.new.kind
        if old.target(*model.key, history.facts) == each.target
    )
    return next(alike, "")


def _ambiguous(migration: Migration, each: ReplacedRelation, rival: str) -> Refusal:
    why = f"{each.label} and {rival} are removed, and {each.new.name} may take the place of either: the links are lost."
    next_step = f"If {rival} was renamed, pass --renamed {each.model.label}.{rival}={each.new.name}. {_by_hand(each)}"
    return Refusal(RULE.code, migration.path, each.remove.line, why, next_step)


def _finding(migration: Migration, each: ReplacedRelation, taken: set[str], history: History) -> Finding:
    line, is_to_links = each.remove.line, each.new.kind == LINKS
    becomes = _KINDS[each.new.kind] if each.old.name == each.new.name else f"{_KINDS[each.new.kind]}, {each.new.name}"
    why = f"{each.label} becomes {becomes}, and RemoveField and AddField lose the links of all rows."
    if each.is_to_another:
        other = ".".join(each.target)
        why = f"{each.label} becomes {_KINDS[each.new.kind]} to another model, {other}, and all links are lost."
        return Refusal(RULE.code, migration.path, line, why, _by_hand(each))
    choice = said_of(history.facts.duplicates, f"{each.model.label}.{each.new.name}")
    if not is_to_links and (choice is None or choice[1] not in _CHOICES):
        why = f"{why[:-1]}. A row may have several links, and the key has room for one."
        ways = "first keeps the first one, stop lists such rows and changes nothing"
        next_step = (
            f"Say what happens to such rows with --duplicates {each.model.label}.{each.new.name}=CHOICE: {ways}."
        )
        return Refusal(RULE.code, migration.path, line, why, f"{next_step} {_ACCEPT}")
    try:
        if is_to_links:
            wrote, edits = to_links_edits(each, taken, history)
        else:
            assert choice is not None
            wrote, edits = to_key_edits(each, taken, history, is_one=choice[1] == "stop")
    except (CannotWrite, CannotFix) as reason:
        return Refusal(RULE.code, migration.path, line, f"{why[:-1]}; {reason}.", _by_hand(each))
    advice = before_migrating(migration, each.removed, history)
    used = () if choice is None or is_to_links else (choice[0],)
    return Rewrite(RULE.code, migration.path, line, why, wrote, tuple(edits), advice=advice, used_values=used)


def _by_hand(each: ReplacedRelation) -> str:
    if each.old.name != each.new.name:
        next_step = "Move the AddField up, before the RemoveField, and copy the links in a RunPython between them."
    else:
        next_step = f"Rename {each.old.name} with a RenameField first, add the new field, copy the links in a RunPython"
        next_step += ", and remove the old field after it."
    return f"{next_step} {_ACCEPT}"


def _text_finding(migration: Migration, each: TextToKey, taken: set[str], is_shared: bool, history: History) -> Finding:
    key = "" if each.old.name == each.new.name else f", {each.new.name},"
    why = (
        f"{each.label} becomes a foreign key{key} to {each.target.label}, which has no rows yet: no text finds its row."
    )
    try:
        wrote, edits = text_edits(each, taken, is_shared)
    except CannotWrite as reason:
        by_hand = f"Add the key beside the text, fill both in a RunPython, and remove the text after it. {_ACCEPT}"
        return Refusal(RULE.code, migration.path, each.remove.line, f"{why[:-1]}; {reason}.", by_hand)
    advice = before_migrating(migration, each.removed, history)
    return Rewrite(RULE.code, migration.path, each.remove.line, why, wrote, tuple(edits), advice=advice)


def _column_finding(migration: Migration, each: ColumnToLinks) -> Refusal:
    label = f"{each.model.label}.{each.old.name}"
    if each.new.kind == LINKS:
        why = f"{label} becomes the many-to-many field {each.new.name}, and the values of all rows are lost."
    else:
        why = f"the many-to-many field {label} becomes a {each.new.kind}, and the links of all rows are lost."
    next_step = "Add the new field first, fill it from the old one in a RunPython, and remove the old one after it."
    if each.old.name == each.new.name:
        next_step = f"Rename {each.old.name} with a RenameField first, add the new field, fill it in a RunPython, and"
        next_step += " remove the old one after it."
    return Refusal(RULE.code, migration.path, each.remove.line, why, f"{next_step} {_ACCEPT}")


def _lost_finding(migration: Migration, each: LostField) -> Refusal:
    why = f"{each.name} of {each.old.label} moves to {each.new.label}, and the values of all rows are lost."
    next_step = f"Add the field first, copy the values in a RunPython, and delete {each.old.label} after it."
    if each.op.kind == "RemoveField":
        next_step = f"Rename {each.name} with a RenameField first, add the new field, copy the values in a RunPython"
        next_step += ", and remove the old field after it."
    return Refusal(RULE.code, migration.path, each.op.line, why, f"{next_step} {_ACCEPT}")


def _move_finding(
    migration: Migration, each: MovedFields, moves: tuple[MovedFields, ...], taken: set[str], history: History
) -> Finding:
    index, op, _ = each.removed[0]
    verb = "moves" if len(each.names) == 1 else "move"
    why = f"{listed(each.names)} of {each.old.label} {verb} to {each.new.label}, and the values of all rows are lost."
    try:
        demand_movable(each, moves)
        wrote, edits = move_edits(each, taken)
    except CannotWrite as reason:
        by_hand = "Copy the values in a RunPython after the CreateModel, and remove the fields after it."
        return Refusal(RULE.code, migration.path, op.line, f"{why[:-1]}; {reason}.", f"{by_hand} {_ACCEPT}")
    advice = before_migrating(migration, min(index, each.created), history)
    return Rewrite(RULE.code, migration.path, op.line, why, wrote, tuple(edits), advice=advice)
