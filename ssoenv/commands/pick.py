"""``ssoenv pick``: choose a profile from a list on the terminal, and print its name."""

import argparse

from ssoenv import listing, output, picker


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    output.write(picker.pick(listing.profiles()) + "\n")
    return 0
