"""The lines of a fill function that send one UPDATE for each row.

bulk_update() writes a CASE for each batch instead, which takes several times as long (#31304). A temporary table is
faster still on MySQL, but needs a privilege of its own there.
"""

from __future__ import annotations

from migfix.rows.functions.fill import Fill
from migfix.rows.functions.variables import Variables
from migfix.rows.placeholder_rows.values import AUTO, INTEGERS, TEXT
from migfix.source.formatting import Code, call, flatten, line_length, literal, render

BATCH = 1000


def row_statements(variables: Variables, fill: Fill) -> list[str]:
    """The lines after those that get the model. Rows whose field is NULL get a value, batch by batch.

    Python looks for NULL, because PostgreSQL has no statistics of a new column: looking for NULL in the order of the
    keys, it may read the whole table for each batch.
    """
    own, model = variables.own, variables.of(fill.model)
    field, rows, pk, batch = map(own, ("field", "rows", "pk", "batch"))
    connection, keys, value = own("connection"), own("keys"), own("value")
    prepared = call(f"{field}.get_db_prep_save", fill.value, connection)
    return [
        f"    {connection} = {own('schema_editor')}.connection",
        f"    {rows} = {variables.rows(fill.model)}",
        *_made_by_postgresql(variables, fill),
        f"    {field}, {own('key')} = {model}._meta.get_field({literal(fill.field)}), {model}._meta.pk",
        *_statement(variables, model),
        f"    {rows} = {rows}.order_by({literal('pk')}).values_list({literal('pk')}, {literal(fill.field)})",
        f"    {batch} = list({rows}[:{BATCH}])",
        f"    with {connection}.cursor() as {own('cursor')}:",
        f"        while {batch}:",
        f"            {keys} = [{pk} for {pk}, {value} in {batch} if {value} is None]",
        *_listed(own("values"), prepared, pk, keys),
        *_sent(variables, fill),
        f"            {batch} = list({rows}.filter(pk__gt={batch}[-1][0])[:{BATCH}])",
    ]


def _made_by_postgresql(variables: Variables, fill: Fill) -> list[str]:
    if fill.on_postgresql is None:
        return []
    return [
        f"    if {variables.own('connection')}.vendor == {literal('postgresql')}:",
        f"        {variables.own('rows')}.filter({fill.field}__isnull=True).update({fill.field}={fill.on_postgresql})",
        "        return",
    ]


def _statement(variables: Variables, model: str) -> list[str]:
    own, quote = variables.own, variables.own("quote")
    return [
        f"    {quote} = {own('schema_editor')}.quote_name",
        "    # One UPDATE for each row: bulk_update() takes several times as long.",
        f"    {own('update')} = (",
        f'        f"UPDATE {{{quote}({model}._meta.db_table)}} SET {{{quote}({own("field")}.column)}} = %s"',
        f'        f" WHERE {{{quote}({own("key")}.column)}} = %s"',
        "    )",
    ]


def _sent(variables: Variables, fill: Fill) -> list[str]:
    """The statements of a batch. Keys that Python and the database write differently, such as UUIDs, are converted."""
    own, key = variables.own, fill.model.primary_key
    pk, keys, cursor = map(own, ("pk", "keys", "cursor"))
    is_same = key is not None and key.kind in AUTO | INTEGERS | TEXT.keys()
    converted = f"{own('key')}.get_db_prep_save({pk}, {own('connection')})"
    sent = call(f"{cursor}.executemany", own("update"), f"list(zip({own('values')}, {keys}))")
    return [*([] if is_same else _listed(keys, converted, pk, keys)), "            " + render(sent, 12)]


def _listed(name: str, value: Code, each: str, among: str) -> list[str]:
    """``name = [value for each in among]`` in the loop, laid out as black does."""
    loop = f"for {each} in {among}"
    if len(line := f"            {name} = [{flatten(value)} {loop}]") <= line_length():
        return [line]
    if len(line := f"                {flatten(value)} {loop}") <= line_length():
        return [f"            {name} = [", line, "            ]"]
    return [
        f"            {name} = [",
        f"                {render(value, 16)}",
        f"                {loop}",
        "            ]",
    ]
