"""Check that a rewrite is never worse than the original."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conftest import ENGINES, become, clean_environment, preload

from generator.trial import Answer, forked, run, set_up

_UUID = re.compile(r"^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$|^\d{4}-\d\d-\d\d \d\d:")


@dataclass
class Judgement:
    """What was found about one project."""

    seed: int
    worse: list[str] = field(default_factory=list)
    """What the rewritten version does wrong."""
    notes: list[str] = field(default_factory=list)
    """What may be worth a look."""
    kind: str = ""
    said: str = ""


def judge(root: Path, seed: int, engine: str) -> Judgement:
    """Create the project of ``seed`` below ``root``, let migfix rewrite it, and run both versions."""
    found = Judgement(seed)
    before, after = root / "before", root / "after"
    made = forked(lambda: _made(before, seed))
    if "crash" in made or not made["files"]:
        found.kind = f"not made: {made.get('crash', 'nothing changed')[:80]}"
        return found
    shutil.copytree(before, after, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3"))
    code, said = _migfix(after, "apply", *made["files"], "--force")
    found.said = said
    if code not in (0, 1) or "Traceback" in said:
        found.worse.append(f"apply ends with {code}: {said[-300:]}")
        return found
    is_rewritten = _texts(before) != _texts(after)
    found.kind = f"{'rewritten' if is_rewritten else 'untouched'}, exit {code}"
    original = _trials(before, made["files"], seed, engine)
    if not is_rewritten:
        if "forward error" in original["filled"] and code == 0:
            found.notes.append(f"silent, and the original fails: {original['filled']['forward error'][:150]}")
        return found
    texts = _texts(after)
    _migfix(after, "apply", *made["files"], "--force")
    if _texts(after) != texts:
        found.worse.append("a second apply changes the files")
    states = forked(lambda: _compared(before, after))
    if states.get("differs"):
        found.worse.append(f"the end state differs: {states['differs']}")
    rewritten = _trials(after, made["files"], seed, engine)
    for name in ("empty", "filled"):
        found.worse += _worse(name, original[name], rewritten[name])
    filled = rewritten["filled"]
    failed = original["filled"].get("forward error", "")
    if code == 0 and "forward error" in filled and filled["forward error"] == failed:
        found.notes.append(f"silent, and both versions fail: {failed[:200]}")
    elif code == 0 and "forward error" in filled and failed:
        found.notes.append(
            f"rewritten, and fails with something else: {filled['forward error'][:200]} ({failed[:100]})"
        )
    elif code == 0 and "back error" in filled:
        found.notes.append(f"said to be fixed, and can't go back: {filled['back error'][:200]}")
    if "insert" not in original["filled"] and filled.get("insert"):
        found.notes.append(f"an insert fails: {[each[:150] for each in filled['insert'].values()]}")
    if "again" in filled and _plain(filled["again"]) != _plain(filled["forward"]):
        found.notes.append("forward again ends in other rows")
    return found


def _worse(name: str, original: Answer, rewritten: Answer) -> Iterator[str]:
    for step in ("crash", "forward error", "back error", "again error"):
        is_new = step == "forward error" or not any(each.endswith("error") for each in original)
        if step in rewritten and step not in original and is_new:
            yield f"{name} database, {step}: {rewritten[step][:300]}"
    if "forward" in original and "forward" in rewritten and _lacks(rewritten["forward"], original["forward"]):
        yield f"{name} database, other rows after forward: {_difference(original['forward'], rewritten['forward'])}"
    refused = rewritten.get("insert", {}).keys() - original.get("insert", {}).keys()
    if "insert" in original and refused:
        yield f"{name} database, an insert fails: {[rewritten['insert'][each][:200] for each in refused]}"
    if "back" in original and "back" in rewritten and (lost := list(_lost(original, rewritten))):
        yield f"{name} database, lost by going back: {lost[:5]}"


def _lost(original: Answer, rewritten: Answer) -> Iterator[str]:
    """Yield the values that going back restores in the original, but not in the rewritten version."""
    before, kept, now = (_by_key(each) for each in (original["before"], original["back"], rewritten["back"]))
    for place, value in before.items():
        if kept.get(place) == value != now.get(place):
            yield f"{'.'.join(place)}: {value} became {now.get(place)}"


def _by_key(rows: Answer) -> dict[tuple[str, ...], str]:
    """Return a mapping of (table, key, column) to value."""
    return {
        (table, row.get("id", next(iter(row.values()), "")), name): value
        for table, each in rows.items()
        for row in each
        for name, value in row.items()
    }


def _lacks(rows: Answer, wanted: Answer) -> bool:
    """Whether some of the wanted rows are missing. More rows are allowed: a fix may create placeholder rows."""
    there, needed = _plain(rows), _plain(wanted)
    return any(row not in there.get(table, []) for table, each in needed.items() for row in each)


def _plain(rows: Answer) -> Answer:
    """The rows without the values that differ from run to run."""
    return {
        table: sorted(
            ({name: "*" if _UUID.match(value) else value for name, value in row.items()} for row in each), key=str
        )
        for table, each in rows.items()
    }


def _difference(one: Answer, two: Answer) -> str:
    tables = [table for table in sorted({*one, *two}) if one.get(table) != two.get(table)]
    return "; ".join(f"{table}: {one.get(table)} / {two.get(table)}" for table in tables)[:600]


def _made(root: Path, seed: int) -> Answer:
    from generator.project import user_of, write_project
    from generator.source import write_skeleton

    write_skeleton(root, user_of(seed))
    set_up(root, {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"})
    return {"files": write_project(root, seed)}


def _texts(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*.py"))}


def _trials(root: Path, new: list[str], seed: int, engine: str) -> dict[str, Answer]:
    found = {}
    for name, has_rows in (("empty", False), ("filled", True)):
        with _database(engine) as database:
            found[name] = forked(lambda: run(root, database, new, has_rows, seed))  # noqa: B023
    return found


def _compared(before: Path, after: Path) -> Answer:
    """Compare the end states of both versions."""
    states = []
    for root in (before, after):
        answer = forked(lambda: _end(root))  # noqa: B023
        if "crash" in answer:
            return answer
        states.append(answer["end"])
    return {"differs": "" if states[0] == states[1] else _first_difference(*states)}


def _end(root: Path) -> Answer:
    set_up(root, {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"})
    from django.db.migrations.loader import MigrationLoader

    state = MigrationLoader(None).project_state()
    models = {}
    for key, model in sorted(state.models.items()):
        fields = {
            name: re.sub(" at 0x[0-9a-f]+", "", str(each.deconstruct()[1:]))
            for name, each in sorted(model.fields.items())
        }
        options = {name: _sorted(value) for name, value in sorted(model.options.items()) if value}
        models[".".join(key)] = {"fields": fields, "options": options, "bases": str(model.bases)}
    return {"end": models}


def _sorted(value: Any) -> str:
    return str(sorted(map(str, value))) if isinstance(value, set | list | tuple) else str(value)


def _first_difference(one: Answer, two: Answer) -> str:
    return next(f"{key}: {one.get(key)} / {two.get(key)}" for key in {*one, *two} if one.get(key) != two.get(key))[:500]


def _migfix(root: Path, *arguments: str) -> tuple[int, str]:
    """Run the command line in a fork. Return its exit code and output."""
    preload()
    with tempfile.TemporaryFile() as out:
        child = os.fork()
        if not child:
            try:
                become(list(arguments), root, clean_environment(), out.fileno(), out.fileno())
            finally:
                os._exit(70)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        return code, out.read().decode(errors="replace")


@contextmanager
def _database(engine: str) -> Iterator[dict[str, Any]]:
    """Create a temporary database and yield its Django settings."""
    if engine == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/db.sqlite3"}
        return
    settings = {**ENGINES[engine], "NAME": f"migfix_generated_{os.getpid()}"}
    make, drop = f"CREATE DATABASE {settings['NAME']}", f"DROP DATABASE IF EXISTS {settings['NAME']}"
    forked(lambda: _execute(engine, settings, drop, make))
    try:
        yield settings
    finally:
        forked(lambda: _execute(engine, settings, drop))


def _execute(engine: str, settings: dict[str, Any], *statements: str) -> Answer:
    if engine == "postgresql":
        import psycopg

        with psycopg.connect(
            host=settings["HOST"], port=settings["PORT"], user=settings["USER"], dbname="postgres", autocommit=True
        ) as connection:
            for each in statements:
                connection.execute(each)
    else:
        import MySQLdb

        server = MySQLdb.connect(
            host=settings["HOST"], port=int(settings["PORT"]), user=settings["USER"], password=settings["PASSWORD"]
        )
        for each in statements:
            server.cursor().execute(each)
        server.close()  # type: ignore[no-untyped-call]
    return {}


def as_json(found: Judgement) -> str:
    return json.dumps(found.__dict__)
