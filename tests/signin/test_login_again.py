"""``ssoenv login`` where there is a sign-in already, and where nobody can see a code."""

import json

import pytest

from ssoenv.demo.home import SESSION
from tests.conftest import World, assert_fails
from tests.signin.people import Browser


def token_of(world: World) -> str:
    text: str = json.loads(world.token_file().read_text())["accessToken"]
    return text


@pytest.mark.parametrize("arguments", [["dev"], ["prod"], ["--session", SESSION]])
@pytest.mark.parametrize("flow", [[], ["--device-code"], ["--no-browser"]])
def test_a_good_sign_in_is_kept(
    approving: World, browser: Browser, arguments: list[str], flow: list[str]
) -> None:
    approving.sign_in(lifetime=8 * 3600)
    before = approving.token_file().read_bytes()
    result = approving.run("login", *arguments, *flow, **browser.environ)
    assert (result.code, result.out) == (0, "")
    assert result.err == (
        f'ssoenv: already signed in to "{SESSION}": good for 8h, and renews itself. '
        f"To sign in again, run: ssoenv login {' '.join(arguments)} --force\n"
    )
    assert approving.token_file().read_bytes() == before
    assert [call.operation for call in approving.idc.calls] == ["ListAccounts"]


def test_force_signs_in_again(approving: World, browser: Browser) -> None:
    approving.sign_in()
    before = token_of(approving)
    assert approving.run("login", "dev", "--force", **browser.environ).code == 0
    assert token_of(approving) != before
    assert len(browser.visits) == 1


@pytest.mark.parametrize(("lifetime", "refreshable", "asks"), [
    (3600, False, 0), (14 * 60, False, 1), (-60, False, 1), (14 * 60, True, 0), (-60, True, 0),
])  # fmt: skip
def test_what_does_not_last_is_refreshed_or_replaced(
    approving: World, browser: Browser, lifetime: float, refreshable: bool, asks: int
) -> None:
    approving.sign_in(lifetime=lifetime, refreshable=refreshable)
    assert approving.run("login", "dev", **browser.environ).code == 0
    assert len(browser.visits) == asks
    assert json.loads(approving.run("status", "dev", "--json").out)["sign_in"]["seconds_left"] > 900


@pytest.mark.parametrize("trouble", ["revoked", "401", "refresh refused", "other portal", "broken"])
def test_what_is_refused_is_replaced(approving: World, browser: Browser, trouble: str) -> None:
    """What ``ssoenv dev`` advises then must help."""
    approving.sign_in(lifetime=-60 if trouble == "refresh refused" else None, refreshable=True)
    before = token_of(approving)
    if trouble == "revoked":
        approving.idc.sessions.clear()
    elif trouble == "401":
        approving.idc.fault("ListAccounts", status=401, body=b"<html>")
    elif trouble == "refresh refused":
        approving.idc.fault("CreateToken", status=400, error="InvalidGrantException", times=1)
    elif trouble == "other portal":
        text = approving.token_file().read_text()
        approving.token_file().write_text(text.replace("demo.awsapps", "other.awsapps"))
    else:
        approving.token_file().write_text("{")
    assert approving.run("login", "dev", **browser.environ).code == 0
    assert len(browser.visits) == 1
    assert token_of(approving) != before
    assert approving.run("dev").code == 0


@pytest.mark.parametrize("trouble", ["403", "503", "gone"])
def test_a_portal_that_does_not_answer_refuses_nothing(approving: World, trouble: str) -> None:
    approving.sign_in()
    if trouble == "gone":
        approving.idc.stop()
    else:
        approving.idc.fault("ListAccounts", status=int(trouble))
    result = approving.run("login", "dev", AWS_MAX_ATTEMPTS="1")
    assert result.code == 0, result
    assert "already signed in" in result.err


def test_the_sign_in_of_another_name_is_not_the_own(approving: World, browser: Browser) -> None:
    """The AWS CLI would not find it."""
    approving.sign_in()
    approving.token_file().unlink()
    assert approving.run("login", "dev", **browser.environ).code == 0
    assert len(browser.visits) == 1


@pytest.mark.parametrize("flow", [[], ["--no-browser"]])
@pytest.mark.parametrize("browsers", [True, False])
def test_in_ci_nobody_is_waited_for(
    world: World, browser: Browser, flow: list[str], browsers: bool
) -> None:
    result = world.run("login", "dev", *flow, CI="true", **(browser.environ if browsers else {}))
    assert_fails(result, 4, "CI is set", "SSOENV_ACCESS_TOKEN", "--device-code", stdout="")
    assert world.idc.calls == []


def test_in_ci_a_good_sign_in_is_enough_and_a_code_is_shown_on_request(approving: World) -> None:
    result = approving.run("login", "dev", "--device-code", CI="true")
    assert result.code == 0, result
    assert approving.run("login", "dev", CI="true").code == 0
