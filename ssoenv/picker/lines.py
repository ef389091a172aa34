"""Profiles as lines of a list: as much of each as fits, and never two that look the same."""

from collections.abc import Callable, Sequence

from ssoenv.config.listing import Listed
from ssoenv.errors import printable

_GAP = 2
_CUT = "…"
MARK = " !"
"""What stands behind the name of a profile that asks before it is used."""


def of(visible: Sequence[Listed], width: int) -> list[tuple[str, str]]:
    """For each profile its name (with ``MARK`` if it asks first), filled up to a column, and what
    else is known of it; both together take at most ``width`` cells.

    What the name says already is left out, then what does not fit. A name that is too long is cut
    where those that are listed with it are alike.
    """
    names = [printable(one.name) + (MARK if one.confirm else "") for one in visible]
    details = [_not_in_name(one) for one in visible]
    # The role tells more than the end of a long name, unless it is there.
    reserved = max((_width(rest[0]) + _GAP for rest in details if rest), default=0)
    longest = max(map(_width, names), default=0)
    column = max(0, min(longest, max(width - reserved, width // 2)))
    if any(_width(name) > column for name in names):
        names = shortened(names, column)
    lines = []
    for name, rest in zip(names, details, strict=True):
        room = width - column - _GAP
        fill = " " * (column - _width(name) + _GAP)
        lines.append((name + fill if room > 0 else name, _fitting(rest, room)))
    return lines


def shortened(names: Sequence[str], width: int) -> list[str]:
    """``names`` in at most ``width`` cells: the longer ones with their beginning and their end, and
    as much of each as makes them differ from the others."""

    def parts(heads: int) -> list[str]:
        return [_without_middle(name, heads, width) for name in names]

    # The middle first, then more of the end, then more of the beginning.
    room = max(0, width - 1)
    tries = sorted(range(room + 1), key=lambda heads: abs(heads - room // 2) * 2 + (heads > room))
    best = max(map(parts, tries), key=lambda found: len(set(found)))
    groups: dict[str, list[int]] = {}
    for at, text in enumerate(best):
        groups.setdefault(text, []).append(at)
    for alike in groups.values():
        if len(alike) > 1:
            differ = _common([names[at] for at in alike])
            for at in alike:
                best[at] = _around(names[at], differ, width)
    return best


def _not_in_name(profile: Listed) -> list[str]:
    """Role, account's name and id, region: those that the profile's name does not hold, in
    whatever spelling."""
    name = _letters(profile.name)
    known = (profile.role_name, profile.account_name, profile.account_id, profile.region)
    return [printable(text) for text in known if text and _letters(text) not in name]


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold())) or text


def _fitting(parts: Sequence[str], room: int) -> str:
    """As many of ``parts`` as fit, the first first."""
    line = ""
    for part in parts:
        longer = f"{line} {part}" if line else part
        if _width(longer) <= room:
            line = longer
        elif not line and room > _GAP:
            return _without_middle(part, (room - 1) // 2, room)
    return line


def _without_middle(text: str, heads: int, width: int) -> str:
    """``text`` in ``width`` cells, of which its beginning has ``heads``."""
    if _width(text) <= width:
        return text
    if width < 1:
        return ""
    return _head(text, heads) + _CUT + _tail(text, width - 1 - heads)


def _around(text: str, differ: int, width: int) -> str:
    """``text`` in ``width`` cells: its beginning, what follows the first ``differ`` characters,
    and its end."""
    third = (width - 2) // 3
    if third < 1 or _width(text) <= width:
        return _without_middle(text, max(0, width - 1) // 2, width)
    return (
        _head(text, third)
        + _CUT
        + _head(text[differ:], width - 2 - 2 * third)
        + _CUT
        + _tail(text, third)
    )


def _common(texts: Sequence[str]) -> int:
    """How many characters at the beginning they have in common."""
    first, last = min(texts), max(texts)
    pairs = enumerate(zip(first, last, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(first), len(last)))


def _head(text: str, cells: int) -> str:
    return text[: _count(text.__getitem__, len(text), cells)]


def _tail(text: str, cells: int) -> str:
    kept = _count(lambda at: text[-1 - at], len(text), cells)
    return text[len(text) - kept :]


def _count(character: Callable[[int], str], length: int, cells: int) -> int:
    """How many characters, one after the other, fit into ``cells``."""
    for at in range(length):
        cells -= _width(character(at))
        if cells < 0:
            return at
    return length


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    from prompt_toolkit.utils import get_cwidth

    return get_cwidth(text)
