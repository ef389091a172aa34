"""``ssoenv pick``: choose a profile from a list on the terminal, and print its name."""

import argparse

from ssoenv.config import listing
from ssoenv.picker.one import pick
from ssoenv.terminal import tables

_EXAMPLES = """\
examples:
  ssoenv pick
  aws --profile "$(ssoenv pick)" s3 ls
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES


def run(arguments: argparse.Namespace) -> int:
    tables.show_names([pick(listing.usable())])
    return 0
