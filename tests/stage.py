"""Runs of ``ssoenv`` that take a third of the time: a process that has all of it loaded forks a
child for each (``forkserver.py``), with pipes as ``subprocess.run`` makes them."""

import atexit
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests import thorough

_ROOT = Path(__file__).parent.parent
_CHANGES_PYTHON = ("PYTHON", "LC_", "LD_", "MALLOC")
_SECONDS = 120


def can_play(environment: Mapping[str, str]) -> bool:
    """Whether a fork does what a new Python would do in ``environment``. A thorough
    run of the tests has a new one each time."""
    return (
        hasattr(os, "fork")
        and not thorough.WANTED
        and environment.get("LANG") == "C.UTF-8"
        and not any(name.startswith(_CHANGES_PYTHON) for name in environment)
    )


class Stage:
    """``module``: what plays the program."""

    def __init__(self, module: str = "tests.forkserver") -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(theirs.fileno())],
                cwd=_ROOT,
                env={"LANG": "C.UTF-8", "PATH": os.environ["PATH"], "HOME": "/nonexistent"},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        self._lock = threading.Lock()

    def close(self) -> None:
        self._control.close()
        self._process.wait()

    def run(
        self,
        command: list[str],
        environment: Mapping[str, str],
        folder: Path,
        input: bytes = b"",
        **more: Any,
    ) -> "subprocess.CompletedProcess[bytes]":
        """As ``subprocess.run``. ``more``: what else the module can do."""
        pipes = [os.pipe() for _ in range(3)]
        (stdin, source), (out, stdout), (err, stderr) = pipes
        child, answer = self.start(command, environment, folder, (stdin, stdout, stderr), **more)
        with answer:
            try:
                texts = _exchange(source, input, out, err)
                answer.settimeout(_SECONDS)
                code = read_number(answer)
            except TimeoutError:
                os.kill(child, signal.SIGKILL)
                raise
        return subprocess.CompletedProcess(command, code, *texts)

    def start(
        self,
        command: list[str],
        environment: Mapping[str, str],
        folder: Path,
        streams: Iterable[int],
        **more: Any,
    ) -> tuple[int, socket.socket]:
        """Start it with ``streams`` as its stdin, stdout and stderr, which are closed here. Its
        number, and where its exit code will be said."""
        order = {
            "command": command,
            "environment": dict(environment),
            "folder": str(folder),
            "umask": _umask(),
            **more,
        }
        answer, theirs = socket.socketpair()
        with tempfile.TemporaryFile() as file, theirs:
            file.write(json.dumps(order).encode())
            file.flush()
            with self._lock:
                given = [file.fileno(), *streams, theirs.fileno()]
                socket.send_fds(self._control, [b"."], given)
        for descriptor in {*streams}:
            os.close(descriptor)
        return read_number(answer), answer


def read_number(answer: socket.socket) -> int:
    """The next line, and no byte more."""
    with answer.makefile("rb", buffering=0) as lines:
        return int(lines.readline())


def _umask() -> int:
    """This process's, without changing it for a moment."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("\nUmask:")[2].split()[0], 8)
    except (OSError, LookupError):
        os.umask(umask := os.umask(0o022))
        return umask


def _exchange(source: int, input: bytes, *readers: int) -> list[bytes]:
    """Write ``input``, and read all that comes from ``readers``. Closes all of them. Raises
    ``TimeoutError``."""
    texts = dict.fromkeys(readers, b"")
    deadline = time.monotonic() + _SECONDS
    os.set_blocking(source, False)
    with selectors.DefaultSelector() as waiting:
        for reader in readers:
            waiting.register(reader, selectors.EVENT_READ)
        waiting.register(source, selectors.EVENT_WRITE)
        try:
            while waiting.get_map():
                ready = waiting.select(deadline - time.monotonic())
                if not ready:
                    raise TimeoutError(f"the run has not ended in {_SECONDS} seconds")
                for key, _ in ready:
                    one = key.fd
                    if one == source:
                        try:
                            input = input[os.write(one, input) :] if input else b""
                        except BrokenPipeError:
                            input = b""
                        done = not input
                    else:
                        part = os.read(one, 1 << 16)
                        texts[one] += part
                        done = not part
                    if done:
                        waiting.unregister(one)
                        os.close(one)
        finally:
            for key in [*waiting.get_map().values()]:
                os.close(key.fd)
    return list(texts.values())


_shared: list[Stage] = []


def shared() -> Stage:
    """The one of this run of pytest."""
    if not _shared:
        _shared.append(Stage())
        atexit.register(_shared[0].close)
    return _shared[0]
