"""Which sign-in is meant, and what it may use: for the commands that are about sign-ins."""

import argparse
from typing import Any

from botocore.session import Session

from ssoenv.aws import clients, profile, sign_in_settings
from ssoenv.cache.tokens import SignIn
from ssoenv.commands import options, request
from ssoenv.errors import ConfigError, UsageError
from ssoenv.hints import some
from ssoenv.signin import accounts, browser
from ssoenv.signin.accounts import Account
from ssoenv.system import urls
from ssoenv.terminal import messages
from ssoenv.terminal.progress import Count


def add_choice(parser: argparse.ArgumentParser) -> None:
    """PROFILE, or the SSO session's own name."""
    options.add_profile(parser)
    parser.add_argument(
        "--session", metavar="NAME", help="an [sso-session NAME] of the config, instead of PROFILE"
    )


def add_address(parser: argparse.ArgumentParser) -> None:
    """The start URL itself, instead of either."""
    parser.add_argument("--start-url", metavar="URL", help="where to sign in; needs no config")
    parser.add_argument("--region", help="region of Identity Center, with --start-url")


def chosen(arguments: argparse.Namespace) -> tuple[SignIn, Session]:
    """The sign-in that is meant, and a session to call AWS for it: that of the address, the
    session, the profile or the role that is named, else the only one in the config.

    Raises ``UsageError``, ``ConfigError``.
    """
    address, region = getattr(arguments, "start_url", None), getattr(arguments, "region", None)
    if (address is None) != (region is None):
        raise UsageError("--start-url and --region go together")
    names = (request.profile_argument(arguments), arguments.session, address)
    if sum(name is not None for name in names) > 1:
        raise UsageError("a profile, --session and --start-url take each other's place")
    if address is not None and region is not None:
        wanted = SignIn(None, start_url(address), region)
        check_region("--region", region)
        session, config = open_config()
        sign_in_settings.apply(session, wanted, config)
        return wanted, session
    if arguments.session is not None:
        session, config = open_config()
        wanted = profile.session_sign_in(arguments.session, config)
        sign_in_settings.apply(session, wanted, config)
        return wanted, session
    role = request.role_named(arguments)
    if role is not None:
        asked = profile.of_role(*role)
        assert asked.sign_in is not None
        return asked.sign_in, asked.session
    try:
        name = request.profile_name(arguments, of_environment=False)
    except ConfigError:
        only = _only_one()
        if only is None:
            raise
        return only
    loaded = profile.load(name)
    return profile.login_of(name, profile.full_config(loaded.session)), loaded.session


def open_config() -> tuple[Session, dict[str, Any]]:
    """A session to call AWS for no profile, and the config that it has read. Raises
    ``ConfigError``."""
    session = clients.open_session()
    return session, profile.full_config(session)


def accounts_of(wanted: SignIn, session: Session, no_login: bool) -> list[Account]:
    """The accounts of ``wanted``, with a bar while it lasts, and a sign-in first if it must be
    and may be; a warning names those whose roles the portal refuses to list. Raises as
    ``accounts.list_all`` does."""

    def work() -> list[Account]:
        with Count("listing accounts and roles") as count:
            return accounts.list_all(wanted, session, count.show)

    found = request.with_sign_in(work, wanted, session, no_login)
    refused = [account.account_id for account in found if account.refused]
    if refused:
        messages.warn(f"the portal refuses to list the roles of account {some(refused)}")
    return found


def start_url(text: str) -> str:
    """A start URL as people type it, with the https:// they may have left out. Raises
    ``UsageError``."""
    url = text.strip()
    if "://" not in url:
        url = f"https://{url}"
    is_https = url.lower().startswith("https://") and "." in urls.host_of(url)
    if not is_https or "@" in url or not browser.is_plain(url):
        raise UsageError(
            f'"{text}" is not a start URL', "It looks like https://NAME.awsapps.com/start"
        )
    return url


def check_region(what: str, region: str) -> None:
    """Raise ``UsageError`` if ``region``, which ``what`` names, cannot be one."""
    if not urls.is_region(region):
        raise UsageError(f'{what}: "{region}" is not a region', "It looks like eu-central-1")


def _only_one() -> tuple[SignIn, Session] | None:
    """The sign-in of the config, if it names only one; what is incomplete is passed over."""
    session, config = open_config()
    found = list(sign_in_settings.sign_ins(config))
    if len(found) != 1:
        return None
    sign_in_settings.apply(session, found[0], config)
    return found[0], session
