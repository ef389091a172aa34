"""A registration of ssoenv that Identity Center does not know any more."""

import json

import pytest

from tests.conftest import World
from tests.signin.people import Browser, Person

DEVICE = ["--device-code"]
AGAIN = 'the sign-in to "demo" has to be approved again'


def forget(world: World) -> None:
    """Have Identity Center forget all registrations, as when 90 days or an administrator end
    them."""
    world.idc._oidc.clients._known.clear()


def registrations(world: World) -> int:
    """How many files hold one."""
    texts = [path.read_text() for path in world.tokens.glob("*.json")]
    return sum("clientId" in text and "accessToken" not in text for text in texts)


@pytest.fixture
def registered(approving: World, browser: Browser, request: pytest.FixtureRequest) -> World:
    """Somebody has signed in once, with the test's ``flow``."""
    flow = request.node.callspec.params["flow"]
    assert approving.run("login", "dev", *flow, **browser.environ).code == 0
    return approving


@pytest.mark.parametrize("flow", [[], DEVICE])
@pytest.mark.parametrize("error", ["InvalidClientException", "UnauthorizedClientException"])
def test_what_is_refused_in_the_end_begins_again(
    registered: World, browser: Browser, flow: list[str], error: str
) -> None:
    registered.idc.fault("CreateToken", error=error, times=1)
    result = registered.run("login", "dev", "--force", *flow, **browser.environ)
    assert result.code == 0, result
    assert result.err.count(AGAIN) == 1
    assert registered.idc.count("RegisterClient") == 2
    assert registered.run("dev", "--refresh").code == 0


@pytest.mark.parametrize("flow", [DEVICE])
def test_what_is_refused_at_once_begins_again(registered: World, flow: list[str]) -> None:
    forget(registered)
    result = registered.run("login", "dev", "--force", *flow)
    assert result.code == 0, result
    assert result.err.count(AGAIN) == 1
    assert registered.idc.count("RegisterClient") == 2


@pytest.mark.parametrize("flow", [[], DEVICE])
def test_it_begins_again_only_once(registered: World, browser: Browser, flow: list[str]) -> None:
    registered.idc.fault("CreateToken", error="InvalidClientException")
    result = registered.run("login", "dev", "--force", *flow, **browser.environ)
    assert result.code == 4, result
    assert "refused the sign-in" in result.err
    assert result.err.endswith("Run: ssoenv login dev\n")
    assert registered.idc.count("RegisterClient") == 2
    assert registrations(registered) == 0


@pytest.mark.parametrize("flow", [[]])
def test_a_browser_that_does_not_come_back_costs_one_try(
    registered: World, browser: Browser, flow: list[str]
) -> None:
    """The page says no to an unknown client and sends nobody back: the next try registers."""
    forget(registered)
    late = {**browser.environ, "SSOENV_LOGIN_TIMEOUT": "2"}
    result = registered.run("login", "dev", "--force", **late)
    assert result.code == 4, result
    assert "nobody signed in" in result.err
    assert registrations(registered) == 0
    assert registered.run("login", "dev", "--force", **browser.environ).code == 0


@pytest.mark.parametrize("flow", [[], DEVICE])
def test_a_sign_in_that_is_given_up_begins_with_a_new_registration(
    registered: World, browser: Browser, flow: list[str]
) -> None:
    """Nobody waits minutes for a page that says no."""
    registered.idc.approval = "page"
    registered.idc.fault("CreateToken", error="AuthorizationPendingException")
    person = Person(registered, "login", "dev", "--force", *flow, **browser.environ)
    person.expect("waiting for the")
    person.child.sendintr()
    assert person.end() == 130
    assert registrations(registered) == 0


@pytest.mark.parametrize("flow", [[], DEVICE])
def test_a_refresh_that_is_refused_for_it_begins_with_a_new_one(
    registered: World, browser: Browser, flow: list[str]
) -> None:
    forget(registered)
    fields = json.loads(registered.token_file().read_text())
    registered.token_file().write_text(
        json.dumps({**fields, "refreshToken": "r", "expiresAt": "2020-01-01T00:00:00Z"})
    )
    assert registered.run("dev").code == 4
    assert registrations(registered) == 0
