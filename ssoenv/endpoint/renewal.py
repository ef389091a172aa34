"""Keys that are always fresh: fetched again in the background before they end.

SDKs ask for new keys when theirs have 15 minutes left (botocore, Java) or less. The keeper is a
minute ahead of them, so that there are new ones to be had by then. While new ones are being
fetched, the old ones are given out as long as they are good.
"""

import threading
import time
from collections.abc import Callable

from ssoenv.cache.role_keys import REUSE_SECONDS, Credentials
from ssoenv.endpoint.server import Reply
from ssoenv.system import clock

AHEAD_SECONDS = REUSE_SECONDS + 60.0

_FIRST_RETRY_SECONDS = 2.0
_LAST_RETRY_SECONDS = 120.0
_STATIC_SECONDS = 3600  # what is said of keys that never end, since SDKs insist on an end
_LONGEST_NAP_SECONDS = 30.0  # the clock that keys go by may be set, or a machine may sleep


class Refused(Exception):
    """There are no new keys. ``lasting``: asking again will not help until a person does
    something. ``code``: one word for programs."""

    def __init__(self, code: str, message: str, lasting: bool) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.lasting = lasting


class Keeper:
    """Keeps ``keys`` fresh with ``fetch``, which is run in a thread of its own, one at a time.

    ``fetch()``: returns new keys of the same identity or raises ``Refused``. ``ahead``: how many
    seconds before their end keys are renewed. ``changed()``: called from that thread when it is
    done. All methods belong to one thread.
    """

    def __init__(
        self,
        keys: Credentials,
        fetch: Callable[[], Credentials],
        ahead: float,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._keys = keys
        self._fetch = fetch
        self._ahead = ahead
        self.changed = changed
        self._busy = False
        self._outcome: Credentials | Refused | None = None
        self._refused: Refused | None = None
        self._retry_seconds = _FIRST_RETRY_SECONDS
        self._tried = self._not_before = float("-inf")  # by the monotonic clock

    def tick(self) -> float:
        """Do what is due; returns after how many seconds to call again at the latest."""
        self._collect()
        wait = self._keys.seconds_left() - self._ahead
        wait = max(wait, self._not_before - time.monotonic())
        if wait <= 0 and not self._busy:
            self._start()
        return min(max(wait, 1.0), _LONGEST_NAP_SECONDS)

    def reply(self, last: bool) -> Reply | None:
        """The answer for a client: the keys, or why there are none; None while new ones are being
        fetched and nothing else is known, unless this is the ``last`` time it is asked."""
        if self._keys.seconds_left() > 0:
            return Reply(200, _fields(self._keys))
        if not self._busy and time.monotonic() >= self._tried + _FIRST_RETRY_SECONDS:
            self._start()  # somebody waits, so sooner than planned
        if self._busy and not last:
            return None
        problem = self._refused
        if problem is None:
            return Reply(503, {"Code": "NotReady", "Message": "ssoenv is fetching new keys"})
        fields = {"Code": problem.code, "Message": f"ssoenv: {problem.message}"}
        return Reply(403 if problem.lasting else 503, fields)

    def _start(self) -> None:
        self._busy = True
        try:
            threading.Thread(target=self._work, daemon=True).start()
        except RuntimeError:  # no more threads for now
            self._outcome = Refused("NotReady", "this machine is too busy", lasting=False)

    def _work(self) -> None:
        try:
            self._outcome = self._fetch()
        except Refused as problem:
            self._outcome = problem
        except Exception as error:
            self._outcome = Refused("Bug", f"a bug ({type(error).__name__})", lasting=False)
        self.changed()

    def _collect(self) -> None:
        """Take what the thread brought, if it is done."""
        outcome = self._outcome
        if outcome is None:
            return
        self._outcome, self._busy = None, False
        self._tried = time.monotonic()
        if isinstance(outcome, Credentials) and self._is_news(outcome):
            self._keys, self._refused = outcome, None
            self._retry_seconds = _FIRST_RETRY_SECONDS
            # Where a role is given for minutes only, its new keys are due again at once.
            self._not_before = self._tried + outcome.seconds_left() / 3
            return
        if isinstance(outcome, Refused):
            self._refused = outcome
        self._not_before = self._tried + self._retry_seconds
        self._retry_seconds = min(self._retry_seconds * 2, _LAST_RETRY_SECONDS)

    def _is_news(self, keys: Credentials) -> bool:
        """Whether ``keys`` are others than we have, which AWS may not have had, and no worse."""
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
