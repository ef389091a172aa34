"""Access tokens on disk, in the AWS CLI's own files: read, judge, refresh under a lock, write back.

``~/.aws/sso/cache/<sha1 of the session name, else of the start URL as written>.json`` holds
``accessToken``, ``expiresAt`` and, where the sign-in can be refreshed, ``refreshToken``,
``clientId``, ``clientSecret`` and ``registrationExpiresAt``. A refresh token is good for one
use: who spends it must save what it bought, so the new file is reserved on disk first, and
processes take turns under a lock.
"""

import os
import time
from typing import Protocol, TypeGuard

from botocore.exceptions import ClientError
from botocore.session import Session

from ssoenv.aws import clients, explain
from ssoenv.cache.tokens import (
    REFRESH_SECONDS,
    ROOM,
    AccessToken,
    SignIn,
    can_be_sent,
    content,
    from_answer,
    given,
    lock,
    parse,
)
from ssoenv.errors import SignInNeeded, SsoenvError
from ssoenv.signin.held import lent, token_of
from ssoenv.system import files
from ssoenv.system.deadline import Deadline
from ssoenv.system.paths import display
from ssoenv.terminal import messages

_LOCK_SECONDS = 20.0
_LOCK_SHARE = 0.6  # … of the whole deadline, so that an old token can still be used after it
_RENEWAL_SHARE = 0.35  # what an answer that is not needed yet may take of it, for the same reason
_ADOPT_SECONDS = 2.0
_MAKE_ROOM = "Make room there, or make it writable"  # a new sign-in could not be saved either
_GIVEN = "Set it to a fresh one, or unset it to use the cached sign-in"
_REFUSALS = (
    "InvalidGrantException",
    "ExpiredTokenException",
    "InvalidClientException",
    "UnauthorizedClientException",
    "InvalidRequestException",
    "AccessDeniedException",
)

_told: set[SignIn] = set()  # the names whose sign-ins are used for others, as a person knows


class Usable(Protocol):
    """``usable``, or what replaces it."""

    def __call__(
        self, sign_in: SignIn, path: str, session: Session, rejected: str | None = None
    ) -> AccessToken: ...


def usable(
    sign_in: SignIn, path: str, session: Session, rejected: str | None = None
) -> AccessToken:
    """A token that should be good for the next call, refreshed if that is due; where there is none,
    the one of another name of the same sign-in, which is never refreshed.

    ``rejected``: the text of a token that the portal has just refused, however long it had left.
    Raises ``SignInNeeded`` when only a person can get a new one (also where the file holds a token
    of another start URL), ``NetworkError`` or ``ServiceError`` when an expired one could not be
    refreshed for want of an answer.
    """
    token = given()
    if token:
        if token.text == rejected:
            raise SignInNeeded("the portal refused the access token in SSOENV_ACCESS_TOKEN", _GIVEN)
        if not can_be_sent(token.text):
            raise SignInNeeded("SSOENV_ACCESS_TOKEN is not an access token", _GIVEN)
        return token
    token_of(sign_in, path)  # what another portal's token is in the way of is not passed over
    try:
        return own(sign_in, path, session, rejected)
    except SsoenvError:
        token = lent(sign_in, session.full_config, rejected)
        if token is None:
            raise
        return token


def tell_if_lent(token: AccessToken | None) -> None:
    """Once, that a token which has been of use is that of another name of the sign-in."""
    if token is not None and token.lender is not None and token.lender not in _told:
        _told.add(token.lender)
        messages.say(f"using the sign-in of {token.lender.label}")


def own(sign_in: SignIn, path: str, session: Session, rejected: str | None = None) -> AccessToken:
    """As ``usable``, but only the token that is kept for ``sign_in`` itself."""
    token = token_of(sign_in, path)
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
    token = token_of(sign_in, path)
    if _good(token, rejected, REFRESH_SECONDS):
        return token  # whoever had the lock before us did the work
    if token is None or not token.refreshable():
        return _as_it_is(token, rejected, sign_in)
    rescued = _rescue(sign_in, path, token)
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
            return _adopt(sign_in, path, token, rejected) or _as_it_is(token, rejected, sign_in)
        try:
            pending.commit(content(renewed.fields))
        except OSError as error:
            messages.warn(_unsaved(path, error) + "; the next command will need a new sign-in")
            return renewed
    if loose:
        messages.warn(f"{display(path)} was readable by others; it is now private (0600)")
    return renewed


def _rescue(sign_in: SignIn, path: str, old: AccessToken) -> AccessToken | None:
    """What somebody bought with the refresh token of ``old``, but was killed before the file was
    replaced. Raises ``OSError``."""
    for prepared in files.sweep(path, in_turn=True):
        found = parse(prepared)
        if found is None or found.expiration <= old.expiration:
            continue
        if found.is_of(sign_in) and found.fields.get("clientId") == old.fields.get("clientId"):
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
        oidc = clients.client(session, "sso-oidc", sign_in.region, within)
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


def _adopt(
    sign_in: SignIn, path: str, refused: AccessToken, rejected: str | None
) -> AccessToken | None:
    """A token that another tool, which takes no lock, saves in these moments: it spent our
    refresh token before we did."""
    give_up = time.monotonic() + _ADOPT_SECONDS
    while True:
        token = token_of(sign_in, path)
        if _good(token, rejected, 0) and token.text != refused.text:
            return token
        if time.monotonic() >= give_up:
            return None
        time.sleep(0.05)


def _good(
    token: AccessToken | None, rejected: str | None, seconds: float
) -> TypeGuard[AccessToken]:
    return token is not None and token.text != rejected and token.seconds_left() > seconds


def _unless_good(token: AccessToken, rejected: str | None, problem: SsoenvError) -> AccessToken:
    """An old token that is still good beats a failure to renew it."""
    if _good(token, rejected, 0):
        messages.detail(f"the sign-in was not refreshed: {problem.message}")
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
            messages.warn(why)
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
