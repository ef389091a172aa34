"""Children of ours: how one is started, and how all that it started is ended."""

import errno
import os
import signal
import subprocess
from collections.abc import Sequence
from typing import Any

from ssoenv.environment import child, variables
from ssoenv.environment.variables import Changes
from ssoenv.errors import NotExecutable

Process = subprocess.Popen[bytes]


def check(path: str, command: Sequence[str]) -> None:
    """Raise ``CommandNotFound`` or ``NotExecutable`` for a ``command``, whose file is ``path``,
    that cannot run, as far as one can know that before."""
    if os.name == "nt":
        child.windows_line(path, command)
        return
    try:
        with open(path, "rb") as file:
            start = file.readline(256)
    except OSError:  # it may be executable even so
        return
    words = start[2:].split() if start.startswith(b"#!") else []
    if words and not os.path.exists(words[0]):
        raise child.explained(path, OSError(errno.ENOENT, "No such file or directory"))
    if b"\0" in start and child.is_binary(path) and not start.startswith(_PROGRAMS):
        raise NotExecutable(f'"{path}" cannot be run: {os.strerror(errno.ENOEXEC)}')


# How a program begins: ELF; Mach-O in both orders of bytes and for several processors; MZ.
_PROGRAMS = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xca\xfe\xba\xbe", b"MZ")


def start(path: str, command: Sequence[str], changes: Changes, *, foreground: bool) -> Process:
    """Start ``command``, whose file is ``path``, with ``changes`` made to the environment.

    ``foreground``: with our own streams, in our own process group. Otherwise stdin is empty, stdout
    and stderr are pipes, and the child has a session (on Windows a process group) of its own.
    Raises ``CommandNotFound``, ``NotExecutable``, ``ExecFailed``.
    """
    options: dict[str, Any] = {}
    if not foreground:
        pipe = subprocess.PIPE
        options = {"stdin": subprocess.DEVNULL, "stdout": pipe, "stderr": pipe, "bufsize": 0}
    try:
        if os.name == "nt":
            if not foreground:
                options["creationflags"] = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
            line = child.windows_line(path, command)
            environment = variables.applied(changes, os.environ)
            return subprocess.Popen(line, env=environment, **options)
        options["env"] = child.environment_with(changes)
        options["start_new_session"] = not foreground
        options["close_fds"] = False  # ours are closed in any case; the person's own pass
        try:
            return subprocess.Popen(list(command), executable=path, **options)
        except OSError as error:
            if error.errno != errno.ENOEXEC or child.is_binary(path):
                raise
            # A script without #!, which shells run with sh.
            return subprocess.Popen(["sh", path, *command[1:]], executable="/bin/sh", **options)
    except OSError as error:
        raise child.explained(path, error) from error


def end(process: Process, number: int, *, foreground: bool) -> None:
    """Send the signal ``number`` to all that the child has started; on Windows, a break."""
    if process.returncode is not None:
        return
    try:
        if os.name == "nt":
            process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", number))
        elif foreground:
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)
    except OSError:
        pass  # it has ended meanwhile


def kill(process: Process, *, foreground: bool) -> None:
    """End the child, and what it has started and left behind, at once."""
    if os.name == "nt":
        subprocess.run(
            ["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False
        )
        return
    try:
        if foreground:
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except OSError:
        pass  # there is nothing any more
