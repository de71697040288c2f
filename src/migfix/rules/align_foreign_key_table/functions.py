"""The functions that bring a table in line."""

from __future__ import annotations

from migfix.rules.align_foreign_key_table.differences import Difference, Kind

_START = """def {name}(apps, schema_editor):
    # {comment}
    if schema_editor.connection.vendor != "mysql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
{query}
        )
        {found}
            cursor.execute({statement})
"""
_COLUMN = """            "SELECT column_type FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = %s AND column_name = %s",
            ["{table}", "{column}"],"""


def function_for(name: str, each: Difference) -> str:
    """The code of a function that does nothing where the table is in line already."""
    table = each.key.target.table
    if each.kind is Kind.engine:
        query = f"""            "SELECT engine FROM information_schema.tables "
            "WHERE table_schema = DATABASE() AND table_name = %s",
            ["{table}"],"""
        return _START.format(
            name=name,
            comment="A foreign key needs InnoDB on both sides. MySQL copies the table.",
            query=query,
            found='if cursor.fetchone() != ("InnoDB",):',
            statement=f'"ALTER TABLE `{table}` ENGINE = InnoDB"',
        )
    definition = f"ALTER TABLE `{table}` MODIFY `{each.column}`"
    ends = _ends(each)
    if each.kind is Kind.type:
        return _START.format(
            name=name,
            comment=f"The keys that point at it are {each.needed}. MySQL copies the table.",
            query=_COLUMN.format(table=table, column=each.column),
            found=f'if not cursor.fetchone()[0].startswith("{each.needed}"):',
            statement=f'"{definition} {each.needed}{ends}"',
        )
    kind = each.layout.columns[each.column].type
    return _START.format(
        name=name,
        comment="A foreign key needs the same collation on both sides. MySQL copies the table.",
        query=_collations(each),
        found="for (collation,) in cursor.fetchall():",
        statement=f'f"{definition} {kind} COLLATE {{collation}}{ends}"',
    )


def _collations(each: Difference) -> str:
    """The query for the collation that the new key has, if the column it points at has another one."""
    table, column = each.key.target.table, each.column
    if not each.key.table:
        return f"""            "SELECT @@collation_database FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = %s AND column_name = %s "
            "AND collation_name <> @@collation_database",
            ["{table}", "{column}"],"""
    return f"""            "SELECT t.table_collation FROM information_schema.tables t "
            "JOIN information_schema.columns c ON c.table_schema = t.table_schema "
            "WHERE t.table_schema = DATABASE() AND t.table_name = %s AND c.table_name = %s "
            "AND c.column_name = %s AND c.collation_name <> t.table_collation",
            ["{each.key.table}", "{table}", "{column}"],"""


def _ends(each: Difference) -> str:
    column = each.layout.columns[each.column]
    return ("" if column.is_null else " NOT NULL") + (" AUTO_INCREMENT" if column.is_auto else "")
