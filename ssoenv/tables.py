"""Lists for people on stdout: columns where they fit, a block a row where they do not."""

import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence

from ssoenv import output
from ssoenv.errors import LocalFileError, printable

_GAP = 2
_NO_LIMIT = 1 << 30


def show(text: str) -> None:
    """Write a list to stdout. A reader that has seen enough (``| head``) is no failure.

    Raises ``LocalFileError``.
    """
    try:
        output.write(text)
    except LocalFileError as error:
        if not isinstance(error.__cause__, BrokenPipeError):
            raise


def columns() -> int:
    """How wide a line may be: the terminal's width (or COLUMNS), without limit elsewhere."""
    try:
        on_terminal = sys.stdout.isatty()
    except (AttributeError, ValueError):
        on_terminal = False
    if on_terminal or os.environ.get("COLUMNS", "").isdecimal():
        return shutil.get_terminal_size().columns
    return _NO_LIMIT


def table(
    titles: Sequence[str],
    rows: Iterable[Sequence[str]],
    width: int,
    optional: Sequence[str] = (),
) -> str:
    """``rows`` under ``titles``, no line wider than ``width`` columns of a terminal.

    Where that is too narrow, columns named in ``optional`` are left out, the first first; where
    even that does not help, every row becomes a block of lines with all that it holds. Columns
    without any content are left out in any case. Nothing is cut off: people copy from lists.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    kept = [at for at in range(len(titles)) if any(row[at] for row in cells)]
    widths = [
        max(map(_width, [title, *(row[at] for row in cells)])) for at, title in enumerate(titles)
    ]
    shown = list(kept)
    for title in ("", *optional):
        if title:
            shown = [at for at in shown if titles[at] != title]
        if sum(widths[at] + _GAP for at in shown) - _GAP <= width:
            lines = [list(titles), *cells]
            return "".join(
                _line([line[at] for at in shown], [widths[at] for at in shown]) for line in lines
            )
    return "".join(_block([row[at] for at in kept if row[at]], width) for row in cells)


def _line(cells: list[str], widths: list[int]) -> str:
    padded = (
        cell + " " * (width - _width(cell) + _GAP)
        for cell, width in zip(cells, widths, strict=True)
    )
    return "".join(padded).rstrip() + "\n"


def _block(cells: list[str], width: int) -> str:
    """The cells one after the other, in as many lines as they need; all but the first line are
    indented."""
    lines: list[str] = []
    for cell in cells:
        if lines and _width(lines[-1]) + _GAP + _width(cell) <= width:
            lines[-1] += " " * _GAP + cell
            continue
        indent = " " * _GAP if lines else ""
        for part in _parts(cell, max(1, width - _GAP)):
            lines.append(indent + part)
            indent = " " * _GAP
    return "\n".join(lines) + "\n"


def _parts(text: str, width: int) -> list[str]:
    """``text`` in pieces of at most ``width`` columns."""
    parts = [""]
    for character in text:
        if _width(parts[-1] + character) > width and parts[-1]:
            parts.append("")
        parts[-1] += character
    return parts


def _width(text: str) -> int:
    """How many columns ``text`` takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
