"""What Identity Center may answer during a sign-in; in this process, to be quick."""

import itertools
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ssoenv.aws import clients
from ssoenv.cache import tokens
from ssoenv.cache.tokens import SignIn
from ssoenv.errors import ServiceError, SignInNeeded, UsageError
from ssoenv.signin import browser, flow, oidc
from tests.conftest import World
from tests.signin.people import leftovers

Ask = Callable[..., tokens.AccessToken]

DEMO = SignIn(
    "demo", "https://demo.awsapps.com/start", "us-east-1", ("sso:account:access",), store="files"
)


class Clock:
    """A clock whose time goes by in no time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time as the polling sees it."""
    fast = Clock()
    monkeypatch.setattr(flow, "time", fast)
    return fast


@pytest.fixture
def ask(approving: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Sign in to the demo's session within this process."""
    for name, value in approving.environment(BROWSER="unused").items():
        monkeypatch.setenv(name, value)
    visits: list[threading.Thread] = []

    def visit(address: str) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        visits.append(threading.Thread(target=lambda: opener.open(address, timeout=30).read()))
        visits[-1].start()

    monkeypatch.setattr(browser, "open_address", visit)

    def sign_in(**options: bool) -> tokens.AccessToken:
        options.setdefault("open_browser", not options.get("device_code"))
        return flow.sign_in(DEMO, clients.open_session(), **options)

    yield sign_in
    for one in visits:
        one.join()


@pytest.fixture
def polls(approving: World, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When, by ``clock``, the device code was issued and asked for."""
    times: list[float] = []
    take = approving.idc._faults.take

    def noted(operation: str) -> object:
        if operation in ("StartDeviceAuthorization", "CreateToken"):
            times.append(clock.now)
        return take(operation)

    monkeypatch.setattr(approving.idc._faults, "take", noted)
    return times


def gaps(times: list[float]) -> list[int]:
    return [round(later - earlier) for earlier, later in itertools.pairwise(times)]


def test_polling_waits_as_long_as_it_is_told(
    approving: World, ask: Ask, polls: list[float]
) -> None:
    """RFC 8628 sections 3.4 and 3.5: the interval first, and five seconds more for good after
    each slow_down."""
    for error in ("AuthorizationPending", "SlowDown", "AuthorizationPending", "SlowDown"):
        approving.idc.fault("CreateToken", error=error + "Exception", times=1)
    approving.idc.device_interval = 3
    ask(device_code=True)
    assert gaps(polls) == [3, 3, 8, 8, 13]


def test_a_short_outage_does_not_end_the_polling(
    approving: World, ask: Ask, polls: list[float]
) -> None:
    """RFC 8628 section 3.5 asks to slow down when the connection times out."""
    approving.idc.fault("CreateToken", status=503, times=3)  # as often as botocore tries
    approving.idc.device_interval = 2
    ask(device_code=True)
    assert gaps(polls) == [2, 0, 0, 4]


def test_a_lasting_outage_ends_with_its_cause(approving: World, ask: Ask, clock: Clock) -> None:
    approving.idc.fault("CreateToken", body=b"<html>")
    approving.idc.device_code_lifetime = 30
    with pytest.raises(ServiceError, match="CreateToken"):
        ask(device_code=True)


def test_a_code_that_nobody_uses_expires(approving: World, ask: Ask, clock: Clock) -> None:
    approving.idc.approval = "page"
    approving.idc.fault("CreateToken", error="AuthorizationPendingException")
    approving.idc.device_code_lifetime = 30
    before = clock.now
    with pytest.raises(SignInNeeded, match="nobody signed in"):
        ask(device_code=True)
    assert 29 < clock.now - before < 32


def test_a_code_that_identity_center_calls_expired_has(
    approving: World, ask: Ask, clock: Clock
) -> None:
    approving.idc.fault("CreateToken", error="ExpiredTokenException")
    with pytest.raises(SignInNeeded, match="expired before anybody used it"):
        ask(device_code=True)


@pytest.mark.parametrize("device_code", [False, True])
@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"clientId": 5}', '{"clientId":"a","clientSecret":"b"}', "[" * 99999],
)
def test_a_damaged_registration_is_made_anew(
    approving: World, ask: Ask, clock: Clock, device_code: bool, content: str
) -> None:
    path = Path(oidc.registration_entry(DEMO).path)
    path.parent.mkdir(parents=True)
    path.write_text(content)
    approving.idc.fault("CreateToken", error="ExpiredTokenException")
    with pytest.raises(SignInNeeded):
        ask(device_code=device_code)
    assert approving.idc.count("RegisterClient") == 1
    assert path.read_text().startswith('{"clientId": "')


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"5",
        b"<html>log in to the Wi-Fi</html>",
        b'{"accessToken": 5}',
        b'{"accessToken": "x"}',
        b'{"accessToken": "a\\u0007b", "expiresIn": 3600}',
        b'{"accessToken": "x", "expiresIn": -5}',
        b'{"accessToken": "x", "expiresIn": "soon"}',
        b'{"accessToken": "x", "expiresIn": 1e300}',
        b'{"accessToken": "x", "expiresIn": 99999999999999999999}',
    ],
)
def test_a_bad_answer_saves_nothing(approving: World, ask: Ask, body: bytes) -> None:
    approving.sign_in()
    before = approving.token_file().read_bytes()
    approving.idc.fault("CreateToken", body=body)
    with pytest.raises(ServiceError):
        ask()
    assert approving.token_file().read_bytes() == before
    assert leftovers(approving) == []


@pytest.mark.parametrize("operation", ["RegisterClient", "StartDeviceAuthorization"])
@pytest.mark.parametrize(
    "body",
    [b"[]", b"null", b"<html>", b"{}", b'{"clientId": 1}', b'{"interval": "x"}', b'{"a": NaN}'],
)
def test_bad_answers_before_the_code_are_bad_answers(
    approving: World, ask: Ask, operation: str, body: bytes
) -> None:
    approving.idc.fault(operation, body=body)
    with pytest.raises(ServiceError):
        ask(device_code=True)


@pytest.mark.parametrize("limit", ["x", "-1", "0", "nan", "inf", "1e9"])
def test_a_time_limit_that_is_none_is_a_usage_error(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setenv("SSOENV_LOGIN_TIMEOUT", limit)
    with pytest.raises(UsageError):
        ask()
