"""Every profile of the config at once: what it is, and what the caches hold for it.

For 10,000 profiles in a blink: the config is read once, each cache folder listed once, and a file
read only if it is there, once however many profiles share it. Nobody is asked over the network.
"""

import os
from collections.abc import Mapping

from ssoenv import aws, clock, profile, rolecache, rolekeys, token
from ssoenv.profile import Profile, Section, SignIn
from ssoenv.rolecache import RoleCredentials
from ssoenv.token import AccessToken

KEYS, SIGNED_IN, RENEWS = "keys", "signed-in", "renews-itself"
SIGN_IN_NEEDED, INCOMPLETE, ELSEWHERE = "sign-in-needed", "incomplete", "elsewhere"


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
    ) -> None:
        self.profile = described
        self.kind = _kind(described, section)
        self.account_name = str(section.get("sso_account_name") or "")
        self.token = held
        self.credentials = credentials
        self.state = self._state()

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
            INCOMPLETE: "incomplete",
        }.get(self.state, "")

    def _state(self) -> str:
        if self.credentials is not None and self.credentials.seconds_left() > 0:
            return KEYS
        if self.profile.sign_in is None:
            return INCOMPLETE if self.profile.kind == "sso" else ELSEWHERE
        if self.token is not None and self.token.seconds_left() > 0:
            return SIGNED_IN
        if self.token is not None and self.token.refreshable():
            return RENEWS
        return SIGN_IN_NEEDED


def rows() -> list[Row]:
    """All profiles, in the order of the config. Raises ``ConfigError``."""
    config = profile.full_config(aws.open_session())
    sections: Mapping[str, Section] = config["profiles"]
    given = token.given()
    entries = _names_in(rolecache.folder())
    tokens: dict[SignIn, AccessToken | None] = {}
    keys: dict[str, RoleCredentials | None] = {}
    found = []
    for name, section in sections.items():
        described = profile.describe(name, config)
        wanted = described.sign_in
        if wanted is not None and wanted not in tokens:
            tokens[wanted] = given or token.read(token.path_of(wanted))
        key = rolekeys.key_of(described, section)
        if key is not None and key not in keys:
            keys[key] = rolecache.read(key) if f"{key}.json" in entries else None
        held = tokens[wanted] if wanted is not None else None
        found.append(Row(described, section, held, keys[key] if key is not None else None))
    return found


def _kind(described: Profile, section: Section) -> str:
    if described.kind != "other":
        return described.kind
    for key, kind in (
        ("web_identity_token_file", "web-identity"),
        ("credential_process", "process"),
        ("aws_access_key_id", "keys"),
    ):
        if key in section:
            return kind
    return "none"


def _names_in(folder: str) -> set[str]:
    try:
        return set(os.listdir(folder))
    except OSError:
        return set()
