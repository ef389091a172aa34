"""What a failing run says and prints: a line on stderr, and on stdout nothing to evaluate but a
statement that fails."""

import os
import re
from collections.abc import Sequence

from ssoenv.environment import shells
from ssoenv.errors import BUG, INTERRUPTED, ExecFailed, SsoenvError
from ssoenv.system import stdout
from ssoenv.terminal import messages


def report(argv: Sequence[str], error: BaseException) -> int:
    """Tell the person of ``error``, make an ``eval`` of our output fail, return the exit code."""
    ours = argv[: argv.index("--")] if "--" in argv else argv
    if isinstance(error, SsoenvError):
        messages.raw(error.line() + "\n")
        status = error.exit_code
    elif _is_interrupted(error):
        status = INTERRUPTED
    else:
        what = f"{type(error).__name__}: {redacted(str(error))}"
        messages.say(
            f"this is a bug in ssoenv ({what}). Run it with --debug and report what it says"
        )
        status = BUG
    if "--debug" in ours and status != INTERRUPTED:
        messages.raw(_trace(error))
    command = _command(ours)
    if command == "env":
        _fail_in_the_shell(ours)
    if command == "exec" and status not in (INTERRUPTED, 126, 127):
        status = ExecFailed.exit_code
    return status


def _is_interrupted(error: BaseException | None) -> bool:
    """Whether it began with a person's Ctrl-C. Code that is interrupted may stumble over what it
    leaves half done, as argparse does, and raise something else on the way out."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _trace(error: BaseException) -> str:
    """The traceback, from the first cause on. Its frames are code; only messages may hold what
    nobody should see."""
    import traceback

    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return (
        (_trace(earlier) + "\n" if earlier else "")
        + "Traceback (most recent call last):\n"
        + "".join(traceback.format_tb(error.__traceback__))
        + redacted("".join(traceback.format_exception_only(error)))
    )


def redacted(text: str) -> str:
    """``text`` without what may be a key or a token: any long run of their characters."""
    return re.sub(r"\b(?:A[KS]IA[A-Z0-9]{6,}|[A-Za-z0-9+/=_.~-]{36,})", _unless_harmless, text)


def _unless_harmless(found: re.Match[str]) -> str:
    text = found[0]
    if os.path.exists(text) or os.path.exists("/" + text):
        return text
    parts = text.split(".")  # the name of a class, with its module's
    if len(parts) > 1 and all(part.isidentifier() and len(part) < 36 for part in parts):
        return text
    return "[redacted]"


def _command(ours: Sequence[str]) -> str:
    from ssoenv import cli

    return cli.split(ours)[0]


def _fail_in_the_shell(ours: Sequence[str]) -> None:
    """Print the failing statement, unless a person reads it or the output is data."""
    try:
        if os.isatty(1):
            return
        shell = _shell(ours)
        if shell:
            stdout.write(shell.failure)
    except (OSError, SsoenvError):
        pass  # whoever closed our stdout cannot evaluate it either


def _shell(ours: Sequence[str]) -> shells.Shell | None:
    """The shell asked for, by a look at the arguments that works for wrong ones too; the one
    that asks if they name nothing known. None for a data format."""
    from ssoenv.environment import formats

    for position, argument in enumerate(ours):
        option, equals, value = argument.partition("=")
        if option in ("--shell", "--format", "-s", "-f"):
            value = value if equals else "".join(ours[position + 1 : position + 2])
        elif argument[:2] in ("-s", "-f") and len(argument) > 2:
            option, value = argument[:2], argument[2:]
        else:
            continue
        named = shells.find(value)
        if named or (option in ("--format", "-f") and formats.find(value)):
            return named
    from ssoenv.environment import detect

    return shells.SHELLS[detect.detect({**os.environ, "SSOENV_SHELL": ""})[0]]
