"""Changes to the bytes of a migration file, of the kinds that people, editors and attackers make."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

Mutation = Callable[[Random, str], str]

ODD_NAMES = ("", "class", "two words", "x" * 300, "x/../../../../pwned", "naïve", "a\\n::error::b", "None", "1st", "..")
ODD_LINES = (
    "import os, sys; x = [",
    "    if True:",
    "\x0c",
    "\ttabbed = 1",
    "match = case = type = 1",
    "del Migration",
    "Migration.operations += []",
    "@dataclass",
    "x: int = 1; y = 2",
    "r'\\d'",
    "raise SystemExit(3)",
    "try:\n    import nowhere\nexcept ImportError:\n    nowhere = None",
)
COMMENT = "# kept {}"


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True) or [""]


def drop_line(random: Random, text: str) -> str:
    lines = _lines(text)
    del lines[random.randrange(len(lines))]
    return "".join(lines)


def double_line(random: Random, text: str) -> str:
    lines = _lines(text)
    place = random.randrange(len(lines))
    return "".join([*lines[: place + 1], *lines[place:]])


def swap_lines(random: Random, text: str) -> str:
    lines = _lines(text)
    one, two = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return "".join(lines)


def cut_off(random: Random, text: str) -> str:
    return text[: random.randrange(len(text) + 1)]


def drop_span(random: Random, text: str) -> str:
    start = random.randrange(len(text) + 1)
    return text[:start] + text[start + random.randrange(1, 40) :]


def odd_name(random: Random, text: str) -> str:
    """Replace a quoted string with an odd one."""
    found = list(re.finditer(r"(['\"])[\w. ]*\1", text))
    if not found:
        return text
    at = random.choice(found)
    return text[: at.start()] + repr(random.choice(ODD_NAMES)) + text[at.end() :]


def odd_line(random: Random, text: str) -> str:
    lines = _lines(text)
    lines.insert(random.randrange(len(lines) + 1), random.choice(ODD_LINES) + "\n")
    return "".join(lines)


def comment(random: Random, text: str) -> str:
    """Add a comment at the end of a line, or on a line of its own."""
    lines = _lines(text)
    place = random.randrange(len(lines))
    words = COMMENT.format(random.randrange(1000))
    if random.random() < 0.5 and "#" not in lines[place] and lines[place].rstrip():
        lines[place] = f"{lines[place].rstrip()}  {words}\n"
    else:
        indent = re.match(r" *", lines[place])
        lines.insert(place, f"{indent.group() if indent else ''}{words}\n")
    return "".join(lines)


def without_attribute(random: Random, text: str) -> str:
    """Remove ``dependencies`` or another attribute, which Django allows."""
    return re.sub(r"\n    (dependencies|initial|replaces) = (\[[^\]]*\]|\w+)", "\n    pass", text, count=1)


def other_argument(random: Random, text: str) -> str:
    """Remove a keyword argument, repeat it, or give it another value."""
    found = list(re.finditer(r"\b(\w+)=([\w.'\"]+)(,?)", text))
    if not found:
        return text
    at = random.choice(found)
    new = random.choice(
        [
            "",
            f"{at[0]} {at[0]}",
            f"{at[1]}=None{at[3]}",
            f"{at[1]}=[{at[2]}]{at[3]}",
            f"**{{}}{at[3]}",
            f"{at[2]}{at[3]}",
        ]
    )
    return text[: at.start()] + new + text[at.end() :]


def deep(random: Random, text: str) -> str:
    """Add an expression or a statement that nests very deeply."""
    count = random.choice([200, 2000])
    line = random.choice(
        [
            "x = " + " + ".join(["'a'"] * count),
            "x = " + "(" * count + ")" * count,
            "x = " + "-" * count + "1",
            "if a:\n    pass\n" + "elif a:\n    pass\n" * count,
            "x = a" + ".b" * count,
            "x = a" + "()" * count,
        ]
    )
    return text.replace("class Migration", f"{line}\n\n\nclass Migration", 1)


def respace(random: Random, text: str) -> str:
    old, new = random.choice(
        [
            ("class Migration(", "class  Migration ("),
            ("operations = [", "operations = other = ["),
            ("operations = [", "operations: list = ["),
            ("operations = [", "operations = [] + ["),
            ("    dependencies", "    @property\n    def nothing(self): pass\n    dependencies"),
            ("migrations.Migration)", "migrations.Migration, object)"),
            ("\n", "\r\n"),
            ("\n", "\r"),
            ("    ", "\t"),
            ("'", '"'),
            (",\n", "\n"),
            ("(\n", "(\n\n\n"),
        ]
    )
    return text.replace(old, new)


def at_the_start(random: Random, text: str) -> str:
    return random.choice(["\ufeff", "# coding: latin-1\n", "# -*- coding: nonsense -*-\n", "\0", "\r", "#!x\n"]) + text


def moved_class(random: Random, text: str) -> str:
    """Add code that changes the class after it is created."""
    return text + random.choice(
        [
            "\nMigration.operations.append(migrations.RunPython(print))\n",
            "\nif True:\n    Migration.operations += []\n",
            "\nfor each in [1]:\n    Migration.dependencies.append(('blog', '0001_initial'))\n",
            "\nsetattr(Migration, 'operations', [])\n",
            "\nM = Migration\nM.operations = []\n",
            "\ndel Migration.operations\n",
        ]
    )


MUTATIONS: tuple[Mutation, ...] = (
    *(comment,) * 4,
    *(other_argument,) * 3,
    *(odd_name,) * 2,
    *(respace,) * 2,
    drop_line,
    double_line,
    swap_lines,
    cut_off,
    drop_span,
    odd_line,
    without_attribute,
    deep,
    at_the_start,
    moved_class,
)


def mutated(random: Random, text: str) -> str:
    """Return the text after one to three mutations."""
    for _ in range(random.choice([1, 1, 2, 3])):
        text = random.choice(MUTATIONS)(random, text)
    return text
