"""Choosing many: a list on the terminal that is narrowed down by typing, and marked with TAB."""

import os
from typing import TYPE_CHECKING

from ssoenv import picker
from ssoenv.listing import Listed

if TYPE_CHECKING:
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.data_structures import Size
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyPressEvent

_ROWS = 15
_HELP = "Tab: mark. Ctrl-A: mark all shown. Enter: take the marked, or all shown. Esc: leave"


def choose(listed: list[Listed]) -> list[str]:
    """The names of those that the person chooses, in their order; ``person_present`` is true.

    Raises ``KeyboardInterrupt`` if the person leaves without choosing.
    """
    rows = picker.Rows(listed)
    if os.environ.get("TERM", "") in ("", "dumb", "unknown") and os.name == "posix":
        chosen = _ask_line_by_line(rows)
    else:
        chosen = _ask(rows)
    return [profile.name for profile in listed if profile.name in chosen]


def _ask(rows: picker.Rows) -> set[str]:
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.key_binding import KeyBindings

    found = rows.search("")
    at = 0
    marked: set[str] = set()

    def search(query: "Buffer") -> None:
        nonlocal found, at
        found, at = rows.search(query.text), 0

    query = Buffer(multiline=False, on_text_changed=search)

    def draw(size: "Size") -> "StyleAndTextTuples":
        height = max(1, min(_ROWS, size.rows - 4))
        top = max(0, min(at - height // 2, len(found) - height))
        visible = found[top : top + height]
        fragments: StyleAndTextTuples = []
        for position, line in enumerate(picker.rendered(visible, size.columns - 7), top):
            style = "reverse" if position == at else ""
            mark = "[x] " if found[position].name in marked else "[ ] "
            fragments += [(style, ("> " if position == at else "  ") + mark + line), ("", "\n")]
        told = f"{len(marked)} marked, {len(found)} of {len(rows.all)} shown"
        for line in (told, _HELP):
            fragments += [("", f"  {line}"[: size.columns - 1]), ("", "\n")]
        return fragments[:-1]

    keys = KeyBindings()

    def move(*names: str, by: int) -> None:
        @keys.add(names[0])
        @keys.add(names[-1])
        def _(event: "KeyPressEvent") -> None:
            nonlocal at
            at = max(0, min(at + by, len(found) - 1))

    move("up", "c-p", by=-1)
    move("down", "c-n", by=1)
    move("pageup", by=-_ROWS)
    move("pagedown", by=_ROWS)

    @keys.add("tab")
    def mark(event: "KeyPressEvent") -> None:
        nonlocal at
        if found:
            marked.symmetric_difference_update({found[at].name})
            at = min(at + 1, len(found) - 1)

    @keys.add("c-a")
    def mark_all(event: "KeyPressEvent") -> None:
        names = {profile.name for profile in found}
        if names <= marked:
            marked.difference_update(names)
        else:
            marked.update(names)

    @keys.add("enter")
    def take(event: "KeyPressEvent") -> None:
        if marked or found:
            event.app.exit(result=set(marked) or {profile.name for profile in found})

    chosen: set[str] = picker.converse("which roles: ", query, draw, keys)
    return chosen


def _ask_line_by_line(rows: picker.Rows) -> set[str]:
    """Let the person narrow down on a terminal that only knows lines."""
    with open("/dev/tty") as keyboard, open("/dev/tty", "w") as screen:
        found = rows.search("")
        while True:
            for line in picker.rendered(found[:_ROWS], 70):
                screen.write(f"  {line}\n")
            screen.write(
                f"{len(found)} of {len(rows.all)}. Enter takes them; or type words to fit: "
            )
            screen.flush()
            line = keyboard.readline()
            if not line:
                raise KeyboardInterrupt
            if not line.strip() and found:
                return {profile.name for profile in found}
            found = rows.search(line.strip())
