"""A list on the terminal that typing narrows down: what picking one and choosing many share.

It is drawn on the terminal itself, so it works where stdout is caught, as in ``$(ssoenv pick)``.
prompt_toolkit does the drawing and reads the keys; it is loaded only here.
"""

import os
import signal
from typing import TYPE_CHECKING, Any, NoReturn

from ssoenv.config.listing import Listed
from ssoenv.errors import printable
from ssoenv.picker.search import Rows

if TYPE_CHECKING:
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.data_structures import Size
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent


class View:
    """The list as the person sees it: what is found, and which line ``at`` is selected.

    A subclass says what is below it (``footer``) and which keys do what (``bind``).
    """

    lines = 12
    """How many profiles are shown at most."""

    def __init__(self, rows: Rows, query: str = "") -> None:
        self.rows = rows
        self.query = query
        self.found = rows.search(query)
        self.at = 0

    def footer(self) -> list[str]:
        """The lines below the list."""
        raise NotImplementedError

    def mark(self, profile: Listed) -> str:
        """The text before the name of ``profile``; as wide for each."""
        return ""

    def bind(self, keys: "KeyBindings") -> None:
        """Add the keys that do more than to move up and down and to leave."""
        raise NotImplementedError

    def search(self, query: "Buffer") -> None:
        self.found, self.at = self.rows.search(query.text), 0

    def move(self, by: int) -> None:
        self.at = max(0, min(self.at + by, len(self.found) - 1))

    def draw(self, size: "Size") -> "StyleAndTextTuples":
        """The list and the lines below it, for a terminal of ``size``."""
        footer = self.footer()
        height = max(1, min(self.lines, size.rows - 2 - len(footer)))
        top = max(0, min(self.at - height // 2, len(self.found) - height))
        visible = self.found[top : top + height]
        marks = [self.mark(profile) for profile in visible]
        width = size.columns - 3 - max(map(len, marks), default=0)
        fragments: StyleAndTextTuples = []
        for position, line in enumerate(rendered(visible, width), top):
            pointer, style = ("> ", "reverse") if position == self.at else ("  ", "")
            fragments += [(style, pointer + marks[position - top] + line), ("", "\n")]
        for line in footer:
            fragments += [("", f"  {line}"[: size.columns - 1]), ("", "\n")]
        return fragments[:-1]

    def ask(self, label: str) -> Any:
        """Show ``label`` with what is typed behind it, and the list below, until one of the keys
        ends it; its result. Raises ``KeyboardInterrupt`` if the person leaves."""
        from prompt_toolkit.application import Application
        from prompt_toolkit.buffer import Buffer
        from prompt_toolkit.document import Document
        from prompt_toolkit.layout import (
            BufferControl,
            FormattedTextControl,
            HSplit,
            Layout,
            Window,
        )
        from prompt_toolkit.layout.processors import BeforeInput

        typed = Document(self.query, len(self.query))
        query = Buffer(multiline=False, document=typed, on_text_changed=self.search)
        prompt = BufferControl(query, input_processors=[BeforeInput(label)])
        below = FormattedTextControl(lambda: self.draw(application.output.get_size()))
        body = HSplit(
            [
                Window(prompt, height=1, dont_extend_height=True),
                Window(below, dont_extend_height=True, wrap_lines=False),
            ]
        )
        with _Terminal() as (keyboard, screen):
            application: Application[Any] = Application(
                Layout(body),
                key_bindings=self._keys(),
                erase_when_done=True,
                input=keyboard,
                output=screen,
            )
            application.ttimeoutlen = 0.05  # seconds that an Esc waits for the rest of an arrow key
            return application.run()

    def _keys(self) -> "KeyBindings":
        from prompt_toolkit.key_binding import KeyBindings

        keys = KeyBindings()
        moves = {"up": -1, "c-p": -1, "down": 1, "c-n": 1}
        for name, by in {**moves, "pageup": -self.lines, "pagedown": self.lines}.items():
            keys.add(name)(lambda event, by=by: self.move(by))

        @keys.add("escape", eager=True)
        @keys.add("c-c")
        @keys.add("c-d")
        @keys.add("c-g")
        @keys.add("<sigint>")
        def leave(event: "KeyPressEvent") -> None:
            event.app.exit(exception=KeyboardInterrupt())

        self.bind(keys)
        return keys


def only_knows_lines() -> bool:
    """Whether the terminal cannot move its cursor."""
    return os.name == "posix" and os.environ.get("TERM", "") in ("", "dumb", "unknown")


def rendered(visible: list[Listed], width: int) -> list[str]:
    """A line a profile: its name in a column, then what it is, in ``width`` cells."""
    from prompt_toolkit.utils import get_cwidth

    def cut(text: str, cells: int) -> str:
        if get_cwidth(text) <= cells:
            return text
        while text and get_cwidth(text) > cells - 1:
            text = text[:-1]
        return text + "…"

    names = [printable(profile.name) for profile in visible]
    column = min(max(map(get_cwidth, names), default=0), max(width // 2, width - 40))
    lines = []
    for profile, name in zip(visible, names, strict=True):
        name = cut(name, column)
        padding = " " * (column - get_cwidth(name) + 2)
        lines.append(cut(name + padding + printable(profile.details()), width))
    return lines


class _Terminal:
    """The terminal's keyboard and screen for prompt_toolkit, wherever stdin and stdout go. Left
    as it was also when we are told to end."""

    def __enter__(self) -> tuple[Any, Any]:
        from prompt_toolkit.input import create_input
        from prompt_toolkit.output import create_output

        self._open: list[Any] = []
        if os.name == "nt":
            return create_input(always_prefer_tty=True), create_output(always_prefer_tty=True)
        from prompt_toolkit.data_structures import Size
        from prompt_toolkit.output.vt100 import Vt100_Output

        keyboard = open("/dev/tty")
        screen = open("/dev/tty", "w")
        self._open = [keyboard, screen]
        self._handlers = {
            number: signal.signal(number, _end) for number in (signal.SIGTERM, signal.SIGHUP)
        }

        # Asking the terminal where its cursor is would make a slow line wait, and leave its
        # answer for the shell to read when we end early.
        def size() -> Size:
            columns, rows = os.get_terminal_size(screen.fileno())
            return Size(rows=rows or 24, columns=columns or 80)

        output = Vt100_Output(screen, size, os.environ["TERM"], enable_cpr=False)
        return create_input(keyboard), output

    def __exit__(self, *_: object) -> None:
        for file in self._open:
            file.close()
        if os.name != "nt":
            for number, handler in self._handlers.items():
                signal.signal(number, handler)


def _end(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)
