"""Which sign-in is meant: what ``login`` and ``logout`` share."""

import argparse
import re
from typing import Any
from urllib.parse import urlsplit

from botocore.session import Session

from ssoenv import aws, profile
from ssoenv.commands import common
from ssoenv.errors import ConfigError, UsageError
from ssoenv.profile import SignIn


def add_choice(parser: argparse.ArgumentParser) -> None:
    """PROFILE, or the SSO session's own name."""
    common.add_profile(parser)
    parser.add_argument(
        "--session", metavar="NAME", help="an [sso-session NAME] of the config, instead of PROFILE"
    )


def chosen(arguments: argparse.Namespace) -> tuple[SignIn, Session]:
    """The sign-in that is meant, and a session to call AWS for it: ``--session``, else that of
    the profile that is meant, else the only one in the config.

    Raises ``UsageError``, ``ConfigError``.
    """
    by_hand = arguments.profile or arguments.profile_option
    if arguments.session:
        if by_hand:
            raise UsageError("give a profile or --session, not both")
        session = aws.open_session()
        wanted = profile.session_sign_in(arguments.session, profile.full_config(session))
        aws.set_patience(session)
        return wanted, session
    try:
        name = common.profile_name(arguments)
    except ConfigError:
        only = _only_one()
        if only is None:
            raise
        return only
    loaded = profile.load(name)
    return profile.login_of(name, profile.full_config(loaded.session)), loaded.session


def from_url(address: str, region: str) -> tuple[SignIn, Session]:
    """A sign-in that no config names. Raises ``UsageError``, ``ConfigError``."""
    wanted = SignIn(None, start_url(address), region)
    session = aws.open_session()
    profile.full_config(session)
    aws.set_patience(session)
    return wanted, session


def start_url(text: str) -> str:
    """A start URL as people type it, with the https:// they may have left out. Raises
    ``UsageError``."""
    url = text.strip()
    if "://" not in url:
        url = f"https://{url}"
    try:
        scheme, host = urlsplit(url).scheme, urlsplit(url).hostname or ""
    except ValueError:
        scheme = host = ""
    plain = url.isascii() and url.isprintable() and not re.search(r"[\s\"'<>\\^`{|}@]", url)
    if not plain or scheme != "https" or "." not in host:
        raise UsageError(
            f'"{text}" is no start URL', "It looks like https://NAME.awsapps.com/start"
        )
    return url


def all_of(config: dict[str, Any]) -> list[SignIn]:
    """Every sign-in that the config names, each once; what is incomplete is passed over."""
    found: list[SignIn] = []
    named = [(profile.login_of, name) for name in config["profiles"]]
    named += [(profile.session_sign_in, name) for name in config.get("sso_sessions", {})]
    for read, name in named:
        try:
            one = read(name, config)
        except ConfigError:
            continue
        if one not in found:
            found.append(one)
    return found


def _only_one() -> tuple[SignIn, Session] | None:
    session = aws.open_session()
    found = all_of(profile.full_config(session))
    if len(found) != 1:
        return None
    aws.set_patience(session)
    return found[0], session
