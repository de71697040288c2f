"""Edits leave everything else unchanged, byte for byte."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migfix.source import read_migration
from migfix.source.edits import AddFunction, AddImport, Comment, Edit, Insert, Move, Remove, RemoveImport
from migfix.syntax import apply_edits

NEWLINES = st.sampled_from(["\n", "\r\n"])
GAPS = st.sampled_from(["", "        # above\n", "\n", "        # above\n\n"])
ENDS = st.sampled_from([",\n", ",  # end\n"])
OPERATIONS = st.sampled_from(
    [
        'migrations.RunSQL("SELECT 1", "SELECT 2")',
        "migrations.RunPython(\n            f,  # why\n            g,\n        )",
        "migrations.RunPython(f, g)",
    ]
)


@st.composite
def migrations(draw: st.DrawFn) -> bytes:
    items = draw(st.lists(st.tuples(GAPS, OPERATIONS, ENDS), min_size=1, max_size=5))
    body = "".join(f"{gap}        {operation}{end}" for gap, operation, end in items)
    source = (
        "# -*- coding: utf-8 -*-\nfrom django.db import migrations\n\n\ndef f(a, b): pass\n\n\n# the class\n"
        "class Migration(migrations.Migration):\n    dependencies = []\n"
        f"    operations = [\n{body}        # last\n    ]\n"
    )
    return source.replace("\n", draw(NEWLINES)).encode()


@given(migrations())
def test_no_edits_no_change(source: bytes) -> None:
    assert apply_edits(source, []) == source


@given(migrations(), st.data())
def test_insert_then_remove_is_nothing(source: bytes, data: st.DataObject) -> None:
    count = len(read_migration("x.py", "blog", "x", source).operations)
    place = data.draw(st.integers(0, count))
    changed = apply_edits(source, [Insert("x.py", ("operations", place), "migrations.RunSQL(\n    1,\n)")])
    assert len(read_migration("x.py", "blog", "x", changed).operations) == count + 1
    assert b"\r\n" not in changed.replace(b"\r\n", b"") or b"\r\n" not in source
    assert apply_edits(changed, [Remove("x.py", ("operations", place))]) == source


@given(migrations(), st.data())
def test_moved_operations_keep_their_comments(source: bytes, data: st.DataObject) -> None:
    operations = read_migration("x.py", "blog", "x", source).operations
    origin = data.draw(st.integers(0, len(operations) - 1))
    target = data.draw(st.integers(0, len(operations)))
    changed = apply_edits(source, [Move("x.py", ("operations", origin), target)])
    assert sorted(changed.split(b"\n")) == sorted(source.split(b"\n"))
    ast.parse(changed)


def test_imports_are_sorted_into_place() -> None:
    source = b'"""Doc."""\nfrom django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    pass\n'
    edits = [
        AddImport("x", "uuid"),
        AddImport("x", "django.db", "router"),
        AddImport("x", "django.db", "migrations"),
        AddImport("x", "django.core.management.color", "no_style"),
        AddImport("x", "django.utils", "timezone"),
    ]
    assert apply_edits(source, edits).decode().split("\n")[:7] == [
        '"""Doc."""',
        "import uuid",
        "",
        "from django.core.management.color import no_style",
        "from django.db import migrations, router",
        "from django.utils import timezone",
        "",
    ]
    assert b"import uuid" not in apply_edits(apply_edits(source, edits), [RemoveImport("x", "uuid")])


def test_functions_go_above_the_class_and_its_comment() -> None:
    source = b"import a\n# about it\nclass Migration:\n    operations = [x]\n"
    changed = apply_edits(source, [AddFunction("x", "def seed():\n    pass\n"), Comment("x", ("operations", 0), "why")])
    assert changed == (
        b"import a\n\n\ndef seed():\n    pass\n\n\n# about it\nclass Migration:\n"
        b"    operations = [\n        # why\n        x,\n    ]\n"
    )


NO_LAST_COMMA = b"""\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("blog", "0001_initial")
    ]

    operations = [
        migrations.RemoveField("post", "title"),
        migrations.RunPython(
            print
        )
    ]
"""


@pytest.mark.parametrize(
    ("edit", "lines"),
    [
        (Insert("x", ("operations", 1), 'migrations.RunSQL("x")'), 1),
        (Insert("x", ("dependencies", 0), '("a", "0001")'), 1),
        (Remove("x", ("operations", 0)), -1),
    ],
)
def test_no_comma_is_added_outside_the_edit(edit: Edit, lines: int) -> None:
    """A last element that isn't edited stays as it is, with or without a comma."""
    changed = apply_edits(NO_LAST_COMMA, [edit])
    assert len(changed.splitlines()) == len(NO_LAST_COMMA.splitlines()) + lines
    assert b"            print\n        )\n    ]" in changed
    assert b'("blog", "0001_initial")\n    ]' in changed


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("    dependencies = []\n", '    dependencies = [("shop", "0001_initial")]\n'),
        ("", '    dependencies = [\n        ("shop", "0001_initial"),\n    ]\n\n'),
    ],
)
def test_a_first_dependency(line: str, changed: str) -> None:
    """A first dependency is added to an empty list, or to a class without the attribute, which Django allows."""
    source = "class Migration(migrations.Migration):\n{}    operations = []\n"
    edit = Insert("x.py", ("dependencies", 0), '("shop", "0001_initial")')
    assert apply_edits(source.format(line).encode(), [edit]).decode() == source.format(changed)
