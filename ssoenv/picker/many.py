"""Choosing many: a list on the terminal that is narrowed down by typing, and marked by TAB or the
space bar."""

from typing import TYPE_CHECKING

from ssoenv.config.listing import Listed
from ssoenv.picker.screen import View, only_knows_lines, rendered
from ssoenv.picker.search import Rows

if TYPE_CHECKING:
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent


def choose(listed: list[Listed]) -> list[str]:
    """The names of those that the person chooses, in their order; ``person_present`` is true.

    Raises ``KeyboardInterrupt`` if the person leaves without choosing.
    """
    rows = Rows(listed)
    by_lines = only_knows_lines()
    chosen: set[str] = _ask_line_by_line(rows) if by_lines else _View(rows).ask("which roles: ")
    return [profile.name for profile in listed if profile.name in chosen]


class _View(View):
    lines = 15

    def __init__(self, rows: Rows) -> None:
        super().__init__(rows)
        self.marked: set[str] = set()
        self.typed = ""

    def search(self, query: "Buffer") -> None:
        super().search(query)
        self.typed = query.text

    def footer(self) -> list[str]:
        mark = "Tab" if self.typed else "Space, Tab"
        taken = f"the {len(self.marked)} marked" if self.marked else "this one"
        return [
            f"{len(self.marked)} marked, {len(self.found)} of {len(self.rows.all)} shown",
            f"{mark}: mark. Ctrl-A: mark all shown. Enter: take {taken}. Esc: leave",
        ]

    def mark(self, profile: Listed) -> str:
        return "[x] " if profile.name in self.marked else "[ ] "

    def bind(self, keys: "KeyBindings") -> None:
        @keys.add("tab")
        def mark(event: "KeyPressEvent") -> None:
            if self.found:
                self.marked ^= {self.found[self.at].name}
                self.move(1)

        @keys.add("space")
        def mark_or_type(event: "KeyPressEvent") -> None:
            if self.typed:
                event.current_buffer.insert_text(" ")
            else:
                mark(event)

        @keys.add("c-a")
        def mark_all(event: "KeyPressEvent") -> None:
            names = {profile.name for profile in self.found}
            self.marked = self.marked - names if names <= self.marked else self.marked | names

        @keys.add("enter")
        def take(event: "KeyPressEvent") -> None:
            if self.marked or self.found:
                event.app.exit(result=self.marked or {self.found[self.at].name})


def _ask_line_by_line(rows: Rows) -> set[str]:
    """Let the person narrow down on a terminal that only knows lines."""
    with open("/dev/tty") as keyboard, open("/dev/tty", "w") as screen:
        found = rows.search("")
        while True:
            for line in rendered(found[: _View.lines], 70):
                screen.write(f"  {line}\n")
            shown = f"{len(found)} of {len(rows.all)}"
            screen.write(f"{shown}. Type words to fit, or * to take all {len(found)}: ")
            screen.flush()
            line = keyboard.readline()
            if not line:
                raise KeyboardInterrupt
            if line.strip() == "*" and found:
                return {profile.name for profile in found}
            found = rows.search(line.strip())
