"""The process that serves a command's endpoint, and lives exactly as long as the command.

The command replaces ssoenv and keeps its pid, so the endpoint needs another process: a clean
Python (see ``isolated``) that detaches itself. It is not a child of the command, which may wait
for its children, and it has its own session, so that Ctrl-C on the terminal does not reach it. It
holds none of the command's files open, not even stderr; its errors go to the SDK that asks.

On Windows a process cannot be replaced. There ssoenv stays, and serves from threads.
"""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import IO, Any

from ssoenv.cache import stores
from ssoenv.cache.role_keys import Credentials
from ssoenv.endpoint import copies_folder, refresher
from ssoenv.endpoint.renewal import AHEAD_SECONDS, Renewal
from ssoenv.endpoint.server import Server
from ssoenv.endpoint.watch import ProcessWatch
from ssoenv.errors import ExecFailed, LocalFileError
from ssoenv.system import isolated

_START_SECONDS = 20.0


class Endpoint:
    """A running endpoint: its ``url``, the ``token`` to send there, and the ``folder`` with the
    copies of AWS's files. ``stop`` ends it, where it does not end by itself."""

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
    """Serve ``keys``, and later new ones, until this process (or the command that replaces it)
    has ended.

    ``source``: what ``refresher.fetch`` needs to know. ``min_ttl``: how many seconds the keys
    that are served should have left. ``copies``: name and text of the files in the folder.
    Raises ``ExecFailed``, ``LocalFileError``.
    """
    token = os.urandom(32).hex()
    fields: dict[str, Any] = {
        "token": token,
        "keys": refresher.packed(keys),
        "source": source,
        "ahead": max(min_ttl, AHEAD_SECONDS),
        "copies": dict(copies),
        "memory": stores.in_memory(),
    }
    if os.name == "nt":
        return _serve_here(fields)
    answer = _start_process(
        isolated.order("ssoenv.endpoint.server_process", pid=os.getpid(), **fields)
    )
    if "message" in answer:
        raise LocalFileError(answer["message"], answer["hint"])
    return Endpoint(answer["url"], token, answer["folder"])


def _start_process(order: bytes) -> dict[str, str]:
    """Run ``main`` in a process that is not our child; returns its message when it is ready."""
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
    # Our end of its standard input stays open until the command replaces us, or we end: ``main``
    # looks at it.
    _kept.append(process)
    return answer


_kept: list[subprocess.Popen[bytes]] = []


def main(order: dict[str, Any]) -> None:
    """Detach, listen, report that, serve: runs in a clean Python."""
    if os.fork():
        os._exit(0)  # so that the other half is not a child of the command
    isolated.call_ourselves(b"ssoenv-endpoint")
    for name in ("SIGHUP", "SIGINT", "SIGTERM", "SIGQUIT"):
        # A signal to the command's whole group or service reaches the command, which may need keys
        # until it ends. A handler, unlike SIG_IGN, is not inherited by the processes we start.
        signal.signal(getattr(signal, name), lambda *_: None)
    command = ProcessWatch(order["pid"])
    if _readable(sys.stdin, 0):
        os._exit(1)  # it ended before we watched it, and another process may have its pid already
    try:
        server, folder = _serve(order)
    except LocalFileError as error:
        _report({"message": error.message, "hint": error.hint})
        os._exit(1)
    try:
        _report({"url": server.url, "folder": folder.path})
        command.wait()
    finally:
        folder.remove()
        os._exit(0)  # a refresh that is under way ends by itself


def _serve(order: Mapping[str, Any]) -> tuple[Server, copies_folder.Folder]:
    """Start the server; returns it and the folder. Raises ``LocalFileError``."""
    keys = refresher.unpacked(order["keys"])
    source, ahead, memory = order["source"], order["ahead"], dict(order.get("memory", {}))
    renewal = Renewal(keys, lambda: refresher.fetch(source, keys.account_id, ahead, memory), ahead)
    server = Server(order["token"], renewal.reply)
    folder = copies_folder.write(order["copies"])
    renewal.start()
    server.start()
    return server, folder


def _readable(file: IO[Any], seconds: float) -> bool:
    """Whether there is something to read, or the end, within that time. (``select`` does not take
    descriptors above 1023, and we may have inherited a thousand.)"""
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _report(answer: Mapping[str, str]) -> None:
    """Send ``answer`` to the process that started us, and close the pipes to it."""
    text = json.dumps(answer).encode() + b"\n"
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.write(1, text)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 0)
    os.close(nowhere)


def _serve_here(order: Mapping[str, Any]) -> Endpoint:
    """Serve from threads of this process."""
    server, folder = _serve(order)

    def stop() -> None:
        server.stop()
        folder.remove()

    return Endpoint(server.url, order["token"], folder.path, stop)
