"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.altered_fields import AlteredField, altered_fields
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.fields import field_of
from migfix.rows.leftover_tables import before_migrating
from migfix.rules.change_primary_key import RULE
from migfix.rules.change_primary_key.link_ids import small_links, widen_ids
from migfix.rules.change_primary_key.new_keys import ReplacedKey, replaced_keys
from migfix.rules.change_primary_key.pointing import demand_movable, pointing_at
from migfix.rules.change_primary_key.renamed_key import renamed
from migfix.rules.change_primary_key.to_uuid import is_prepared, to_uuid
from migfix.source.migration import Migration
from migfix.source.writer import CannotWrite

_NEXT_STEP = (
    "Add the new key as an ordinary unique field first, point the other tables at it, and make it the primary key in a "
    "later migration. Or keep the old key. To accept this, add `# migfix: ignore[MIG113]`."
)


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Give rows UUIDs as keys, with everything that points at them; refuse other changes of a key."""
    for migration in migrations:
        taken = set(migration.bound)
        for each in altered_fields(migration, history):
            if _becomes_other_key(each) and not is_prepared(migration, each, history):
                yield _altered(migration, each, taken, history)
            for links in small_links(migration, each):
                yield widen_ids(migration, each, links, taken)
        for key in replaced_keys(migration, history):
            yield _replaced(migration, key, history)


def _becomes_other_key(each: AlteredField) -> bool:
    """Whether a primary key gets values of another kind."""
    is_key = each.old.is_true("primary_key") and each.new.is_true("primary_key")
    return is_key and each.old.kind != each.new.kind and not (each.old.is_integer and each.new.is_integer)


def _altered(migration: Migration, each: AlteredField, taken: set[str], history: History) -> Finding:
    why = f"the key of {each.model.label} becomes a {each.new.kind}, and {each.old.kind} values can't become one."
    state = history.state_before(migration, each.index)
    try:
        if each.new.kind != "UUIDField" or not each.old.is_integer:
            raise CannotWrite("migfix only turns numbers into UUIDs")
        pointing = pointing_at(each.model, state, history)
        demand_movable(each.model, pointing, migration, history)
        wrote, edits = to_uuid(migration, each, pointing, taken)
    except CannotWrite as reason:
        return Refusal(RULE.code, migration.path, each.op.line, f"{why[:-1]}; {reason}.", _NEXT_STEP)
    advice = before_migrating(migration, each.index, history)
    return Rewrite(RULE.code, migration.path, each.op.line, why, wrote, tuple(edits), advice=advice)


def _replaced(migration: Migration, key: ReplacedKey, history: History) -> Finding:
    if key.op.kind == "AddField" and field_of(key.op).kind == "CompositePrimaryKey":
        why = f"{key.model.label} gets a composite primary key, which Django can't give to a table that is there."
        by_hand = "Create a new model with it, copy the rows, and remove the old one. https://docs.djangoproject.com/en"
        by_hand += "/stable/topics/composite-primary-key/#migrating-to-a-composite-primary-key."
        return Refusal(RULE.code, migration.path, key.op.line, why, by_hand)
    state = history.state_before(migration, key.index if key.removed is None else key.removed)
    try:
        wrote, edits = renamed(migration, key)
        # What it writes is a key that becomes a UUID, which must be possible as well.
        model = state.models[key.model.key]
        demand_movable(model, pointing_at(model, state, history), migration, history)
    except CannotWrite as reason:
        return Refusal(RULE.code, migration.path, key.op.line, f"{key.why[:-1]}; {reason}.", _NEXT_STEP)
    return Rewrite(RULE.code, migration.path, key.op.line, key.why, wrote, tuple(edits))
