"""A change to the config as people see it before it is made: a patch, or what it comes to."""

import difflib
import os
import re
import sys
from collections.abc import Callable

from ssoenv.config import editor
from ssoenv.config.editor import Document
from ssoenv.errors import ConfigError, printable
from ssoenv.system import paths
from ssoenv.terminal import colour, messages, tables

_SHOWN = 60  # lines where there is no screen
_KEPT_FREE = 320  # letters for what is said and asked below it, on four lines or more
_SECRET = re.compile(
    r"([-+ ]\s*aws_(?:secret_access_key|session_token|access_key_id)\s*[=:]\s*).*", re.IGNORECASE
)
_COLOURS = {"+": colour.GREEN, "-": colour.RED}


class Patch:
    """What ``change`` does to the file at ``path``. Nothing is written until ``write``.

    Raises ``ConfigError``.
    """

    def __init__(self, path: str, change: Callable[[Document], None]) -> None:
        document = editor.read(path)
        self._path = path
        self._change = change
        self._before = document.content()
        change(document)
        self._after = document.content()
        self._lines = _diff(self._before, self._after, paths.display(path))

    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return self._after == self._before

    def print(self) -> None:
        """Write all of it to stdout, as ``patch`` reads it. Raises ``LocalFileError``."""
        tables.show("".join(_painted(line, colour.is_wanted(sys.stdout)) for line in self._lines))

    def preview(self) -> None:
        """Show it, or what it comes to where it is longer than a screen."""
        room = _room()
        shown = self._lines if len(self._lines) <= room else _summed_up(self._lines, room - 1)
        for line in shown:
            messages.raw(_painted(printable(line), colour.is_wanted(sys.stderr)) + "\n")
        if len(shown) < len(self._lines):
            rest = f"… and more: {len(self._lines):,} lines in all"
            messages.raw(f"{rest} (--dry-run shows them)\n")

    def write(self) -> None:
        """Make the change. Raises ``ConfigError``, also where the file is another one meanwhile,
        and ``LocalFileError``."""

        def change(now: Document) -> None:
            if now.content() != self._before:
                raise ConfigError(
                    f"{paths.display(self._path)} has been changed by another program meanwhile",
                    "Look at it and try again",
                )
            self._change(now)

        editor.edit(self._path, change)


def agreed(question: str, by_default: bool) -> bool:
    """Whether the person agrees. ``by_default``: what an empty answer means."""
    choice = "[Y/n]" if by_default else "[y/N]"
    answer = messages.ask(f"{question[:1].upper()}{question[1:]} {choice} ").lower()
    return answer in ("y", "yes") or (by_default and not answer)


def counted(number: int, word: str) -> str:
    """``3 profiles``, ``1 profile``."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _diff(before: bytes, after: bytes, name: str) -> list[str]:
    """The change as a unified diff, without any context, and without any key in it."""
    old, new = (content.decode().splitlines(keepends=True) for content in (before, after))
    lines = []
    in_secret = False  # a value goes on in lines that are indented
    for line in difflib.unified_diff(old, new, name, name, n=0):
        ended = line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n"
        shown = _SECRET.sub(r"\1…", ended)
        in_secret = shown != ended or (in_secret and ended[1:2] in (" ", "\t"))
        if in_secret and shown == ended:
            shown = ended[:1] + re.sub(r"\S.*", "…", ended[1:], count=1)
        lines.append(shown)
    return lines


def _summed_up(lines: list[str], room: int) -> list[str]:
    """At most ``room`` of ``lines``: the file's name, the first section that is added whole, and
    the headers of the others."""
    headers = [at for at, line in enumerate(lines) if line[:2] in ("+[", "-[")]
    first = next((at for at in headers if lines[at].startswith("+[profile ")), len(lines))
    end = next((at for at in range(first, len(lines)) if not lines[at].strip("+\r\n")), len(lines))
    if end - first > room - 3:
        end = first
    picked = [0, *(at for at in headers if at < first), *range(first, end)]
    picked += [at for at in headers if at >= end]
    return [lines[at] for at in picked[: max(1, room)]]


def _room() -> int:
    """How many lines of a patch a screen takes, beside what is said below it."""
    try:
        columns, rows = os.get_terminal_size(sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):
        return _SHOWN
    return max(rows - max(4, -(-_KEPT_FREE // columns)), 6) if columns and rows else _SHOWN


def _painted(line: str, coloured: bool) -> str:
    """A line of a patch in its colour; its end stays outside."""
    text = line.rstrip("\r\n")
    if not coloured or not text:
        return line
    return colour.painted(text, _COLOURS.get(text[0])) + line[len(text) :]
