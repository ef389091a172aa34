"""The calls that arrived, and faults and limits on purpose."""

import math
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from ssoenv.demo.center.wire import (
    OIDC,
    PORTAL,
    STS,
    AwsError,
    Response,
    error_for_status,
    error_response,
)

OPERATIONS = {
    "GetRoleCredentials": PORTAL,
    "ListAccounts": PORTAL,
    "ListAccountRoles": PORTAL,
    "Logout": PORTAL,
    "GetSigninToken": PORTAL,
    "RegisterClient": OIDC,
    "StartDeviceAuthorization": OIDC,
    "CreateToken": OIDC,
    "Authorize": OIDC,
    "AssumeRole": STS,
    "AssumeRoleWithWebIdentity": STS,
    "GetCallerIdentity": STS,
}


def check_operation(operation: str) -> None:
    """Raises ``ValueError`` for a name that is not an operation, so that a typing mistake in a test
    is noticed."""
    if operation != "*" and operation not in OPERATIONS:
        raise ValueError(f"no operation {operation!r}; there are {', '.join(OPERATIONS)}")


@dataclass
class Call:
    """One call that arrived.

    ``operation``: AWS's name. ``time``: when it arrived, epoch seconds. ``params``: its parameters
    by their names in the request. ``headers``: names in lower case. ``status``: the answer's HTTP
    status, None while there is no answer (and if there is never one).
    """

    operation: str
    time: float
    params: Mapping[str, str]
    headers: Mapping[str, str]
    status: int | None = None

    @property
    def grant_type(self) -> str:
        """For CreateToken: the requested grant; else empty."""
        return self.params.get("grantType", "")


@dataclass
class Fault:
    """How one operation misbehaves, and how many more times (None: until cleared)."""

    operation: str
    response: Response | None
    delay: float = 0
    hang_up: bool = False
    hang: bool = False
    after: bool = False
    times: int | None = None


def fault_response(
    operation: str,
    status: int | None,
    error: str | None,
    body: bytes | None,
    headers: Mapping[str, str] | None,
) -> Response | None:
    """The answer of a fault, see ``IdentityCenter.fault``; None for the true answer."""
    if body is not None:
        named = {"Content-Type": "application/json", **(headers or {})}
        return Response(status or 200, body, named)
    if status is not None or error is not None:
        code = error or error_for_status(status or 400)
        problem = AwsError(code, f"{code}, as the test requested", status, headers)
        return error_response(OPERATIONS.get(operation, PORTAL), problem)
    if headers:
        raise ValueError("headers need a status, an error or a body")
    return None


@dataclass
class Limit:
    """At most ``calls`` within ``seconds``."""

    calls: int
    seconds: float
    recent: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        """0 if a call at ``now`` is allowed (and then counted), else the seconds to wait."""
        while self.recent and self.recent[0] <= now - self.seconds:
            self.recent.popleft()
        if len(self.recent) < self.calls:
            self.recent.append(now)
            return 0
        return self.recent[0] + self.seconds - now if self.recent else self.seconds


class Faults:
    """The faults and limits in force. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._limits: dict[str, Limit] = {}

    def add(self, fault: Fault) -> None:
        """Add ``fault`` after the others."""
        check_operation(fault.operation)
        with self._lock:
            self._faults.append(fault)

    def limit(self, operation: str, calls: int, seconds: float) -> None:
        """From now on at most ``calls`` of ``operation`` within ``seconds``."""
        check_operation(operation)
        with self._lock:
            self._limits[operation] = Limit(calls, seconds)

    def clear(self) -> None:
        """Remove all faults and limits."""
        with self._lock:
            self._faults.clear()
            self._limits.clear()

    def take(self, operation: str) -> Fault | None:
        """The oldest fault that applies to this call, counted as used."""
        with self._lock:
            for fault in self._faults:
                if fault.operation not in (operation, "*"):
                    continue
                if fault.times is None:
                    return fault
                if fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def check_limit(self, operation: str) -> None:
        """Raises ``AwsError`` 429 with Retry-After after too many calls."""
        with self._lock:
            limit = self._limits.get(operation) or self._limits.get("*")
            wait = limit.wait(time.monotonic()) if limit else 0
        if wait:
            seconds = str(max(1, math.ceil(wait)))
            raise AwsError(
                "TooManyRequestsException", "Rate exceeded", headers={"Retry-After": seconds}
            )
