"""Settings of profiles for the calls that are made for a sign-in, when no profile is named."""

import contextlib
from collections.abc import Mapping
from typing import Any

from ssoenv.aws import profile
from ssoenv.cache.tokens import SignIn
from ssoenv.errors import ConfigError


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
