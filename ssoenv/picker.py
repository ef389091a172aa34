"""The picker: choose a profile from a list, by typing a part of anything it is known by.

It is drawn on the terminal itself, so it works where stdout is caught, as in ``$(ssoenv pick)``.
prompt_toolkit does the drawing and reads the keys; it is loaded only here.
"""

import json
import os
import re
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from ssoenv import clock, files, paths, terminal
from ssoenv.errors import ConfigError, printable
from ssoenv.listing import Listed

if TYPE_CHECKING:
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.data_structures import Size
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

_ROWS = 12
_HALF_LIFE = 7 * 86400.0  # seconds after which having used a profile counts half
_KEPT = 500


def pick(listed: list[Listed]) -> str:
    """The name of the profile that the person chooses.

    Raises ``ConfigError`` if there is no profile or no terminal, ``KeyboardInterrupt`` if the
    person leaves without choosing.
    """
    if not listed:
        raise ConfigError("there is no profile in the AWS config", "Make some: ssoenv configure")
    if not terminal.person_present():
        shown = ", ".join(profile.name for profile in listed[:8])
        more = ", …" if len(listed) > 8 else ""
        raise ConfigError(
            "no profile is named, and there is no terminal to choose one on",
            f"Name one of: {shown}{more}",
        )
    used = _used()
    rows = by_use(listed, used)
    if os.environ.get("TERM", "") in ("", "dumb", "unknown") and os.name == "posix":
        name = _ask_line_by_line(rows)
    else:
        name = _ask(rows)
    _remember(name, used)
    return name


# Finding


class Rows:
    """Profiles in order, to be searched. Typing on narrows down what was found before."""

    def __init__(self, listed: list[Listed]) -> None:
        self.all = [(profile, _text(profile)) for profile in listed]
        self._query = ""
        self._found = self.all

    def search(self, query: str) -> list[Listed]:
        """The profiles that every word of ``query`` fits, best first, else in their order.

        A word fits if it is part of a name, account, role or region, or if its letters are there
        in their order.
        """
        among = self._found if query.startswith(self._query) else self.all
        words = query.casefold().split()
        loose = [re.compile("[^\n]*?".join(map(re.escape, word))) for word in words]
        found = []
        for row in among:
            text = row[1]
            score = 0
            for word, letters in zip(words, loose, strict=True):
                if word in text:
                    score += _closeness(word, text)
                elif letters.search(text):
                    score += 10
                else:
                    break
            else:
                found.append((score, row))
        self._query = query
        self._found = [row for _, row in found]
        return [row[0] for _, row in sorted(found, key=lambda scored: scored[0])]


def _text(profile: Listed) -> str:
    """All that a profile is searched by, its name first, a line each."""
    parts = (
        profile.name,
        profile.account_name,
        profile.account_id,
        profile.role_name,
        profile.region,
    )
    return "\n".join(parts).casefold()


def _closeness(word: str, text: str) -> int:
    """How far from being the name itself; 0 is the name."""
    name = text.partition("\n")[0]
    at = name.find(word)
    if at < 0:
        return 4
    if word == name:
        return 0
    if at == 0:
        return 1
    return 3 if name[at - 1].isalnum() else 2


# What was used before


def by_use(listed: list[Listed], used: dict[str, tuple[float, float]]) -> Rows:
    """The profiles, most used and recent first, else in the order of the config."""
    now = clock.now()
    weights = {name: _decayed(weight, now - moment) for name, (weight, moment) in used.items()}
    for name, moment in _resolved().items():
        weights[name] = weights.get(name, 0.0) + _decayed(1.0, now - moment)
    return Rows(sorted(listed, key=lambda profile: -weights.get(profile.name, 0.0)))


def _decayed(weight: float, seconds: float) -> float:
    return float(weight * 0.5 ** (max(0.0, seconds) / _HALF_LIFE))


def _resolved() -> dict[str, float]:
    """When credentials were last got for a profile, by whatever command: the warm index's files."""
    found: dict[str, float] = {}
    try:
        for entry in os.scandir(paths.ours("index")):
            name = bytes.fromhex(entry.name.removesuffix(".json"))
            found[name.decode("utf-8", "surrogateescape")] = entry.stat().st_mtime
    except (OSError, ValueError):
        pass
    return found


def _used() -> dict[str, tuple[float, float]]:
    """Profile → (how often it was picked, decayed, and when last, in epoch seconds)."""
    try:
        kept = json.loads(files.read(paths.ours("picked.json")))
        return {str(name): (float(weight), float(at)) for name, (weight, at) in kept.items()}
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return {}


def _remember(name: str, used: dict[str, tuple[float, float]]) -> None:
    now = clock.now()
    weight, moment = used.get(name, (0.0, now))
    used[name] = (_decayed(weight, now - moment) + 1, now)
    latest = sorted(used.items(), key=lambda entry: -entry[1][1])[:_KEPT]
    try:
        files.write_private(paths.ours("picked.json"), json.dumps(dict(latest)).encode())
    except OSError:
        pass  # the order of a list is no reason to fail


# Asking


def _ask(rows: Rows) -> str:
    """Let the person choose on a terminal that can move its cursor."""
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.key_binding import KeyBindings

    found = rows.search("")
    at = 0  # which of them is selected

    def search(query: "Buffer") -> None:
        nonlocal found, at
        found, at = rows.search(query.text), 0

    query = Buffer(multiline=False, on_text_changed=search)

    def draw(size: "Size") -> "StyleAndTextTuples":
        height = max(1, min(_ROWS, size.rows - 3))
        top = max(0, min(at - height // 2, len(found) - height))
        visible = found[top : top + height]
        lines = rendered(visible, size.columns - 3)
        fragments: StyleAndTextTuples = []
        for position, line in enumerate(lines, top):
            marker, style = ("> ", "reverse") if position == at else ("  ", "")
            fragments.append((style, marker + line))
            fragments.append(("", "\n"))
        told = f"{len(found)} of {len(rows.all)}" if found else "nothing fits"
        return [*fragments, ("", f"  {told}. Enter: use it. Esc: leave"[: size.columns - 1])]

    keys = KeyBindings()

    def move(*names: str, by: int) -> None:
        @keys.add(names[0])
        @keys.add(names[-1])
        def _(event: "KeyPressEvent") -> None:
            nonlocal at
            at = max(0, min(at + by, len(found) - 1))

    move("up", "c-p", by=-1)
    move("down", "c-n", by=1)
    move("s-tab", by=-1)
    move("tab", by=1)
    move("pageup", by=-_ROWS)
    move("pagedown", by=_ROWS)

    @keys.add("enter")
    def choose(event: "KeyPressEvent") -> None:
        if found:
            event.app.exit(result=found[at].name)

    chosen: str = converse("profile: ", query, draw, keys)
    return chosen


def converse(
    label: str,
    query: "Buffer",
    draw: "Callable[[Size], StyleAndTextTuples]",
    keys: "KeyBindings",
) -> Any:
    """Show ``label`` with the ``query`` typed behind it, and below what ``draw`` makes of it for
    a terminal of that size, until one of ``keys`` ends it; its result.

    Raises ``KeyboardInterrupt`` if the person leaves.
    """
    from prompt_toolkit.application import Application
    from prompt_toolkit.layout import BufferControl, FormattedTextControl, HSplit, Layout, Window
    from prompt_toolkit.layout.processors import BeforeInput

    @keys.add("escape", eager=True)
    @keys.add("c-c")
    @keys.add("c-d")
    @keys.add("c-g")
    @keys.add("<sigint>")
    def leave(event: "KeyPressEvent") -> None:
        event.app.exit(exception=KeyboardInterrupt())

    prompt = BufferControl(query, input_processors=[BeforeInput(label)])
    below = FormattedTextControl(lambda: draw(application.output.get_size()))
    body = HSplit(
        [
            Window(prompt, height=1, dont_extend_height=True),
            Window(below, dont_extend_height=True, wrap_lines=False),
        ]
    )
    with Terminal() as (keyboard, screen):
        application: Application[Any] = Application(
            Layout(body),
            key_bindings=keys,
            erase_when_done=True,
            input=keyboard,
            output=screen,
        )
        application.ttimeoutlen = 0.05  # seconds that an Esc waits for the rest of an arrow key
        return application.run()


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


class Terminal:
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


def _ask_line_by_line(rows: Rows) -> str:
    """Let the person choose on a terminal that only knows lines."""
    with open("/dev/tty") as keyboard, open("/dev/tty", "w") as screen:
        query = ""
        while True:
            found = rows.search(query)
            for number, profile in enumerate(found[:_ROWS], 1):
                screen.write(
                    f"{number:3} {printable(profile.name)}  {printable(profile.details())}\n"
                )
            screen.write(f"{len(found)} of {len(rows.all)}. Number, or part of a name: ")
            screen.flush()
            line = keyboard.readline()
            if not line:
                raise KeyboardInterrupt
            answer = line.strip()
            if answer.isdecimal() and 0 < int(answer) <= min(len(found), _ROWS):
                return found[int(answer) - 1].name
            fitting = rows.search(answer)
            if len(fitting) == 1 or (fitting and fitting[0].name == answer):
                return fitting[0].name
            query = answer if fitting else ""
