"""Credentials for many profiles at once: eight at a time, one refresh a sign-in, one pause for
all when AWS asks to slow down."""

import queue
import threading
import time
from collections.abc import Callable, Sequence

from botocore.session import Session

from ssoenv.aws import clients, profile
from ssoenv.aws.profile import Profile
from ssoenv.cache import tokens
from ssoenv.cache.entries import Entry
from ssoenv.cache.role_keys import REUSE_SECONDS
from ssoenv.cache.tokens import SignIn
from ssoenv.credentials import fetch
from ssoenv.credentials.fetch import Fetched
from ssoenv.errors import SsoenvError, Throttled
from ssoenv.signin.refresh import usable

_AT_ONCE = 8
_PAUSES = 5  # in a row without any answer, of 1, 2, 4, 8 and 16 seconds


class Outcome:
    """What became of one profile: ``fetched`` credentials, or the ``problem``. ``profile`` is
    None if the config does not have it."""

    __slots__ = ("fetched", "name", "problem", "profile")

    def __init__(self, name: str) -> None:
        self.name = name
        self.profile: Profile | None = None
        self.fetched: Fetched | None = None
        self.problem: SsoenvError | None = None


def credentials(
    names: Sequence[str],
    tell: Callable[[int], None],
    min_ttl: float = REUSE_SECONDS,
    refresh: bool = False,
    region: str | None = None,
) -> list[Outcome]:
    """The outcomes for the profiles ``names``, in their order; ``tell`` hears how many are there.

    ``min_ttl``, ``refresh``, ``region``: see ``fetch.credentials``. Raises ``ConfigError`` for a
    config that nobody can read; what concerns one profile is in its outcome.
    """
    first = clients.open_session()
    profile.full_config(first)
    work = Work(first, min_ttl, refresh, region)
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, Outcome | BaseException]] = queue.SimpleQueue()
    for at in range(len(names)):
        todo.put(at)

    def run() -> None:
        while True:
            try:
                at = todo.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((at, work.do(names[at])))
            except BaseException as error:  # a bug, which belongs to whoever waits
                done.put((at, error))

    for _ in range(min(_AT_ONCE, len(names))):
        threading.Thread(target=run, daemon=True).start()
    outcomes: dict[int, Outcome] = {}
    while len(outcomes) < len(names):
        at, outcome = done.get()
        if isinstance(outcome, BaseException):
            raise outcome
        outcomes[at] = outcome
        tell(len(outcomes))
    return [outcomes[at] for at in range(len(names))]


class Work:
    """What the threads share. ``do`` may be called by many of them."""

    def __init__(self, first: Session, min_ttl: float, refresh: bool, region: str | None) -> None:
        self._first = first
        self._min_ttl = min_ttl
        self._refresh = refresh
        self._region = region
        self._tokens = _Tokens()
        self._pace = _Pace()

    def do(self, name: str) -> Outcome:
        """Get the credentials of profile ``name``; it waits where AWS has asked to slow down."""
        outcome = Outcome(name)
        try:
            outcome.profile = profile.load(name, self._first)
            outcome.fetched = self._fetch(outcome.profile)
        except SsoenvError as problem:
            outcome.problem = problem
        return outcome

    def _fetch(self, loaded: Profile) -> Fetched:
        while True:
            self._pace.wait()
            asked_at = time.monotonic()
            try:
                fetched = fetch.credentials(
                    loaded, self._min_ttl, self._refresh, self._region, self._tokens.usable
                )
                self._pace.go_on()
                return fetched
            except Throttled:
                if not self._pace.slow_down(asked_at):
                    raise


class _Tokens:
    """Access tokens, each looked after by one thread at a time. What one learned about a sign-in
    that is over, the others need not try again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[Entry, threading.Lock] = {}
        self._problems: dict[Entry, SsoenvError] = {}

    def usable(
        self, sign_in: SignIn, session: Session, rejected: str | None = None
    ) -> tokens.AccessToken:
        entry = tokens.entry_of(sign_in)
        with self._lock:
            mine = self._locks.setdefault(entry, threading.Lock())
        with mine:
            if entry in self._problems:
                raise self._problems[entry]
            try:
                return usable(sign_in, session, rejected)
            except SsoenvError as problem:
                self._problems[entry] = problem
                raise


class _Pace:
    """All wait when AWS tells one to slow down, each time twice as long as before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pauses = 0
        self._over = 0.0

    def wait(self) -> None:
        while (left := self._over - time.monotonic()) > 0:
            time.sleep(left)

    def go_on(self) -> None:
        """There was an answer: the next pause is a short one again."""
        with self._lock:
            self._pauses = 0

    def slow_down(self, asked_at: float) -> bool:
        """Whether to try again after a pause, which a call made before it began does not make
        longer."""
        with self._lock:
            if asked_at >= self._over:
                if self._pauses == _PAUSES:
                    return False
                self._over = time.monotonic() + 2**self._pauses
                self._pauses += 1
            return True
