"""Identity Center in miniature: the access portal, SSO-OIDC and STS on one loopback port.

    with IdentityCenter() as idc:
        os.environ.update(idc.environment())
        token = idc.issue_token()

Strict where AWS is strict (single-use codes and refresh tokens, PKCE, signatures, expiry), and
able to fail on purpose (``fault``, ``throttle``). Nothing here talks to AWS.
"""

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType

from ssoenv.demo.center import portal, sts
from ssoenv.demo.center.clients import DEVICE, REFRESH
from ssoenv.demo.center.faults import (
    OPERATIONS,
    Call,
    Fault,
    Faults,
    check_operation,
    fault_response,
)
from ssoenv.demo.center.federation import Federation
from ssoenv.demo.center.oidc import Oidc
from ssoenv.demo.center.server import Server
from ssoenv.demo.center.wire import OIDC, PORTAL, STS, AwsError, Request, Response, error_response
from ssoenv.demo.center.world import SCOPE, Account, World
from ssoenv.system import clock

__all__ = ["Account", "Call", "IdentityCenter"]

Operation = Callable[[Request], Response]

# The operation of a method and a path. Names with a space are pages, not operations of AWS.
_ROUTES = {
    ("GET", "/federation/credentials"): "GetRoleCredentials",
    ("GET", "/assignment/accounts"): "ListAccounts",
    ("GET", "/assignment/roles"): "ListAccountRoles",
    ("POST", "/logout"): "Logout",
    ("POST", "/federation"): "GetSigninToken",
    ("GET", "/federation"): "console page",
    ("POST", "/client/register"): "RegisterClient",
    ("POST", "/device_authorization"): "StartDeviceAuthorization",
    ("POST", "/token"): "CreateToken",
    ("GET", "/authorize"): "Authorize",
    ("POST", "/authorize"): "decide authorization",
    ("GET", "/device"): "device page",
    ("POST", "/device"): "decide device",
}


class IdentityCenter(World):
    """The settings are the fields of ``World``; each may be given here or changed later.

    ``approval``: how a sign-in is decided: "page" (a person presses a button, or a test calls
    ``approve_device``), "approve" or "deny" (at once).
    ``federation``: the console's sign-in. ``calls``: every call that arrived, in order.
    ``failures``: unexpected exceptions, which are bugs of this server.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.calls: list[Call] = []
        self.failures: list[Exception] = []
        self._arrival = threading.Condition()
        self._faults = Faults()
        self._server = Server(self._answer)
        self._oidc = Oidc(self)
        self.federation = Federation(self)
        self._handlers = self._make_handlers()

    # Start and stop

    def start(self) -> "IdentityCenter":
        """Listen on 127.0.0.1; after a ``stop``, on the same port with the same state."""
        self._server.start()
        self._oidc.url = self.url
        return self

    def stop(self) -> None:
        """Close everything, also the connections that a fault keeps open."""
        self._server.stop()

    def __enter__(self) -> "IdentityCenter":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens. After ``stop``, where connections are refused."""
        if not self._server.port:
            raise RuntimeError("Identity Center in miniature was not started")
        return f"http://127.0.0.1:{self._server.port}"

    def environment(self) -> dict[str, str]:
        """The variables that make every AWS SDK, and ssoenv, ask this server instead of AWS."""
        return {
            "AWS_ENDPOINT_URL_SSO": self.url,
            "AWS_ENDPOINT_URL_SSO_OIDC": self.url,
            "AWS_ENDPOINT_URL_STS": self.url,
            "SSOENV_SIGNIN_ENDPOINT": f"{self.url}/federation",
        }

    # What a test sets and asks

    def issue_token(
        self,
        lifetime: float | None = None,
        refreshable: bool = True,
        *,
        start_url: str | None = None,
        registration_lifetime: float | None = None,
    ) -> dict[str, str]:
        """A signed-in session as the AWS CLI would write it to its token file.

        ``lifetime``, ``registration_lifetime``: seconds, negative for already expired.
        """
        seconds = self.token_lifetime if lifetime is None else lifetime
        client = self._oidc.clients.add(
            "issued", [DEVICE, REFRESH], [], [SCOPE], registration_lifetime
        )
        session = self.open_session(client.client_id, seconds, refreshable)
        token = {
            "startUrl": self.start_url if start_url is None else start_url,
            "region": self.region,
            "accessToken": session.access_token,
            "expiresAt": clock.zulu(session.expires_at),
            "clientId": client.client_id,
            "clientSecret": client.client_secret,
            "registrationExpiresAt": clock.zulu(client.expires_at),
        }
        if session.refresh_token:
            token["refreshToken"] = session.refresh_token
        return token

    def approve_device(self, user_code: str | None = None) -> int:
        """Approve the waiting device, or all of them. Returns how many there were."""
        return self._oidc.devices.settle(True, user_code)

    def deny_device(self, user_code: str | None = None) -> int:
        """Deny the waiting device, or all of them. Returns how many there were."""
        return self._oidc.devices.settle(False, user_code)

    def fault(
        self,
        operation: str,
        *,
        status: int | None = None,
        error: str | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        delay: float = 0,
        hang_up: bool = False,
        hang: bool = False,
        after: bool = False,
        times: int | None = None,
    ) -> None:
        """The next ``times`` calls (None: all until cleared) of ``operation`` ("*": any) fail.

        ``status``, ``error``: with this HTTP status and this AWS error code; one of them is enough.
        ``body``: with exactly these bytes, and 200 or ``status``. ``headers``: added to the answer.
        ``delay``: seconds before the answer. ``hang_up``: the connection is closed without an
        answer. ``hang``: it is kept open, without an answer, until ``stop``. ``after``: the call is
        carried out first (a refresh token is used up) and only its answer fails.
        Faults of one operation apply one after the other in the order in which they were added.
        """
        response = fault_response(operation, status, error, body, headers)
        self._faults.add(Fault(operation, response, delay, hang_up, hang, after, times))

    def throttle(self, operation: str = "*", *, calls: int, seconds: float = 1.0) -> None:
        """Limit the rate: more than ``calls`` within ``seconds`` get 429 with Retry-After."""
        self._faults.limit(operation, calls, seconds)

    def clear_faults(self) -> None:
        """Remove all faults and limits. A call that already hangs still hangs."""
        self._faults.clear()

    def count(self, operation: str, grant_type: str | None = None) -> int:
        """How many calls of ``operation`` arrived; with ``grant_type`` only those of that grant."""
        check_operation(operation)
        return sum(
            call.operation == operation and grant_type in (None, call.grant_type)
            for call in list(self.calls)
        )

    def wait_for(self, operation: str, count: int = 1, timeout: float = 30) -> bool:
        """Wait until ``count`` calls of ``operation`` have arrived (answered or not), at most
        ``timeout`` seconds. Returns whether they have."""
        with self._arrival:
            return self._arrival.wait_for(lambda: self.count(operation) >= count, timeout)

    # One request

    def _make_handlers(self) -> dict[str, Operation]:
        oidc = self._oidc
        return {
            "GetRoleCredentials": partial(portal.get_role_credentials, self),
            "ListAccounts": partial(portal.list_accounts, self),
            "ListAccountRoles": partial(portal.list_account_roles, self),
            "Logout": partial(portal.logout, self),
            "GetSigninToken": self.federation.get_signin_token,
            "RegisterClient": oidc.register_client,
            "StartDeviceAuthorization": oidc.start_device_authorization,
            "CreateToken": oidc.create_token,
            "Authorize": oidc.authorizations.authorize,
            "AssumeRole": partial(sts.assume_role, self),
            "AssumeRoleWithWebIdentity": partial(sts.assume_role_with_web_identity, self),
            "GetCallerIdentity": partial(sts.get_caller_identity, self),
            "decide authorization": oidc.authorizations.decide,
            "device page": oidc.devices.page,
            "console page": self.federation.login,
            "decide device": oidc.devices.decide,
        }

    def _answer(self, request: Request) -> Response | None:
        operation = _operation(request)
        service = STS if request.path == "/" else OPERATIONS.get(operation, PORTAL)
        try:
            if operation not in self._handlers:
                raise AwsError("UnknownOperationException", "There is no such operation", 404)
            if operation not in OPERATIONS:
                return self._handlers[operation](request)
            call = Call(operation, time.time(), _parameters(service, request), request.headers)
            with self._arrival:
                self.calls.append(call)
                self._arrival.notify_all()
            response = self._carry_out(service, operation, request)
            call.status = response.status if response else None
            return response
        except AwsError as error:
            return error_response(service, error)
        except Exception as error:
            self.failures.append(error)
            return error_response(service, AwsError("InternalServerException", repr(error)))

    def _carry_out(self, service: str, operation: str, request: Request) -> Response | None:
        fault = self._faults.take(operation)
        if fault is None:
            return self._run(service, operation, request)
        done = self._run(service, operation, request) if fault.after else None
        self._server.stopping.wait(None if fault.hang else fault.delay)
        if fault.hang or fault.hang_up:
            return None
        return fault.response or done or self._run(service, operation, request)

    def _run(self, service: str, operation: str, request: Request) -> Response:
        try:
            self._faults.check_limit(operation)
            return self._handlers[operation](request)
        except AwsError as error:
            return error_response(service, error)


def _operation(request: Request) -> str:
    if (request.method, request.path) == ("POST", "/"):
        action = request.form().get("Action", "")
        return action if OPERATIONS.get(action) == STS else ""
    return _ROUTES.get((request.method, request.path), "")


def _parameters(service: str, request: Request) -> dict[str, str]:
    if service == STS:
        return request.form()
    if service == OIDC and request.method == "POST":
        try:
            return {name: _as_text(value) for name, value in request.json().items()}
        except AwsError:
            return {}
    return dict(request.query)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else repr(value)
