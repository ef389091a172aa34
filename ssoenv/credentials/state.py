"""Every profile of the config at once: what it is, and what the caches hold for it.

For 10,000 profiles in a blink: the config is read once, each cache folder listed once, and a file
read only if it is there, once however many profiles share it. Nobody is asked over the network.
"""

import os
from collections.abc import Mapping
from typing import Any

from ssoenv.aws import cache_key, clients, profile
from ssoenv.aws.profile import Profile, Section, SignIn
from ssoenv.cache import role_keys, tokens
from ssoenv.cache.role_keys import RoleCredentials
from ssoenv.cache.tokens import AccessToken
from ssoenv.system import clock

KEYS, SIGNED_IN, RENEWS = "keys", "signed-in", "renews-itself"
SIGN_IN_NEEDED, INCOMPLETE, ELSEWHERE = "sign-in-needed", "incomplete", "elsewhere"

# The settings that make a profile one of a kind, from what botocore takes first.
_KINDS = {
    "web-identity": ("web_identity_token_file",),
    "chain": ("role_arn",),
    "sso": ("sso_account_id", "sso_role_name"),
    "process": ("credential_process",),
    "keys": ("aws_access_key_id",),
}


class Row:
    """A profile and its state.

    ``kind``: ``sso``, ``chain``, ``web-identity``, ``process``, ``keys`` or ``none``. ``token``
    and ``credentials`` are what the caches hold, expired or not. ``state``: one of the constants
    above, the best that can be said (``KEYS``: good credentials are in the cache).
    """

    __slots__ = ("account_name", "credentials", "kind", "profile", "state", "token")

    def __init__(
        self,
        described: Profile,
        section: Section,
        held: AccessToken | None,
        credentials: RoleCredentials | None,
        complete: bool,
    ) -> None:
        self.profile = described
        self.kind = kind_of(section)
        self.account_name = str(section.get("sso_account_name") or "")
        self.token = held
        self.credentials = credentials
        self.state = self._state() if complete else INCOMPLETE

    def words(self) -> str:
        """The state as a person reads it."""
        if self.state == KEYS and self.credentials is not None:
            return f"keys good {clock.spoken(self.credentials.seconds_left())}"
        if self.state == SIGNED_IN and self.token is not None:
            left = self.token.seconds_left()
            return "signed in" if left == float("inf") else f"signed in for {clock.spoken(left)}"
        return {
            RENEWS: "signed in, renews itself",
            SIGN_IN_NEEDED: "needs sign-in",
            INCOMPLETE: "no credentials" if self.kind == "none" else "incomplete",
        }.get(self.state, "needs no sign-in")

    def _state(self) -> str:
        if self.credentials is not None and self.credentials.seconds_left() > 0:
            return KEYS
        if self.profile.sign_in is None:
            return ELSEWHERE
        if self.token is not None and self.token.seconds_left() > 0:
            return SIGNED_IN
        if self.token is not None and self.token.refreshable():
            return RENEWS
        return SIGN_IN_NEEDED


def rows() -> list[Row]:
    """All profiles, in the order of the config. Raises ``ConfigError``."""
    config = profile.full_config(clients.open_session())
    sections: Mapping[str, Section] = config["profiles"]
    given = tokens.given()
    entries = _names_in(role_keys.folder())
    tokens: dict[SignIn, AccessToken | None] = {}
    keys: dict[str, RoleCredentials | None] = {}
    found = []
    for name, section in sections.items():
        described = profile.describe(name, config)
        wanted = described.sign_in
        if wanted is not None and wanted not in tokens:
            tokens[wanted] = given or tokens.read(tokens.path_of(wanted))
        key = cache_key.key_of(described, section)
        if key is not None and key not in keys:
            keys[key] = role_keys.read(key) if f"{key}.json" in entries else None
        held = tokens[wanted] if wanted is not None else None
        held_keys = keys[key] if key is not None else None
        found.append(Row(described, section, held, held_keys, _complete(name, described, config)))
    return found


def kind_of(section: Section) -> str:
    """The ``kind`` of a profile with these settings, as ``Row`` has it."""
    for kind, keys in _KINDS.items():
        if any(key in section for key in keys):
            return kind
    return "none"


def _complete(name: str, described: Profile, config: Mapping[str, Any]) -> bool:
    """Whether the config has all that it takes to ask somebody for credentials of profile
    ``name``, down to the profile that a chain rests on."""
    profiles: Mapping[str, Section] = config["profiles"]
    section = profiles[name]
    visited = {name}
    while kind_of(section) == "chain" and (len(visited) == 1 or not _has_keys(section)):
        source = section.get("source_profile")
        if (source is None) == ("credential_source" not in section):
            return False
        if source is None:
            return True
        if source not in profiles:
            return False
        if source in visited:
            return source == name and len(visited) == 1 and _has_keys(section)
        visited.add(source)
        section = profiles[source]
    kind = "keys" if len(visited) > 1 and _has_keys(section) else kind_of(section)
    if kind == "sso":
        session = config.get("sso_sessions", {}).get(section.get("sso_session"), {})
        account_id = str(section.get("sso_account_id", ""))
        return (
            described.sign_in is not None
            and bool(section.get("sso_role_name"))
            and len(account_id) == 12
            and account_id.isdecimal()
            and all(section.get(key, value) == value for key, value in session.items())
        )
    if kind == "web-identity":
        return "role_arn" in section
    if kind == "keys":
        return "aws_secret_access_key" in section
    return kind != "none" or "login_session" in section


def _has_keys(section: Section) -> bool:
    return "aws_access_key_id" in section


def _names_in(folder: str) -> set[str]:
    try:
        return set(os.listdir(folder))
    except OSError:
        return set()
