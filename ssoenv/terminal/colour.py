"""Colours, where the terminal has them and nobody has said NO_COLOR (https://no-color.org)."""

import os
from typing import TextIO

BOLD, RED, GREEN, YELLOW, CYAN = 1, 31, 32, 33, 36


def is_wanted(stream: TextIO | None) -> bool:
    """Whether what goes to ``stream`` may be coloured."""
    return can_move(stream) and not os.environ.get("NO_COLOR")


def can_move(stream: TextIO | None) -> bool:
    """Whether ``stream`` is a terminal that understands more than lines."""
    try:
        is_terminal = stream is not None and stream.isatty()
    except ValueError:
        return False
    return is_terminal and os.environ.get("TERM") not in (None, "", "dumb")


def painted(text: str, style: int | None) -> str:
    """``text`` in one of the styles above, or as it is."""
    return text if style is None else f"\x1b[{style}m{text}\x1b[0m"
