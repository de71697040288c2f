"""One test harness for all fixtures: files before and after, then databases."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import tokenize
from datetime import date
from pathlib import Path

import django
import pytest
from cases import Case, all_cases, contents
from conftest import ENGINES, MAY_BE_MISSING, MISSING, URLS, Migfix

from migfix.planning.registry import all_rules

CASES = all_cases()
DB_CASES = [case for case in CASES if "db" in case.config]
CODES = {rule.name.replace("-", "_"): rule.code for rule in all_rules()}


def flags(case: Case) -> list[str]:
    user = case.config.get("auth_user_model")
    return [*case.config.get("flags", []), *(["--auth-user-model", user] if user else []), *_selected(case)]


def _selected(case: Case) -> list[str]:
    return ["--select", case.config.get("select", CODES[case.rule])]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_apply(case: Case, tmp_path: Path, forked: Migfix) -> None:
    """The files match ``after``, the refusals match refusal.txt, and a second apply changes nothing."""
    project = case.copy_before(tmp_path / "project")
    result = forked("apply", *case.config["paths"], *flags(case), cwd=project)
    assert contents(project) == contents(case.copy_after(tmp_path / "expected")), result.stdout + result.stderr
    refused = "".join(
        line + "\n" for line in result.stdout.splitlines() if ": can't fix: " in line or line.startswith("  next: ")
    )
    assert refused == (case.refusal or "")
    assert result.returncode == (1 if case.refusal else 0), result.stdout + result.stderr
    again = forked("apply", *case.paths_after, *flags(case), cwd=project)
    assert contents(project) == contents(tmp_path / "expected"), "a second apply must change nothing"
    assert again.returncode == (1 if case.refusal else 0)


@pytest.mark.parametrize("case", [case for case in CASES if case.is_rewritten], ids=lambda case: case.name)
def test_comments_survive(case: Case, tmp_path: Path) -> None:
    before = contents(case.copy_before(tmp_path / "before"))
    after = contents(case.copy_after(tmp_path / "after"))
    for path in after:
        if path.endswith(".py"):
            ast.parse(after[path])
    old = sorted(comment for path, source in before.items() if path.endswith(".py") for comment in comments(source))
    new = [comment for path, source in after.items() if path.endswith(".py") for comment in comments(source)]
    for comment in old:
        if case.rule == "inline_squashed_functions" and comment in DJANGOS_NOTE:
            continue
        assert comment in new
        new.remove(comment)


DJANGOS_NOTE = """\
# Functions from the following migrations need manual copying.
# Move them and any dependencies into this file, then update the
# RunPython operations to refer to the local versions:
# blog.migrations.0003_fill
# blog.migrations.0004_fill
# blog.migrations.0004_title""".splitlines()


def comments(source: bytes) -> list[str]:
    return [token.string for token in tokenize.tokenize(io.BytesIO(source).readline) if token.type == tokenize.COMMENT]


REWRITTEN = [case for case in CASES if case.is_rewritten]
OF_THE_DAY = REWRITTEN[date.today().toordinal() % 3 :: 3] if os.environ.get("CI") else REWRITTEN
"""In CI a third of the cases, another one each day."""


@pytest.mark.parametrize("case", OF_THE_DAY, ids=lambda case: case.name)
def test_diff_is_a_patch(case: Case, tmp_path: Path, forked: Migfix) -> None:
    """``git apply`` and ``patch -p1`` both turn ``before`` into ``after`` with the output of ``diff``."""
    expected = contents(case.copy_after(tmp_path / "expected"))
    project = case.copy_before(tmp_path / "project")
    patch = forked("diff", *case.config["paths"], *flags(case), cwd=project).stdout.encode(errors="surrogateescape")
    for tool in (["git", "apply"], ["patch", "-p1", "--binary"]):
        project = case.copy_before(tmp_path / tool[0])
        applied = subprocess.run(tool, cwd=project, input=patch, capture_output=True, check=False)
        assert applied.returncode == 0, applied.stderr
        assert contents(project) == expected


SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = {apps}
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "{user}"
USE_TZ = True
SITE_ID = 1
"""


DJANGOS = (b"auth", b"AUTH_USER", b"contenttypes", b"Permission")
"""Signs that a case needs Django's own apps. Their fourteen migrations take half the time of a trial."""
IS_SQLITE_LEG = bool(os.environ.get("MIGFIX_SQLITE_ONLY"))
"""Set in CI's SQLite runs under the oldest and the newest Django, which share the cases. Other runs skip SQLite."""
IS_AFTER_ONLY = bool(os.environ.get("MIGFIX_AFTER_ONLY"))
"""Set in one of them: it runs rewritten migrations only, because the others have shown that the originals fail."""


OF_EACH_IN_CI = 1


def has_original(case: Case) -> bool:
    """Whether the original is run: for a few cases of each rule, and a few where engines differ.

    What an original does depends on Django and the engine only, so no change to migfix can affect it. MIGFIX_ORIGINALS
    runs them all.
    """
    if os.environ.get("MIGFIX_ORIGINALS"):
        return True
    alike = [each for each in DB_CASES if _kind(each) == _kind(case)]
    if IS_SQLITE_LEG:
        return not IS_AFTER_ONLY and alike.index(case) % 2 == 0
    return alike.index(case) < OF_EACH_IN_CI


def _kind(case: Case) -> tuple[str, bool, bool]:
    return case.rule, case.is_rewritten, isinstance(case.config["db"].get("before"), dict)


def engines_of(case: Case) -> list[str]:
    """A rewrite runs on every engine. A case left alone runs on one, unless it sets what each engine does."""
    is_on_all = case.is_rewritten or isinstance(case.config["db"].get("before"), dict)
    if not case.is_rewritten and not has_original(case):
        return []
    if IS_SQLITE_LEG:
        is_its_turn = not os.environ.get("CI") or DB_CASES.index(case) % 2 == IS_AFTER_ONLY
        return ["sqlite"] if case.is_rewritten and is_its_turn else []
    if os.environ.get("CI"):
        assert not MISSING.keys() - MAY_BE_MISSING, MISSING
        return [each for each in _servers_of(case) if each not in MISSING] if is_on_all else ["postgresql"]
    there = [engine for engine in ENGINES if engine not in MISSING]
    return there if is_on_all else there[1:2] or there


def _servers_of(case: Case) -> list[str]:
    """The servers to run a rewrite on in CI: both where they differ and for a few cases of each rule.

    The other cases take turns: one server, the other server, or none, where the SQLite runs are enough.
    """
    alike = [each for each in DB_CASES if each.rule == case.rule and each.is_rewritten]
    place = alike.index(case) if case in alike else 0
    if isinstance(case.config["db"].get("before"), dict) or place < OF_EACH_IN_CI:
        return ["postgresql", "mariadb", "mysql"]
    return [["postgresql"], ["mariadb"], ["mysql"], []][place % 4]


def expected_of(case: Case, engine: str) -> str:
    """Whether the original ``fails`` or ``passes``, or is ``not tested``."""
    expected = case.config["db"].get("before", "fails")
    if isinstance(expected, str):
        return expected
    as_on = "mariadb" if engine == "mysql" else engine
    return str(expected.get(engine, expected.get(as_on, "passes")))


@pytest.mark.parametrize("case", [case for case in DB_CASES if engines_of(case)], ids=str)
def test_on_a_database(case: Case, tmp_path: Path, forked: Migfix) -> None:
    """The original fails or passes as the case says; the rewritten version passes every step."""
    if tuple(map(int, case.config.get("django", "4.2").split("."))) > django.VERSION:
        pytest.skip(f"the models of this case need Django {case.config['django']}")
    engines = [engine for engine in engines_of(case) if expected_of(case, engine) != "not tested"]
    if not engines:
        pytest.skip("the case says so for this engine")
    is_compared = case.is_rewritten and has_original(case) and not case.config["db"].get("loses values")
    project = (case.copy_before if is_compared or not case.is_rewritten else case.copy_after)(tmp_path / "project")
    _write_settings(case, project)
    arguments = ["--settings", "settings", "--json", *_verify_flags(case), *(["--compare"] if is_compared else [])]
    arguments += [text for engine in engines for text in ("--engine", URLS[engine])]
    if rows := case.config["db"].get("rows"):
        (project / "rows.sql").write_text(";\n".join(rows))
        arguments += ["--rows-from", "rows.sql"]
    result = forked("verify", *_paths(case, is_compared), *arguments, cwd=project)
    assert result.stdout, result.stderr
    found = json.loads(result.stdout)["trials"]
    wanted = []
    for engine in engines:
        is_passing = expected_of(case, engine) == "passes"
        wanted += [("original", is_passing), ("rewritten", True)] if is_compared else []
        wanted += [] if is_compared else [("", is_passing or case.is_rewritten)]
    assert [(trial["version"], trial["passed"]) for trial in found] == wanted, result.stdout
    assert result.returncode == (0 if all(passed for version, passed in wanted if version != "original") else 1)
    if case.config["db"].get("previous release"):
        ends = [step["outcome"] for trial in found for step in trial["steps"] if step["name"] == "previous release"]
        assert ends == (["noted", "passed"] if is_compared else ["passed"]) * len(engines), result.stdout


LEFT_OPEN = (
    *("is a foreign key now, and existing values may point at no row", "and keeps its keys as values"),
    "and that may fail, or the value may not fit",
)
"""What MIG109 can't tell of a column that becomes a key, or was one: it keeps all values. And MIG117 of expressions."""


@pytest.mark.parametrize("case", REWRITTEN, ids=lambda case: case.name)
def test_no_rule_refuses_what_another_wrote(case: Case, tmp_path: Path, forked: Migfix) -> None:
    """Run with all enabled rules, the rewritten files have no refusal, and no doubt, that the original files lack."""
    found = []
    for name, copy in (("before", case.copy_before), ("after", case.copy_after)):
        options = [*case.config.get("flags", []), "--output-format", "json"]
        user = ["--auth-user-model", user] if (user := case.config.get("auth_user_model")) else []
        result = forked("check", *_paths(case, name == "before"), *options, *user, cwd=copy(tmp_path / name))
        assert result.returncode in (0, 1), result.stderr
        said = json.loads(result.stdout)
        refused = [(each["code"], each["why"]) for each in said["findings"] if each["is_refused"]]
        doubts = [("MIG002", each["why"].partition("; the rest is rewritten")[0]) for each in said["uncertain"]]
        found.append({*refused, *(each for each in doubts if not each[1].endswith(LEFT_OPEN))})
    assert not found[1] - found[0]


NEW_DATABASE = """
import sys
sys.path.insert(0, "")
import django
from django.conf import settings
import settings as said
said.DATABASES["default"]["NAME"] = ":memory:"
settings.configure(**{name: value for name, value in vars(said).items() if name.isupper()})
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""


WITHOUT_ROWS = [case for case in REWRITTEN if "db" not in case.config] if os.environ.get("CI") else REWRITTEN
"""In CI, the other cases migrate a new SQLite database with the oldest or the newest Django, and then add rows."""


@pytest.mark.parametrize("case", WITHOUT_ROWS, ids=lambda case: case.name)
def test_on_a_new_database(case: Case, tmp_path: Path, forked_python: Migfix) -> None:
    """The rewritten migrations can be imported and create a new database, unless the original ones can't either."""
    if tuple(map(int, case.config.get("django", "4.2").split("."))) > django.VERSION:
        pytest.skip(f"the models of this case need Django {case.config['django']}")
    is_made, said = _migrated(case, case.copy_after(tmp_path / "after"), forked_python)
    if not is_made:
        was_made, _ = _migrated(case, case.copy_before(tmp_path / "before"), forked_python)
        assert not was_made, said
        assert case.config.get("new database") == "fails", said


def _migrated(case: Case, project: Path, python: Migfix) -> tuple[bool, str]:
    _write_settings(case, project)
    result = python(NEW_DATABASE, cwd=project)
    return result.returncode == 0, result.stderr[-2000:]


def _write_settings(case: Case, project: Path) -> None:
    apps = sorted(path.parent.name for path in project.glob("*/migrations"))
    texts = [*contents(project).items(), *contents(case.folder).items()]
    if any(word in text for path, text in texts if path.endswith((".py", ".toml")) for word in DJANGOS):
        apps[:0] = ["django.contrib.contenttypes", "django.contrib.auth"]
    if any(b'"sites"' in text for path, text in texts if path.endswith(".py")):
        apps[:0] = ["django.contrib.sites"]
    user = case.config.get("auth_user_model", "auth.User")
    (project / "settings.py").write_text(SETTINGS.format(apps=apps, user=user))


def _paths(case: Case, is_compared: bool) -> list[str]:
    """The files to verify: the named ones and, if only the rewritten version is run, the new files of the rewrite."""
    after = [path.relative_to(case.folder / "after").as_posix() for path in (case.folder / "after").rglob("0*.py")]
    come = [path for path in after if not (case.folder / "before" / path).exists()]
    if is_compared or not case.is_rewritten:
        return list(case.config["paths"])
    return [*case.paths_after, *(path for path in come if path not in case.paths_after)]


def _verify_flags(case: Case) -> list[str]:
    return ["--for-engines" if each in ("--engine", "--engines") else each for each in flags(case)]
