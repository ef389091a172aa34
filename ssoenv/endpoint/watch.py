"""Waiting for the end of another process that is not our child, however it ends.

Linux has a descriptor for a process, macOS and the BSDs an event. Elsewhere, or where these are
forbidden, we look every second, and recognize the process by the time it began.
"""

import os
import select
import time

_LOOK_SECONDS = 1.0


class ProcessWatch:
    """Watches process ``pid`` from now on."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._ended = False
        self._queue = None
        self._descriptor = _process_descriptor(pid)
        if self._descriptor < 0 and hasattr(select, "kqueue"):
            self._watch_queue()
        self._began = _start_time(pid)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end of the process, at most so many seconds (None: without limit).
        Returns whether it has ended."""
        deadline = float("inf") if seconds is None else time.monotonic() + seconds
        while not self._ended:
            left = max(deadline - time.monotonic(), 0.0)
            self._ended = self._look(left)
            if not self._ended and left == 0:
                return False
        return True

    def _look(self, seconds: float) -> bool:
        """Whether the process has ended, after so many seconds or less."""
        limit = None if seconds == float("inf") else seconds
        if self._queue is not None:
            return bool(self._queue.control(None, 1, limit))
        if self._descriptor >= 0:
            poll = select.poll()
            poll.register(self._descriptor, select.POLLIN)
            return bool(poll.poll(None if limit is None else limit * 1000))
        time.sleep(min(seconds, _LOOK_SECONDS))
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            pass  # it belongs to another user now, as with sudo, but it runs
        return _start_time(self._pid) != self._began

    def _watch_queue(self) -> None:
        queue = select.kqueue()  # type: ignore[attr-defined,unused-ignore]
        event = select.kevent(  # type: ignore[attr-defined,unused-ignore]
            self._pid,
            filter=select.KQ_FILTER_PROC,  # type: ignore[attr-defined,unused-ignore]
            flags=select.KQ_EV_ADD,  # type: ignore[attr-defined,unused-ignore]
            fflags=select.KQ_NOTE_EXIT,  # type: ignore[attr-defined,unused-ignore]
        )
        try:
            queue.control([event], 0)
            self._queue = queue
        except ProcessLookupError:
            self._ended = True
        except OSError:
            queue.close()


def _process_descriptor(pid: int) -> int:
    if not hasattr(os, "pidfd_open"):
        return -1
    try:
        return os.pidfd_open(pid)
    except OSError:  # an old kernel, or a sandbox that does not know it
        return -1


def _start_time(pid: int) -> str | None:
    """When the process began, in the kernel's ticks; None if it has ended or cannot be asked."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            words = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if words[0] in "ZX" else words[19]
