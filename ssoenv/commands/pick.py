"""``ssoenv pick``: choose a profile from a list on the terminal, and print its name."""

import argparse

from ssoenv.commands import states
from ssoenv.config import listing
from ssoenv.picker.one import pick
from ssoenv.terminal import tables

_EXAMPLES = """\
examples:
  ssoenv pick
  ssoenv pick prod read     those that have both words; a sole one at once
  aws --profile "$(ssoenv pick)" s3 ls
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="part of a name, account, role or region",
    )


def run(arguments: argparse.Namespace) -> int:
    tables.show_names([pick(listing.usable(), arguments.words, states.of_all)])
    return 0
