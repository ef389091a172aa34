"""Lists for people on stdout: columns where they fit, a block a row where they do not."""

import os
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

from ssoenv.errors import LocalFileError, printable
from ssoenv.system import stdout
from ssoenv.terminal import colour

_GAP = 2
_NARROWEST_FLOW = 24
_NO_LIMIT = 1 << 30


class Coloured(str):
    """A cell of a table that is shown in ``colour`` (see ``terminal.colour``) where colours are."""

    def __new__(cls, text: str, colour: int | None) -> "Coloured":
        made = super().__new__(cls, printable(text))
        made.colour = colour
        return made

    colour: int | None


def show(text: str) -> None:
    """Write a list to stdout. A reader that has seen enough (``| head``) is not a failure.

    Raises ``LocalFileError``.
    """
    try:
        stdout.write(text)
    except LocalFileError as error:
        if not isinstance(error.__cause__, BrokenPipeError):
            raise


def show_names(names: Iterable[str]) -> None:
    """Write names, one a line: exact for a program that reads them, control characters made
    visible on a terminal. Raises ``LocalFileError``."""
    names = list(names)
    try:
        if sys.stdout.isatty():
            names = [printable(name) for name in names]
    except (AttributeError, ValueError):
        pass  # there is no stdout, which ``show`` will say
    show("".join(f"{name}\n" for name in names))


def columns() -> int:
    """How wide a line may be: the terminal's width (or COLUMNS), without limit elsewhere."""
    try:
        on_terminal = sys.stdout.isatty()
    except (AttributeError, ValueError):
        on_terminal = False
    if on_terminal or os.environ.get("COLUMNS", "").isdecimal():
        return shutil.get_terminal_size().columns
    return _NO_LIMIT


def paragraph(label: str, text: str, indent: str) -> str:
    """``text`` behind ``label``, in as many lines as the terminal needs, all but the first behind
    ``indent``."""
    lines = textwrap.wrap(
        printable(text),
        max(_NARROWEST_FLOW, columns()),
        initial_indent=label,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
    return "\n".join(lines) + "\n"


def table(
    titles: Sequence[str],
    rows: Iterable[Sequence[str]],
    width: int,
    optional: Sequence[str] = (),
    flowing: bool = False,
) -> str:
    """``rows`` under ``titles``, no line wider than ``width`` columns of a terminal.

    Where that is too narrow, columns named in ``optional`` are left out, the first first; where
    even that does not help, every row becomes a block of lines with all that it holds. Columns
    without any content are left out in any case. ``flowing``: the words of the last column may
    take several lines. Nothing is cut off: people copy from lists.
    """
    cells = [[_printable(cell) for cell in row] for row in rows]
    kept = [at for at in range(len(titles)) if any(row[at] for row in cells)]
    widths = [
        max(map(_width, [title, *(row[at] for row in cells)])) for at, title in enumerate(titles)
    ]
    needed = list(widths)
    if flowing:
        needed[-1] = min(widths[-1], _NARROWEST_FLOW)
    shown = list(kept)
    for title in ("", *optional):
        if title:
            shown = [at for at in shown if titles[at] != title]
        spare = width - sum(needed[at] + _GAP for at in shown) + _GAP
        if spare >= 0:
            last = min(widths[-1], needed[-1] + spare)
            room = [*widths[:-1], last]
            return "".join(
                _lines([line[at] for at in shown], [room[at] for at in shown])
                for line in [list(titles), *cells]
            )
    return "".join(_block([row[at] for at in kept if row[at]], width) for row in cells)


def _printable(cell: str) -> str:
    return cell if isinstance(cell, Coloured) else printable(cell)


def _painted(part: str, cell: str) -> str:
    """``part`` of ``cell``, with the colour of the cell."""
    paint = isinstance(cell, Coloured) and part and colour.is_wanted(sys.stdout)
    return colour.painted(part, cell.colour) if paint and isinstance(cell, Coloured) else part


def _lines(cells: list[str], widths: list[int]) -> str:
    """A row: each cell in its column, the last one in as many lines as it needs."""
    before = "".join(
        _painted(cell, cell) + " " * (width - _width(cell) + _GAP)
        for cell, width in zip(cells[:-1], widths[:-1], strict=True)
    )
    if not cells or _width(cells[-1]) <= widths[-1]:
        return "".join([before, *(_painted(cell, cell) for cell in cells[-1:])]).rstrip() + "\n"
    first, *more = _flow(cells[-1], widths[-1])
    indent = " " * sum(width + _GAP for width in widths[:-1])
    return "".join([f"{before}{first}\n", *(f"{indent}{part}\n" for part in more)])


def _block(cells: list[str], width: int) -> str:
    """The cells one after the other, in as many lines as they need; all but the first line are
    indented."""
    lines: list[str] = []
    used = 0  # columns of the last line
    for cell in cells:
        if lines and used + _GAP + _width(cell) <= width:
            lines[-1] += " " * _GAP + _painted(cell, cell)
            used += _GAP + _width(cell)
            continue
        for part in _flow(cell, max(1, width - _GAP)):
            indent = " " * _GAP if lines else ""
            lines.append(indent + _painted(part, cell))
            used = len(indent) + _width(part)
    return "\n".join(lines) + "\n"


def _flow(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` columns, broken between words where possible."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if _width(longer) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if lines[-1] and _width(lines[-1] + character) > width:
                lines.append("")
            lines[-1] += character
    return lines


def _width(text: str) -> int:
    """How many columns ``text`` takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
