"""A terminal with a person at it: tmux draws the screen, keys are typed, text is waited for."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable

import pytest

PATIENCE = 30  # seconds, on a machine that has better things to do


class Terminal:
    """One terminal that runs one command; closed at the end of the ``with`` block."""

    def __init__(
        self, command: list[str], environ: dict[str, str], folder: str, columns: int = 120
    ) -> None:
        tmux = shutil.which("tmux")
        if tmux is None:
            pytest.skip("needs tmux: apt-get install tmux")
        # A short path: the names of sockets are short, and pytest's folders are not.
        self._folder = tempfile.TemporaryDirectory(prefix="tmux-")
        self._server = [tmux, "-S", os.path.join(self._folder.name, "s"), "-f", os.devnull]
        size = ("-x", str(columns), "-y", "40")
        self._environ = environ
        self._tmux("new-session", "-d", *size, "-c", folder, *command)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server", check=False)
        self._folder.cleanup()

    def type(self, text: str) -> None:
        """Type ``text`` as it is."""
        self._tmux("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names: Enter, Tab, C-c, Escape, Up, …"""
        self._tmux("send-keys", *keys)

    def screen(self) -> str:
        """What the person sees, lines that were wrapped made whole again."""
        return self._tmux("capture-pane", "-p", "-J").rstrip()

    def history(self) -> str:
        """All that was on the screen since the terminal was opened."""
        return self._tmux("capture-pane", "-p", "-J", "-S", "-").rstrip()

    def painted(self) -> str:
        """The screen line by line, its colours as escape sequences."""
        return self._tmux("capture-pane", "-p", "-e").rstrip("\n")

    def cursor(self) -> tuple[int, int]:
        """Its column and row, from 0."""
        column, row = self._tmux("display-message", "-p", "#{cursor_x} #{cursor_y}").split()
        return int(column), int(row)

    def see(self, *texts: str) -> str:
        """Wait until all ``texts`` are on the screen; the screen."""
        return self.until(lambda screen: all(text in screen for text in texts), texts)

    def until(self, holds: Callable[[str], bool], what: object) -> str:
        """Wait until ``holds(screen)``; the screen."""
        end = time.monotonic() + PATIENCE
        while not holds(screen := self.screen()):
            assert time.monotonic() < end, f"never seen: {what!r}. The screen:\n{screen}"
            time.sleep(0.02)
        return screen

    def process(self) -> int:
        """The id of the process that the terminal was started with."""
        return int(self._tmux("display-message", "-p", "#{pane_pid}"))

    def _tmux(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            [*self._server, *arguments],
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=check,
        )
        return done.stdout
