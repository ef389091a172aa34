"""What several commands share: the options that choose credentials, and the way to them."""

import argparse
import os
from collections.abc import Callable, Mapping
from typing import TypeVar

from botocore.session import Session

from ssoenv.aws import other_tools, profile, roles
from ssoenv.cache import entries, index, keychain, tokens
from ssoenv.cache.role_keys import Credentials
from ssoenv.commands import confirm
from ssoenv.commands.options import ROLE
from ssoenv.config import listing, selection, values
from ssoenv.credentials import fetch
from ssoenv.errors import ConfigError, KeychainLocked, SignInNeeded, SsoenvError, UsageError
from ssoenv.hints import nearest, one_of, quote
from ssoenv.signin.stored import token_or_none
from ssoenv.terminal import messages

T = TypeVar("T")

_SETTINGS = ("sso_start_url", "sso_region", "sso_account_id", "sso_role_name")
# What the options of a role are called in the config.
_KEYS = dict(zip(ROLE, _SETTINGS, strict=True))
_KEYS_OF_VARIABLES = tuple(zip(_SETTINGS, selection.ROLE_VARIABLES, strict=True))
_FIELDS = dict(zip(selection.ROLE_VARIABLES, selection.ROLE_FIELDS, strict=True))


def profile_name(arguments: argparse.Namespace) -> str:
    """The profile that is meant; where none is named and a person is there, they choose one.
    Where there is no default either, it is the identity that only variables describe.

    Raises ``UsageError``, ``ConfigError``, and ``KeyboardInterrupt`` if they do not.
    """
    name = selection.named(profile_argument(arguments), os.environ)
    if name is not None:
        return name
    usable = listing.usable()
    if usable and not getattr(arguments, "no_login", False) and messages.person_present():
        from ssoenv.commands import states
        from ssoenv.picker.one import pick

        return pick(usable, states=states.of_all)
    names = profile.names()  # which finds what is wrong with the files
    known = [listed.name for listed in usable]
    if "default" in known:
        return "default"
    if of_variables := selection.identity(os.environ):
        return of_variables[0]
    if not known:
        raise listing.none()
    default = "[default] has no credentials" if "default" in names else "there is no default"
    raise ConfigError(f"no profile given, and {default}", one_of(known))


def profile_argument(arguments: argparse.Namespace) -> str | None:
    """The profile named on the command line. Raises ``UsageError`` for two, and for an empty name:
    where a script's variable is not set, nobody else's profile is meant."""
    named = [one for one in (arguments.profile, arguments.profile_option) if one is not None]
    if "" in named:
        raise UsageError("the profile's name is empty", "Is a variable not set?")
    if len(set(named)) > 1:
        raise UsageError(
            f'two profiles are given: "{named[0]}" and "{named[1]}"', "Leave one of the two out"
        )
    return named[0] if named else None


def more_than_one_source() -> UsageError:
    """What to say where a profile, a session and a start URL are not one but several."""
    return UsageError(
        "a profile, --session and --sso-start-url do not go together", "Give one of them"
    )


def role_named(arguments: argparse.Namespace) -> dict[str, str] | None:
    """The role (see ``aws.roles``) that the options or the environment give and no profile does,
    as far as they give it; None if they give none.

    What the options do not give is that of the profile or session that is given by hand, else of
    the AWS_SSO_… variables, else of the profile or role in use. Without an option, a profile given
    by hand goes before the variables, and these go before AWS_PROFILE.
    Raises ``UsageError`` or ``ConfigError`` for a role that is given in part.
    """
    typed = options_of_role(arguments)
    by_hand, session = profile_argument(arguments), getattr(arguments, "session", None)
    by_url = {"start_url", "sso_region"} & typed.keys()
    if session is not None and (by_hand is not None or by_url):
        raise more_than_one_source()
    if session is not None:
        return _whole({"session": session, **typed}, arguments, typed)
    if by_url or (by_hand is None and selection.names_a_role(os.environ)):
        return _whole({**selection.role_of(os.environ), **typed}, arguments, typed)
    if not typed:
        return None
    base = selection.named(by_hand, os.environ)
    if base is None and typed.keys() == {"role_arn"}:
        base = profile_name(arguments)
    if base is None:
        return _whole(typed, arguments, typed)
    if selection.is_role(base):
        kept = roles.of_line(base)
        if "role_arn" not in typed:
            kept = {key: kept[key] for key in kept.keys() - {"role_arn", "region"}}
        return {**kept, **typed}
    return {"profile": base, **typed}


def is_by_hand(arguments: argparse.Namespace) -> bool:
    """Whether the command line gives a profile or a role, or a part of one."""
    session = getattr(arguments, "session", None)
    return bool(profile_argument(arguments) or session or options_of_role(arguments))


def options_of_role(arguments: argparse.Namespace) -> dict[str, str]:
    """The fields of a role that options give. Raises ``UsageError`` for one that cannot be."""
    found = {}
    for (option, key), variable in zip(_KEYS.items(), selection.ROLE_VARIABLES, strict=True):
        value = getattr(arguments, variable, None)
        if not value:
            continue
        if option != "--account-id" or not _is_account_name(value):
            values.check(key, value, option, by_option=True)
        found[_FIELDS[variable]] = value
    arn = getattr(arguments, "role_arn", None)
    if arn:
        values.check("role_arn", arn, "--role-arn", by_option=True)
        found["role_arn"] = arn
        if getattr(arguments, "region", None):
            found["region"] = arguments.region
    return found


def _is_account_name(text: str) -> bool:
    """Whether it is not meant to be an account id: these have digits only, though people group
    them."""
    return bool(text.strip("0123456789-. \"'"))


def _whole(
    role: dict[str, str], arguments: argparse.Namespace, typed: Mapping[str, str]
) -> dict[str, str]:
    """``role``, which has no profile. Raises ``UsageError`` or ``ConfigError`` if it lacks a
    field."""
    needed = selection.ROLE_FIELDS[2:] if "session" in role else selection.ROLE_FIELDS
    missing = []
    for option, (variable, field) in zip(ROLE, _FIELDS.items(), strict=True):
        if field in role or field not in needed:
            continue
        if variable not in arguments:
            missing.append(variable)
        else:
            missing.append(option if "session" in role else f"{option} (or {variable})")
    if not missing:
        for (key, variable), field in zip(_KEYS_OF_VARIABLES, _FIELDS.values(), strict=True):
            if field in role and field not in typed:
                values.check(key, role[field], variable)
        return role
    lacks = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
    if "session" in role:
        session = quote(role["session"])
        raise UsageError(
            f"the role is not fully named: {lacks}",
            f"Accounts and roles are listed by: ssoenv accounts --session {session}",
        )
    if typed:
        by_url = {"start_url", "sso_region"} & typed.keys()
        hint = "Name it in full" if by_url else "Name the profile that has the rest, too"
        raise UsageError(f"the role is not fully named: {lacks}", hint)
    given = next(variable for variable, field in _FIELDS.items() if field in role)
    raise ConfigError(
        f"{given} is set, but {lacks}",
        "Name the role in full, or name a profile by hand",
    )


def profile_asked_for(arguments: argparse.Namespace) -> tuple[profile.Profile, str | None]:
    """The profile that the arguments mean; and if no profile of the config names it, the line that
    means it (see ``aws.roles``). Raises ``UsageError``, ``ConfigError``, and what listing the
    accounts does, if the account is given by its name."""
    role = role_named(arguments)
    if role is None:
        name = profile_name(arguments)
        return roles.load(name), name if selection.is_role(name) else None
    role = roles.completed(role)
    if "account_id" in role and _is_account_name(role["account_id"]):
        role["account_id"] = _account_called(role, arguments)
    if "profile" in role and not ({"account_id", "role_name"} <= role.keys() or "role_arn" in role):
        lacking = "--role-name" if "account_id" in role else "--account-id"
        raise UsageError(f'profile "{role["profile"]}" does not have the rest: give {lacking}, too')
    return roles.of(role), roles.line_of(role)


def _account_called(role: dict[str, str], arguments: argparse.Namespace) -> str:
    """The id of the account that a person gave by its name. Raises ``ConfigError``, and as
    ``accounts.names`` does."""
    from ssoenv.signin import accounts

    name = role["account_id"]
    wanted, session = roles.sign_in_of(role)
    listed = with_sign_in(
        lambda: accounts.names(wanted, session),
        wanted,
        session,
        getattr(arguments, "no_login", True),
    )
    found = [one for one in listed if one.name == name]
    found = found or [one for one in listed if one.name.casefold() == name.casefold()]
    if len(found) == 1:
        setattr(arguments, selection.ROLE_VARIABLES[2], found[0].account_id)  # asked for once
        return found[0].account_id
    if found:
        ids = [one.account_id for one in found]
        raise ConfigError(
            f'{len(found)} accounts are called "{name}": {", ".join(ids)}',
            f"Give the id: --account-id {ids[0]}",
        )
    near = nearest(name, [one.name for one in listed])
    raise ConfigError(
        f'the sign-in to "{wanted.label}" may use no account called "{name}"',
        f'Did you mean "{near}"?' if near else "ssoenv accounts lists what it may use",
    )


def credentials(arguments: argparse.Namespace, with_notice: bool = False) -> Credentials:
    """Credentials for the profile that the arguments mean, as the options ask. ``with_notice``:
    they go into an environment, so ask first where the profile wants it, and say it if a program
    there could act as somebody else. Raises one of ``errors``."""
    seen = index.Snapshot()
    loaded, role = profile_asked_for(arguments)
    if with_notice:
        confirm.ask([loaded], arguments, by_hand=is_by_hand(arguments))
    fetched = credentials_of(loaded, arguments)
    source = "AWS" if fetched.source == "aws" else _CACHES[loaded.store]
    messages.detail(f"credentials for {loaded.name} come from {source}")
    notice = other_tools.net_acts_as_another(loaded, loaded.session.full_config)
    if not role:
        fetch.remember(loaded, fetched, seen, is_told=with_notice)
    if notice and with_notice and index.is_first_notice(seen):
        messages.warn(notice)
    found = fetched.credentials.named(loaded.name, arguments.region or loaded.region)
    found.role, found.of_variables = role, not loaded.in_config
    found.guarded = loaded.confirm
    return found


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
    token = token_or_none(sign_in)
    try:
        return work()
    except SignInNeeded as problem:
        sign_in_for(problem, sign_in, session, no_login, token)
    return work()


def sign_in_for(
    problem: SsoenvError,
    sign_in: tokens.SignIn,
    session: Session,
    no_login: bool,
    token: tokens.AccessToken | None,
) -> None:
    """Have the person sign in to ``sign_in`` for the reason of ``problem``, which is raised if
    they may not or are not there. ``token``: the access token that would not do."""
    if no_login or not _may_sign_in():
        raise problem
    messages.say(problem.message)
    from ssoenv.signin import flow

    flow.sign_in(sign_in, session, stale=token.text if token else None)


def unlock_keychain(problem: KeychainLocked, arguments: argparse.Namespace) -> None:
    """Have the person unlock the keychain, or raise ``problem`` if they may not be asked or are not
    there. Raises ``KeychainError``."""
    if not may_unlock(arguments):
        raise problem
    messages.say("the keychain is locked: unlock it in the window that opens")
    keychain.unlock()


def may_unlock(arguments: argparse.Namespace) -> bool:
    """Whether somebody may be asked to unlock the keychain."""
    return not getattr(arguments, "no_login", False) and _may_ask()


def _may_sign_in() -> bool:
    """Whether a sign-in may be started that nobody has asked for."""
    return not tokens.given() and _may_ask()


def _may_ask() -> bool:
    said = os.environ.get("SSOENV_LOGIN", "")
    if said not in ("", "never"):
        raise UsageError(f'SSOENV_LOGIN is "{said}"', "Set it to never, or unset it")
    return not said and messages.person_present()


_CACHES = {
    entries.FILES: "the AWS CLI's cache",
    entries.KEYRING: "the keychain",
    entries.NONE: "this run's memory",
}
