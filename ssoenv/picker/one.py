"""The picker: choose a profile from a list, the most used first."""

import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ssoenv import hints
from ssoenv.config import listing
from ssoenv.config.listing import Listed
from ssoenv.errors import ConfigError, printable
from ssoenv.picker import lines
from ssoenv.picker.screen import States, View, only_knows_lines
from ssoenv.picker.search import Rows
from ssoenv.system import clock, files, paths
from ssoenv.terminal import messages

if TYPE_CHECKING:
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

_HALF_LIFE = 7 * 86400.0  # seconds after which having used a profile counts half
_KEPT = 500


def pick(listed: list[Listed], words: Sequence[str] = (), states: States | None = None) -> str:
    """The name of the profile that the person chooses. ``words``: what they have typed of it; the
    profile of that very name is taken, and so is the only one that has them all. ``states``: see
    ``screen.View``.

    Raises ``ConfigError`` if there is no profile, none that fits, or no terminal to choose on,
    ``KeyboardInterrupt`` if the person leaves without choosing.
    """
    if not listed:
        raise listing.none()
    query = " ".join(words)
    names = [profile.name for profile in listed]
    rows = Rows(listed)
    if not rows.search(query):
        hint = hints.meant(query, names) or hints.one_of(names)
        raise ConfigError(f'no profile fits "{query}"', hint)
    found = [profile.name for profile in rows.exact(query)]
    if query not in names and not messages.person_present():
        raise ConfigError(
            "there is no terminal to choose a profile on",
            hints.one_of(found or names),
        )
    used = _used()
    if query in names:
        name = query
    elif len(found) == 1:
        name = found[0]
    elif only_knows_lines():
        name = _ask_line_by_line(by_use(listed, used), query)
    else:
        name = _View(by_use(listed, used), query, states).ask("profile: ")
    _remember(name, used)
    return name


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
            if "." in entry.name or entry.name == "notice":
                continue
            name = bytes.fromhex(entry.name)
            found[name.decode("utf-8", "surrogateescape")] = entry.stat().st_mtime
    except (OSError, ValueError):
        pass
    return found


def _used() -> dict[str, tuple[float, float]]:
    """Profile → (how often it was picked, decayed, and when last, in epoch seconds)."""
    kept: dict[str, Any] = files.read_object(paths.ours("picked.json"))
    try:
        return {name: (float(weight), float(at)) for name, (weight, at) in kept.items()}
    except (ValueError, TypeError, OverflowError):
        return {}


def _remember(name: str, used: dict[str, tuple[float, float]]) -> None:
    now = clock.now()
    weight, moment = used.get(name, (0.0, now))
    used[name] = (_decayed(weight, now - moment) + 1, now)
    latest = sorted(used.items(), key=lambda entry: -entry[1][1])[:_KEPT]
    try:
        files.write_private(paths.ours("picked.json"), json.dumps(dict(latest)).encode())
    except OSError:
        pass  # the order of a list must not make a run fail


class _View(View):
    def footer(self) -> list[str]:
        count = f"{len(self.found)} of {len(self.rows.all)}" if self.found else "nothing fits"
        return [f"{count}. Enter: use it. Esc: leave"]

    def bind(self, keys: "KeyBindings") -> None:
        @keys.add("tab")
        def down(event: "KeyPressEvent") -> None:
            self.move(1)

        @keys.add("s-tab")
        def up(event: "KeyPressEvent") -> None:
            self.move(-1)

        @keys.add("enter")
        def use(event: "KeyPressEvent") -> None:
            if self.found:
                event.app.exit(result=self.found[self.at].name)


def _ask_line_by_line(rows: Rows, query: str) -> str:
    """Let the person choose on a terminal that only knows lines."""
    with open("/dev/tty") as keyboard, open("/dev/tty", "w") as screen:
        while True:
            found = rows.search(query)
            for number, profile in enumerate(found[: _View.lines], 1):
                mark = lines.MARK if profile.confirm else ""
                details = printable(profile.details())
                screen.write(f"{number:3} {printable(profile.name)}{mark}  {details}\n")
            screen.write(f"{len(found)} of {len(rows.all)}. Number, or part of a name: ")
            screen.flush()
            line = keyboard.readline()
            if not line:
                raise KeyboardInterrupt
            answer = line.strip()
            if answer.isdecimal() and 0 < int(answer) <= min(len(found), _View.lines):
                return found[int(answer) - 1].name
            fitting = rows.search(answer)
            if len(fitting) == 1 or (fitting and fitting[0].name == answer):
                return fitting[0].name
            query = answer if fitting else ""
