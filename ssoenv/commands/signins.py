"""Which sign-in is meant, and what it may use: for the commands that are about sign-ins."""

import argparse
import contextlib
import os
import shlex
from collections.abc import Callable
from typing import Any, TypeVar

from botocore.session import Session

from ssoenv.aws import clients, profile, roles, sign_in_settings, store_setting
from ssoenv.cache.tokens import SignIn
from ssoenv.commands import options, request
from ssoenv.config import listing, selection
from ssoenv.errors import ConfigError, UsageError, printable
from ssoenv.hints import argument, some
from ssoenv.signin import accounts, browser
from ssoenv.signin.accounts import Account
from ssoenv.system import paths, urls
from ssoenv.terminal import messages
from ssoenv.terminal.progress import Count

T = TypeVar("T")

_ATTEMPTS = 3  # at a question


def add_choice(parser: argparse.ArgumentParser) -> None:
    """PROFILE, the SSO session's own name, or the start URL itself."""
    options.add_profile(parser, "the only sign-in, else the one you choose")
    options.add_session(parser)
    url = parser.add_argument(
        "--sso-start-url", dest="start_url", metavar="URL", help="address of the AWS access portal"
    )
    region = parser.add_argument(
        "--sso-region",
        dest="sso_region",
        metavar="REGION",
        help="region of Identity Center",
    )
    add_old_names(parser, url, region)


def add_old_names(
    parser: argparse.ArgumentParser, url: argparse.Action, region: argparse.Action
) -> None:
    """Accept, without showing them, the names that these options had before."""
    parser._option_string_actions |= {"--start-url": url, "--region": region}


def chosen(arguments: argparse.Namespace) -> tuple[SignIn, Session]:
    """The sign-in that is meant, and a session to call AWS for it: that of the address, the
    session, the profile or the role that is named, else the only one in the config.

    Raises ``UsageError``, ``ConfigError``.
    """
    address, region = arguments.start_url, arguments.sso_region
    if (address is None) != (region is None):
        missing = "--sso-start-url" if address is None else "--sso-region"
        raise UsageError("--sso-start-url and --sso-region go together", f"Add {missing}")
    names = (request.profile_argument(arguments), arguments.session, address)
    if sum(name is not None for name in names) > 1:
        raise request.more_than_one_source()
    if address is not None and region is not None:
        url = start_url(address)
        check_region("--sso-region", region)
        session, config = open_config()
        sign_in = _at(url, region, config)
        sign_in_settings.apply(session, sign_in, config)
        return sign_in, session
    if arguments.session is not None:
        session, config = open_config()
        sign_in = profile.session_sign_in(arguments.session, config)
        sign_in_settings.apply(session, sign_in, config)
        return sign_in, session
    name = selection.named(request.profile_argument(arguments), os.environ)
    role = request.role_named(arguments)
    if role is None and name is None:
        return _without_a_name(getattr(arguments, "no_login", False))
    if role is not None or (name is not None and selection.is_role(name)):
        loaded = roles.of(role) if role is not None else roles.load(name or "")
        if loaded.sign_in is None:
            raise ConfigError(f'"{loaded.name}" does not sign in through Identity Center')
        return loaded.sign_in, loaded.session
    loaded = profile.load(name or "")
    return profile.login_of(loaded.name, profile.full_config(loaded.session)), loaded.session


def _at(url: str, region: str, config: dict[str, Any]) -> SignIn:
    """The sign-in at a start URL, under the name that a profile of the config gives it where one
    writes it in that very way, else without what browsers put behind it."""
    for one in sign_in_settings.sign_ins(config):
        if (one.session_name, one.start_url) == (None, url):
            return SignIn(None, url, region, store=one.store)
    return SignIn(None, urls.plain(url), region, store=store_setting.of_section({}, config))


def open_config() -> tuple[Session, dict[str, Any]]:
    """A session to call AWS for no profile, and the config that it has read. Raises
    ``ConfigError``."""
    session = clients.open_session()
    return session, profile.full_config(session)


def accounts_of(sign_in: SignIn, session: Session, no_login: bool) -> list[Account]:
    """The accounts of ``sign_in``, with a bar while it lasts, and a sign-in first if it must be
    and may be; a warning names those whose roles the portal refuses to list. Raises as
    ``accounts.list_all`` does."""

    def work() -> list[Account]:
        with Count("listing accounts and roles") as count:
            return accounts.list_all(sign_in, session, count.show)

    found = request.with_sign_in(work, sign_in, session, no_login)
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


def _without_a_name(no_login: bool) -> tuple[SignIn, Session]:
    """The only sign-in of the config, else the one that the person chooses, else that of
    ``[default]``. Raises ``ConfigError``, and ``KeyboardInterrupt`` if they choose none."""
    session, config = open_config()
    found = distinct(config)
    if not found:
        raise none(config)
    names = {one.session_name for one in sign_in_settings.sign_ins(config)}
    incomplete = [name for name in config.get("sso_sessions", {}) if name not in names]
    if len(found) == 1 and not incomplete:
        sign_in = found[0]
    elif messages.person_present() and not no_login:
        rows = [(one.label, one.start_url if one.session_name else "") for one in found]
        sign_in = choose(rows, found.__getitem__)
    elif by_default := _of_default(config):
        sign_in = by_default
    else:
        raise ConfigError(
            "no profile given, and there are several sign-ins",
            f"Name one of: {some([_option(one) for one in found])}",
        )
    sign_in_settings.apply(session, sign_in, config)
    return sign_in, session


def _of_default(config: dict[str, Any]) -> SignIn | None:
    with contextlib.suppress(ConfigError, KeyError):
        return profile.login_of("default", config)
    return None


def none(config: dict[str, Any]) -> ConfigError:
    """What to say where the config names no sign-in."""
    if not config["profiles"]:
        return listing.none()
    return ConfigError(
        f"no profile in {paths.display(paths.config())} signs in through Identity Center",
        "Make some: ssoenv configure",
    )


def distinct(config: dict[str, Any]) -> list[SignIn]:
    """The sign-ins of the config, of those that use each other's token only the session."""
    found: list[SignIn] = []
    listed = sign_in_settings.sign_ins(config)
    for one in sorted(listed, key=lambda one: one.session_name is None):
        alike = sign_in_settings.alike(one, config)
        if not any(sign_in_settings.same_name(other, known) for other in alike for known in found):
            found.append(one)
    return found


def choose(rows: list[tuple[str, str]], read: Callable[[int], T]) -> T:
    """What ``read`` makes of the index of the sign-in that the person chooses. ``rows``: name and
    start URL of each. Raises as ``ask`` does, and ``KeyboardInterrupt``."""
    for number, (name, url) in enumerate(rows, 1):
        messages.raw(f"{number:3} {printable(name)}  {printable(url)}".rstrip() + "\n")
    names = [name for name, _ in rows]

    def meant(answer: str) -> T:
        if answer in names:
            return read(names.index(answer))
        if answer.isdecimal() and 0 < int(answer) <= len(rows):
            return read(int(answer) - 1)
        raise UsageError(f'"{answer}" is none of them', "Type its number or its name")

    return ask("Which session? Number or name: ", meant)


def ask(question: str, read: Callable[[str], T]) -> T:
    """What ``read`` makes of the person's answer. What is wrong with an answer is said, and the
    question asked again, a few times; raises ``UsageError`` or ``ConfigError`` then."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return read(messages.ask(question))
        except (UsageError, ConfigError) as problem:
            messages.say(str(problem))
    return read(messages.ask(question))


def _option(one: SignIn) -> str:
    if one.session_name is not None:
        return f"--session {shlex.quote(one.session_name)}"
    return argument(one.profile)
