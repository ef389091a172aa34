"""A clean Python for work that has to go on by itself: new, alone, with nothing on its command
line.

A forked copy of this process would keep its threads' locks, its memory with whatever secrets
are in it, and its command line, by which it would be mistaken for the command itself. A new
interpreter has none of that. What it needs is written into its standard input as one line of
JSON; secrets are neither in its arguments nor in its environment.
"""

import json
import os
import sys

from ssoenv.cache.role_keys import Credentials

_START = (
    "import json, sys; order = json.loads(sys.stdin.buffer.readline());"
    " sys.path[:] = order['path']; from ssoenv.endpoint import isolated; isolated.obey(order)"
)


def command(label: str) -> list[str]:
    """The command line of a clean Python, isolated from the current folder and PYTHON variables.
    ``label``: for people who look at a list of processes."""
    return [sys.executable, "-I", "-c", _START, label]


def order(work: str, **fields: object) -> bytes:
    """The line that makes it import ``ssoenv.endpoint.WORK`` and call its ``main(order)``."""
    path = [os.path.abspath(folder) for folder in sys.path if folder]
    return json.dumps({"path": path, "work": work, **fields}).encode() + b"\n"


def obey(order: dict[str, object]) -> None:
    """Carry out an order: runs in the clean Python."""
    import importlib

    harden()
    importlib.import_module(f"ssoenv.endpoint.{order['work']}").main(order)


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


def packed(keys: Credentials) -> list[object]:
    """``keys`` as JSON can carry them."""
    return [
        keys.access_key_id,
        keys.secret_access_key,
        keys.session_token,
        keys.expiration,
        keys.account_id,
    ]


def unpacked(fields: list[object]) -> Credentials:
    """Keys that were ``packed``. Raises ``ValueError``, ``TypeError`` for anything else."""
    return Credentials(*fields)  # type: ignore[arg-type]
