"""The process beside a command that serves its endpoint, and lives exactly as long as it.

The command replaces ssoenv and keeps its pid, so the endpoint must be somebody else's process: a
clean Python (see ``isolated``) that detaches itself, so that it is no child of the command, which
may wait for its children, and has a session of its own, so that what is typed on the terminal
does not reach it. It holds none of the command's files open, not even stderr; what it has to say
it says to the SDK that asks.

On Windows a process cannot be replaced. There ssoenv stays, and a thread of it is the server.
"""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import IO, Any

from ssoenv.cache.role_keys import Credentials
from ssoenv.endpoint import copies_folder, isolated, refresher
from ssoenv.endpoint.renewal import AHEAD_SECONDS, Keeper
from ssoenv.endpoint.server import Server
from ssoenv.endpoint.watch import Cord, Lifeline
from ssoenv.errors import ExecFailed, LocalFileError

_START_SECONDS = 20.0


class Endpoint:
    """A running endpoint: its ``url``, the ``token`` to show there, and the ``folder`` of the
    files that go with it. ``stop`` ends it, where it does not end by itself."""

    __slots__ = ("folder", "stop", "token", "url")

    def __init__(
        self, url: str, token: str, folder: str, stop: Callable[[], None] = lambda: None
    ) -> None:
        self.url = url
        self.token = token
        self.folder = folder
        self.stop = stop


def start(
    keys: Credentials,
    source: Mapping[str, object],
    min_ttl: float,
    copies: Mapping[str, str],
) -> Endpoint:
    """Serve ``keys`` and their successors until this process, or what it becomes, has ended.

    ``source``: what ``refresher.fetch`` needs to know. ``min_ttl``: how many seconds the keys
    that are given out should have left. ``copies``: name and text of the files to put beside.
    Raises ``ExecFailed``, ``LocalFileError``.
    """
    token = os.urandom(32).hex()
    fields = {
        "token": token,
        "keys": isolated.packed(keys),
        "source": source,
        "ahead": max(min_ttl, AHEAD_SECONDS),
        "copies": dict(copies),
    }
    if os.name == "nt":
        return _start_here(fields)
    answer = _start_process(isolated.order("server_process", pid=os.getpid(), **fields))
    if "message" in answer:
        raise LocalFileError(answer["message"], answer["hint"])
    return Endpoint(answer["url"], token, answer["folder"])


def _start_process(order: bytes) -> dict[str, str]:
    """Run ``main`` in a process that is nobody's child; what it says when it is ready."""
    try:
        process = subprocess.Popen(
            isolated.command("ssoenv-endpoint"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(order)
        process.stdin.flush()
        line = process.stdout.readline() if _readable(process.stdout, _START_SECONDS) else b""
        process.wait(_START_SECONDS)
        answer: dict[str, str] = json.loads(line)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise ExecFailed(
            "the credential endpoint did not start", "Run the command without --endpoint"
        ) from error
    # Our end of its standard input stays open until we become the command, or end: see ``main``.
    _kept.append(process)
    return answer


_kept: list[subprocess.Popen[bytes]] = []


def main(order: dict[str, Any]) -> None:
    """Detach, listen, say so, serve: runs in a clean Python."""
    if os.fork():
        os._exit(0)  # whoever adopts the other half is its parent from now on
    isolated.call_ourselves(b"ssoenv-endpoint")
    for name in ("SIGHUP", "SIGINT", "SIGTERM", "SIGQUIT"):
        # What ends the command's group or service reaches the command, which may need keys until
        # its last breath. A handler, unlike SIG_IGN, is not handed on to the processes we start.
        signal.signal(getattr(signal, name), lambda *_: None)
    lifeline = Lifeline(order["pid"])
    if _readable(sys.stdin, 0):
        os._exit(1)  # it ended before we watched it, and its pid may be another's already
    try:
        server, folder = _prepare(order)
    except LocalFileError as error:
        _say({"message": error.message, "hint": error.hint})
        os._exit(1)
    try:
        _say({"url": server.url, "folder": folder.path})
        server.serve(lifeline)
    finally:
        folder.remove()
        os._exit(0)  # a refresh that is under way ends by itself


def _prepare(order: Mapping[str, Any]) -> tuple[Server, copies_folder.Folder]:
    """The server, listening, and the folder. Raises ``LocalFileError``."""
    keys = isolated.unpacked(order["keys"])
    source, ahead = order["source"], order["ahead"]
    keeper = Keeper(keys, lambda: refresher.fetch(source, keys.account_id, ahead), ahead)
    server = Server(order["token"], keeper.reply, keeper.tick)
    keeper.changed = server.wake
    return server, copies_folder.write(order["copies"])


def _readable(file: IO[Any], seconds: float) -> bool:
    """Whether there is something to read, or the end, within that time. (``select`` knows no
    descriptors above 1023, and the person may have passed us a thousand.)"""
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _say(answer: Mapping[str, str]) -> None:
    """Tell the process that started us, and let go of its pipe."""
    text = json.dumps(answer).encode() + b"\n"
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.write(1, text)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 0)
    os.close(nowhere)


def _start_here(fields: Mapping[str, Any]) -> Endpoint:
    """Serve from a thread of this process."""
    server, folder = _prepare(fields)
    cord = Cord()
    thread = threading.Thread(target=server.serve, args=(cord,), daemon=True)
    thread.start()

    def stop() -> None:
        cord.cut()
        server.wake()
        thread.join(_START_SECONDS)
        folder.remove()

    return Endpoint(server.url, fields["token"], folder.path, stop)
