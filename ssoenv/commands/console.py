"""``ssoenv console``: an address that opens the web console as a role."""

import argparse

from ssoenv import browser, console, output, terminal
from ssoenv.commands import common
from ssoenv.errors import UsageError

_EXAMPLES = """\
examples:
  ssoenv console dev --open
  ssoenv console dev --service s3 --duration 8h
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    common.add_profile(parser)
    parser.add_argument(
        "--service", default="", metavar="NAME", help="a page of the console, e.g. s3 or ec2"
    )
    parser.add_argument(
        "--duration",
        type=common.seconds,
        metavar="TIME",
        help="how long you stay signed in there, 15m to 12h (default: as long as the keys)",
    )
    parser.add_argument(
        "--open", action="store_true", help="open it in the browser instead of printing it"
    )
    common.add_freshness(parser)
    common.add_role(parser)


def run(arguments: argparse.Namespace) -> int:
    seconds = None if arguments.duration is None else int(arguments.duration)
    if seconds is not None and not console.SHORTEST <= seconds <= console.LONGEST:
        raise UsageError("--duration must be from 15m to 12h")
    asked, _ = common.meant(arguments)
    if seconds is not None and asked.kind == "chain":
        raise UsageError(
            "a role on top of another one has a console session as long as its keys",
            "Leave out --duration",
        )
    keys = common.obtain(asked, arguments).credentials
    address = console.sign_in_url(asked, keys, arguments.region, arguments.service, seconds)
    if arguments.open and browser.why_none() is None:
        browser.open_address(address)
        terminal.say(f"the console opens in your browser as {asked.name}")
        return 0
    if arguments.open:
        terminal.say(f"{browser.why_none()}, so open this address yourself")
    output.write(address + "\n")
    return 0
