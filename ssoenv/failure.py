"""What a failing run says and prints: a line on stderr, and on stdout nothing to evaluate but a
statement that fails."""

import os
from collections.abc import Sequence

from ssoenv.environment import shells
from ssoenv.errors import BUG, INTERRUPTED, ExecFailed, SsoenvError
from ssoenv.system import stdout
from ssoenv.terminal import foreign, messages

_MOST = 2000  # characters of an exception's message in a traceback


def report(argv: Sequence[str], error: BaseException) -> int:
    """Tell the person of ``error``, make an ``eval`` of our output fail, return the exit code."""
    ours = argv[: argv.index("--")] if "--" in argv else argv
    if isinstance(error, SsoenvError):
        messages.say(str(error))
        status = error.exit_code
    elif _is_interrupted(error):
        status = INTERRUPTED
    else:
        what = f"{type(error).__name__}: {foreign.redacted(foreign.clean(error))}"
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
    nobody should see, or lines that look like ours."""
    import traceback

    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return (
        (_trace(earlier) + "\n" if earlier else "")
        + "Traceback (most recent call last):\n"
        + "".join(traceback.format_tb(error.__traceback__))
        + f"{_kind(error)}: {foreign.redacted(foreign.clean(error, _MOST))}\n"
    )


def _kind(error: BaseException) -> str:
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


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
        by_format = option in ("--format", "-f")
        named = shells.find(formats.canonical(value) if by_format else value)
        if named or (by_format and formats.find(value)):
            return named
    from ssoenv.environment import detect

    return shells.SHELLS[detect.detect({**os.environ, "SSOENV_SHELL": ""})[0]]
