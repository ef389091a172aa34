"""Access tokens in the AWS CLI's own files.

``~/.aws/sso/cache/<sha1 of the session name, else of the start URL as written>.json`` holds
``accessToken``, ``expiresAt`` and, where the sign-in can be refreshed, ``refreshToken``,
``clientId``, ``clientSecret`` and ``registrationExpiresAt``.
"""

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

from ssoenv.system import clock, files, paths

_LONGEST_SECONDS = 10 * 365 * 86400
ROOM = 16 << 10  # bytes; a token file of the real service is about 4 KiB
_FOR_REFRESH = ("refreshToken", "clientId", "clientSecret", "registrationExpiresAt")


@dataclass(frozen=True)
class SignIn:
    """One sign-in at a start URL; profiles that name the same one share its access token.

    ``session_name`` is the ``[sso-session NAME]``, or None for a legacy profile that carries
    ``sso_start_url`` itself. ``scopes``: the session's ``sso_registration_scopes``, None if it
    has none (then AWS's tools ask for ``DEFAULT_SCOPES``). ``profile`` is the profile that led
    here, for messages.
    """

    session_name: str | None
    start_url: str
    region: str
    scopes: tuple[str, ...] | None = None
    profile: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        """How people know it."""
        return self.session_name or self.start_url


class AccessToken:
    """An access token as its file holds it. Compare, never print: it holds secrets.

    ``text`` is the token, ``expiration`` its end in epoch seconds, ``fields`` the whole file.
    """

    __slots__ = ("expiration", "fields", "text")

    def __init__(self, text: str, expiration: float, fields: dict[str, Any]) -> None:
        self.text = text
        self.expiration = expiration
        self.fields = fields

    def seconds_left(self) -> float:
        """Seconds until it expires, negative afterwards."""
        return self.expiration - clock.now()

    def refreshable(self) -> bool:
        """Whether the file holds all that a refresh needs, with a registration still good."""
        if not all(isinstance(self.fields.get(name), str) for name in _FOR_REFRESH):
            return False
        try:
            return clock.epoch(self.fields["registrationExpiresAt"]) > clock.now()
        except ValueError:
            return False


def folder() -> str:
    """The AWS tools' folder for access tokens; AWS has no variable that moves it."""
    return paths.aws("sso", "cache")


def path_of(sign_in: SignIn) -> str:
    """The file that holds the token of ``sign_in``."""
    named = sign_in.start_url if sign_in.session_name is None else sign_in.session_name
    return path_of_key(hashlib.sha1(named.encode(), usedforsecurity=False).hexdigest())


def path_of_key(key: str) -> str:
    """The file of the cache entry ``key``, as botocore computes keys."""
    return os.path.join(folder(), key + ".json")


def read(path: str) -> AccessToken | None:
    """The token in a file, expired or not; None for a file without one, whatever is wrong."""
    try:
        return parse(files.read(path))
    except OSError:
        return None


def parse(content: bytes) -> AccessToken | None:
    try:
        fields = json.loads(content)
        text = fields["accessToken"]
        if not can_be_sent(text):
            return None
        return AccessToken(text, clock.epoch(fields["expiresAt"]), fields)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def write(path: str, fields: dict[str, Any]) -> None:
    """Save a token file. Raises ``OSError``."""
    files.write_private(path, content(fields))


def lock(path: str, seconds: float) -> files.Lock:
    """The lock of all who change a token file. See ``files.Lock``."""
    return files.Lock(os.path.realpath(path) + ".lock", seconds)


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


def can_be_sent(text: str) -> bool:
    """Whether the header of a request can hold it: no line breaks, no letters beyond ASCII."""
    return bool(text) and text.isascii() and text.isprintable()


def content(fields: dict[str, Any]) -> bytes:
    """A token file's content, as the AWS CLI writes it."""
    return json.dumps(fields).encode()
