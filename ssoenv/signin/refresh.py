"""Access tokens that are good for the next call: read, refreshed where that is due, or not there.

Processes take turns under a lock beside the token's entry; the refresh itself is the work of
``refresh_process``, which goes on when the command that waits for it is ended.
"""

import errno
import json
import os
import time
from typing import Any, Protocol, TypeGuard

from botocore.session import Session

from ssoenv import errors
from ssoenv.aws import explain
from ssoenv.cache.entries import Entry
from ssoenv.cache.tokens import (
    REFRESH_SECONDS,
    AccessToken,
    SignIn,
    can_be_sent,
    entry_of,
    given,
    note_refusal,
    parse,
    refresh_digest,
)
from ssoenv.errors import KeychainError, NetworkError, SignInNeeded, SsoenvError
from ssoenv.signin import refresh_process
from ssoenv.signin.oidc import Oidc, registration_entry
from ssoenv.signin.stored import borrowed, token_of
from ssoenv.system import isolated
from ssoenv.system.deadline import Deadline
from ssoenv.system.locks import Lock, LockHeld
from ssoenv.system.paths import display
from ssoenv.terminal import messages

_LOCK_SECONDS = 20.0
_LOCK_SHARE = 0.6  # … of the whole deadline, so that an old token can still be used after it
_RENEWAL_SHARE = 0.35  # what an answer that is not needed yet may take of it, for the same reason
_ADOPT_SECONDS = 2.0
_MAKE_ROOM = "Make room there, or make it writable"  # a new sign-in could not be saved either
_GIVEN = "Set it to a fresh one, or unset it to use the cached sign-in"
_TRY_AGAIN = "Try again; if that does not help, end that process"

_told: set[SignIn] = set()  # the names whose sign-ins are used for others, as a person knows


class Usable(Protocol):
    """``usable``, or what replaces it."""

    def __call__(
        self, sign_in: SignIn, session: Session, rejected: str | None = None
    ) -> AccessToken: ...


def usable(sign_in: SignIn, session: Session, rejected: str | None = None) -> AccessToken:
    """A token that should be good for the next call, refreshed if that is due; where there is none,
    the one of another name of the same sign-in, which is never refreshed.

    ``rejected``: the text of a token that the portal has just refused, however long it had left.
    Raises ``SignInNeeded`` when only a person can get a new one (also where the file holds a token
    of another start URL), ``NetworkError`` or ``ServiceError`` when an expired one could not be
    refreshed for want of an answer, ``KeychainError``.
    """
    token = given()
    if token:
        if token.text == rejected:
            raise SignInNeeded("the portal refused the access token in SSOENV_ACCESS_TOKEN", _GIVEN)
        if not can_be_sent(token.text):
            raise SignInNeeded("SSOENV_ACCESS_TOKEN is not an access token", _GIVEN)
        return token
    own_token = token_of(sign_in)  # another portal's token here is not passed over
    try:
        return _current(own_token, sign_in, session, rejected)
    except KeychainError:
        raise
    except SsoenvError:
        token = borrowed(sign_in, session.full_config, rejected)
        if token is None:
            raise
        return token


def tell_if_lent(token: AccessToken | None) -> None:
    """Once, that a token which has been of use is that of another name of the sign-in."""
    if token is not None and token.lender is not None and token.lender not in _told:
        _told.add(token.lender)
        messages.say(f"using the sign-in of {token.lender.label}")


def own(sign_in: SignIn, session: Session, rejected: str | None = None) -> AccessToken:
    """As ``usable``, but only the token that is kept for ``sign_in`` itself."""
    return _current(token_of(sign_in), sign_in, session, rejected)


def _current(
    token: AccessToken | None, sign_in: SignIn, session: Session, rejected: str | None
) -> AccessToken:
    """``token``, which is kept for ``sign_in``, or what a refresh gives for it."""
    entry = entry_of(sign_in)
    if token is not None and token.text == rejected:
        note_refusal(entry, token)
    if _good(token, rejected, REFRESH_SECONDS):
        return token
    if token is None or not token.refreshable():
        return _as_it_is(token, rejected, sign_in)
    try:
        with entry.lock(min(_LOCK_SECONDS, Deadline().seconds * _LOCK_SHARE)) as held_lock:
            return _refresh_in_turn(sign_in, entry, session, rejected, held_lock)
    except LockHeld as error:
        problem = NetworkError(f"the sign-in could not be refreshed: {error}", _TRY_AGAIN)
        if _good(token, rejected, 0):
            messages.warn(problem.message)
            return token
        raise problem from error
    except OSError as error:
        locked = str(error.filename or "").endswith(".lock") and os.path.lexists(error.filename)
        if locked and error.errno in (errno.EACCES, errno.EPERM, errno.ELOOP, errno.EINVAL):
            why = f"the sign-in could not be refreshed: {display(error.filename)} cannot be opened"
            hint = "Remove it (nothing is in it), or make it yours"
            return _as_it_is(token, rejected, sign_in, f"{why}: {error.strerror}", hint)
        why = refresh_process.unsaved(entry, str(error.strerror or error))
        return _as_it_is(token, rejected, sign_in, why, _MAKE_ROOM)


def _refresh_in_turn(
    sign_in: SignIn, entry: Entry, session: Session, rejected: str | None, held_lock: Lock
) -> AccessToken:
    """Refresh under the lock ``held_lock``. Raises ``OSError`` only if nothing was sent."""
    token = token_of(sign_in)
    if _good(token, rejected, REFRESH_SECONDS):
        return token  # whoever had the lock before us did the work
    if token is None or not token.refreshable():
        return _as_it_is(token, rejected, sign_in)
    rescued = _rescue(sign_in, entry, token)
    if _good(rescued, rejected, REFRESH_SECONDS):
        return rescued
    seconds = Deadline().seconds * (_RENEWAL_SHARE if _good(token, rejected, 0) else 1)
    try:
        outcome = _outcome(_order(sign_in, entry, session, rescued or token), held_lock, seconds)
        if "bug" in outcome:
            raise RuntimeError(outcome["bug"])
        if "problem" in outcome:
            kind, message, hint = outcome["problem"]
            problem: SsoenvError = getattr(errors, kind)(message, hint)
            raise problem
    except SsoenvError as problem:
        return _unless_good(token, rejected, problem)
    if "unsaved" in outcome:
        why = refresh_process.unsaved(entry, outcome["unsaved"])
        return _as_it_is(token, rejected, sign_in, why, _MAKE_ROOM)
    if "fields" not in outcome:  # somebody else was quicker, or Identity Center said no
        return _adopt(sign_in, token, rejected) or _as_it_is(token, rejected, sign_in)
    if outcome["warning"]:
        messages.warn(outcome["warning"])
    fields = outcome["fields"]
    return AccessToken(fields["accessToken"], outcome["expiration"], fields)


def _rescue(sign_in: SignIn, entry: Entry, old: AccessToken) -> AccessToken | None:
    """What somebody bought with the refresh token of ``old``, but was killed before the file was
    replaced. Raises ``OSError``."""
    for prepared in entry.left_behind():
        found = parse(prepared)
        if found is None or found.expiration < old.expiration or found.fields == old.fields:
            continue
        if found.is_of(sign_in) and found.fields.get("clientId") == old.fields.get("clientId"):
            entry.write(prepared)
            return found
    return None


def _order(
    sign_in: SignIn, entry: Entry, session: Session, token: AccessToken
) -> dict[str, object]:
    """What ``refresh_process.refresh`` needs to know. Holds no secret. Raises one of
    ``errors``."""
    return {
        "entry": entry.packed(),
        "refresh_digest": refresh_digest(token),
        "region": sign_in.region,
        "endpoint": Oidc(sign_in, session).base_url(),
        "ca_bundle": session.get_config_variable("ca_bundle"),
        "registration": registration_entry(sign_in).packed(),
        "shared": entry.shared,
    }


def _outcome(order: dict[str, object], held_lock: Lock, seconds: float) -> dict[str, Any]:
    """What the process that carries out ``order`` reports within ``seconds``; it goes on without
    us after that. Raises ``NetworkError``."""
    if not order["shared"]:
        return Deadline(seconds).run(lambda: refresh_process.refresh(order))
    try:
        process = isolated.start_detached(
            "ssoenv-refresh",
            isolated.order("ssoenv.signin.refresh_process", detached=True, **order),
            keep=[held_lock.descriptor],
        )
    except OSError as error:  # there can be no other process: better here than not at all
        messages.detail(f"refreshing in this process: {error.strerror or error}")
        return Deadline(seconds).run(lambda: refresh_process.refresh(order))
    if os.name == "nt":
        held_lock.release()  # a lock is not inherited there: the other process takes its own
    said = Deadline(seconds).run(lambda: process.communicate()[0])
    try:
        outcome: dict[str, Any] = json.loads(said)
    except ValueError:
        raise NetworkError(
            "the process that refreshes the sign-in was killed", "Try again"
        ) from None
    return outcome


def _adopt(sign_in: SignIn, refused: AccessToken, rejected: str | None) -> AccessToken | None:
    """A token that another tool, which takes no lock, saves in these moments: it spent our
    refresh token before we did."""
    give_up = time.monotonic() + _ADOPT_SECONDS
    while True:
        token = token_of(sign_in)
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
    elif not why and token is not None and token.seconds_left() <= 0 and not token.refused:
        why = f'the sign-in to "{sign_in.label}" has expired'
    elif not why:
        why = f'the sign-in to "{sign_in.label}" is no longer accepted'
    return SignInNeeded(why, hint or explain.sign_in_hint(sign_in))
