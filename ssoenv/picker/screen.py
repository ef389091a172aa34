"""A list on the terminal that typing narrows down: what picking one and choosing many share.

It is drawn on the terminal itself, so it works where stdout is caught, as in ``$(ssoenv pick)``.
prompt_toolkit does the drawing and reads the keys; it is loaded only here.
"""

import os
import signal
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from ssoenv.config.listing import Listed
from ssoenv.errors import SsoenvError, printable
from ssoenv.picker import lines
from ssoenv.picker.search import Rows
from ssoenv.terminal import colour, tables

if TYPE_CHECKING:
    from prompt_toolkit.application import Application
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.data_structures import Size
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent


class State(NamedTuple):
    """What is known of a profile beside its section: ``words`` for a person, and a ``colour`` (see
    ``terminal.colour``) for its name."""

    words: str
    colour: int | None


States = Callable[[], Mapping[str, State]]
"""Finds the states of profiles, by their names. Raises ``SsoenvError``."""

_SIGNALS = (signal.SIGTERM, signal.SIGHUP) if os.name == "posix" else ()
_STYLES = {colour.RED: "ansired", colour.GREEN: "ansigreen", colour.YELLOW: "ansiyellow"}


class View:
    """The list as the person sees it: what is found, and which line ``at`` is selected.

    ``states``: called aside, since it may take longer than a person waits for a list; what it
    finds is shown from then on. A subclass says what is below the list (``footer``) and which keys
    do what (``bind``).
    """

    lines = 12
    """How many profiles are shown at most."""

    def __init__(self, rows: Rows, query: str = "", states: States | None = None) -> None:
        self.rows = rows
        self.states: Mapping[str, State] = {}
        self._find_states = states
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
        full = self._selected(size.columns - 3)[: max(1, size.rows // 3)]
        height = max(1, min(self.lines, size.rows - 2 - len(footer) - len(full)))
        top = max(0, min(self.at - height // 2, len(self.found) - height))
        visible = self.found[top : top + height]
        marks = [self.mark(profile) for profile in visible]
        width = size.columns - 3 - max(map(len, marks), default=0)
        fragments: StyleAndTextTuples = []
        rows = zip(visible, marks, lines.of(visible, width), strict=True)
        for position, (profile, mark, (name, rest)) in enumerate(rows, top):
            pointer, style = ("> ", "reverse ") if position == self.at else ("  ", "")
            text = name.rstrip()
            sign = lines.MARK if profile.confirm and text.endswith(lines.MARK) else ""
            fragments += [
                (style, pointer + mark),
                (style + self._style(profile), text.removesuffix(sign)),
                (style + _painted(colour.RED), sign),
                (style, name[len(text) :] + rest),
                ("", "\n"),
            ]
        for line in (*full, *footer):
            fragments += [("", f"  {line}"[: size.columns - 1]), ("", "\n")]
        return fragments[:-1]

    def _selected(self, width: int) -> list[str]:
        """The selected profile in full, in lines of ``width`` cells."""
        if not self.found:
            return []
        one = self.found[self.at]
        known = (one.name, one.account_name, one.account_id, one.role_name, one.region)
        cells = [printable(text) for text in known if text]
        if one.name in self.states:
            cells.append(self.states[one.name].words)
        if one.confirm:
            cells.append("asks first")
        return tables.block(cells, max(1, width)).splitlines()

    def _style(self, profile: Listed) -> str:
        state = self.states.get(profile.name)
        return _painted(state.colour) if state else ""

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
            application.after_render += self._look_up_aside  # when all is drawn, and loaded
            application.ttimeoutlen = 0.05  # seconds that an Esc waits for the rest of an arrow key
            return application.run(pre_run=partial(_end_by_signals, application))

    def _look_up_aside(self, application: Any) -> None:
        find, self._find_states = self._find_states, None
        if find is None:
            return

        def look_up() -> None:
            try:
                self.states = find()
            except SsoenvError:
                return  # whoever uses the profile will be told
            application.invalidate()

        threading.Thread(target=look_up, daemon=True).start()

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
            _leave(event.app, KeyboardInterrupt())

        self.bind(keys)
        return keys


def only_knows_lines() -> bool:
    """Whether the terminal cannot move its cursor."""
    return os.name == "posix" and os.environ.get("TERM", "") in ("", "dumb", "unknown")


def _painted(style: int | None) -> str:
    """The style of prompt_toolkit for a colour, if colours are wanted."""
    return "" if style is None or os.environ.get("NO_COLOR") else _STYLES[style]


def _leave(application: "Application[Any]", why: BaseException) -> None:
    """End ``ask`` with ``why``, unless it ends already; the list is taken off the screen."""
    if not application.is_done:
        application.exit(exception=why)


def _end_by_signals(application: "Application[Any]") -> None:
    """While it runs, a signal is an event among others: an exception that comes at any moment may
    leave the list on the screen."""
    import asyncio

    for number in _SIGNALS:
        end = partial(_leave, application, SystemExit(128 + number))
        asyncio.get_running_loop().add_signal_handler(number, end)


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
        self._handlers = {number: signal.signal(number, _end) for number in _SIGNALS}

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
