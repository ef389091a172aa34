"""Which sign-in is meant, and what it may use: for the commands that are about sign-ins."""

import argparse
import contextlib
from typing import Any

from botocore.session import Session

from ssoenv.aws import clients, profile
from ssoenv.cache.tokens import SignIn
from ssoenv.commands import options, request
from ssoenv.errors import ConfigError, UsageError
from ssoenv.signin import accounts, browser
from ssoenv.signin.accounts import Account
from ssoenv.system import urls
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
        return wanted, open_config()[0]
    if arguments.session is not None:
        session, config = open_config()
        return profile.session_sign_in(arguments.session, config), session
    role = request.role_named(arguments)
    if role is not None:
        asked = profile.of_role(*role)
        assert asked.sign_in is not None
        return asked.sign_in, asked.session
    try:
        name = request.profile_name(arguments)
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
    config = profile.full_config(session)
    clients.set_patience(session)
    return session, config


def accounts_of(wanted: SignIn, session: Session, no_login: bool) -> list[Account]:
    """The accounts of ``wanted``, with a bar while it lasts, and a sign-in first if it must be
    and may be. Raises as ``accounts.list_all`` does."""

    def work() -> list[Account]:
        with Count("listing accounts and roles") as count:
            return accounts.list_all(wanted, session, count.show)

    return request.with_sign_in(work, wanted, session, no_login)


def start_url(text: str) -> str:
    """A start URL as people type it, with the https:// they may have left out. Raises
    ``UsageError``."""
    url = text.strip()
    if "://" not in url:
        url = f"https://{url}"
    is_https = url.lower().startswith("https://") and "." in urls.host_of(url)
    if not is_https or "@" in url or not browser.is_plain(url):
        raise UsageError(
            f'"{text}" is no start URL', "It looks like https://NAME.awsapps.com/start"
        )
    return url


def check_region(what: str, region: str) -> None:
    """Raise ``UsageError`` if ``region``, which ``what`` names, cannot be one."""
    if not urls.is_region(region):
        raise UsageError(f'{what}: "{region}" is no region', "It looks like eu-central-1")


def _only_one() -> tuple[SignIn, Session] | None:
    """The sign-in of the config, if it names only one; what is incomplete is passed over."""
    session, config = open_config()
    named = [(profile.login_of, name) for name in config["profiles"]]
    named += [(profile.session_sign_in, name) for name in config.get("sso_sessions", {})]
    found = set()
    for read, name in named:
        with contextlib.suppress(ConfigError):
            found.add(read(name, config))
    return (found.pop(), session) if len(found) == 1 else None
