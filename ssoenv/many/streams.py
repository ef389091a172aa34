"""What children print: whole lines behind the profile's name, or kept for a report."""

import os
import threading
import time
from collections.abc import Callable
from typing import IO

from ssoenv.errors import LocalFileError
from ssoenv.system import stdout
from ssoenv.terminal.progress import Count

LONGEST = 64 * 1024  # bytes of a line; a longer one is split
MOST_KEPT = 10 * 1024 * 1024  # bytes of a stream in a report
_READ = 64 * 1024
_SILENCE = 1.0  # seconds


class Output:
    """Our own stdout and stderr, written by one thread at a time.

    ``broken`` is the first error of stdout, after which nothing is written any more.
    """

    def __init__(self, count: Count) -> None:
        self._lock = threading.Lock()
        self._count = count
        self.broken: LocalFileError | None = None

    def write(self, descriptor: int, content: bytes) -> None:
        """Write to stdout (1) or stderr (2). A stderr that takes nothing is no failure."""
        with self._lock:
            self._count.hide()
            if descriptor == 1 and self.broken is None:
                try:
                    stdout.write_bytes(content)
                except LocalFileError as error:
                    self.broken = error
            elif descriptor == 2:
                try:
                    while content:
                        content = content[os.write(2, content) :]
                except OSError:
                    pass

    def show(self, done: int, total: int) -> None:
        """Show the progress, unless somebody is writing."""
        if self._lock.acquire(blocking=False):
            try:
                self._count.show(done, total)
            finally:
                self._lock.release()


class Lines:
    """A stream of a child, given to ``write`` in whole lines behind ``prefix``."""

    def __init__(self, prefix: bytes, write: Callable[[bytes], None]) -> None:
        self._prefix = prefix
        self._write = write
        self._rest = b""

    def take(self, content: bytes) -> None:
        """More of the stream; nothing means that it has ended."""
        rest = self._rest + content
        *lines, rest = rest.split(b"\n")
        if not content and rest:
            lines, rest = [rest], b""
        lines = [part for line in lines for part in _parts(line)]
        if len(rest) > LONGEST:
            *parts, rest = _parts(rest)
            lines += parts
        self._rest = rest
        if lines:
            self._write(b"".join(self._prefix + line + b"\n" for line in lines))


def _parts(line: bytes) -> list[bytes]:
    """``line`` in parts of at most ``LONGEST`` bytes, not cut inside a character of UTF-8."""
    parts = []
    while len(line) > LONGEST:
        at = LONGEST
        while at > LONGEST - 4 and line[at] & 0xC0 == 0x80:
            at -= 1
        parts.append(line[:at])
        line = line[at:]
    return [*parts, line]


class Kept:
    """A stream of a child, kept for a report up to ``MOST_KEPT`` bytes."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self.truncated = False

    def take(self, content: bytes) -> None:
        """More of the stream."""
        room = MOST_KEPT - self._size
        if len(content) > room:
            self.truncated = True
            content = content[:room]
        if content:
            self._parts.append(content)
            self._size += len(content)

    def text(self) -> str:
        """What was kept; bytes that are not UTF-8 are replaced."""
        return b"".join(self._parts).decode("utf-8", "replace")


Stream = Lines | Kept


class Reader:
    """Gives all that comes through ``pipe`` to ``stream``, in a thread of its own."""

    def __init__(self, pipe: IO[bytes], stream: Stream) -> None:
        self._pipe = pipe
        self._stream = stream
        self._ended = threading.Event()
        self._last = 0.0
        threading.Thread(target=self._read, daemon=True).start()

    def wait(self) -> None:
        """Wait for the end of the stream. Where something that the child has left behind keeps it
        open, for a second in which nothing comes."""
        self._last = time.monotonic()
        while not self._ended.wait(0.05) and time.monotonic() - self._last < _SILENCE:
            pass

    def _read(self) -> None:
        while True:
            try:
                content = os.read(self._pipe.fileno(), _READ)
            except OSError:
                content = b""
            self._last = time.monotonic()
            self._stream.take(content)
            if not content:
                self._pipe.close()
                self._ended.set()
                return
