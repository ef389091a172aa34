"""Keys that are always fresh: new ones are fetched in the background before they expire.

SDKs ask for new keys when theirs have 15 minutes left (botocore, Java) or less. The renewal is a
minute ahead of them, so that new keys are ready by then. While they are being fetched, the old
ones are served as long as they are valid.
"""

import threading
import time
from collections.abc import Callable

from ssoenv.cache.role_keys import REUSE_SECONDS, Credentials
from ssoenv.endpoint.server import Reply
from ssoenv.system import clock

AHEAD_SECONDS = REUSE_SECONDS + 60.0

_HOLD_SECONDS = 0.8  # how long a request waits for keys that are being fetched
_FIRST_RETRY_SECONDS = 2.0
_LAST_RETRY_SECONDS = 120.0
_STATIC_SECONDS = 3600  # the lifetime told for keys that do not expire, as SDKs require one
_LONGEST_WAIT_SECONDS = 30.0  # the clock that expiry goes by may be set, or the machine may sleep


class Refused(Exception):
    """There are no new keys. ``code``: one word for programs. ``lasting``: asking again will not
    help until a person does something."""

    def __init__(self, code: str, message: str, lasting: bool) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.lasting = lasting


class Renewal:
    """Replaces ``keys`` by new ones from ``fetch`` in time.

    ``fetch()``: returns new keys of the same identity or raises ``Refused``; called in one thread,
    which ``start`` starts. ``ahead``: how many seconds before they expire keys are renewed.
    """

    def __init__(self, keys: Credentials, fetch: Callable[[], Credentials], ahead: float) -> None:
        self._keys = keys
        self._fetch = fetch
        self._ahead = ahead
        self._refused: Refused | None = None
        self._retry_seconds = _FIRST_RETRY_SECONDS
        self._tried_at = self._not_before = float("-inf")  # by the monotonic clock
        self._changed = threading.Condition()  # guards all of the above

    def start(self) -> None:
        """Renew the keys from now on, from a thread."""
        threading.Thread(target=self._run, daemon=True).start()

    def reply(self) -> Reply:
        """The answer for a client: the keys, or why there are none. Where nothing is known while
        new keys are being fetched, it waits for them for less than a second."""
        with self._changed:
            if self._keys.seconds_left() <= 0:
                self._try_soon()
                self._changed.wait_for(lambda: self._seconds_until_due() > 0, _HOLD_SECONDS)
            if self._keys.seconds_left() > 0:
                return Reply(200, _fields(self._keys))
            problem = self._refused
        if problem is None:
            return Reply(503, {"Code": "NotReady", "Message": "ssoenv is fetching new keys"})
        fields = {"Code": problem.code, "Message": f"ssoenv: {problem.message}"}
        return Reply(403 if problem.lasting else 503, fields)

    def _run(self) -> None:
        while True:
            with self._changed:
                while (seconds := self._seconds_until_due()) > 0:
                    self._changed.wait(min(seconds, _LONGEST_WAIT_SECONDS))
            outcome = self._outcome()
            with self._changed:
                self._take(outcome)
                self._changed.notify_all()

    def _seconds_until_due(self) -> float:
        """When to fetch new keys; 0 or less also while they are being fetched."""
        wait = self._keys.seconds_left() - self._ahead
        return max(wait, self._not_before - time.monotonic())

    def _try_soon(self) -> None:
        """A client waits: fetch sooner than planned, if the last try is not too recent."""
        now = time.monotonic()
        if now >= self._tried_at + _FIRST_RETRY_SECONDS:
            self._not_before = min(self._not_before, now)
            self._changed.notify_all()

    def _outcome(self) -> Credentials | Refused:
        try:
            return self._fetch()
        except Refused as problem:
            return problem
        except Exception as error:
            return Refused("Bug", f"a bug ({type(error).__name__})", lasting=False)

    def _take(self, outcome: Credentials | Refused) -> None:
        self._tried_at = time.monotonic()
        if isinstance(outcome, Credentials) and self._is_newer(outcome):
            self._keys, self._refused = outcome, None
            self._retry_seconds = _FIRST_RETRY_SECONDS
            # Where a role is given for minutes only, its new keys are due again at once.
            pause = max(outcome.seconds_left() / 3, _FIRST_RETRY_SECONDS)
            self._not_before = self._tried_at + pause
            return
        if isinstance(outcome, Refused):
            self._refused = outcome
        self._not_before = self._tried_at + self._retry_seconds
        self._retry_seconds = min(self._retry_seconds * 2, _LAST_RETRY_SECONDS)

    def _is_newer(self, keys: Credentials) -> bool:
        """Whether ``keys`` are other ones than we have (AWS may have given the same again) and do
        not expire sooner."""
        same = keys.access_key_id == self._keys.access_key_id
        return not same and _end(keys) >= _end(self._keys)


def _end(keys: Credentials) -> float:
    return float("inf") if keys.expiration is None else keys.expiration


def _fields(keys: Credentials) -> dict[str, str]:
    """``keys`` as container credentials are written."""
    end = clock.now() + _STATIC_SECONDS if keys.expiration is None else keys.expiration
    fields = {
        "AccessKeyId": keys.access_key_id,
        "SecretAccessKey": keys.secret_access_key,
        "Token": keys.session_token or "",
        "Expiration": clock.zulu(end),
    }
    if keys.account_id is not None:
        fields["AccountId"] = keys.account_id
    return fields
