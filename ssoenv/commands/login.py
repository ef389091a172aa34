"""``ssoenv login``: sign in, as ``aws sso login`` does and into the same files."""

import argparse

from ssoenv import clock, signin, terminal, token
from ssoenv.commands import signins
from ssoenv.errors import UsageError

_EXAMPLES = """\
examples:
  ssoenv login dev
  ssoenv login dev --device-code     where no browser can be, e.g. over SSH
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    signins.add_choice(parser)
    parser.add_argument("--start-url", metavar="URL", help="where to sign in; needs no config")
    parser.add_argument("--region", help="region of Identity Center, with --start-url")
    parser.add_argument(
        "--device-code",
        action="store_true",
        help="show a code, to type on any device, e.g. your phone",
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="show the address, open no browser"
    )


def run(arguments: argparse.Namespace) -> int:
    if bool(arguments.start_url) != bool(arguments.region):
        raise UsageError("--start-url and --region go together")
    if arguments.start_url:
        if arguments.profile or arguments.profile_option or arguments.session:
            raise UsageError("--start-url takes the place of a profile or a session")
        wanted, session = signins.from_url(arguments.start_url, arguments.region)
    else:
        wanted, session = signins.chosen(arguments)
    brought = signin.sign_in(
        wanted,
        session,
        device_code=arguments.device_code,
        open_browser=not arguments.no_browser,
    )
    renews = ", and renews itself" if brought.refreshable() else ""
    left = clock.spoken(brought.seconds_left() + 59)  # to the minute, upwards
    terminal.say(f'signed in to "{wanted.label}": good for {left}{renews}')
    if token.given():
        terminal.warn("SSOENV_ACCESS_TOKEN is set, so its token is used instead of this sign-in")
    return 0
