"""Getting a new access token from a person: in the browser, or with a code typed elsewhere.

All processes that need the same sign-in share one: the first asks the person, the others wait
for it and go on with its result, or fail with it.
"""

import contextlib
import os
import secrets
import sys
import time
from collections.abc import Callable

from botocore.session import Session

from ssoenv.aws import explain
from ssoenv.cache import entries, tokens
from ssoenv.cache.entries import Entry
from ssoenv.cache.tokens import SignIn
from ssoenv.errors import (
    AccessDenied,
    ConfigError,
    LocalFileError,
    NetworkError,
    ServiceError,
    SignInNeeded,
    SsoenvError,
)
from ssoenv.signin import browser, oidc, signout
from ssoenv.signin.callback import Callback
from ssoenv.signin.oidc import Oidc, Refused
from ssoenv.signin.stored import token_or_none
from ssoenv.signin.turns import (
    TICK_SECONDS,
    failure_since,
    forget_failure,
    nobody_signed_in,
    remember_failure,
    tell_unlocked,
    wait_for_turn,
)
from ssoenv.system import clock, paths
from ssoenv.system.deadline import for_a_person
from ssoenv.terminal import colour, foreign, messages
from ssoenv.terminal.progress import Progress

ANY = ""  # for ``stale``: whatever token is in the file now

_SLOW_DOWN_SECONDS = 5  # RFC 8628 section 3.5
_SLOWEST_SECONDS = 30
_LOCK_SECONDS = 10.0


def sign_in(
    sign_in: SignIn,
    session: Session,
    *,
    device_code: bool = False,
    open_browser: bool = True,
    stale: str | None = ANY,
) -> tokens.AccessToken:
    """Have a person sign in, save the token and return it.

    ``device_code``: with a code to type, not through this machine's browser; done without being
    asked where no browser can be. ``open_browser``: False only shows the address. ``stale``: the
    text of the token that is no longer of use (None: there is none); if another process brings a
    different one while we wait for our turn, that is the answer.
    Raises ``SignInNeeded`` (nobody signed in), ``AccessDenied``, ``NetworkError``,
    ``ServiceError``, ``LocalFileError``, ``UsageError`` (a SSOENV_LOGIN_TIMEOUT that is none).
    """
    entry = tokens.entry_of(sign_in)
    if stale == ANY:
        token = token_or_none(sign_in)
        stale = token.text if token else None
    began = clock.now()
    end = time.monotonic() + for_a_person()
    with wait_for_turn(sign_in, end):
        token = token_or_none(sign_in)
        if token is not None and token.text != stale and token.seconds_left() > 0:
            return token
        failure = failure_since(began, entry)
        if failure is not None:
            raise failure
        try:
            _make_sure_of_room(entry)
            new = _ask(sign_in, session, end, device_code, open_browser)
        except SsoenvError as error:
            remember_failure(error, entry)
            raise
        except KeyboardInterrupt:
            remember_failure(_given_up(sign_in), entry)
            raise
        forget_failure(entry)
        if sign_in.store == entries.KEYRING and signout.remove_from_files(sign_in, session):
            messages.say(
                f'the sign-in to "{sign_in.label}" is in the keychain now: what files held has '
                "been removed"
            )
        return new


def _ask(
    sign_in: SignIn, session: Session, end: float, device_code: bool, open_browser: bool
) -> tokens.AccessToken:
    service = Oidc(sign_in, session)
    try:
        try:
            return _ask_once(sign_in, service, end, device_code, open_browser)
        except Refused as refused:
            if refused.code not in oidc.FORGOTTEN:
                raise
        messages.say(
            "Identity Center does not know the registration of ssoenv any more; it is made anew, "
            f'and the sign-in to "{sign_in.label}" has to be approved again'
        )
        return _ask_once(sign_in, service, end, device_code, open_browser)
    except Refused as refused:
        raise _explained(refused, sign_in) from refused
    except OSError as error:
        raise _unsaved(error) from error


def _ask_once(
    sign_in: SignIn, service: Oidc, end: float, device_code: bool, open_browser: bool
) -> tokens.AccessToken:
    """Raises ``Refused``, ``OSError``, and what ``sign_in`` does. A registration that Identity
    Center refused, or that nobody came back with, has been removed then."""
    why = "" if device_code else browser.why_none()
    if why is None:
        state = secrets.token_urlsafe(32)
        try:
            callback = Callback(state)
        except OSError as error:
            why = f"this machine lets nobody listen on 127.0.0.1 ({error.strerror})"
        else:
            with callback:
                return _by_browser(sign_in, service, callback, state, end, open_browser)
    can_open = open_browser and browser.why_none() is None
    return _by_device(sign_in, service, end, why, can_open)


# In the browser: authorization code with PKCE


def _by_browser(
    sign_in: SignIn,
    service: Oidc,
    callback: Callback,
    state: str,
    end: float,
    open_browser: bool,
) -> tokens.AccessToken:
    registration = service.registration(oidc.CODE)
    verifier = oidc.new_verifier()
    address = service.authorize_url(registration, callback.uri, state, oidc.challenge_of(verifier))
    browser.check(address, (service.endpoint(),))
    if open_browser:
        messages.say(f'signing in to "{sign_in.label}" in your browser. If it does not open, go to')
    else:
        messages.say(f'to sign in to "{sign_in.label}", go to')
    messages.raw(f"{address}\n")
    if open_browser:
        browser.open_address(address)
    try:
        with Progress("waiting for the browser", end) as progress:
            while not callback.wait(TICK_SECONDS):
                if time.monotonic() >= end:
                    raise nobody_signed_in(sign_in)
                progress.tick()
    except (SignInNeeded, KeyboardInterrupt):
        service.forget(registration.client_id)  # the page may have refused it, and told nobody
        raise
    try:
        if callback.error:
            if callback.error != "access_denied":
                service.forget(registration.client_id)
            raise _refused_in_browser(callback, sign_in)
        new = _save(
            sign_in,
            lambda: service.redeem_code(registration, callback.code, verifier, callback.uri),
        )
    except (SsoenvError, Refused, OSError) as error:
        reason = error.message if isinstance(error, SsoenvError) else "the answer was refused"
        callback.conclude("Not signed in", f"{reason[:1].upper()}{reason[1:]}.", good=False)
        raise
    callback.conclude("Signed in", "You can close this tab.", good=True)
    return new


def _refused_in_browser(callback: Callback, sign_in: SignIn) -> SsoenvError:
    """RFC 6749 section 4.1.2.1: why the browser came back without a code."""
    said = f" ({foreign.clean(callback.description or callback.error)})"
    if callback.error == "access_denied":
        return AccessDenied(
            f'the sign-in to "{sign_in.label}" was denied in the browser',
            f"To try again, run: {explain.login_command(sign_in)}",
        )
    return SignInNeeded(
        f'Identity Center did not sign you in to "{sign_in.label}"{said}',
        f"Run: {explain.login_command(sign_in)} --device-code",
    )


# With a code to type: the device flow


def _by_device(
    sign_in: SignIn, service: Oidc, end: float, why: str, open_browser: bool
) -> tokens.AccessToken:
    registration = service.registration(oidc.DEVICE)
    device = service.start_device(registration)
    hosts = (service.endpoint(), sign_in.start_url)
    for address in (device.uri, device.complete_uri):
        browser.check(address, hosts)
    because = f", because {why}" if why else ""
    messages.say(f'signing in to "{sign_in.label}" with a code{because}')
    bold = colour.BOLD if colour.is_wanted(sys.stderr) else None
    code = colour.painted(device.user_code, bold)
    messages.raw(f"Open  {device.uri}\nand enter the code  {code}\n")
    messages.raw(f"or open  {device.complete_uri}\n")
    messages.raw("Do this only if you started this sign-in yourself.\n")
    if open_browser:
        browser.open_address(device.complete_uri)
    end = min(end, time.monotonic() + device.lifetime)
    try:
        return _poll(sign_in, service, registration, device, end)
    except (SignInNeeded, KeyboardInterrupt):
        service.forget(registration.client_id)
        raise


def _poll(
    sign_in: SignIn, service: Oidc, registration: oidc.Registration, device: oidc.Device, end: float
) -> tokens.AccessToken:
    """Ask again and again, as RFC 8628 sections 3.4 and 3.5 say."""
    interval = float(device.interval)
    problem: SsoenvError | None = None
    with Progress("waiting for the code", end) as progress:
        while True:
            turn = time.monotonic() + interval
            while (now := time.monotonic()) < turn:
                if now >= end:
                    raise problem or nobody_signed_in(sign_in)
                progress.tick()
                time.sleep(min(TICK_SECONDS, turn - now))
            try:
                return _save(sign_in, lambda: service.redeem_device(registration, device))
            except Refused as refused:
                problem = None
                if refused.code == "SlowDownException":
                    interval += _SLOW_DOWN_SECONDS
                elif refused.code != "AuthorizationPendingException":
                    raise
            except (NetworkError, ServiceError) as error:
                problem = error  # the network may come back before the code expires
                interval = min(interval * 2, max(interval, _SLOWEST_SECONDS))


# What both need


def _save(sign_in: SignIn, get: Callable[[], tokens.AccessToken]) -> tokens.AccessToken:
    """Get a token and save it, with room for it reserved first: it is given only once.

    Raises what ``get`` does, and ``OSError``.
    """
    entry = tokens.entry_of(sign_in)
    with contextlib.ExitStack() as stack:
        try:  # neither a wedged refresh nor a lock of root must cost the sign-in
            stack.enter_context(entry.lock(_LOCK_SECONDS))
        except OSError as error:
            tell_unlocked(error)
        pending = stack.enter_context(entry.pending(tokens.ROOM))
        new = get()
        pending.commit(tokens.content(new.fields))
    return new


def _explained(refused: Refused, sign_in: SignIn) -> SsoenvError:
    """A no of SSO-OIDC that no flow could handle."""
    words = foreign.clean(refused.error.response["Error"].get("Message") or "")
    said = f"{refused.code}: {words}" if words else refused.code
    command = explain.login_command(sign_in)
    if refused.code == "AccessDeniedException":
        return AccessDenied(
            f'the sign-in to "{sign_in.label}" was denied', f"To try again, run: {command}"
        )
    if refused.code == "ExpiredTokenException":
        return SignInNeeded(
            f'the code for "{sign_in.label}" expired before anybody used it', f"Run: {command}"
        )
    if refused.error.operation_name != "CreateToken":
        return ConfigError(
            f'Identity Center in {sign_in.region} does not accept "{sign_in.start_url}" ({said})',
            "Check sso_start_url, sso_region and sso_registration_scopes",
        )
    return SignInNeeded(
        f'Identity Center refused the sign-in to "{sign_in.label}" ({said})', f"Run: {command}"
    )


def _given_up(sign_in: SignIn) -> SignInNeeded:
    return SignInNeeded(
        f'the sign-in to "{sign_in.label}" was given up in another terminal',
        f"Run: {explain.login_command(sign_in)}",
    )


def _unsaved(error: OSError) -> LocalFileError:
    where = paths.display(os.path.dirname(error.filename or "") or tokens.folder())
    return LocalFileError(
        f"the sign-in cannot be saved in {where}: {error.strerror or error}",
        "Make room there, or make it writable",
    )


def _make_sure_of_room(entry: Entry) -> None:
    """Nobody should sign in for a token that cannot be saved. Raises ``LocalFileError``."""
    try:
        with entry.pending(tokens.ROOM):
            pass
    except OSError as error:
        raise _unsaved(error) from error
