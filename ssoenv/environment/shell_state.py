"""What ``ssoenv use`` and ``ssoenv off`` remember from one run to the next: which profile is in
use, which was before it, and the variables that the shell had before the first ``use``.

The program makes it. The shell's function keeps it in a variable that no child inherits, and gives
it to the next run of the program, to that one alone, as SSOENV_SHELL_STATE.
"""

from _collections_abc import Mapping, MutableMapping, Sequence

from ssoenv.cache.role_keys import Credentials
from ssoenv.environment import variables
from ssoenv.environment.variables import REMOVED, SET, Changes
from ssoenv.system import kept

VARIABLE = "SSOENV_SHELL_STATE"


class ShellState:
    """``used``: what brings the profile in use back, its name or all of a role, and the region
    that was chosen for it, if one was. ``previous``: the same of the one before. ``before``: the
    changes that ``ssoenv off`` makes. Each may be empty."""

    __slots__ = ("before", "previous", "used")

    def __init__(self, text: str = "") -> None:
        self.used: list[str] = []
        self.previous: list[str] = []
        self.before: Changes = []
        try:
            used, previous, before = (_read(part) for part in text.split("-"))
        except ValueError:
            return  # it is not ours
        self.used, self.previous = used, previous
        for line in before:
            name, has_value, value = line.partition("=")
            self.before.append((name, value if has_value else None))

    def __str__(self) -> str:
        """One word of hexadecimal numbers: every shell can keep that, and none changes it."""
        before = [name if value is None else f"{name}={value}" for name, value in self.before]
        return "-".join(map(_write, (self.used, self.previous, before)))


def taken(environ: MutableMapping[str, str]) -> ShellState:
    """What the shell has handed over. It is taken out of ``environ``, so that no child of this
    process sees it."""
    return ShellState(environ.pop(VARIABLE, ""))


def to_use(
    state: ShellState, credentials: Credentials, region: str | None, environ: Mapping[str, str]
) -> Changes:
    """The changes that make a shell with ``environ`` act as the profile of ``credentials``, and
    its new state. ``region``: the one that was chosen in place of the profile's own."""
    new = ShellState()
    was = _in_use(state, environ)
    new.before = state.before if was and state.before else _as_now(environ)
    new.used = [credentials.role or credentials.profile]
    if region and not credentials.role:  # a role has its region with it
        new.used.append(region)
    new.previous = was if was and was != new.used else state.previous
    return [*variables.to_use(credentials, environ), (VARIABLE, str(new))]


def to_leave(state: ShellState, environ: Mapping[str, str]) -> Changes:
    """The changes that give a shell with ``environ`` back what it had before, and its new state."""
    new = ShellState()
    was = _in_use(state, environ)
    new.previous = was or state.previous
    changes = state.before if was and state.before else variables.to_undo(environ)
    return [*changes, (VARIABLE, str(new))]


def _in_use(state: ShellState, environ: Mapping[str, str]) -> list[str]:
    """What brings back what is in use now, whoever has set it; empty if nothing is."""
    name = environ.get("SSOENV_ROLE") or environ.get("SSOENV_PROFILE")
    if not name:
        return []
    return state.used if state.used[:1] == [name] else [name]


def _as_now(environ: Mapping[str, str]) -> Changes:
    """The changes that undo a ``to_use`` whatever profile it is for: each variable of the table
    as it is now. Where a profile is in use, that is what its own undoing would leave."""
    if environ.get("SSOENV_PROFILE"):
        return variables.to_undo(environ)
    keepers: Changes = [(keeper, None) for keeper in kept.KEEPERS.values()]
    return [(name, environ.get(name)) for name, _ in (*SET, *REMOVED)] + keepers


def _write(texts: Sequence[str]) -> str:
    return ".".join(text.encode("utf-8", "surrogateescape").hex() for text in texts)


def _read(part: str) -> list[str]:
    texts = (bytes.fromhex(text) for text in part.split(".") if text)
    return [text.decode("utf-8", "surrogateescape") for text in texts]
