"""What several commands share: the options that choose credentials, and the way to them."""

import argparse
import os
from collections.abc import Callable
from typing import TypeVar

from botocore.session import Session

from ssoenv.aws import other_tools, profile
from ssoenv.cache import index, tokens
from ssoenv.cache.role_keys import Credentials
from ssoenv.commands import confirm
from ssoenv.commands.options import ROLE
from ssoenv.config import listing, selection, values
from ssoenv.credentials import fetch
from ssoenv.errors import ConfigError, SignInNeeded, SsoenvError, UsageError
from ssoenv.hints import one_of
from ssoenv.signin.held import token_or_none
from ssoenv.terminal import messages

T = TypeVar("T")

# What the options of a role are called in the config.
_KEYS = dict(
    zip(ROLE, ("sso_start_url", "sso_region", "sso_account_id", "sso_role_name"), strict=True)
)


def profile_name(arguments: argparse.Namespace) -> str:
    """The profile that is meant; where none is named and a person is there, they choose one.

    Raises ``UsageError``, ``ConfigError``, and ``KeyboardInterrupt`` if they do not.
    """
    name = selection.named(profile_argument(arguments), os.environ)
    if name is not None:
        return name
    if not getattr(arguments, "no_login", False) and messages.person_present():
        from ssoenv.picker.one import pick

        listed = listing.profiles()
        if listed:
            return pick(listed)
    known = profile.names()
    if "default" in known:
        return "default"
    if not known:
        raise listing.none()
    raise ConfigError("no profile given, and there is no default", one_of(known))


def profile_argument(arguments: argparse.Namespace) -> str | None:
    """The profile named on the command line. Raises ``UsageError`` for two, and for an empty name:
    where a script's variable is not set, nobody else's profile is meant."""
    named = [one for one in (arguments.profile, arguments.profile_option) if one is not None]
    if "" in named:
        raise UsageError("the profile's name is empty", "Is a variable not set?")
    if len(set(named)) > 1:
        raise UsageError(f'two profiles: "{named[0]}" and "{named[1]}"')
    return named[0] if named else None


def role_named(arguments: argparse.Namespace) -> list[str] | None:
    """Start URL, its region, account and role, if the options or the environment name a role.

    An option goes before its variable. With any of the options, the role they name goes before
    everything; without, a profile named by hand goes before the variables, and these go before
    AWS_PROFILE. Raises ``UsageError`` or ``ConfigError`` for a role that is named in part.
    """
    options = {v: getattr(arguments, v, None) for v in selection.ROLE_VARIABLES}
    by_option = any(options.values())
    if not by_option and (profile_argument(arguments) or not selection.names_a_role(os.environ)):
        return None
    found = {variable: value or os.environ.get(variable) for variable, value in options.items()}
    missing = [
        f"{option} (or {variable})" if variable in arguments else variable
        for option, variable in zip(ROLE, found, strict=True)
        if not found[variable]
    ]
    if not missing:
        for (option, key), (variable, value) in zip(_KEYS.items(), found.items(), strict=True):
            typed = bool(options[variable])
            values.check(key, value or "", option if typed else variable, typed)
        return [value for value in found.values() if value]
    if by_option:
        raise UsageError(f"the role is not fully named: {', '.join(missing)} is missing")
    given = next(variable for variable, value in found.items() if value)
    raise ConfigError(
        f"{given} is set, but {', '.join(missing)} is missing",
        "Name the role in full, or name a profile by hand",
    )


def profile_asked_for(
    arguments: argparse.Namespace,
) -> tuple[profile.Profile, list[str] | None]:
    """The profile that the arguments mean, and what ``role_named`` says. Raises ``UsageError``,
    ``ConfigError``."""
    role = role_named(arguments)
    return profile.of_role(*role) if role else profile.load(profile_name(arguments)), role


def credentials(arguments: argparse.Namespace, with_notice: bool = False) -> Credentials:
    """Credentials for the profile that the arguments mean, as the options ask. ``with_notice``:
    they go into an environment, so ask first where the profile wants it, and say it if a program
    there could act as somebody else. Raises one of ``errors``."""
    seen = index.Snapshot()
    loaded, role = profile_asked_for(arguments)
    if with_notice:
        confirm.ask([loaded], arguments, by_hand=profile_argument(arguments) is not None)
    fetched = credentials_of(loaded, arguments)
    messages.detail(f"credentials for {loaded.name} come from {_SOURCES[fetched.source]}")
    notice = other_tools.net_acts_as_another(loaded, loaded.session.full_config)
    if not role:
        fetch.remember(loaded, fetched, seen, is_told=with_notice)
    if notice and with_notice and index.is_first_notice(seen):
        messages.warn(notice)
    return fetched.credentials.named(loaded.name, arguments.region or loaded.region)


def credentials_of(loaded: profile.Profile, arguments: argparse.Namespace) -> fetch.Fetched:
    """Credentials for a profile, as the options of ``options.add_freshness`` ask; where a sign-in
    is needed and a person is there, after it. Raises one of ``errors``."""
    return with_sign_in(
        lambda: fetch.credentials(loaded, arguments.min_ttl, arguments.refresh, arguments.region),
        loaded.sign_in,
        loaded.session,
        arguments.no_login,
    )


def with_sign_in(
    work: Callable[[], T], sign_in: tokens.SignIn | None, session: Session, no_login: bool
) -> T:
    """``work()``; if it raises ``SignInNeeded`` and a person is there, have them sign in to
    ``sign_in`` and do it again. Raises one of ``errors``."""
    if sign_in is None:
        return work()
    held = token_or_none(sign_in)
    try:
        return work()
    except SignInNeeded as problem:
        sign_in_for(problem, sign_in, session, no_login, held)
    return work()


def sign_in_for(
    problem: SsoenvError,
    sign_in: tokens.SignIn,
    session: Session,
    no_login: bool,
    held: tokens.AccessToken | None,
) -> None:
    """Have the person sign in to ``sign_in`` for the reason of ``problem``, which is raised if
    they may not or are not there. ``held``: the access token that would not do."""
    if no_login or not _may_sign_in():
        raise problem
    messages.say(problem.message)
    from ssoenv.signin import flow

    flow.sign_in(sign_in, session, stale=held.text if held else None)


def _may_sign_in() -> bool:
    """Whether a sign-in may be started that nobody has asked for."""
    if os.environ.get("SSOENV_LOGIN") == "never" or tokens.given():
        return False
    return messages.person_present()


_SOURCES = {"cache": "the AWS CLI's cache", "aws": "AWS"}
