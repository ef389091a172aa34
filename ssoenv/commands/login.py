"""``ssoenv login``: sign in, as ``aws sso login`` does and into the same files."""

import argparse

from ssoenv.cache import tokens
from ssoenv.commands import signins
from ssoenv.signin import flow
from ssoenv.system import clock
from ssoenv.terminal import messages

_EXAMPLES = """\
examples:
  ssoenv login dev
  ssoenv login dev --device-code     where no browser can be, e.g. over SSH
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    signins.add_choice(parser)
    signins.add_address(parser)
    parser.add_argument(
        "--device-code",
        action="store_true",
        help="show a code, to type on any device, e.g. your phone",
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="show the address, open no browser"
    )


def run(arguments: argparse.Namespace) -> int:
    wanted, session = signins.chosen(arguments)
    brought = flow.sign_in(
        wanted,
        session,
        device_code=arguments.device_code,
        open_browser=not arguments.no_browser,
    )
    renews = ", and renews itself" if brought.refreshable() else ""
    left = clock.spoken(brought.seconds_left() + 59)  # to the minute, upwards
    messages.say(f'signed in to "{wanted.label}": good for {left}{renews}')
    if tokens.given():
        messages.warn("SSOENV_ACCESS_TOKEN is set, so its token is used instead of this sign-in")
    return 0
