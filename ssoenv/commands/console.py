"""``ssoenv console``: the web console as a role, in the browser or as an address."""

import argparse
import os
import sys

from ssoenv.commands import confirm, options, request
from ssoenv.credentials import console_pages, federation
from ssoenv.errors import UsageError
from ssoenv.signin import browser
from ssoenv.signin.one_time_address import OneTimeAddress
from ssoenv.system import stdout
from ssoenv.terminal import messages

_SECONDS = 60.0  # until a browser that was started must have asked for the address

_EXAMPLES = """\
examples:
  ssoenv console dev
  ssoenv console dev --service s3 --duration 8h
  ssoenv console dev --browser 'firefox --profile {profile} {url}'
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    options.add_profile(parser)
    page = parser.add_mutually_exclusive_group()
    page.add_argument(
        "--service", default="", metavar="NAME", help="a page of the console, e.g. s3 or ec2"
    )
    page.add_argument(
        "--destination", default="", metavar="URL", help="the address of a page of the console"
    )
    parser.add_argument(
        "--duration",
        type=options.seconds,
        metavar="TIME",
        help="how long you stay signed in there, 15m to 12h (default: as long as the keys)",
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--open", action="store_true", help="open the browser also where the output is caught"
    )
    way.add_argument("--print", action="store_true", help="print the address instead of opening it")
    way.add_argument(
        "--browser",
        metavar="COMMAND",
        help="open it with this command, in which {url} and {profile} are replaced "
        "(default: SSOENV_BROWSER)",
    )
    options.add_yes(parser)
    options.add_freshness(parser)
    options.add_role(parser)


def run(arguments: argparse.Namespace) -> int:
    seconds = None if arguments.duration is None else int(arguments.duration)
    if seconds is not None and not federation.SHORTEST <= seconds <= federation.LONGEST:
        raise UsageError("--duration must be from 15m to 12h")
    template = arguments.browser or os.environ.get("SSOENV_BROWSER", "")
    by_hand = arguments.open or arguments.browser is not None
    opens = not arguments.print and (by_hand or _is_for_a_person())
    if opens and template:
        browser.command_of(template, "", "")  # a typing error should not cost a call to AWS
    loaded, _ = request.profile_asked_for(arguments)
    if seconds is not None and loaded.kind == "chain":
        raise UsageError(
            "a role on top of another one has a console session as long as its keys",
            "Leave out --duration",
        )
    unknown = console_pages.unknown(arguments.service)
    confirm.ask([loaded], arguments, by_hand=True)
    keys = request.credentials_of(loaded, arguments).credentials
    if unknown:
        messages.warn(unknown)
    address = federation.sign_in_url(
        loaded, keys, arguments.region, arguments.service, seconds, arguments.destination
    )
    why_not = None if template else browser.why_none()
    if opens and why_not is None:
        messages.say(f"the console opens in your browser as {loaded.name}")
        why_not = _open(address, template, loaded.name)
        if why_not is None:
            return 0
    if opens:
        messages.say(f"{why_not}, so open this address yourself")
    stdout.write(address + "\n")
    return 0


def _is_for_a_person() -> bool:
    """Whether somebody looks at the output, and no program reads it."""
    try:
        return sys.stdout.isatty() and messages.person_present()
    except (AttributeError, ValueError):
        return False


def _open(address: str, template: str, profile: str) -> str | None:
    """Lead the person's browser to ``address``; why it did not come for it, if it did not."""
    try:
        ours = OneTimeAddress(address)
    except OSError as error:
        return f"this machine lets nobody listen on 127.0.0.1 ({error.strerror})"
    with ours:
        command = browser.command_of(template, ours.url, profile) if template else None
        browser.open_address(ours.url, command)
        if ours.wait(_SECONDS):
            return None
    return "the browser has not opened it within a minute"
