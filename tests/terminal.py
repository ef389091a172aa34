"""``ssoenv``, or another program, at a pseudo-terminal, as a ``pexpect.spawn``."""

import os
import select
import struct
import termios
from collections.abc import Mapping, Sequence
from fcntl import ioctl
from pathlib import Path
from typing import Any

import pexpect
from ptyprocess import PtyProcess

from tests import stage
from tests.conftest import SSOENV


def spawn(
    program: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    dimensions: tuple[int, int] = (24, 80),
) -> pexpect.spawn:
    """Start ``program`` in ``folder`` at a terminal of so many lines and columns. ssoenv is a fork
    of a process that has all loaded where that makes no difference: see ``stage.can_play``."""
    played = program == SSOENV and stage.can_play(environment)
    return (_PlayedSpawn if played else pexpect.spawn)(
        program,
        [*arguments],
        env=dict(environment),
        cwd=str(folder),
        dimensions=dimensions,
        encoding="utf-8",
        timeout=60,
    )


class _Played(PtyProcess):
    """A process that is a child of the stage's, not of this one."""

    @classmethod
    def spawn(
        cls,
        argv: list[bytes],
        cwd: str,
        env: Mapping[str, str],
        dimensions: tuple[int, int],
        **_: Any,
    ) -> "_Played":
        ours, theirs = os.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *dimensions, 0, 0))
        command = [os.fsdecode(argument) for argument in argv]
        streams = (theirs, theirs, theirs)
        child, answer = stage.shared().start(command, env, Path(cwd), streams, terminal=True)
        process = cls(child, ours)
        process._answer = answer
        process.delayafterclose = 0
        return process

    def isalive(self) -> bool:
        """Whether it runs; where its terminal has been closed, it is waited for."""
        if self.terminated:
            return False
        ready, _, _ = select.select([self._answer], [], [], None if self.flag_eof else 0)
        if not ready:
            return True
        code = stage.read_number(self._answer)
        self._answer.close()
        self.terminated = True
        self.exitstatus, self.signalstatus = (code, None) if code >= 0 else (None, -code)
        self.status = code << 8 if code >= 0 else -code
        return False

    def wait(self) -> int | None:
        select.select([self._answer], [], [])
        self.isalive()
        return self.exitstatus


class _PlayedSpawn(pexpect.spawn):
    def _spawnpty(self, args: list[bytes], **options: Any) -> _Played:
        return _Played.spawn(args, **options)
