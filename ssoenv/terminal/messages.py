"""What people see beside the product: always on stderr, or on the terminal itself."""

import os
import sys

from ssoenv.errors import printable

_KEYBOARD = "CONIN$" if os.name == "nt" else "/dev/tty"  # wherever stdin comes from

_verbose = False
_alone = False


def be_verbose() -> None:
    """Let ``detail`` speak (``-v``)."""
    global _verbose
    _verbose = True


def say(text: str) -> None:
    """One line for the person, without the secrets that requests have carried."""
    raw(line(text))


def line(text: str) -> str:
    """The line that ``say`` says."""
    from ssoenv.terminal import foreign

    return f"ssoenv: {printable(foreign.without_secrets(text))}\n"


def raw(text: str) -> None:
    """Text for stderr as it is. A stderr that is closed or broken does not fail
    the run; what its encoding does not have is written as a backslash and a number."""
    try:
        encoding = sys.stderr.encoding or "utf-8"
        sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        pass


WARNING = "ssoenv: warning: "
"""How each line of ``warn`` begins."""


def warn(text: str) -> None:
    """One line about something that still went well."""
    say(WARNING.removeprefix("ssoenv: ") + text)


def detail(text: str) -> None:
    """One line for whoever asked with ``-v``."""
    if _verbose:
        say(text)


def never_ask() -> None:
    """Let there be nobody to ask (a program that other programs run)."""
    global _alone
    _alone = True


def in_ci() -> bool:
    """Whether this is a CI system, where nobody sits."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def person_present() -> bool:
    """Whether somebody can answer a question: stderr shows on a terminal, the process has a
    terminal to read from, and this is not a CI system."""
    if _alone or in_ci():
        return False
    try:
        if not sys.stderr.isatty():
            return False
        terminal = os.open(_KEYBOARD, os.O_RDWR)
    except (OSError, ValueError, AttributeError):
        return False
    os.close(terminal)
    return True


def _forget_typed(keyboard: int) -> None:
    if os.name == "posix":
        import termios

        try:
            termios.tcflush(keyboard, termios.TCIFLUSH)
        except termios.error:
            pass


def ask(question: str) -> str:
    """What the person types at ``question``. Only for a ``person_present``; read from the terminal
    wherever stdin comes from.

    What was typed before the question was there is no answer to it.

    Raises ``KeyboardInterrupt`` at the end of input (Ctrl-D, a terminal that is closed): to leave
    is not to agree.
    """
    try:
        with open(_KEYBOARD, encoding="utf-8", errors="replace") as typed:
            _forget_typed(typed.fileno())
            raw(question)
            line = typed.readline()
    except OSError:
        line = ""
    except KeyboardInterrupt:
        raw("\n")
        raise
    if not line.endswith("\n"):
        raw("\n")
        raise KeyboardInterrupt
    return line.strip()
