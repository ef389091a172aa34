"""What the config says of a sign-in, when no profile is given: its other names, and the settings of
profiles for the calls that are made for it."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.session import Session

from ssoenv.aws import clients, profile
from ssoenv.cache.tokens import SignIn
from ssoenv.errors import ConfigError
from ssoenv.system import urls
from ssoenv.terminal import messages

# The settings of a profile that say where and how AWS is called, not as whom: those that decide
# whether a call arrives, and those of which nobody needs to be told.
_WAY = (
    "ca_bundle",
    "endpoint_url",
    "ignore_configured_endpoint_urls",
    "services",
    "use_dualstack_endpoint",
    "use_fips_endpoint",
)
_PATIENCE = ("defaults_mode", "max_attempts", "retry_mode")


def sign_ins(config: Mapping[str, Any]) -> dict[SignIn, list[str]]:
    """Every sign-in that ``config`` names, each with the profiles that name it themselves.
    What is incomplete is left out."""
    found: dict[SignIn, list[str]] = {}
    for name in config.get("profiles", {}):
        with contextlib.suppress(ConfigError):
            alike = found.setdefault(profile.login_of(name, config), [])
            if {"sso_session", "sso_start_url"} & config["profiles"][name].keys():
                alike.append(name)
    for name in config.get("sso_sessions", {}):
        with contextlib.suppress(ConfigError):
            found.setdefault(profile.session_sign_in(name, config), [])
    return found


def alike(sign_in: SignIn, config: Mapping[str, Any]) -> list[SignIn]:
    """The other names of ``sign_in``, under which a token may be kept that it may use, too.

    These are the session of the same start URL and region, if there is only one, and that URL as
    legacy profiles may write it: as ``sign_in`` and ``config`` do, and without what browsers put
    behind it. Two sessions of one URL are two people, and have nothing in common; a session whose
    scopes leave out the accounts has no other name, either. What another store keeps is not shared.
    """
    sessions = {} if sign_in.session_name is None else {sign_in.session_name: sign_in}
    spellings = [sign_in.start_url, urls.plain(sign_in.start_url)]
    found = [
        profile.sign_in_of({"sso_session": name}, config) for name in config.get("sso_sessions", {})
    ]
    found += [
        profile.sign_in_of(section, config)
        for section in config.get("profiles", {}).values()
        if "sso_start_url" in section and "sso_session" not in section
    ]
    for one in found:
        if one is None or not _same_portal(one, sign_in) or one.store != sign_in.store:
            continue
        spellings.append(one.start_url)
        if one.session_name is not None:
            sessions[one.session_name] = one
    if sign_in.session_name is not None and (len(sessions) > 1 or not _for_accounts(sign_in)):
        return []
    store = sign_in.store
    names = [SignIn(None, spelling, sign_in.region, store=store) for spelling in spellings]
    if len(sessions) == 1:
        names = [one for one in sessions.values() if _for_accounts(one)] + names
    return [one for one in dict.fromkeys(names) if _name(one) != _name(sign_in)]


def users_of_other_names(sign_in: SignIn, config: Mapping[str, Any]) -> list[str]:
    """The profiles that may use the token of ``sign_in`` although they name it otherwise, so that
    the AWS CLI does not find it for them."""
    others = {_name(one) for one in alike(sign_in, config)}
    return [
        name
        for one, names in sign_ins(config).items()
        if _name(one) in others and _same_portal(one, sign_in) and one.store == sign_in.store
        for name in names
    ]


def _same_portal(one: SignIn, other: SignIn) -> bool:
    return one.region == other.region and urls.same(one.start_url, other.start_url)


def _for_accounts(sign_in: SignIn) -> bool:
    """Whether its tokens may be used for roles."""
    return sign_in.scopes is None or profile.DEFAULT_SCOPES[0] in sign_in.scopes


def same_name(one: SignIn, other: SignIn) -> bool:
    """Whether their tokens are kept in one entry, and are for one portal."""
    alike = one.store == other.store and _name(one) == _name(other)
    return alike and _same_portal(one, other)


def _name(sign_in: SignIn) -> tuple[str | None, str]:
    """What its token's file is named for."""
    return (sign_in.session_name, "" if sign_in.session_name else sign_in.start_url)


def of_network(names: Sequence[str], config: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The network settings for calls about a sign-in alone, whose profiles are ``names``: those of
    AWS_PROFILE if it is one of them, else those on which all agree. The list has those on which
    they do not, and that decide whether a call arrives."""
    profiles: Mapping[str, Any] = config.get("profiles", {})
    preferred = os.environ.get("AWS_PROFILE", "")
    found, unclear = {}, []
    for key in (*_WAY, *_PATIENCE):
        values = [profiles[name].get(key) for name in names]
        if preferred in names:
            value = profiles[preferred].get(key)
        elif any(value != values[0] for value in values):
            unclear += [key] if key in _WAY else []
            continue
        else:
            value = values[0] if values else None
        if value is not None:
            found[key] = value
    return found, unclear


def apply(session: Session, sign_in: SignIn, config: Mapping[str, Any]) -> None:
    """Let ``session``, which is for no profile, make its calls as the profiles of ``sign_in`` say;
    a warning says so if they do not agree."""
    session.settings, unclear = of_network(sign_ins(config).get(sign_in, ()), config)
    clients.set_patience(session)
    if unclear:
        messages.warn(why_unclear(sign_in, unclear))


def why_unclear(sign_in: SignIn, unclear: list[str]) -> str:
    """That none of the settings ``unclear`` counts for calls about ``sign_in`` alone."""
    return (
        f'the profiles of "{sign_in.label}" do not agree on {" and ".join(unclear)}, so none of '
        "them is used for the sign-in alone. Name a profile, or set AWS_PROFILE to one of them"
    )
