"""``ssoenv console``: an address that opens the web console as a role."""

import argparse

from ssoenv.commands import confirm, options, request
from ssoenv.credentials import federation
from ssoenv.errors import UsageError
from ssoenv.signin import browser
from ssoenv.system import stdout
from ssoenv.terminal import messages

_EXAMPLES = """\
examples:
  ssoenv console dev --open
  ssoenv console dev --service s3 --duration 8h
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    options.add_profile(parser)
    parser.add_argument(
        "--service", default="", metavar="NAME", help="a page of the console, e.g. s3 or ec2"
    )
    parser.add_argument(
        "--duration",
        type=options.seconds,
        metavar="TIME",
        help="how long you stay signed in there, 15m to 12h (default: as long as the keys)",
    )
    parser.add_argument(
        "--open", action="store_true", help="open it in the browser instead of printing it"
    )
    options.add_yes(parser)
    options.add_freshness(parser)
    options.add_role(parser)


def run(arguments: argparse.Namespace) -> int:
    seconds = None if arguments.duration is None else int(arguments.duration)
    if seconds is not None and not federation.SHORTEST <= seconds <= federation.LONGEST:
        raise UsageError("--duration must be from 15m to 12h")
    loaded, _ = request.profile_asked_for(arguments)
    if seconds is not None and loaded.kind == "chain":
        raise UsageError(
            "a role on top of another one has a console session as long as its keys",
            "Leave out --duration",
        )
    confirm.ask([loaded], arguments, by_hand=True)
    keys = request.credentials_of(loaded, arguments).credentials
    address = federation.sign_in_url(loaded, keys, arguments.region, arguments.service, seconds)
    if arguments.open and browser.why_none() is None:
        browser.open_address(address)
        messages.say(f"the console opens in your browser as {loaded.name}")
        return 0
    if arguments.open:
        messages.say(f"{browser.why_none()}, so open this address yourself")
    stdout.write(address + "\n")
    return 0
