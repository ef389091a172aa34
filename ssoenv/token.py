"""Access tokens on disk, in the AWS CLI's own files: read, judge, refresh under a lock, write back.

``~/.aws/sso/cache/<sha1 of the session name, else of the start URL as written>.json`` holds
``accessToken``, ``expiresAt`` and, where the sign-in can be refreshed, ``refreshToken``,
``clientId``, ``clientSecret`` and ``registrationExpiresAt``. A refresh token is good for one
use: who spends it must save what it bought, so the new file is reserved on disk first, and
processes take turns under a lock.
"""

import hashlib
import json
import os
import time
from typing import Any, Protocol, TypeGuard

from botocore.exceptions import ClientError
from botocore.session import Session

from ssoenv import aws, clock, explain, files, terminal
from ssoenv.deadline import Deadline
from ssoenv.errors import SignInNeeded, SsoenvError
from ssoenv.paths import display
from ssoenv.profile import SignIn

REFRESH_SECONDS = 15 * 60  # AWS's tools, too, refresh a token with less time left

_LOCK_SECONDS = 20.0
_LOCK_SHARE = 0.6  # … of the whole deadline, so that an old token can still be used after it
_RENEWAL_SHARE = 0.35  # what an answer that is not needed yet may take of it, for the same reason
_ADOPT_SECONDS = 2.0
_LONGEST_SECONDS = 10 * 365 * 86400
ROOM = 16 << 10  # bytes; a token file of the real service is about 4 KiB
_MAKE_ROOM = "Make room there, or make it writable"  # a new sign-in could not be saved either
_GIVEN = "Set it to a fresh one, or unset it to use the cached sign-in"
_FOR_REFRESH = ("refreshToken", "clientId", "clientSecret", "registrationExpiresAt")
_REFUSALS = (
    "InvalidGrantException",
    "ExpiredTokenException",
    "InvalidClientException",
    "UnauthorizedClientException",
    "InvalidRequestException",
    "AccessDeniedException",
)


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
    return os.path.join(os.path.expanduser("~"), ".aws", "sso", "cache")


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
        return _parse(files.read(path))
    except OSError:
        return None


def _parse(content: bytes) -> AccessToken | None:
    try:
        fields = json.loads(content)
        text = fields["accessToken"]
        if not _can_be_sent(text):
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


class Usable(Protocol):
    """``usable``, or what stands in for it."""

    def __call__(
        self, sign_in: SignIn, path: str, session: Session, rejected: str | None = None
    ) -> AccessToken: ...


def usable(
    sign_in: SignIn, path: str, session: Session, rejected: str | None = None
) -> AccessToken:
    """A token that should be good for the next call, refreshed if that is due.

    ``rejected``: the text of a token that the portal has just refused, however long it had left.
    Raises ``SignInNeeded`` when only a person can get a new one, ``NetworkError`` or
    ``ServiceError`` when an expired one could not be refreshed for want of an answer.
    """
    token = given()
    if token:
        if token.text == rejected:
            raise SignInNeeded("the portal refused the access token in SSOENV_ACCESS_TOKEN", _GIVEN)
        if not _can_be_sent(token.text):
            raise SignInNeeded("SSOENV_ACCESS_TOKEN holds what is no access token", _GIVEN)
        return token
    token = read(path)
    if _good(token, rejected, REFRESH_SECONDS):
        return token
    if token is None or not token.refreshable():
        return _as_it_is(token, rejected, sign_in)
    try:
        with lock(path, min(_LOCK_SECONDS, Deadline().seconds * _LOCK_SHARE)):
            return _refresh_in_turn(sign_in, path, session, rejected)
    except TimeoutError as error:
        return _as_it_is(token, rejected, sign_in, f"the sign-in could not be refreshed: {error}")
    except OSError as error:
        return _as_it_is(token, rejected, sign_in, _unsaved(path, error), _MAKE_ROOM)


def _refresh_in_turn(
    sign_in: SignIn, path: str, session: Session, rejected: str | None
) -> AccessToken:
    """Refresh under the lock. Raises ``OSError`` only before the refresh token is spent."""
    token = read(path)
    if _good(token, rejected, REFRESH_SECONDS):
        return token  # whoever had the lock before us did the work
    if token is None or not token.refreshable():
        return _as_it_is(token, rejected, sign_in)
    rescued = _rescue(path, token)
    if _good(rescued, rejected, REFRESH_SECONDS):
        return rescued
    loose = _is_open_to_others(path)
    with files.PendingFile(path, reserve=ROOM) as pending:
        within = Deadline().seconds * _RENEWAL_SHARE if _good(token, rejected, 0) else None
        try:
            renewed = _ask_for_renewal(token, session, sign_in, within)
        except SsoenvError as problem:
            return _unless_good(token, rejected, problem)
        if renewed is None:
            return _adopt(path, token, rejected) or _as_it_is(token, rejected, sign_in)
        try:
            pending.commit(content(renewed.fields))
        except OSError as error:
            terminal.warn(_unsaved(path, error) + "; the next command will need a new sign-in")
            return renewed
    if loose:
        terminal.warn(f"{display(path)} was readable by others; it is now private (0600)")
    return renewed


def _rescue(path: str, old: AccessToken) -> AccessToken | None:
    """What somebody bought with the refresh token of ``old``, but was killed before the file was
    replaced. Raises ``OSError``."""
    for prepared in files.sweep(path):
        found = _parse(prepared)
        if found is None or found.expiration <= old.expiration:
            continue
        if found.fields.get("clientId") == old.fields.get("clientId"):
            files.write_private(path, prepared)
            return found
    return None


def _ask_for_renewal(
    token: AccessToken, session: Session, sign_in: SignIn, within: float | None
) -> AccessToken | None:
    """Spend the refresh token, with ``within`` seconds of patience (None: as ever); None if it is
    refused. Raises one of ``errors``."""
    old = token.fields
    with explain.explained("CreateToken"):
        oidc = aws.client(session, "sso-oidc", sign_in.region, within)
        try:
            answer = oidc.create_token(
                grantType="refresh_token",
                clientId=old["clientId"],
                clientSecret=old["clientSecret"],
                refreshToken=old["refreshToken"],
            )
        except ClientError as error:
            if error.response["Error"].get("Code") not in _REFUSALS:
                raise
            return None
        return from_answer(answer, old)


def from_answer(answer: dict[str, Any], fields: dict[str, Any]) -> AccessToken:
    """The token in an answer to CreateToken. ``fields``: those of its file that the answer does
    not hold; a refresh token among them stays good if the answer brings none.

    Raises ``ValueError`` for an answer without a token that can be used.
    """
    text, seconds = answer.get("accessToken"), answer.get("expiresIn")
    if not isinstance(text, str) or not _can_be_sent(text):
        raise ValueError("no token in the answer")
    if not isinstance(seconds, int) or not 0 < seconds < _LONGEST_SECONDS:
        raise ValueError("no lifetime in the answer")
    expiration = int(clock.now()) + seconds
    fields = {**fields, "accessToken": text, "expiresAt": clock.zulu(expiration)}
    refresh_token = answer.get("refreshToken")
    if isinstance(refresh_token, str) and refresh_token:
        fields["refreshToken"] = refresh_token
    return AccessToken(text, expiration, fields)


def _adopt(path: str, refused: AccessToken, rejected: str | None) -> AccessToken | None:
    """A token that another tool, which takes no lock, saves in these moments: it spent our
    refresh token before we did."""
    give_up = time.monotonic() + _ADOPT_SECONDS
    while True:
        token = read(path)
        if _good(token, rejected, 0) and token.text != refused.text:
            return token
        if time.monotonic() >= give_up:
            return None
        time.sleep(0.05)


def _can_be_sent(text: str) -> bool:
    """Whether the header of a request can hold it: no line breaks, no letters beyond ASCII."""
    return bool(text) and text.isascii() and text.isprintable()


def _good(
    token: AccessToken | None, rejected: str | None, seconds: float
) -> TypeGuard[AccessToken]:
    return token is not None and token.text != rejected and token.seconds_left() > seconds


def _unless_good(token: AccessToken, rejected: str | None, problem: SsoenvError) -> AccessToken:
    """An old token that is still good beats a failure to renew it."""
    if _good(token, rejected, 0):
        terminal.detail(f"the sign-in was not refreshed: {problem.message}")
        return token
    raise problem


def _as_it_is(
    token: AccessToken | None,
    rejected: str | None,
    sign_in: SignIn,
    why: str = "",
    hint: str = "",
) -> AccessToken:
    if _good(token, rejected, 0):
        if why:
            terminal.warn(why)
        return token
    raise sign_in_needed(token, sign_in, why, hint)


def sign_in_needed(
    token: AccessToken | None, sign_in: SignIn, why: str = "", hint: str = ""
) -> SignInNeeded:
    """The error that tells a person to sign in, with the command to type; or ``why`` that is
    needed, and in ``hint`` what helps instead."""
    if not why and token is None:
        why = f'not signed in to "{sign_in.label}"'
    elif not why and token is not None and token.seconds_left() <= 0:
        why = f'the sign-in to "{sign_in.label}" has expired'
    elif not why:
        why = f'the sign-in to "{sign_in.label}" is no longer accepted'
    return SignInNeeded(why, hint or explain.sign_in_hint(sign_in))


def _unsaved(path: str, error: OSError) -> str:
    where = display(os.path.dirname(path))
    return f"a refreshed sign-in could not be saved in {where}: {error.strerror or error}"


def _is_open_to_others(path: str) -> bool:
    try:
        return os.name == "posix" and bool(os.stat(path).st_mode & 0o077)
    except OSError:
        return False


def content(fields: dict[str, Any]) -> bytes:
    """A token file's content, as the AWS CLI writes it."""
    return json.dumps(fields).encode()
