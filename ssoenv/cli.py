"""The command line: command names to command modules, and the help a person reads."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from ssoenv import __version__, hints
from ssoenv.errors import KeychainLocked, UsageError
from ssoenv.hints import COMMANDS, FUNCTIONS, OTHER_NAMES
from ssoenv.system import stdout
from ssoenv.terminal import messages, tables
from ssoenv.terminal.folding import folded

_ABOUT = """\
AWS SSO credentials for every shell and every tool.

  eval "$(ssoenv dev)"              this shell acts as the profile dev
  ssoenv exec dev -- sls deploy     one command does
  ssoenv dev --format github        the next steps of a CI job do
"""


def run(argv: Sequence[str]) -> int:
    """Run the command that ``argv`` (without the program's name) asks for; its exit code.

    Raises one of ``errors``.
    """
    command, rest, verbose = split(argv)
    if verbose:
        messages.be_verbose()
    if command == "help":
        stdout.write(folded(_help(rest[0] if rest else ""), tables.columns()))
        return 0
    if command == "version":
        stdout.write(f"ssoenv {__version__}\n")
        return 0
    meant = _meant(rest) if command == "env" else None
    if meant:
        return run(meant)
    arguments = parse(parser_of(command), command, rest)
    if arguments.verbose:
        messages.be_verbose()
    status: int
    try:
        status = _module(command).run(arguments)
    except KeychainLocked as problem:  # at the first thing that is read: nothing has been done yet
        from ssoenv.commands import request

        request.unlock_keychain(problem, arguments)
        status = _module(command).run(arguments)
    return status


def _help(about: str) -> str:
    """What to say of a command or function; of all, if it is none."""
    name = OTHER_NAMES.get(about, about)
    if name in COMMANDS or name == "use":
        return parser_of(name).format_help()
    if name in FUNCTIONS:
        return f"usage: ssoenv {name}\n\n{_sentence(FUNCTIONS[name])}\n"
    return _overview()


def _meant(rest: list[str]) -> list[str] | None:
    """What somebody means who calls a command as another tool does; None if a profile is called
    so.

    Raises ``UsageError`` for ``use`` and ``off``, which this shell does not know; and where no
    person reads the output: what is caught there may be evaluated.
    """
    from ssoenv.config import listing

    if not rest or rest[0] not in (*FUNCTIONS, *OTHER_NAMES):
        return None
    if any(listed.name == rest[0] for listed in listing.profiles()):
        return None
    name = OTHER_NAMES.get(rest[0], rest[0])
    if name in FUNCTIONS:
        if name != rest[0]:  # the function may be there: this one is called by its name only
            raise UsageError(
                f'there is no command "{rest[0]}"',
                f"Type: ssoenv {hints.command([name, *rest[1:]])}",
            )
        _refuse_function(name, rest[1:])
    try:
        is_seen = sys.stdout.isatty()
    except (AttributeError, ValueError):
        is_seen = False
    if not is_seen:
        raise UsageError(f'there is no command "{rest[0]}"', f"Type: ssoenv {name}")
    messages.say(f"{rest[0]} is here: ssoenv {hints.command([name, *rest[1:]])}")
    return [name, *rest[1:]]


def _refuse_function(name: str, words: list[str]) -> NoReturn:
    """Say how to have function ``name`` in the shell that asks. ``words``: what comes after it."""
    from ssoenv.commands import init
    from ssoenv.environment import writer

    try:
        shell = writer.shell_for(None)
    except UsageError as error:
        raise UsageError(error.message, "See: ssoenv init --help") from None
    if shell.name == "powershell":
        function = {"use": "Use-SsoenvProfile", "off": "Clear-SsoenvProfile"}[name]
        raise UsageError(
            f'"{name}" is for a prompt with PSReadLine, after: {init.start_up_line(shell.name)}',
            f"Elsewhere type: {hints.command([function, *words])}",
        )
    if line := init.start_up_line(shell.name):
        raise UsageError(
            f'"{name}" is a function of your shell, which is not there yet', f"Put it there: {line}"
        )
    if name == "off":
        request = "--unset"
    elif not words or words == ["-"]:  # only a function knows which one was in use before
        request = "PROFILE"
    else:
        request = hints.command(["env", *words] if words[0] in (*COMMANDS, "help") else words)
    line = shell.line.replace("PROFILE", request)
    raise UsageError(f'there is no function "{name}" for {shell.name}', f"Type: {line}")


def parser_of(command: str) -> "Parser":
    """The parser of one of ``COMMANDS``, or of ``use``, which knows its help."""
    description = _sentence({**COMMANDS, **FUNCTIONS}[command])
    parser = Parser(prog=f"ssoenv {command}", description=description)
    _module(command).add_arguments(parser)
    parser.add_argument("-v", "--verbose", action="store_true", help="say what is done, and why")
    parser.add_argument("--debug", action="store_true", help="show tracebacks, without secrets")
    return parser


def _module(command: str) -> Any:
    return importlib.import_module("ssoenv.commands." + command.replace("-", "_"))


def split(argv: Sequence[str]) -> tuple[str, list[str], bool]:
    """The command's name (``env`` if none is given; ``help``, ``version``, ``use``), what comes
    after it with a ``--profile`` that came before it, and whether ``-v`` came before it."""
    rest = list(argv)
    verbose = False
    profile: list[str] = []
    while rest:
        if rest[0] in ("-v", "--verbose", "--debug"):
            verbose = rest.pop(0) in ("-v", "--verbose") or verbose
        elif count := _words_of_profile(rest):
            profile += rest[:count]
            del rest[:count]
        else:
            break
    first = rest[0] if rest else ""
    if first == "--use":  # the shell's function of that name
        return "use", profile + rest[1:], verbose
    if first in COMMANDS:
        return first, profile + rest[1:], verbose
    if first in ("-h", "--help", "help") and not profile:
        return "help", rest[1:], verbose
    if first in ("-V", "--version") and not profile:
        return "version", [], verbose
    return "env", profile + rest, verbose


def _words_of_profile(rest: list[str]) -> int:
    """How many words at the start of ``rest`` are the option ``--profile`` with its value."""
    if rest[0] in ("-p", "--profile"):
        return 2 if len(rest) > 1 and not rest[1].startswith("-") else 0
    return 1 if rest[0].startswith(("--profile=", "-p")) else 0


class Parser(argparse.ArgumentParser):
    """argparse, with errors as ``UsageError`` and help that does not get lost. ``is_for_a_shell``:
    what is printed is evaluated."""

    is_for_a_shell = False

    def __init__(self, **options: Any) -> None:
        super().__init__(
            allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **options
        )

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"See: {self.prog} --help")

    def print_help(self, file: Any = None) -> None:
        if self.is_for_a_shell:
            raise UsageError("help is not for a shell to evaluate", f"Type: {self.prog} --help")
        stdout.write(folded(self.format_help(), tables.columns()))


def parse(parser: Parser, command: str, rest: list[str]) -> argparse.Namespace:
    """Parse ``rest``. For ``exec``, what follows ``--``, or PROFILE if there is no ``--``, is the
    command to run, whose options are its own."""
    parser.is_for_a_shell = command == "use" and "--shell" in rest[:1]
    if command != "exec":
        try:
            if {"-h", "--help", "--"} & set(rest):
                return parser.parse_args(rest)
            return parser.parse_intermixed_args(rest)  # several profiles, options between them
        except UsageError:
            if command == "env":
                _check_for_a_command(parser, rest)
            raise
    several, ours, dashes = _several_profiles(parser, rest)
    if several:
        arguments = parser.parse_args(ours)
        arguments.profiles, arguments.apart = several, True
        arguments.command = rest[dashes + 1 :]
        return arguments
    cut = _end_of_ours(parser, rest)
    try:
        arguments = parser.parse_args(rest[:cut])
    except UsageError:
        if "--" not in rest and (
            meant := _module(command).if_all_is_the_command(rest[0], rest[1:])
        ):
            raise meant from None
        raise
    arguments.profiles = []
    arguments.apart = rest[cut : cut + 1] == ["--"]
    arguments.command = rest[cut + 1 :] if arguments.apart else rest[cut:]
    return arguments


def _check_for_a_command(parser: argparse.ArgumentParser, rest: list[str]) -> None:
    """Raise what is wrong with ``rest`` if a command to run follows our own words."""
    from ssoenv.aws import profile
    from ssoenv.commands import request

    cut = _end_of_ours(parser, rest)
    behind = rest[cut + 1 :] if rest[cut : cut + 1] == ["--"] else rest[cut:]
    if not behind:
        return
    name = request.profile_argument(parser.parse_args(rest[:cut]))
    if name is not None:
        profile.load(name)
    words = [] if name is None else [hints.argument(name)]
    raise UsageError(
        f"{' '.join(['ssoenv', *words])} prints variables and runs nothing",
        f"To run a command: {' '.join(['ssoenv exec', *words, '--', hints.command(behind)])}",
    )


def _end_of_ours(parser: argparse.ArgumentParser, rest: list[str]) -> int:
    """Where our words end: at ``--``, or at the first word that is not one of our options, nor its
    value, nor PROFILE (which an option may have named already)."""
    takes_value = _options_with_value(parser)
    profile_named = False
    skip = False
    for position, argument in enumerate(rest):
        if skip:
            skip = False
        elif argument == "--":
            return position
        elif argument.startswith("-"):
            skip = argument in takes_value
            by_option = argument.startswith("--profile") or argument[:2] == "-p"
            profile_named = profile_named or by_option
        elif profile_named:
            return position
        else:
            profile_named = True
    return len(rest)


def _options_with_value(parser: argparse.ArgumentParser) -> set[str]:
    return {
        option
        for action in parser._actions
        if action.option_strings and action.nargs is None
        for option in action.option_strings
    }


def _several_profiles(
    parser: argparse.ArgumentParser, rest: list[str]
) -> tuple[list[str], list[str], int]:
    """The words before ``--`` if they are several and each is a profile or a pattern, else none;
    what else is before it; and where it is."""
    takes_value = _options_with_value(parser)
    words: list[str] = []
    others: list[str] = []
    skip = False
    dashes = 0
    for argument in rest:
        if not skip and argument == "--":
            break
        dashes += 1
        is_word = not skip and not argument.startswith("-")
        skip = not skip and argument in takes_value
        (words if is_word else others).append(argument)
    else:
        return [], [], 0
    if len(words) < 2 or any(one.startswith(("-p", "--profile")) for one in others):
        return [], [], 0
    from ssoenv.commands import choice

    return (words, others, dashes) if choice.are_profiles(words) else ([], [], 0)


def _overview() -> str:
    rows, functions = _rows(COMMANDS), _rows(FUNCTIONS)
    return (
        f"usage: ssoenv [PROFILE] [options]\n       ssoenv COMMAND ...\n\n{_ABOUT}\n"
        f"commands:\n{rows}\n"
        f"functions of your shell, once it has run ssoenv init:\n{functions}\n"
        "ssoenv PROFILE is short for ssoenv env PROFILE; a profile that is named like a\n"
        "command needs the long form. ssoenv COMMAND --help tells more, ssoenv --version\n"
        "the version.\n"
    )


def _rows(names: dict[str, str]) -> str:
    width = max(map(len, COMMANDS))
    return "".join(f"  {name:{width}}  {_sentence(text)}\n" for name, text in names.items())


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
