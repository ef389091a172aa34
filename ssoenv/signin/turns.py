"""One person, one browser, many processes: who asks the person, and how the others learn of it."""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from typing import Any

from ssoenv.aws import explain
from ssoenv.cache import tokens
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
from ssoenv.system import clock, files, locks, paths
from ssoenv.terminal import messages
from ssoenv.terminal.progress import Progress

TICK_SECONDS = 0.1
_WAITING = "waiting for the sign-in in another terminal"
_FAILURES: dict[str, type[SsoenvError]] = {
    kind.__name__: kind
    for kind in (
        AccessDenied,
        ConfigError,
        LocalFileError,
        NetworkError,
        ServiceError,
        SignInNeeded,
    )
}


def nobody_signed_in(sign_in: SignIn) -> SignInNeeded:
    return SignInNeeded(
        f'nobody signed in to "{sign_in.label}" in time', f"Run: {explain.login_command(sign_in)}"
    )


# One person, one browser, many processes


@contextlib.contextmanager
def wait_for_turn(sign_in: SignIn, end: float) -> Iterator[None]:
    """Our turn to sign in, until the context is left. Raises ``SignInNeeded`` at ``end``."""
    lock = locks.Lock(_beside_lock(tokens.entry_of(sign_in), ".lock"), TICK_SECONDS)
    with contextlib.ExitStack() as stack:
        with contextlib.ExitStack() as shown:
            progress: Progress | None = None
            while True:
                try:
                    stack.enter_context(lock)
                    break
                except TimeoutError:
                    if time.monotonic() >= end:
                        raise nobody_signed_in(sign_in) from None
                except OSError as error:  # no place for locks: every process for itself
                    tell_unlocked(error)
                    break
                if progress is None:
                    progress = shown.enter_context(Progress(_WAITING, end))
                progress.tick()
        yield


def tell_unlocked(error: OSError) -> None:
    """Say why a sign-in goes on without a lock."""
    if isinstance(error, locks.LockHeld):
        messages.warn(f"the sign-in is saved although {error}")
    else:
        lock = paths.display(error.filename or "")
        why = error.strerror or error
        messages.warn(f"signing in without the lock {lock}, which cannot be opened: {why}")


def failure_since(began: float, entry: Entry) -> SsoenvError | None:
    """How the sign-in that we waited for failed, if it did."""
    failure: dict[str, Any] = files.read_object(_beside_lock(entry, ".failed"))
    try:
        if failure["at"] < began:
            return None
        return _FAILURES[failure["kind"]](str(failure["message"]), str(failure["hint"]))
    except (TypeError, KeyError):
        return None


def remember_failure(error: SsoenvError, entry: Entry) -> None:
    """Let those who wait fail as we did, instead of opening one browser after the other."""
    failure = {
        "at": clock.now(),
        "kind": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
    }
    with contextlib.suppress(OSError):
        files.write_private(_beside_lock(entry, ".failed"), json.dumps(failure).encode())


def forget_failure(entry: Entry) -> None:
    with contextlib.suppress(OSError):
        os.unlink(_beside_lock(entry, ".failed"))


def _beside_lock(entry: Entry, ending: str) -> str:
    """Our own file about the token in ``entry``."""
    return paths.ours("login", entry.key + ending)
