"""Plays ``ssoenv`` as ``tests/forkserver.py`` does, with a clock that may be wrong, and with
signals that come at a moment of choice."""

import datetime
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any


class Clock(datetime.datetime):
    """What this process, and all that it loads, takes for the time."""

    ahead = datetime.timedelta()

    @classmethod
    def now(cls, zone: datetime.tzinfo | None = None) -> "Clock":
        return super().now(zone) + cls.ahead

    @classmethod
    def utcnow(cls) -> "Clock":  # as botocore asked before 1.41
        return cls.now(datetime.timezone.utc).replace(tzinfo=None)


def seconds_since_1970(of_the_world: Callable[[], float] = time.time) -> float:
    return of_the_world() + Clock.ahead.total_seconds()


datetime.datetime = Clock  # type: ignore[misc]
time.time = seconds_since_1970

from ssoenv.signin import refresh  # noqa: E402
from ssoenv.system import isolated  # noqa: E402
from tests import forkserver  # noqa: E402

# What may leave something behind, or half of it, or be waited in.
CALLS = {"connect", "execve", "fchmod", "flock", "fsync", "ftruncate", "lseek", "mkdir", "open"}
CALLS |= {"recv_into", "rename", "replace", "sendall", "unlink", "write"}

refresh._ADOPT_SECONDS = 0.1  # nobody else is here whose token could come


def play(order: dict[str, Any]) -> None:
    """Be ``ssoenv``. Does not return."""
    signal.alarm(60)  # nothing waits longer
    Clock.ahead = datetime.timedelta(seconds=order.get("skew", 0))
    if Clock.ahead:
        isolated.start_detached = no_process  # another process would go by the true clock
    if order.get("strike"):
        strike(*order["strike"])
    forkserver.main(order)


def no_process(*_: object, **__: object) -> None:
    """So that ssoenv does the work itself, as where no process can be started."""
    raise OSError("no other process")


def strike(number: int, moment: int, log: str) -> None:
    """Send this process signal ``number`` before its call ``moment`` of ``CALLS``; the file
    ``log`` tells how many of them there were up to the end."""
    made = 0

    def hook(_frame: FrameType, event: str, called: Any) -> None:
        nonlocal made
        if event != "c_call":
            return
        if called.__name__ == "_exit":
            sys.setprofile(None)
            with open(log, "w") as file:
                file.write(str(made))
        elif called.__name__ in CALLS:
            made += 1
            if made == moment:
                os.kill(os.getpid(), number)

    threading.setprofile(hook)
    sys.setprofile(hook)


if __name__ == "__main__":
    forkserver.load_everything()
    forkserver.serve(socket.socket(fileno=int(sys.argv[1])), play)
