"""Either all files are written or none, even if the process is killed half-way."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cases import FIXTURES, Case, contents
from conftest import Migfix

from migfix.errors import MigfixError
from migfix.write.files import recover, undo, write_all
from migfix.write.journal import journals_at

KILLED = """
import os, signal, sys
from pathlib import Path
from migfix.write import files as write

count = 0
replace = write.replace_file

def replace_and_die(path, content):
    global count
    if path.suffix == ".py":
        count += 1
        if count == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
    replace(path, content)

write.replace_file = replace_and_die
root = Path(sys.argv[1])
before = {str(root / name): (root / name).read_bytes() for name in ("a.py", "b.py")} | {str(root / "new.py"): None}
write.write_all(before, {path: b"after" for path in before})
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_bytes(b"a")
    (tmp_path / "b.py").write_bytes(b"b")
    return tmp_path


def planned(root: Path) -> tuple[dict[str, bytes | None], dict[str, bytes]]:
    before: dict[str, bytes | None] = {str(root / "a.py"): b"a", str(root / "b.py"): b"b", str(root / "new.py"): None}
    return before, dict.fromkeys(before, b"after")


def state(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(root.iterdir()) if path.is_file()}


def test_write_and_undo(root: Path) -> None:
    (root / "a.py").chmod(0o640)
    write_all(*planned(root))
    assert state(root) == {"a.py": b"after", "b.py": b"after", "new.py": b"after"}
    assert (root / "a.py").stat().st_mode & 0o777 == 0o640
    assert undo(root) == sorted(planned(root)[0])
    assert state(root) == {"a.py": b"a", "b.py": b"b"}


@pytest.mark.parametrize("at", [1, 2, 3])
def test_killed_half_way(root: Path, at: int) -> None:
    process = subprocess.run([sys.executable, "-c", KILLED, str(root), str(at)], check=False)
    assert process.returncode == -9
    recover([root])
    assert state(root) == {"a.py": b"a", "b.py": b"b"}
    assert recover([root]) == []


def test_killed_and_changed_since(root: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(root), "2"], check=False)
    (root / "a.py").write_bytes(b"mine")
    with pytest.raises(MigfixError, match=r"a\.py has changed since"):
        recover([root])
    assert (root / "a.py").read_bytes() == b"mine"


def test_next_command_restores_files(root: Path, migfix: Migfix) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(root), "2"], check=False)
    result = migfix("undo", cwd=root)
    assert "restored, because an earlier run was killed while writing." in result.stderr
    assert state(root) == {"a.py": b"a", "b.py": b"b"}


def test_changed_since_it_was_read(root: Path) -> None:
    before, after = planned(root)
    (root / "b.py").write_bytes(b"edited")
    with pytest.raises(MigfixError, match=r"b\.py changed since it was read\. Nothing was written"):
        write_all(before, after)
    assert state(root) == {"a.py": b"a", "b.py": b"edited"}


def test_an_error_in_the_middle(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from migfix.write import files as write

    replace = write.replace_file

    def failing(path: Path, content: bytes) -> None:
        if path.name == "b.py" and content == b"after":
            raise OSError(28, "No space left on device", str(path))
        replace(path, content)

    monkeypatch.setattr(write, "replace_file", failing)
    with pytest.raises(MigfixError, match=r"No space left on device\. Nothing was written"):
        write_all(*planned(root))
    assert state(root) == {"a.py": b"a", "b.py": b"b"}


def test_links_stay_links(root: Path, migfix: Migfix) -> None:
    (root / "real").mkdir()
    target = root / "real" / "0002_data.py"
    target.write_text(
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        '    dependencies = []\n\n    operations = [migrations.RunSQL("CREATE TABLE x (id int)")]\n'
    )
    (root / "linked.py").symlink_to(target)
    assert migfix("apply", "linked.py", cwd=root).returncode == 0
    assert (root / "linked.py").is_symlink()
    assert "DROP TABLE x" in target.read_text()
    assert not [name for name in os.listdir(target.parent) if name.endswith(".migfix")]


EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "shutil.rmtree")
OLD = {"a.py": b"a", "b.py": b"b"}
NEW = {"a.py": b"after", "b.py": b"after", "new.py": b"after"}


def killed_at(number: int, work: Callable[[], object]) -> bool:
    """Run ``work`` in a fork that is killed at its ``number``-th file system event. Return whether it was killed."""
    child = os.fork()
    if not child:
        left = [number]

        def count(event: str, _: object) -> None:
            if event in EVENTS:
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(count)
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def points(work: Callable[[], object], prepare: Callable[[], object]) -> Iterator[int]:
    """Run ``prepare`` and ``work`` repeatedly, and yield each point at which ``work`` was killed."""
    for number in range(1, 1000):
        prepare()
        if not killed_at(number, work):
            return
        yield number


def fresh(root: Path) -> None:
    """Write the two files, and remove what an earlier round left."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for name, content in OLD.items():
        (root / name).write_bytes(content)
    for journal in journals_at(root):
        shutil.rmtree(journal.folder, ignore_errors=True)


def test_killed_at_every_point_of_a_write(root: Path) -> None:
    count = 0
    for count in points(lambda: write_all(*planned(root)), lambda: fresh(root)):
        recover([root])
        assert state(root) in (OLD, NEW), count
        if state(root) == NEW:
            undo(root)
        assert state(root) == OLD
        write_all(*planned(root))
        assert state(root) == NEW
    assert count > 20


def test_killed_at_every_point_of_an_undo(root: Path) -> None:
    def written() -> None:
        fresh(root)
        write_all(*planned(root))

    count = 0
    for count in points(lambda: undo(root), written):
        recover([root])
        assert state(root) in (OLD, NEW), count
        if state(root) == NEW:
            undo(root)
        else:
            with pytest.raises(MigfixError, match="nothing to undo"):
                undo(root)
        assert state(root) == OLD
    assert count > 20


def test_killed_at_every_point_of_putting_back(root: Path) -> None:
    def broken_off() -> None:
        fresh(root)
        subprocess.run([sys.executable, "-c", KILLED, str(root), "3"], check=False)

    count = 0
    for count in points(lambda: recover([root]), broken_off):
        recover([root])
        assert state(root) == OLD, count
    assert count > 5


def test_two_at_once(tmp_path: Path) -> None:
    """Each run reports what it did: it has rewritten the files, found nothing to do, or stopped for a reason."""
    for turn in range(4):
        site = Case(FIXTURES / "break_dependency_cycle" / "five_apps").copy_before(tmp_path / str(turn))
        command = [sys.executable, "-m", "migfix", "apply", ".", "--force"]
        both = [subprocess.Popen(command, cwd=site, stdout=-1, stderr=-1, text=True) for _ in range(2)]
        said = ["".join(each.communicate()) for each in both]
        is_done = ["rewritten" in each for each in said]
        others = ("nothing to do", "changed since it was read. Nothing was written. Run migfix again.")
        assert any(is_done), said
        assert all(done or any(other in each for other in others) for done, each in zip(is_done, said, strict=True)), (
            said
        )
        again = subprocess.run([*command[:3], "check", ".", "--force"], cwd=site, capture_output=True, text=True)
        assert again.stdout.endswith("\nnothing to do: 6 migrations checked\n"), again.stdout


def test_a_journal_in_the_project_is_ignored(root: Path, migfix: Migfix) -> None:
    """A ``.migfix`` folder in a project isn't trusted, because migfix didn't write it."""
    record = root / ".migfix" / "writing"
    record.mkdir(parents=True)
    (record / "0.before").write_bytes(b"planted")
    entry = {"path": "../planted.pth", "number": 0, "is_new": False, "is_gone": True}
    (record / "files.json").write_text(json.dumps([entry]))
    (root / ".migfix" / "last").symlink_to(record)
    for command in ("check", "apply", "undo"):
        migfix(command, *([] if command == "undo" else ["."]), cwd=root)
    assert not (root.parent / "planted.pth").exists()


def test_a_write_belongs_to_the_project_of_its_files(tmp_path: Path, migfix: Migfix) -> None:
    """Wherever migfix is run, undo in one project leaves another one alone."""
    case = Case(FIXTURES / "seed_default_row" / "one_off_default")
    sites = [case.copy_before(tmp_path / name) for name in ("one", "two")]
    before = [contents(each) for each in sites]
    for site in sites:
        (site / "manage.py").touch()
        assert migfix("apply", site / "blog", "--force", cwd=tmp_path).returncode == 0
    after = [contents(each) for each in sites]
    assert migfix("undo", cwd=tmp_path).returncode == 2
    assert migfix("undo", cwd=sites[0] / "blog").returncode == 0
    assert contents(sites[0]).items() >= before[0].items()
    assert contents(sites[1]) == after[1]
    assert migfix("undo", cwd=sites[1]).returncode == 0


def test_check_does_not_read_half_written_files(root: Path, migfix: Migfix) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(root), "2"], check=False)
    result = migfix("check", ".", cwd=root)
    told = "Run `migfix undo` there to restore the files."
    assert (result.returncode, result.stderr.strip().endswith(told)) == (2, True), result.stderr
    assert state(root)["a.py"] == b"after"
