"""All files or none, also when the process is killed half-way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Migfix

from migfix.errors import MigfixError
from migfix.write import recover, undo, write_all

KILLED = """
import os, signal, sys
from pathlib import Path
from migfix import write

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
write.write_all(root, before, {path: b"after" for path in before})
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
    write_all(root, *planned(root))
    assert state(root) == {"a.py": b"after", "b.py": b"after", "new.py": b"after"}
    assert (root / "a.py").stat().st_mode & 0o777 == 0o640
    assert undo(root) == sorted(planned(root)[0])
    assert state(root) == {"a.py": b"a", "b.py": b"b"}


@pytest.mark.parametrize("at", [1, 2, 3])
def test_killed_half_way(root: Path, at: int) -> None:
    process = subprocess.run([sys.executable, "-c", KILLED, str(root), str(at)], check=False)
    assert process.returncode == -9
    recover(root)
    assert state(root) == {"a.py": b"a", "b.py": b"b"}
    assert recover(root) == []


def test_killed_and_changed_since(root: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(root), "2"], check=False)
    (root / "a.py").write_bytes(b"mine")
    with pytest.raises(MigfixError, match=r"a\.py has changed since"):
        recover(root)
    assert (root / "a.py").read_bytes() == b"mine"


def test_next_command_puts_files_back(root: Path, migfix: Migfix) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(root), "2"], check=False)
    result = migfix("undo", cwd=root)
    assert "put back as it was, because an earlier run was killed while it wrote." in result.stderr
    assert state(root) == {"a.py": b"a", "b.py": b"b"}


def test_changed_since_it_was_read(root: Path) -> None:
    before, after = planned(root)
    (root / "b.py").write_bytes(b"edited")
    with pytest.raises(MigfixError, match=r"b\.py has changed since it was read; nothing was written"):
        write_all(root, before, after)
    assert state(root) == {"a.py": b"a", "b.py": b"edited"}


def test_an_error_in_the_middle(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from migfix import write

    replace = write.replace_file

    def failing(path: Path, content: bytes) -> None:
        if path.name == "b.py" and content == b"after":
            raise OSError(28, "No space left on device", str(path))
        replace(path, content)

    monkeypatch.setattr(write, "replace_file", failing)
    with pytest.raises(MigfixError, match="No space left on device; nothing was written"):
        write_all(root, *planned(root))
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
