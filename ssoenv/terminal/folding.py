"""Help for a terminal that is narrower than the text was written for."""

import re
import textwrap

_NARROWEST = 20


def folded(text: str, width: int) -> str:
    """``text`` in lines of at most ``width`` columns. Of a line that is too long, what stands in a
    column of its own goes below, further to the right than the first."""
    return "\n".join(_line(line, max(width, _NARROWEST)) for line in text.split("\n"))


def _line(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    columns = re.fullmatch(r"( *\S.*?) {2,}(\S.*)", line)
    indent = len(line) - len(line.lstrip())
    if columns:
        return (
            _wrapped(columns[1], width, indent + 4)
            + "\n"
            + _wrapped(" " * (indent + 6) + columns[2], width, indent + 6)
        )
    return _wrapped(line, width, indent + 2)


def _wrapped(line: str, width: int, indent: int) -> str:
    return textwrap.fill(
        line,
        width,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
