"""A dumb terminal, and answers typed into it."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import time
from collections.abc import Iterable
from pathlib import Path

PATIENCE = 20
"""Seconds."""
QUESTION = re.compile(rb"(\]|:|\)|>>>) $")


def typed(command: list[str], cwd: Path, answers: Iterable[bytes]) -> tuple[int, str]:
    """Type an answer at each question of a command. Return its exit code and what its terminal shows."""
    waiting = list(answers)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        quiet = {"PATH": "/usr/bin:/bin", "NO_COLOR": "1", "TERM": "dumb", "PYTHONWARNINGS": "ignore"}
        os.execve(command[0], command, os.environ | quiet)
    shown = answered = b""
    while True:
        if not select.select([terminal], [], [], PATIENCE)[0]:
            os.kill(pid, signal.SIGKILL)
            raise AssertionError(f"nothing happens any more: {shown.decode()}")
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
        if waiting and QUESTION.search(shown) and shown != answered:
            if waiting[0] == b"\x03":
                time.sleep(0.5)  # input() does not notice a signal between its prompt and its read()
            os.write(terminal, waiting.pop(0))
            answered = shown
    os.close(terminal)
    assert not waiting, f"nobody asked for {waiting}: {shown.decode()}"
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode().replace("\r\n", "\n")
