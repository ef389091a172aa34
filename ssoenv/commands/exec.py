"""``ssoenv exec [PROFILE] [-- COMMAND …]``: become a command that has the variables; with several
profiles, run it as each of them."""

import argparse
import os
import shutil
from itertools import takewhile

from ssoenv import hints
from ssoenv.aws import profile
from ssoenv.commands import choice, confirm, exec_many, options, request
from ssoenv.environment import child, variables
from ssoenv.errors import CommandNotFound, ConfigError

_EXAMPLES = """\
examples:
  ssoenv exec dev -- sls deploy                     one command as dev
  ssoenv exec dev                                   a shell as dev, until exit
  ssoenv exec --endpoint dev -- terraform apply     one that runs for hours
  ssoenv exec dev 'prod-*' -- aws s3 ls             as several profiles
  ssoenv exec --all --role ReadOnly --output json -- ./inventory.sh
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.usage = "ssoenv exec [PROFILE ...] [options] [-- COMMAND [ARGUMENT ...]]"
    options.add_profile(parser)
    options.add_yes(parser)
    options.add_freshness(parser)
    options.add_role(parser)
    parser.add_argument(
        "--endpoint",
        action="store_true",
        help="for long runs: instead of keys, give the command a place to ask for keys, again and "
        "again; in there, [default] of the AWS config has no credentials",
    )
    _add_several(parser)
    parser.add_argument(
        "command", nargs="*", metavar="COMMAND", help="what to run (default: your shell)"
    )


def _add_several(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "several profiles: names or patterns before --, or --all; also --session PATTERN"
    )
    group.add_argument(
        "--all", action="store_true", help="all profiles of the config that are roles"
    )
    options.add_narrowing(group)
    group.add_argument(
        "--jobs", type=_jobs, metavar="N", help="how many commands run at once (default: 4)"
    )
    group.add_argument(
        "--output",
        choices=("text", "json"),
        metavar="FORMAT",
        help="text (the default): lines behind the profile's name; json: one line for each profile "
        "as it ends",
    )
    group.add_argument(
        "--no-prefix", action="store_true", help="lines without the profile's name before them"
    )
    group.add_argument(
        "--fail-fast", action="store_true", help="let the first failure end the others"
    )


def _jobs(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 1000):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 999")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    if exec_many.is_meant(arguments):
        return exec_many.run(arguments)
    try:
        return _run(arguments)
    except (CommandNotFound, ConfigError) as problem:
        if not arguments.apart and (
            meant := if_all_is_the_command(arguments.profile, arguments.command)
        ):
            raise meant from None
        if isinstance(problem, CommandNotFound):
            problem = _if_a_profile_is_meant(arguments) or problem
        raise problem from None


def if_all_is_the_command(word: str | None, others: list[str]) -> ConfigError | None:
    """What to say if no ``--`` was typed and ``word``, the first one, is no profile, but a program
    with the arguments ``others``."""
    if not word or not shutil.which(word) or word in profile.names():
        return None
    return ConfigError(
        f'there is no profile "{word}"',
        f"To run {word} as the profile in use: ssoenv exec -- {hints.command([word, *others])}",
    )


def _if_a_profile_is_meant(arguments: argparse.Namespace) -> CommandNotFound | None:
    """What to say if the word behind PROFILE, which is no program, was to be one more profile."""
    words = arguments.command
    first = request.profile_argument(arguments)
    if arguments.apart or not first or not words:
        return None
    named = [first, *takewhile(lambda word: not word.startswith("-"), words)]
    others = [word for word in named if not choice.are_profiles([word])]
    if "--" in words and 0 < len(others) < len(named):
        listed = ", ".join(f'"{word}"' for word in others)
        return CommandNotFound(
            f'there is no command "{words[0]}"',
            f"If several profiles are meant: there is no profile {listed}",
        )
    if not others and words[len(named) - 1 :][:1] in ([], ["--"]):
        return CommandNotFound(
            f'"{words[0]}" is no command, but a profile',
            f"To run a command as each: ssoenv exec {hints.command(named)} -- COMMAND",
        )
    return None


def _run(arguments: argparse.Namespace) -> int:
    command = arguments.command or child.shell()
    path = child.find(command)  # a typing error should not cost a call to AWS
    if arguments.endpoint:
        return _start_with_endpoint(path, command, arguments)
    return child.become_as(request.credentials(arguments, with_notice=True), path, command)


def _start_with_endpoint(path: str, command: list[str], arguments: argparse.Namespace) -> int:
    """Become ``command`` with an endpoint beside it. See ``server_process``."""
    from ssoenv.endpoint import file_copies, fingerprint, server_process

    loaded, role = request.profile_asked_for(arguments)
    confirm.ask([loaded], arguments, by_hand=request.is_by_hand(arguments))
    source = {
        "profile": loaded.name,
        "identity": fingerprint.of(loaded),  # of what is read before the keys are asked for
        "role": role,
        "region": arguments.region,
    }
    if role is None:
        arguments.profile = loaded.name  # nobody is asked twice which one is meant
    credentials = request.credentials(arguments)
    copies = file_copies.contents()
    endpoint = server_process.start(credentials, source, arguments.min_ttl, copies)
    try:
        changes = variables.to_use_endpoint(
            credentials, endpoint.url, endpoint.token, endpoint.folder, os.environ
        )
        return child.become(path, command, changes)
    finally:
        endpoint.stop()
