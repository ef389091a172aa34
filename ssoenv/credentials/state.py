"""Every profile of the config at once: what it is, and what the caches hold for it.

Fast for 10,000 profiles: the config is read once, each cache folder listed once, and a file
read only if it is there, once however many profiles share it. Nobody is asked over the network.
"""

from collections.abc import Mapping
from typing import Any

from ssoenv.aws import cache_key, chain, clients, profile
from ssoenv.aws.chain import Section
from ssoenv.aws.profile import Profile
from ssoenv.cache import entries, role_keys, stores, tokens
from ssoenv.cache.role_keys import Credentials
from ssoenv.cache.tokens import AccessToken, SignIn
from ssoenv.config import values
from ssoenv.signin.stored import best
from ssoenv.system import clock

KEYS, SIGNED_IN, RENEWS = "keys", "signed-in", "renews-itself"
SIGN_IN_NEEDED, INCOMPLETE, ELSEWHERE = "sign-in-needed", "incomplete", "elsewhere"


class Row:
    """A profile and its state.

    ``kind``: see ``chain.kind_of``. ``token`` and ``credentials`` are what the caches hold, expired
    or not. ``state``: one of the constants above, the best that can be said (``KEYS``: good
    credentials are in the cache).
    """

    __slots__ = ("account_name", "credentials", "kind", "profile", "state", "token")

    def __init__(
        self,
        described: Profile,
        section: Section,
        token: AccessToken | None,
        credentials: Credentials | None,
        complete: bool,
    ) -> None:
        self.profile = described
        self.kind = described.kind
        self.account_name = str(section.get("sso_account_name") or "")
        self.token = token
        self.credentials = credentials
        self.state = self._state() if complete else INCOMPLETE

    def words(self) -> str:
        """The state as a person reads it."""
        if self.state == KEYS and self.credentials is not None:
            return f"keys good {clock.in_words(self.credentials.seconds_left())}"
        if self.state == SIGNED_IN and self.token is not None:
            left = self.token.seconds_left()
            return "signed in" if left == float("inf") else f"signed in for {clock.in_words(left)}"
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
    kept: dict[str, set[str]] = {}
    tokens_of: dict[SignIn, AccessToken | None] = {}
    keys: dict[tuple[str, str], Credentials | None] = {}
    found = []
    for name, section in sections.items():
        described = profile.describe(name, config)
        sign_in = described.sign_in
        if sign_in is not None and sign_in not in tokens_of:
            tokens_of[sign_in] = given or best(sign_in, config)
        key, store = cache_key.key_of(described, section), described.store
        if store not in kept:
            kept[store] = stores.keys(store, entries.ROLE)
        if key is not None and (store, key) not in keys:
            keys[store, key] = role_keys.read(key, store) if key in kept[store] else None
        token = tokens_of[sign_in] if sign_in is not None else None
        cached = keys[store, key] if key is not None else None
        found.append(Row(described, section, token, cached, _complete(name, described, config)))
    return found


def _complete(name: str, described: Profile, config: Mapping[str, Any]) -> bool:
    """Whether the config has all that it takes to ask somebody for credentials of profile
    ``name``, down to the profile that a chain rests on."""
    names, end = chain.follow(name, config["profiles"])
    if end != chain.COMPLETE:
        return False
    sections = [config["profiles"][one] for one in names]
    if any("role_arn" in one and values.role_arn(str(one["role_arn"])) for one in sections):
        return False
    section: Section = sections[-1]
    kind = "keys" if len(names) > 1 and chain.has_keys(section) else chain.kind_of(section)
    if kind == "sso":
        session = config.get("sso_sessions", {}).get(section.get("sso_session"), {})
        return (
            described.sign_in is not None
            and bool(section.get("sso_role_name"))
            and not values.account(str(section.get("sso_account_id", "")))
            and all(section.get(key, value) == value for key, value in session.items())
        )
    if kind == "web-identity":
        return "role_arn" in section
    if kind == "keys":
        return "aws_secret_access_key" in section
    return kind != "none"
