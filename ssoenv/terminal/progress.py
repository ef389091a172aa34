"""One line on stderr that shows that we wait, for what, and for how much longer."""

import os
import sys
import time

from ssoenv.terminal import colour, messages

_DOTS = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PLAIN = "|/-\\"


class Progress:
    """A spinner with the time left on a terminal, a single plain line elsewhere.

    ``text``: what is waited for. ``end``: when that ends, by ``time.monotonic``. The line is
    gone when the context is left, however it is left.
    """

    def __init__(self, text: str, end: float) -> None:
        self._text = text
        self._end = end
        self._turn = 0
        self._live = colour.can_move(sys.stderr)

    def __enter__(self) -> "Progress":
        if not self._live:
            messages.say(f"{self._text}, at most {remaining(self._end)}")
        return self

    def tick(self) -> None:
        """Show that time goes by; call it several times a second."""
        if not self._live:
            return
        frames = _DOTS if _can_show(_DOTS) else _PLAIN
        frame = frames[self._turn % len(frames)]
        self._turn += 1
        line = f"{self._text}, {remaining(self._end)} left"[: max(1, _columns() - 3)]
        colour_of_frame = colour.CYAN if colour.is_wanted(sys.stderr) else None
        messages.raw(f"\r{colour.painted(frame, colour_of_frame)} {line}\x1b[K")

    def __exit__(self, *_: object) -> None:
        if self._live:
            messages.raw("\r\x1b[K")


class Count:
    """How much of a task is done, on a terminal a bar; elsewhere nothing is shown.

    ``text``: what is being done. The line is gone when the context is left.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._shown_at = 0.0
        self._live = colour.can_move(sys.stderr)

    def __enter__(self) -> "Count":
        return self

    def show(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are done; call it as often as you like."""
        now = time.monotonic()
        if not self._live or now - self._shown_at < 0.05:
            return
        self._shown_at = now
        full, empty = ("█", "░") if _can_show("█░") else ("#", ".")
        numbers = f" {done}/{total}"
        room = _columns() - len(self._text) - len(numbers) - 2
        length = min(24, room)
        filled = length * done // total if total and length > 0 else 0
        bar = f" {full * filled}{empty * (length - filled)}" if length >= 4 else ""
        # The cursor waits at the start of the line, so that a warning writes over it.
        messages.raw(f"\r{(self._text + bar + numbers)[: max(1, _columns() - 1)]}\x1b[K\r")

    def __exit__(self, *_: object) -> None:
        if self._live:
            messages.raw("\r\x1b[K")


def remaining(end: float) -> str:
    """Minutes and seconds until ``end``, as a clock shows them: ``9:58``."""
    seconds = max(0, round(end - time.monotonic()))
    return f"{seconds // 60}:{seconds % 60:02}"


def _can_show(text: str) -> bool:
    try:
        text.encode(sys.stderr.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError, AttributeError):
        return 80
