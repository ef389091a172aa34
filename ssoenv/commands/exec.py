"""``ssoenv exec [PROFILE] [-- COMMAND …]``: become a command that has the variables."""

import os

from ssoenv import child, variables
from ssoenv.variables import Answer

TYPE_CHECKING = False  # importing typing for it would cost half of a warm answer
if TYPE_CHECKING:
    import argparse


def add_arguments(parser: "argparse.ArgumentParser") -> None:
    from ssoenv.commands import common

    parser.usage = "ssoenv exec [PROFILE] [options] [-- COMMAND [ARGUMENT ...]]"
    common.add_profile(parser)
    common.add_freshness(parser)
    common.add_role(parser)
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="default: your shell")


def run(arguments: "argparse.Namespace") -> int:
    from ssoenv.commands import common

    command = arguments.command or child.shell()
    path = child.find(command[0])  # a typing error should not cost a call to AWS
    return start(path, command, common.answer(arguments))


def start(path: str, command: list[str], answer: Answer) -> int:
    """Become ``command`` as ``answer``. See ``child.become``."""
    return child.become(path, command, variables.to_use(answer, os.environ))
