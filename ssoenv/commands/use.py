"""``ssoenv use``: the program's part of the shell's function, which calls it ``ssoenv --use``."""

import argparse
import os

from ssoenv.commands import options, request, states
from ssoenv.config import listing, selection
from ssoenv.environment import shell_state
from ssoenv.environment.writer import Dialect
from ssoenv.errors import UsageError

_EXAMPLES = """\
examples:
  ssoenv use prod           this shell acts as the profile prod
  ssoenv use                as the one that you pick from a list
  ssoenv use prod read      from those that have both words; a sole one at once
  ssoenv use -              as the one before
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "words",
        nargs="*",
        metavar="PROFILE",
        help="a profile of the AWS config, words to pick one by, or - for the one before",
    )
    parser.add_argument(
        "-p", "--profile", dest="profile_option", metavar="NAME", help="the same as PROFILE"
    )
    parser.add_argument("-s", "--shell", help=argparse.SUPPRESS)
    options.add_yes(parser)
    options.add_freshness(parser)
    options.add_role(parser)


def run(arguments: argparse.Namespace) -> int:
    state = shell_state.taken(os.environ)
    dialect = Dialect(arguments.shell, None)
    arguments.profile = None
    arguments.profile = _profile(arguments, state)
    found = request.credentials(arguments, with_notice=True)
    dialect.write(shell_state.to_use(state, found, arguments.region, os.environ))
    dialect.say_what_is_used(found)
    return 0


def _profile(arguments: argparse.Namespace, state: shell_state.ShellState) -> str | None:
    """The profile that the words mean; None where an option says whose keys. Raises ``UsageError``
    and ``ConfigError``, and ``KeyboardInterrupt`` if the person picks none."""
    words: list[str] = arguments.words
    if words == ["-"]:
        if not state.previous:
            raise UsageError("no profile was in use before", "Name one: ssoenv use PROFILE")
        name, *region = state.previous
        arguments.region = arguments.region or "".join(region) or None
        return name
    if not words and request.is_by_hand(arguments):
        return None
    usable = listing.usable()
    if len(words) == 1 and not _is_part_of_a_name(words[0], usable):
        return words[0]
    from ssoenv.picker.one import pick

    return pick(usable, words, states.of_all)


def _is_part_of_a_name(word: str, usable: list[listing.Listed]) -> bool:
    """Whether ``word`` is no profile's name, but something that a person may know one by."""
    from ssoenv.picker.search import Rows
    from ssoenv.terminal import messages

    if selection.is_role(word) or not word.strip() or not messages.person_present():
        return False
    if any(word == one.name for one in listing.profiles()):
        return False
    return bool(Rows(usable).exact(word))
