"""A clean Python for work that has to go on by itself: new, alone, with nothing on its command
line.

A forked copy of this process would keep its threads' locks, its memory with whatever secrets
are in it, and its command line, by which it would be mistaken for the command itself. A new
interpreter has none of that. What it needs is written into its standard input as one line of
JSON; secrets are neither in its arguments nor in its environment.
"""

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

_START = (
    "import json, sys; order = json.loads(sys.stdin.buffer.readline());"
    " sys.path[:] = order['sys_path']; from ssoenv.system import isolated; isolated.obey(order)"
)


def command(label: str) -> list[str]:
    """The command line of a clean Python, isolated from the current folder and PYTHON variables.
    ``label``: for people who look at a list of processes. Raises ``OSError`` where this program
    is not run by a Python that could be started again (one that is part of another program)."""
    if not sys.executable or hasattr(sys, "frozen"):
        raise OSError(errno.ENOEXEC, "there is no Python to start")
    return [sys.executable, "-I", "-c", _START, label]


def order(work: str, *, detached: bool = False, **fields: Any) -> bytes:
    """The line that makes it import the module ``work`` and call its ``main(order)``.
    ``detached``: for ``start_detached``."""
    path = [os.path.abspath(folder) for folder in sys.path if folder]
    line = json.dumps({"sys_path": path, "work": work, "detached": detached, **fields})
    return line.encode() + b"\n"


def start_detached(label: str, order: bytes, keep: Iterable[int] = ()) -> "subprocess.Popen[bytes]":
    """Start a clean Python that carries out ``order``, out of the reach of what ends this process.

    It has a session of its own, and nothing of ours open but the descriptors ``keep`` and a pipe
    that it may write to; ``obey`` does the rest. Raises ``OSError``.
    """
    options: dict[str, Any] = {"start_new_session": True, "pass_fds": tuple(keep)}
    if os.name == "nt":
        flags = ("CREATE_NO_WINDOW", "CREATE_NEW_PROCESS_GROUP")
        options = {"creationflags": sum(getattr(subprocess, name) for name in flags)}
    process = subprocess.Popen(
        command(label),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        **options,
    )
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(order)
        process.stdin.close()
    process.stdin = None  # or ``communicate`` would flush it
    return process


def _detach() -> None:
    """Be nobody's child, since a program may wait for all its children, and deaf to the signals
    that end a terminal, a group of processes or a service."""
    if os.name == "posix" and os.fork():
        os._exit(0)
    for name in ("SIGHUP", "SIGINT", "SIGTERM", "SIGQUIT"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def obey(order: dict[str, object]) -> None:
    """Carry out an order: runs in the clean Python."""
    import importlib

    if order["detached"]:
        _detach()
    harden()
    importlib.import_module(str(order["work"])).main(order)


def harden() -> None:
    """Let no other process of this person read our memory, and no crash write it to a disk."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass  # Windows has no core dumps
    _prctl(4, 0)  # PR_SET_DUMPABLE


def call_ourselves(name: bytes) -> None:
    """What ``ps`` shows for us; at most 15 bytes, and only on Linux."""
    _prctl(15, name)  # PR_SET_NAME


def _prctl(option: int, argument: int | bytes) -> None:
    """The call of Linux for settings of a process, see <linux/prctl.h>."""
    if sys.platform == "linux":
        try:
            import ctypes

            ctypes.CDLL(None).prctl(option, argument, 0, 0, 0)
        except (ImportError, OSError, AttributeError):
            pass  # a Python without ctypes
