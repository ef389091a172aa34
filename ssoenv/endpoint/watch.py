"""Knowing when another process ends, which is not our child, however it ends.

Linux has a descriptor for a process, macOS and the BSDs an event; elsewhere, or where these are
forbidden, it is asked for every second, and known again by the moment it began.
"""

import os
import select

_ASK_SECONDS = 1.0
_WAKE_SECONDS = 30.0  # a machine may have slept, and its clock gone on meanwhile


class Lifeline:
    """Watches process ``pid`` from now on.

    ``patience``: how many seconds may pass between two calls of ``ended``, if ``fileno`` is not
    a descriptor that says when it is time.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._gone = False
        self._queue = None
        self._descriptor = _process_descriptor(pid)
        if self._descriptor < 0 and hasattr(select, "kqueue"):
            self._watch_queue()
        self.patience = _WAKE_SECONDS if self.fileno() >= 0 else _ASK_SECONDS
        self._began = _beginning(pid)

    def fileno(self) -> int:
        """A descriptor that becomes readable when the process has ended, or -1."""
        return self._queue.fileno() if self._queue is not None else self._descriptor

    def ended(self) -> bool:
        """Whether the process has ended."""
        if not self._gone:
            self._gone = self._look()
        return self._gone

    def _look(self) -> bool:
        if self._queue is not None:
            return bool(self._queue.control(None, 1, 0))
        if self._descriptor >= 0:
            poll = select.poll()
            poll.register(self._descriptor, select.POLLIN)
            return bool(poll.poll(0))
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            pass  # it belongs to somebody else now, as sudo does, but it is there
        return _beginning(self._pid) != self._began

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
            self._gone = True
        except OSError:
            queue.close()


class Cord:
    """A lifeline that a thread of this process holds: it ends when it is ``cut``."""

    patience = _WAKE_SECONDS

    def __init__(self) -> None:
        self._cut = False

    def fileno(self) -> int:
        """No descriptor."""
        return -1

    def ended(self) -> bool:
        """Whether it has been cut."""
        return self._cut

    def cut(self) -> None:
        """End it."""
        self._cut = True


def _process_descriptor(pid: int) -> int:
    if not hasattr(os, "pidfd_open"):
        return -1
    try:
        return os.pidfd_open(pid)
    except OSError:  # an old kernel, or a sandbox that does not know it
        return -1


def _beginning(pid: int) -> str | None:
    """When the process began, in the kernel's ticks; None if it is dead or nobody tells."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            words = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if words[0] in "ZX" else words[19]
