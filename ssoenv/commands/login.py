"""``ssoenv login``: sign in, as ``aws sso login`` does and into the same files."""

import argparse

from botocore.session import Session

from ssoenv.aws import explain, other_tools, sign_in_settings
from ssoenv.cache import entries, stores, tokens
from ssoenv.cache.tokens import AccessToken, SignIn
from ssoenv.commands import signins
from ssoenv.errors import ConfigError, SignInNeeded, SsoenvError
from ssoenv.hints import aws_profile, some
from ssoenv.signin import accounts, flow, refresh
from ssoenv.signin.stored import token_of, token_or_none
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
    parser.add_argument(
        "--device-code",
        action="store_true",
        help="show a code, to type on any device, e.g. your phone",
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="show the address, open no browser"
    )
    parser.add_argument(
        "--force", action="store_true", help="sign in again, even if the sign-in is still good"
    )


def run(arguments: argparse.Namespace) -> int:
    sign_in, session = signins.chosen(arguments)
    if sign_in.store == entries.NONE:
        raise ConfigError(
            f'sign-ins to "{sign_in.label}" are not kept ({_why_none()}), so there is nothing to '
            "sign in for",
            "Run the command itself: it has you sign in, for that run",
        )
    token = None if arguments.force else _still_good(sign_in, session)
    if token is not None:
        command = f"{explain.login_command(sign_in)} --force"
        messages.say(
            f'already signed in to "{sign_in.label}": {_how_long(token)}. To sign in again, run: '
            f"{command}"
        )
        return 0
    if messages.in_ci() and not arguments.device_code:
        raise SignInNeeded(
            f'nobody is here to sign in to "{sign_in.label}": CI is set',
            f"{explain.sign_in_hint(sign_in)}, or add --device-code to show a code even so",
        )
    try:
        token_of(sign_in)
    except SignInNeeded as problem:
        messages.say(f"{problem.message}; the new one replaces it")
    new_token = flow.sign_in(
        sign_in,
        session,
        device_code=arguments.device_code,
        open_browser=not arguments.no_browser,
    )
    messages.say(f'signed in to "{sign_in.label}": {_how_long(new_token)}')
    others = sign_in_settings.users_of_other_names(sign_in, session.full_config)
    if others and sign_in.store == entries.FILES:
        messages.say(
            f"ssoenv uses it for {some(others)}, too, while it is good; the AWS CLI needs its own "
            f"sign-in there: aws sso login {aws_profile(others[0])}"
        )
    if sign_in.store == entries.KEYRING:
        command = other_tools.ask_ssoenv_for(sign_in.profile or "PROFILE")
        messages.say(
            "it is in the keychain, where the AWS CLI does not see it. A profile for that has: "
            f"credential_process = {command} "
            "(ssoenv configure --credential-process writes such profiles)"
        )
    if tokens.given():
        messages.warn("SSOENV_ACCESS_TOKEN is set, so its token is used instead of this sign-in")
    return 0


def _why_none() -> str:
    return "SSOENV_STORE=none" if stores.by_variable() else "ssoenv_store = none"


def _still_good(sign_in: SignIn, session: Session) -> AccessToken | None:
    """The token that is kept for ``sign_in`` itself, refreshed if that is due, if it will do for a
    while and the portal does not refuse it, else None."""
    token = token_or_none(sign_in)
    if token is None or not _lasts(token):
        return None
    try:
        token = refresh.own(sign_in, session)
    except SsoenvError:
        return None  # the sign-in says what is wrong
    return token if _lasts(token) and accounts.accepts(token, sign_in, session) else None


def _lasts(token: AccessToken) -> bool:
    return token.seconds_left() > tokens.REFRESH_SECONDS or token.refreshable()


def _how_long(token: AccessToken) -> str:
    left = clock.in_words(token.seconds_left() + 59)  # to the minute, upwards
    return f"good for {left}{', and renews itself' if token.refreshable() else ''}"
