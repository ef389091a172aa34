"""Access tokens, in the AWS CLI's own files or another store.

``~/.aws/sso/cache/<sha1 of the session name, else of the start URL as written>.json`` holds
``accessToken``, ``expiresAt`` and, where the sign-in can be refreshed, ``refreshToken``,
``clientId``, ``clientSecret`` and ``registrationExpiresAt``. Another store has the same content
under the same key (see ``stores``).
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from ssoenv.cache import entries, stores
from ssoenv.cache.entries import Entry
from ssoenv.system import clock, files, paths, urls

REFRESH_SECONDS = 15 * 60  # AWS's tools, too, refresh a token with less time left
_LONGEST_SECONDS = 10 * 365 * 86400
ROOM = 16 << 10  # bytes; a token file of the real service is about 4 KiB
_ACCESS, _REFRESH = "accessToken", "refreshToken"
_FOR_REFRESH = ("refreshToken", "clientId", "clientSecret", "registrationExpiresAt")


class SignIn:
    """One sign-in at a start URL; profiles that name the same one share its access token.

    ``session_name`` is the ``[sso-session NAME]``, or None for a legacy profile that carries
    ``sso_start_url`` itself. ``scopes``: the session's ``sso_registration_scopes``, None if it
    has none (then AWS's tools ask for ``DEFAULT_SCOPES``). ``profile`` is the profile that led
    here, for messages. ``store``: which of ``stores`` keeps its token.
    """

    __slots__ = ("profile", "region", "scopes", "session_name", "start_url", "store")

    def __init__(
        self,
        session_name: str | None,
        start_url: str,
        region: str,
        scopes: tuple[str, ...] | None = None,
        profile: str = "",
        *,
        store: str,
    ) -> None:
        self.store = store
        self.session_name = session_name
        self.start_url = start_url
        self.region = region
        self.scopes = scopes
        self.profile = profile

    def __eq__(self, other: object) -> bool:
        """Whether they are one sign-in, whichever profile led to it."""
        return isinstance(other, SignIn) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[object, ...]:
        return (self.session_name, self.start_url, self.region, self.scopes, self.store)

    @property
    def label(self) -> str:
        """How people know it."""
        return self.session_name or self.start_url


class AccessToken:
    """An access token as its entry holds it. Compare, never print: it holds secrets.

    ``text`` is the token, ``expiration`` its end in epoch seconds, ``fields`` the whole entry.
    ``refused``: the portal has refused it; ``refresh_refused``: Identity Center has refused its
    refresh token (see ``note_refusal``). ``lender`` is the sign-in that it is kept for, if it is
    used for another one, else None.
    """

    __slots__ = ("expiration", "fields", "lender", "refresh_refused", "refused", "text")

    def __init__(self, text: str, expiration: float, fields: dict[str, Any]) -> None:
        self.text = text
        self.expiration = expiration
        self.fields = fields
        self.refused = False
        self.refresh_refused = False
        self.lender: SignIn | None = None

    def seconds_left(self) -> float:
        """Seconds until it expires, zero or less afterwards and where it was refused."""
        left = self.expiration - clock.now()
        return min(left, 0.0) if self.refused else left

    def is_of(self, sign_in: SignIn) -> bool:
        """Whether the file names the start URL and region of ``sign_in``. What it does not name
        agrees: AWS's tools need neither."""
        url, region = self.fields.get("startUrl"), self.fields.get("region")
        other_url = isinstance(url, str) and url and not urls.same(url, sign_in.start_url)
        other_region = isinstance(region, str) and region and region != sign_in.region
        return not (other_url or other_region)

    def refreshable(self) -> bool:
        """Whether the file holds all that a refresh needs, with a registration still good and a
        refresh token that has not been refused, and is ours to refresh."""
        if self.lender is not None or self.refresh_refused:
            return False
        if not all(self.fields.get(n) and isinstance(self.fields[n], str) for n in _FOR_REFRESH):
            return False
        try:
            return clock.epoch(self.fields["registrationExpiresAt"]) > clock.now()
        except ValueError:
            return False


def folder() -> str:
    """The AWS tools' folder for access tokens."""
    return entries.folder_of(entries.TOKEN)


def entry_of(sign_in: SignIn) -> Entry:
    """What holds the token of ``sign_in``. Raises ``ConfigError`` for a store that there is not."""
    named = sign_in.start_url if sign_in.session_name is None else sign_in.session_name
    key = hashlib.sha1(named.encode(), usedforsecurity=False).hexdigest()
    return stores.entry(sign_in.store, entries.TOKEN, key)


def read(entry: Entry) -> AccessToken | None:
    """The token in an entry, expired or not; None for one without a token, whatever is wrong. What
    is known of refusals is in it. Raises ``KeychainError``."""
    try:
        token = parse(entry.read())
    except OSError:
        return None
    if token is not None and entry.shared:
        noted = files.read_object(_refusals_path(entry))
        token.refused = noted.get(_ACCESS) == _digest(token, _ACCESS)
        token.refresh_refused = noted.get(_REFRESH) == _digest(token, _REFRESH)
    return token


def note_refusal(entry: Entry, token: AccessToken, refresh: bool = False) -> None:
    """Remember that the portal refused ``token``, which ``entry`` holds, or that its refresh token
    was refused (``refresh``).

    A digest names what was refused: the note says nothing about any other token that some tool
    may save there. It is kept in ssoenv's own folder; where that cannot be, there is no note.
    """
    if not entry.shared:
        return
    where, name = _refusals_path(entry), _REFRESH if refresh else _ACCESS
    noted = files.read_object(where)
    kept = {n: noted[n] for n in (_ACCESS, _REFRESH) if noted.get(n) == _digest(token, n)}
    try:
        files.write_private(where, json.dumps({**kept, name: _digest(token, name)}).encode())
    except OSError:
        pass


def _refusals_path(entry: Entry) -> str:
    return paths.ours("refused", entry.key + ".json")


def refresh_digest(token: AccessToken) -> str:
    """What tells the refresh token of ``token`` from every other one, without showing it."""
    return _digest(token, _REFRESH)


def _digest(token: AccessToken, name: str) -> str:
    text = str(token.fields.get(name) or "")
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def parse(content: bytes) -> AccessToken | None:
    try:
        fields = json.loads(content)
        text = fields["accessToken"]
        if not can_be_sent(text):
            return None
        return AccessToken(text, clock.epoch(fields["expiresAt"]), fields)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def live(sign_in: SignIn, others: Iterable[str]) -> AccessToken | None:
    """The token of ``sign_in`` if it can be used as it is, for a while, else one of the entries
    with the keys ``others``, which ``sign_in`` may use, too; None if there is more to do or to
    say."""
    token = read(entry_of(sign_in))
    if token is not None:
        if token.is_of(sign_in) and token.seconds_left() > REFRESH_SECONDS:
            return token
        if not token.is_of(sign_in) or token.seconds_left() > 0 or token.refreshable():
            return None
    for key in others:
        token = read(stores.entry(sign_in.store, entries.TOKEN, key))
        if token is not None and token.is_of(sign_in) and token.seconds_left() > 0:
            return token
    return None


def borrowed(others: Iterable[SignIn], rejected: str | None = None) -> AccessToken | None:
    """The first token that has not expired of the sign-ins ``others``, its ``lender``; None if
    there is none. ``rejected``: the text of one that the portal has just refused."""
    for other in others:
        token = read(entry_of(other))
        if token is None or not token.is_of(other):
            continue
        if token.text != rejected and token.seconds_left() > 0:
            token.lender = other
            return token
    return None


def best(sign_in: SignIn, others: Callable[[SignIn], Iterable[SignIn]]) -> AccessToken | None:
    """The token that a command would use for ``sign_in``, or what is left of its own one.
    ``others``: gives its other names. Asks nobody."""
    own = read(entry_of(sign_in))
    if own is not None and not own.is_of(sign_in):
        return None
    if own is not None and (own.seconds_left() > 0 or own.refreshable()):
        return own
    return borrowed(others(sign_in)) or own


def given() -> AccessToken | None:
    """The token in SSOENV_ACCESS_TOKEN, for places where no cache file can be."""
    text = os.environ.get("SSOENV_ACCESS_TOKEN", "").strip()
    return AccessToken(text, float("inf"), {}) if text else None


def from_answer(answer: dict[str, Any], fields: dict[str, Any]) -> AccessToken:
    """The token in an answer to CreateToken. ``fields``: those of its file that the answer does
    not hold; a refresh token among them stays good if the answer brings none.

    Raises ``ValueError`` for an answer without a token that can be used.
    """
    text, seconds = answer.get("accessToken"), answer.get("expiresIn")
    if not isinstance(text, str) or not can_be_sent(text):
        raise ValueError("no token in the answer")
    if not isinstance(seconds, int) or not 0 < seconds < _LONGEST_SECONDS:
        raise ValueError("no lifetime in the answer")
    expiration = int(clock.now()) + seconds
    fields = {**fields, "accessToken": text, "expiresAt": clock.zulu(expiration)}
    refresh_token = answer.get("refreshToken")
    if isinstance(refresh_token, str) and refresh_token:
        fields["refreshToken"] = refresh_token
    return AccessToken(text, expiration, fields)


def with_new_refresh_token(answer: object, fields: dict[str, Any]) -> dict[str, Any] | None:
    """``fields`` with the refresh token of an answer to CreateToken that is of no other use: the
    old one is spent. None if the answer brings none."""
    found = answer.get(_REFRESH) if isinstance(answer, dict) else None
    if not isinstance(found, str) or not found or found == fields.get(_REFRESH):
        return None
    return {**fields, _REFRESH: found}


def can_be_sent(text: str) -> bool:
    """Whether the header of a request can hold it: no line breaks, no letters beyond ASCII."""
    return bool(text) and text.isascii() and text.isprintable()


def content(fields: dict[str, Any]) -> bytes:
    """A token file's content, as the AWS CLI writes it."""
    return json.dumps(fields).encode()
