"""One mutated migration, and how migfix handled it."""

from __future__ import annotations

import ast
import io
import os
import re
import shutil
import signal
import tempfile
import time
import tokenize
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from cases import Case, all_cases, contents
from conftest import become, clean_environment, preload

from fuzzing.mutations import mutated

SECONDS = 10
MEGABYTES = 1000
CASES = all_cases()


@dataclass(frozen=True)
class Run:
    """One process: its exit code (negative for a signal), its output, and the time and memory it used."""

    code: int
    said: str
    seconds: float
    megabytes: float


def run(*arguments: str, cwd: Path) -> Run:
    """Run the command line in a fork, killed after three times the allowed time."""
    preload()
    with tempfile.TemporaryFile() as out:
        began = time.monotonic()
        child = os.fork()
        if not child:
            try:
                signal.alarm(3 * SECONDS)
                become(list(arguments), cwd, clean_environment(), out.fileno(), out.fileno())
            except BaseException:
                os.write(out.fileno(), traceback.format_exc().encode())
            finally:
                os._exit(70)
        _, status, usage = os.wait4(child, 0)
        out.seek(0)
        said = out.read().decode(errors="replace")
    return Run(os.waitstatus_to_exitcode(status), said, time.monotonic() - began, usage.ru_maxrss / 1024)


def faults(seed: int, root: Path) -> list[str]:
    """Return what migfix did wrong with the input of ``seed``. The project is created in ``root``."""
    random = Random(seed)
    case = random.choice(CASES)
    path = random.choice(case.config["paths"])
    case.copy_before(root)
    file = root / path
    if not file.is_file():
        return []
    file.write_bytes(
        mutated(random, file.read_text(errors="replace")).encode(
            "latin-1" if random.random() < 0.02 else "utf-8", "replace"
        )
    )
    return [f"{case} {each}" for each in _faults(case, root)]


def _faults(case: Case, root: Path) -> Iterator[str]:
    options = ["--force", *case.config.get("flags", [])]
    before = contents(root)
    outside = contents(root.parent)
    first = run("apply", *case.config["paths"], *options, cwd=root)
    after = contents(root)
    yield from _badly_ended(first)
    if first.code not in (0, 1) and after != before:
        yield f"exit {first.code}, and files are written"
    if {name for name in contents(root.parent) if not name.startswith(f"{root.name}/")} - set(outside):
        yield "files are written outside the project"
    if after == before:
        return
    for name, text in after.items():
        if text != before.get(name) and not _parses(text):
            yield f"{name} no longer parses"
    lost = _comments(before) - _comments(after)
    lost = Counter({text: count for text, count in lost.items() if not DJANGOS_NOTE.match(text)})
    if lost:
        yield f"comments are lost: {lost}"
    yield from _elsewhere(before, after)
    second = run("apply", *case.config["paths"], *options, cwd=root)
    yield from _badly_ended(second)
    if contents(root) != after:
        yield "a second apply changes files"


def _badly_ended(ended: Run) -> Iterator[str]:
    if "Traceback" in ended.said or ended.code not in (0, 1, 2):
        yield f"exit {ended.code}: {ended.said[-400:]}"
    if ended.code == 2 and not re.search(r"error: |Error: ", ended.said):
        yield f"exit 2 without a word: {ended.said[-200:]}"
    if ended.seconds > SECONDS:
        yield f"{ended.seconds:.0f} seconds"
    if ended.megabytes > MEGABYTES:
        yield f"{ended.megabytes:.0f} MB"
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", ended.said.replace("\r\n", "\n")):
        yield f"control characters reach the terminal: {ended.said!r}"
    if re.search(r"^::", ended.said, re.MULTILINE):
        yield f"a name makes a line of its own: {ended.said!r}"


def _parses(text: bytes) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


DJANGOS_NOTE = re.compile(
    r"# (Functions from the following migrations|Move them and any|RunPython operations to refer"
    r"|[\w.]+\.migrations\.\d)"
)
"""What squashmigrations writes about functions. It goes when they are copied."""


def _comments(files: dict[str, bytes]) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, text in files.items():
        if name.endswith(".py"):
            try:
                tokens = list(
                    tokenize.tokenize(io.BytesIO(text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")).readline)
                )
            except (tokenize.TokenError, SyntaxError):
                continue
            found.update(each.string for each in tokens if each.type == tokenize.COMMENT)
    return found


def _elsewhere(before: dict[str, bytes], after: dict[str, bytes]) -> Iterator[str]:
    """Yield the statements that changed although no rewrite touches them."""
    everything = b"\n".join(after.values()).decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    for name, text in before.items():
        if after.get(name) == text or not _parses(text):
            continue
        source = text.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")
        for each in ast.parse(text).body:
            if not isinstance(each, ast.Assign | ast.If | ast.Try | ast.For):
                continue
            segment = ast.get_source_segment(source, each)
            if segment and segment not in everything and "get_user_model" not in segment:  # MIG105 moves it
                yield f"{name}: changed outside the edit: {segment[:200]}"


def trial(seed: int) -> list[str]:
    """Return the faults of one input, and delete its project."""
    folder = Path(tempfile.mkdtemp(prefix="migfix-fuzz-"))
    try:
        return faults(seed, folder / "project")
    finally:
        shutil.rmtree(folder)
