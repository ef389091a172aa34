"""Every profile of the config at once: what it is, and what the caches hold for it.

Fast for 10,000 profiles: what the config means is kept (see ``cache.overview``), each cache folder
is listed once, and a file read only if it is there, once however many profiles share it. Nobody
is asked over the network.
"""

import os

from ssoenv.cache import entries, index, overview, role_keys, stores, tokens
from ssoenv.cache.overview import Meaning, Overview
from ssoenv.cache.role_keys import Credentials
from ssoenv.cache.tokens import AccessToken, SignIn
from ssoenv.config import confirmation
from ssoenv.system import clock

KEYS, SIGNED_IN, RENEWS = "keys", "signed-in", "renews-itself"
SIGN_IN_NEEDED, INCOMPLETE, ELSEWHERE = "sign-in-needed", "incomplete", "elsewhere"


class Row:
    """A profile and its state.

    ``token`` and ``credentials`` are what the caches hold, expired or not. ``state``: one of the
    constants above, the best that can be said (``KEYS``: good credentials are in the cache).
    ``confirm``: whether a person is asked before the profile is used.
    """

    __slots__ = ("confirm", "credentials", "profile", "state", "token")

    def __init__(
        self, profile: Meaning, token: AccessToken | None, credentials: Credentials | None
    ) -> None:
        self.profile = profile
        self.confirm = profile.confirm or confirmation.by_variable(profile.name, os.environ)
        self.token = token
        self.credentials = credentials
        self.state = self._state() if profile.complete else INCOMPLETE

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
            INCOMPLETE: "no credentials" if self.profile.kind == "none" else "incomplete",
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
    known = overview.read() or _read_anew()
    given = tokens.given()
    kept: dict[str, set[str]] = {}
    tokens_of: dict[SignIn, AccessToken | None] = {}
    keys: dict[tuple[str, str], Credentials | None] = {}
    found = []
    for one in known.meanings:
        sign_in, key, store = one.sign_in, one.key, one.store
        if sign_in is not None and sign_in not in tokens_of:
            tokens_of[sign_in] = given or tokens.best(sign_in, known.others)
        if store not in kept:
            kept[store] = stores.keys(store, entries.ROLE)
        if key is not None and (store, key) not in keys:
            keys[store, key] = role_keys.read(key, store) if key in kept[store] else None
        token = tokens_of[sign_in] if sign_in is not None else None
        found.append(Row(one, token, keys[store, key] if key is not None else None))
    return found


def _read_anew() -> Overview:
    from ssoenv.aws import all_profiles  # it loads botocore

    seen = index.Snapshot()
    found = all_profiles.read()
    overview.remember(found, seen)
    return found
