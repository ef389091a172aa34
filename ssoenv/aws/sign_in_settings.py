"""Settings of profiles for the calls that are made for a sign-in, when no profile is given."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.session import Session

from ssoenv.aws import clients, profile
from ssoenv.cache.tokens import SignIn
from ssoenv.errors import ConfigError
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
