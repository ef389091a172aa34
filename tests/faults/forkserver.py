"""Plays ``ssoenv`` again and again: it has everything loaded, and forks a child for each run.

Reads a line of JSON a run and answers with its exit code (negative: the signal that ended it).
The child is a process of its own, with the environment, folder and descriptors it is told, and
runs the program's ``main`` from first to last.
"""

import datetime
import importlib
import json
import os
import pkgutil
import signal
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

import ssoenv  # noqa: E402
from ssoenv import __main__ as front_door  # noqa: E402
from ssoenv.system import isolated  # noqa: E402

# What may leave something behind, or half of it, or be waited in.
CALLS = {"connect", "execve", "fchmod", "flock", "fsync", "ftruncate", "lseek", "mkdir", "open"}
CALLS |= {"recv_into", "rename", "replace", "sendall", "unlink", "write"}

for module in pkgutil.walk_packages(ssoenv.__path__, "ssoenv."):
    if not module.name.startswith("ssoenv.demo"):
        importlib.import_module(module.name)


def play(order: dict[str, Any]) -> None:
    """Be ``ssoenv``. Does not return."""
    signal.alarm(60)  # nothing waits longer
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.umask(order.get("umask", 0o022))
    for number, path in enumerate(order["streams"]):
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.argv = ["ssoenv", *order["arguments"]]
    Clock.ahead = datetime.timedelta(seconds=order.get("skew", 0))
    if Clock.ahead:
        isolated.start_detached = no_process  # another process would go by the true clock
    if order.get("strike"):
        strike(*order["strike"])
    front_door.main()


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
    for line in sys.stdin.buffer:
        child = os.fork()
        if child == 0:
            play(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
