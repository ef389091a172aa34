"""What became of each profile, and what that makes of the whole: a table and an exit status."""

import json
import os
import signal
import sys
from collections.abc import Sequence

from ssoenv.errors import OK, ExecFailed
from ssoenv.many.streams import Kept
from ssoenv.terminal import messages, tables

SOME_FAILED = 123  # as xargs

_TITLES = ("PROFILE", "ACCOUNT", "STATUS", "SECONDS")


class Result:
    """What became of one profile.

    ``status``: that of its child, -N for a death by signal N; None if none was started, which is
    for the reason ``problem``, or because the run was stopped before. ``stopped``: we have ended
    the child. ``seconds``: how long it ran.
    """

    __slots__ = ("account_id", "name", "problem", "seconds", "status", "stopped")

    def __init__(self, name: str, account_id: str | None) -> None:
        self.name = name
        self.account_id = account_id
        self.status: int | None = None
        self.problem: str | None = None
        self.stopped = False
        self.seconds = 0.0

    @property
    def code(self) -> int | None:
        """The status as a shell has it: 128 + N for signal N."""
        if self.status is None or self.status >= 0:
            return self.status
        return 128 - self.status

    @property
    def failed(self) -> bool:
        return self.status != OK

    def words(self) -> str:
        """The status as the table shows it."""
        if self.problem is not None:
            return "not started"
        if self.status is None:
            return "not run"
        if self.stopped and self.failed:
            return "stopped"
        if self.status >= 0:
            return str(self.status)
        try:
            return f"{self.code} ({signal.Signals(-self.status).name})"
        except ValueError:
            return str(self.code)


def exit_status(results: Sequence[Result]) -> int:
    """The exit status of the whole run: that of the failures where all have started and failed
    alike, 125 where none has started, else 123."""
    failures = [one for one in results if one.failed]
    if not failures:
        return OK
    if all(one.status is None for one in results):
        return ExecFailed.exit_code
    codes = {one.code for one in failures}
    if len(codes) == 1 and None not in codes:
        return failures[0].code or OK
    return SOME_FAILED


def show(results: Sequence[Result]) -> None:
    """Print the table to stderr."""
    rows = [
        (
            one.name,
            one.account_id or "",
            one.words(),
            "" if one.status is None else f"{one.seconds:.1f}",
        )
        for one in results
    ]
    messages.raw(tables.table(_TITLES, rows, _columns()))


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError, AttributeError):
        return sys.maxsize


def line(result: Result, out: Kept | None, err: Kept | None) -> bytes:
    """A profile as one line of JSON."""
    row = {
        "profile": result.name,
        "account": result.account_id,
        "status": result.code,
        "seconds": round(result.seconds, 3),
        "stdout": out.text() if out else "",
        "stderr": err.text() if err else "",
        "truncated": bool((out and out.truncated) or (err and err.truncated)),
    }
    if result.problem is not None:
        row["error"] = result.problem
    text = json.dumps(row, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "replace")
