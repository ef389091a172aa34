"""``ssoenv login``: sign in, as ``aws sso login`` does and into the same files."""

import argparse

from ssoenv.aws import sign_in_settings
from ssoenv.cache import tokens
from ssoenv.commands import signins
from ssoenv.errors import SignInNeeded
from ssoenv.hints import argument, some
from ssoenv.signin import flow
from ssoenv.signin.held import token_of
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
    try:
        token_of(wanted)
    except SignInNeeded as problem:
        messages.say(f"{problem.message}; the new one replaces it")
    brought = flow.sign_in(
        wanted,
        session,
        device_code=arguments.device_code,
        open_browser=not arguments.no_browser,
    )
    renews = ", and renews itself" if brought.refreshable() else ""
    left = clock.spoken(brought.seconds_left() + 59)  # to the minute, upwards
    messages.say(f'signed in to "{wanted.label}": good for {left}{renews}')
    others = sign_in_settings.users_of_other_names(wanted, session.full_config)
    if others:
        messages.say(
            f"ssoenv uses it for {some(others)}, too, while it is good; the AWS CLI needs its own "
            f"sign-in there: aws sso login --profile {argument(others[0])}"
        )
    if tokens.given():
        messages.warn("SSOENV_ACCESS_TOKEN is set, so its token is used instead of this sign-in")
    return 0
