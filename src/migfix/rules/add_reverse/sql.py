"""The reverse of a RunSQL: the inverse statements if every statement has one, else a noop or the harm it would do.

SQL is parsed by sqlglot in the dialect of each engine. Statements that it doesn't understand are returned as a
``Command`` and count as not parsed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import replace

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from migfix.history import History
from migfix.history.fields import field_of
from migfix.rules.add_reverse.inverse import inverse_of
from migfix.rules.add_reverse.lost import lost_after
from migfix.rules.add_reverse.verdict import NOT_RESTORED, NOT_UNDONE, Harm, Inverse, Made, Noop, Verdict
from migfix.source.migration import Migration, Operation

logging.getLogger("sqlglot").setLevel(logging.ERROR)

DIALECTS = {"postgresql": "postgres", "sqlite": "sqlite", "mysql": "mysql", "mariadb": "mysql", "oracle": "oracle"}
ANY_ENGINE = ("postgresql", "sqlite", "mysql")
NAME_ENGINES = (
    "Name the databases that the project runs on with --engine or `engines` in [tool.migfix]: "
    "migfix may know the inverse for one of them."
)


def reverse_of_sql(texts: list[str], migration: Migration, op: Operation, history: History) -> Verdict:
    """The reverse of these statements on every engine of the project, or on all engines if those aren't set."""
    facts, made = history.facts, replace(tables_made_by(migration, history), lost=_lost(migration, op, history))
    dialects = sorted({DIALECTS[engine] for engine in facts.engines or ANY_ENGINE})
    verdicts = {dialect: _reverse_in(dialect, texts, made) for dialect in dialects}
    if len(set(verdicts.values())) == 1:
        return next(iter(verdicts.values()))
    harms = [each for each in verdicts.values() if isinstance(each, Harm)]
    if any(isinstance(each, Inverse) for each in verdicts.values()):
        why = harms[0].why if harms else "its inverse is written differently on each engine."
        return Harm(why, NAME_ENGINES if not facts.engines else "")
    return (
        harms[0]
        if harms
        else Noop(next(each.comment for each in verdicts.values() if isinstance(each, Noop) and each.comment))
    )


def tables_made_by(migration: Migration, history: History) -> Made:
    """What a migration adds itself, as names of tables and columns."""
    state = history.state_before(migration, len(migration.operations))
    tables = {model.key: model.table.lower() for model in state.models.values()}
    ops = list(migration.walk())
    models = frozenset(tables.get((migration.app, op.model)) for op in ops if op.kind == "CreateModel")
    fields = [(tables.get((migration.app, op.model)), field_of(op)) for op in ops if op.kind == "AddField"]
    return Made(models - {None}, frozenset((table, each.column.lower().removesuffix("_id")) for table, each in fields))


def _lost(migration: Migration, op: Operation, history: History) -> frozenset[tuple[object, str]]:
    """What is removed after the statements, as names of tables and columns."""
    index = int(op.where[1])
    state, found = history.state_before(migration, index), set()
    for each in lost_after(migration, index, history):
        model = state.models.get(each.model)
        field = model.fields.get(each.column) if model else None
        if model and (field or not each.column):
            found.add((model.table.lower(), field.column.lower() if field else ""))
    return frozenset(found)


def _reverse_in(dialect: str, texts: list[str], made: Made) -> Verdict:
    statements = [each for text in texts for each in _parsed(text, dialect)]
    own: set[object] = set()
    found: list[tuple[str, ...] | None] = []
    for each in statements:
        inverse = _inverse(each, dialect, own)
        found.append(_copied_back(each, dialect, made) if inverse is None else inverse)
        if isinstance(each, exp.Create) and each.args.get("kind") == "TABLE" and found[-1]:
            own.add(_table(each))
    inverses = [each for each in found if each is not None]
    if statements and len(inverses) == len(found) and any(inverses):
        return Inverse(tuple(line for each in reversed(inverses) for line in reversed(each)))
    within = replace(made, models=made.models | own)
    if harm := _goes_on(statements, within):
        return harm
    verdicts = [_again(each, within) for each in statements]
    for verdict in verdicts:
        if isinstance(verdict, Harm):
            return verdict
    return next((each for each in verdicts if isinstance(each, Noop) and each.comment), Noop())


def _inverse(statement: exp.Expression, dialect: str, own: set[object]) -> tuple[str, ...] | None:
    """The inverse of a statement; empty for changes to rows of a table that these statements create themselves."""
    if isinstance(statement, exp.Insert) and _table(statement.this) in own and not statement.find(exp.With):
        return ()
    if isinstance(statement, exp.Update | exp.Delete) and all(
        _table(each) in own for each in statement.find_all(exp.Table)
    ):
        return ()
    return inverse_of(statement, dialect)


def _copied_back(statement: exp.Expression, dialect: str, made: Made) -> tuple[str, ...] | None:
    """The copy back, for an UPDATE that sets new columns to columns of the same rows that are removed later."""
    is_plain = isinstance(statement, exp.Update) and not statement.find(exp.Where, exp.From, exp.Join, exp.Subquery)
    table = _table(statement.this)
    back = []
    for each in statement.expressions if is_plain else ():
        new, old = each.this, each.expression
        if not isinstance(new, exp.Column) or not isinstance(old, exp.Column):
            return None
        if not made.covers(table, new.name.lower()) or (table, old.name.lower()) not in made.lost:
            return None
        name, source, target = (part.sql(dialect=dialect) for part in (statement.this, new, old))
        back.append(f"UPDATE {name} SET {target} = {source} WHERE {source} IS NOT NULL")
    return tuple(back) or None


def _loses(statement: exp.Expression, made: Made) -> Harm | None:
    """The harm if a statement stores values that come back empty in something that going back removes."""
    target = _table(statement.this)
    tables = {_table(each) for each in statement.find_all(exp.Table)}
    if isinstance(statement, exp.Update):
        keeps = [each.this for each in statement.expressions if isinstance(each.this, exp.Column)]
        is_kept = any(made.covers(target, each.name.lower()) for each in keeps)
    else:
        is_kept = isinstance(statement, exp.Insert) and target in made.models
    read = {each.name.lower() for each in statement.find_all(exp.Column)}
    for table, column in sorted(made.lost, key=str) if is_kept else ():
        if table in tables and (not column or column in read):
            what = f"{table}.{column}" if column else table
            return Harm(_LOSES.format(what=what), "Copy the values back in the reverse.")
    return None


def _goes_on(statements: list[exp.Expression], made: Made) -> Harm | None:
    """The harm if a second run finds other values: a column was copied and then set, or changes in steps."""
    copied: set[tuple[object, str]] = set()
    tested: set[tuple[object, str, str]] = set()
    written: set[tuple[object, str, str]] = set()
    for statement in statements:
        table = _table(statement.this) if isinstance(statement, exp.Update) else None
        for each in statement.expressions if table else ():
            column = each.this.name.lower() if isinstance(each.this, exp.Column) else ""
            if (table, column) in copied and not made.covers(table, column):
                what = f"{table}.{column}"
                return Harm(
                    f"this copies {what} and then sets it: going back and forward again would copy the new values."
                )
            written.add((table, column, each.expression.sql() if each.expression else ""))
        for each in statement.expressions if table else ():
            own = each.this.name.lower() if isinstance(each.this, exp.Column) else ""
            read = {inner.name.lower() for inner in each.expression.find_all(exp.Column)} if each.expression else set()
            copied |= {(table, name) for name in read - {own}}
        where = statement.find(exp.Where) if table else None
        for test in where.find_all(exp.EQ) if where else ():
            if isinstance(test.this, exp.Column):
                tested.add((table, test.this.name.lower(), test.expression.sql()))
    if steps := sorted(f"{table}.{column}" for table, column, _ in tested & written if not made.covers(table, column)):
        return Harm(f"this changes {steps[0]} in steps, so going back and forward again would take one more step.")
    return None


def _parsed(text: str, dialect: str) -> Iterator[exp.Expression]:
    """The statements of a text; one Command if it can't be parsed."""
    try:
        for each in sqlglot.parse(text, dialect=dialect):
            if isinstance(each, exp.Expression) and not isinstance(each, exp.Semicolon):
                yield each
    except (SqlglotError, RecursionError):
        yield exp.Command(this=text.strip(), expression="")


def _again(statement: exp.Expression, made: Made) -> Verdict:
    """The result of running a statement, which has no inverse, a second time."""
    if harm := _loses(statement, made):
        return harm
    match statement:
        case exp.Update():
            return _update_again(statement, made)
        case exp.Delete() | exp.TruncateTable():
            return Noop(NOT_RESTORED if statement.find(exp.Limit, exp.Query, exp.Join) else None)
        case exp.Insert():
            return _insert_again(statement, made)
        case exp.Create():
            may_have_been_there = statement.args.get("exists") or statement.args.get("replace")
            return Noop(NOT_UNDONE) if may_have_been_there else Harm(_FAILS_AGAIN)
        case exp.Drop():
            return Harm(_DROPS)
        case exp.Alter():
            actions = statement.args.get("actions") or []
            if any(isinstance(each, exp.Drop) for each in actions):
                return Harm(_DROPS)
            adds = any(
                isinstance(each, exp.ColumnDef | exp.AddConstraint | exp.AlterRename | exp.RenameColumn)
                for each in actions
            )
            is_guarded = any(each.args.get("exists") for each in actions)
            return Harm(_FAILS_AGAIN) if adds and not is_guarded else Noop(NOT_UNDONE)
        case exp.Command():
            return _command_again(statement.sql())
    return Noop(NOT_UNDONE)


_FAILS_AGAIN = "going back would leave what this creates, and going forward again would fail because it already exists."
_DROPS = "this drops something that going back can't restore."
_INSERTS = "this inserts rows into {table}, so going back and forward again would insert them twice."
_LOSES = "this reads {what}, which comes back empty: going back and forward again would lose what was copied."
_ADDS_UP = (
    "this computes {column} of {table} from its own old value, so going back and forward again would do that twice."
)


_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.DPipe, exp.Concat, exp.ConcatWs, exp.Neg)


def _columns(node: exp.Expression) -> set[str]:
    return {each.name.lower() for each in node.find_all(exp.Column)}


def _update_again(statement: exp.Update, made: Made) -> Verdict:
    table = _table(statement.this)
    verdict: Verdict = Noop()
    for assignment in statement.expressions:
        target, value = assignment.this, assignment.expression
        if not isinstance(target, exp.Column) or value is None:
            verdict = Noop(NOT_RESTORED)
            continue
        if made.covers(table, target.name.lower()):
            continue
        read = {each.name.lower() for each in value.find_all(exp.Column)} if value else set()
        if any(target.name.lower() in _columns(each) for each in value.find_all(*_ARITHMETIC)):
            return Harm(_ADDS_UP.format(column=target.name, table=table))
        if read or value.find(exp.Func, exp.Query):
            verdict = Noop(NOT_RESTORED)
    return verdict


def _insert_again(statement: exp.Insert, made: Made) -> Verdict:
    table = _table(statement.this)
    conflict = statement.args.get("conflict")
    if conflict is not None and conflict.find(*_ARITHMETIC):
        return Harm(_ADDS_UP.format(column="a column", table=table))
    is_guarded = statement.args.get("conflict") or statement.args.get("ignore") or statement.args.get("alternative")
    if table in made.models:
        return Noop()
    if is_guarded:
        return Noop(NOT_RESTORED)  # harmless only if there is a unique key, which can't be seen here
    source = statement.args.get("expression")
    guard = source.find(exp.Exists) if isinstance(source, exp.Query) else None
    where = guard is not None and isinstance(guard.parent, exp.Not) and table in map(_table, guard.find_all(exp.Table))
    return Noop(NOT_RESTORED) if where else Harm(_INSERTS.format(table=table))


def _command_again(text: str) -> Verdict:
    """The same for a statement that isn't parsed, as far as its first words show."""
    words = re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL).upper().split()
    head = " ".join(words[:12])
    if re.match(r"REPLACE\b|INSERT (OR )?IGNORE\b", head):
        return Noop(NOT_RESTORED)
    if head.startswith("CREATE OR REPLACE") or " IF NOT EXISTS " in f" {head} ":
        return Noop(NOT_UNDONE)
    if re.match(r"(CREATE|RENAME)\b|ALTER .* (ADD|RENAME)\b", head):
        return Harm(_FAILS_AGAIN)
    if re.match(r"DROP\b|ALTER .* DROP\b", head):
        return Harm(_DROPS)
    if re.match(r"INSERT\b", head):
        return Harm(_INSERTS.format(table=words[2].lower() if len(words) > 2 else "a table"))
    return Noop(NOT_UNDONE)


def _table(node: object) -> object:
    """The lower-case name of a table, with its schema if that is given."""
    found = node.find(exp.Table) if isinstance(node, exp.Expression) else None
    return None if found is None else ".".join(part for part in (found.db.lower(), found.name.lower()) if part)
