"""Who takes part when somebody signs in: a browser, and a person at a terminal."""

import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pexpect

from tests import terminal
from tests.conftest import SSOENV, World

VISITOR = os.path.join(os.path.dirname(__file__), "visitor.py")


class Browser:
    """The program that $BROWSER names. ``environ`` makes a process use it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.environ = {"BROWSER": f"{sys.executable} {VISITOR} {folder} %s &"}

    @property
    def visits(self) -> list[str]:
        """The addresses that it was opened with."""
        log = self.folder / "visits"
        return log.read_text().splitlines() if log.exists() else []

    @property
    def page(self) -> str:
        """The last page that it saw, once it has seen one."""
        shown = self.folder / "page.html"
        wait_until(lambda: shown.exists() and shown.stat().st_size > 0)
        return shown.read_text()


class Person:
    """Somebody at a pseudo-terminal of ``columns``, running ssoenv (or ``program``) in a world."""

    def __init__(
        self,
        world: World,
        *arguments: str,
        columns: int = 80,
        program: str = SSOENV,
        **changes: str | None,
    ) -> None:
        environment = world.environment(**{"TERM": "xterm-256color", **changes})
        size = (24, columns)
        self.child = terminal.spawn(program, arguments, environment, world.home, size)
        self.seen = ""

    def expect(self, pattern: str) -> str:
        """Wait until ``pattern`` shows; all that was seen so far."""
        self.child.expect(pattern)
        self.seen += self.child.before + self.child.after
        return self.seen

    def end(self) -> int:
        """The exit code, when it has ended; ``seen`` is then all that was shown."""
        self.child.expect(pexpect.EOF)
        self.seen += self.child.before
        self.child.close()
        status = self.child.exitstatus
        return -self.child.signalstatus if status is None else status


def wait_until(true: Callable[[], object], seconds: float = 30) -> None:
    """Wait for something that another process does and cannot tell us."""
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, "it did not happen"
        time.sleep(0.01)


def plain(text: str) -> str:
    """``text`` without what moves or colours a terminal."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def leftovers(world: World) -> list[str]:
    """Temporary files under ``~/.aws``."""
    return [str(path) for path in world.home.rglob("*") if "tmp" in path.name]
