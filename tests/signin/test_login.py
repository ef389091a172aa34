"""``ssoenv login`` as a process, against Identity Center in miniature."""

import hashlib
import json
import os
import re
import signal
import stat
from urllib.parse import parse_qs, urlsplit

import pytest

from ssoenv.demo.home import SESSION
from tests.conftest import World
from tests.signin.people import Browser, wait_until

DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def registration(world: World, session: str | None, scopes: list[str] | None) -> dict[str, object]:
    """The registration where the AWS CLI looks for it."""
    key = {
        "tool": "botocore",
        "startUrl": world.idc.start_url,
        "region": world.idc.region,
        "scopes": scopes,
        "session_name": session,
    }
    path = world.tokens / f"{sha1(json.dumps(key, sort_keys=True))}.json"
    found: dict[str, object] = json.loads(path.read_text())
    return found


@pytest.mark.parametrize(
    ("profile", "session", "scopes"),
    [("dev", SESSION, ["sso:account:access"]), ("legacy", None, None)],
)
def test_the_browser_signs_in_with_pkce(
    approving: World, browser: Browser, profile: str, session: str | None, scopes: list[str] | None
) -> None:
    """For an SSO session and for a legacy profile, with the AWS CLI's file names and fields."""
    result = approving.run("login", profile, **browser.environ)
    assert result.code == 0, result
    assert result.out == ""
    assert "good for 8h, and renews itself" in result.err
    assert len(browser.visits) == 1
    query = parse_qs(urlsplit(browser.visits[0]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/oauth/callback", query["redirect_uri"][0])
    assert approving.idc.count("CreateToken", "authorization_code") == 1
    assert "Signed in" in browser.page

    path = approving.token_file(session if session else approving.idc.start_url)
    token = json.loads(path.read_text())
    assert list(token) == [
        "startUrl",
        "region",
        "accessToken",
        "expiresAt",
        "clientId",
        "clientSecret",
        "registrationExpiresAt",
        "refreshToken",
    ]
    assert token["startUrl"] == approving.idc.start_url
    assert token["region"] == approving.idc.region
    assert re.fullmatch(DATE, token["expiresAt"])
    assert re.fullmatch(DATE, token["registrationExpiresAt"])
    kept = registration(approving, session, scopes)
    assert kept == {
        "clientId": token["clientId"],
        "clientSecret": token["clientSecret"],
        "expiresAt": token["registrationExpiresAt"],
        "scopes": ["sso:account:access"],
        "grantTypes": ["authorization_code", "refresh_token"],
    }
    assert approving.run(profile).code == 0


def test_the_device_flow_keeps_what_the_aws_cli_keeps(approving: World) -> None:
    result = approving.run("login", "dev", "--device-code")
    assert result.code == 0, result
    assert result.out == ""
    assert re.search(r"enter the code {2}[A-Z]{4}-[A-Z]{4}\n", result.err)
    assert "only if you started this" in result.err
    kept = registration(approving, SESSION, ["sso:account:access"])
    assert list(kept) == ["clientId", "clientSecret", "expiresAt", "scopes"]
    assert approving.run("login", "legacy", "--device-code").code == 0
    assert list(registration(approving, None, None)) == ["clientId", "clientSecret", "expiresAt"]
    assert approving.run("dev").code == approving.run("legacy").code == 0


def test_registrations_are_reused_by_the_flow_that_made_them(
    approving: World, browser: Browser
) -> None:
    """Either flow refuses the other's registration, and makes its own again."""
    for arguments, registered in (
        (["dev"], 1),
        (["dev"], 1),
        (["dev", "--device-code"], 2),
        (["dev", "--device-code"], 2),
        (["dev"], 3),
    ):
        assert approving.run("login", *arguments, "--force", **browser.environ).code == 0
        assert approving.idc.count("RegisterClient") == registered
    assert {
        call.params["clientName"] for call in approving.idc.calls if "clientName" in call.params
    } == {"ssoenv"}


def test_a_registration_about_to_expire_is_made_anew(approving: World, browser: Browser) -> None:
    approving.idc.registration_lifetime = 14 * 60
    for count in (1, 2):
        assert approving.run("login", "dev", "--force", **browser.environ).code == 0
        assert approving.idc.count("RegisterClient") == count


def test_scopes_of_the_session_are_asked_for(approving: World, browser: Browser) -> None:
    approving.config.write_text(
        approving.config.read_text().replace(
            "sso_registration_scopes = sso:account:access",
            "sso_registration_scopes = sso:account:access, codewhisperer:completions,",
        )
    )
    assert approving.run("login", "dev", **browser.environ).code == 0
    wanted = ["sso:account:access", "codewhisperer:completions"]
    assert registration(approving, SESSION, wanted)["scopes"] == wanted
    assert parse_qs(urlsplit(browser.visits[0]).query)["scopes"] == [" ".join(wanted)]


def test_sign_ins_can_be_named_in_every_way(approving: World, browser: Browser) -> None:
    """By session, by start URL without any config, by a profile that names no role, through a
    chain."""
    approving.add_config(f"[profile bare]\nsso_session = {SESSION}\n")
    for arguments in (
        ["--session", SESSION],
        ["bare"],
        ["prod"],
        ["--profile", "dev"],
    ):
        approving.token_file().unlink(missing_ok=True)
        result = approving.run("login", *arguments, **browser.environ)
        assert result.code == 0, result
        assert approving.token_file().exists()
    approving.config.unlink()
    url = approving.idc.start_url
    assert url.startswith("https://")
    for typed in (url, url.removeprefix("https://")):
        approving.token_file(url).unlink(missing_ok=True)
        arguments = ["--start-url", typed, "--region", "us-east-1"]
        result = approving.run("login", *arguments, AWS_PROFILE="ghost", **browser.environ)
        assert result.code == 0, result
        assert approving.token_file(url).exists()


def test_the_only_sign_in_of_a_config_needs_no_name(approving: World, browser: Browser) -> None:
    text = approving.config.read_text()
    approving.config.write_text(re.sub(r"\[profile legacy\][^[]*", "", text))
    assert approving.run("login", **browser.environ).code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["dev", "--session", "demo"], 2, "do not go together"),
        (["--start-url", "", "--region", ""], 2, '"" is not a start URL'),
        (["--start-url", "https://x.awsapps.com/start", "--region", ""], 2, '"" is not a region'),
        (["--session", ""], 3, "there is no [sso-session '']"),
        (["--start-url", "https://x.awsapps.com/start"], 2, "go together"),
        (["--region", "us-east-1"], 2, "go together"),
        (["--start-url", "http://x/start", "--region", "r"], 2, "https://"),
        (["--start-url", "https://[x", "--region", "r"], 2, "is not a start URL"),
        (["dev", "--start-url", "https://x", "--region", "r"], 2, "do not go together"),
        (["--session", "dem"], 3, 'Did you mean "demo"?'),
        (["--session", "half"], 3, "sso_start_url and sso_region"),
        (["static"], 3, "does not sign in through Identity Center"),
        (["ghost"], 3, 'there is no profile "ghost"'),
        ([], 3, "Name one of"),
    ],
)
def test_what_cannot_be_meant_is_explained(
    world: World, arguments: list[str], code: int, says: str
) -> None:
    world.add_config(
        "[profile static]\naws_access_key_id=a\naws_secret_access_key=b\n[sso-session half]\n"
    )
    result = world.run("login", *arguments)
    assert (result.code, result.out) == (code, "")
    assert says in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, "there is no display here"),
        ({"SSH_CONNECTION": "1 2 3 4"}, "this is an SSH session without a display"),
    ],
)
def test_where_no_browser_can_be_a_code_is_shown_and_why(
    approving: World, changes: dict[str, str], why: str
) -> None:
    result = approving.run("login", "dev", **changes)
    assert result.code == 0, result
    assert f"with a code, because {why}" in result.err
    assert approving.idc.count("CreateToken", DEVICE) >= 1


def test_no_browser_shows_the_address_and_opens_nothing(world: World, browser: Browser) -> None:
    result = world.run(
        "login", "dev", "--no-browser", SSOENV_LOGIN_TIMEOUT="0.5", **browser.environ
    )
    assert result.code == 4
    assert f"\n{world.idc.url}/authorize?" in result.err
    assert "nobody signed in" in result.err
    assert result.err.endswith("Run: ssoenv login dev\n")
    assert browser.visits == []


def test_the_browser_may_take_its_time_and_talk(approving: World, browser: Browser) -> None:
    """A $BROWSER that lasts until its window is closed holds nothing up, and what it prints does
    not reach our stdout, which somebody evaluates."""
    script, pid = browser.folder / "slow", browser.folder / "pid"
    visit = browser.environ["BROWSER"].removesuffix(" %s &")
    script.write_text(
        f"#!/bin/sh\necho 'touch /tmp/oops'\n{visit} \"$1\"\necho $$ >{pid}\nexec sleep 600\n"
    )
    script.chmod(0o755)
    result = approving.run("login", "dev", BROWSER=f"/nowhere/at/all:{script}")
    assert result.code == 0, result
    assert result.out == ""
    assert "oops" not in result.err
    assert "talks too much" not in result.err
    wait_until(lambda: pid.exists() and pid.read_text().endswith("\n"))
    os.kill(int(pid.read_text()), signal.SIGKILL)  # it was still open


@pytest.mark.parametrize("flow", [[], ["--device-code"]])
def test_a_denied_sign_in_is_access_denied(world: World, browser: Browser, flow: list[str]) -> None:
    world.idc.approval = "deny"
    result = world.run("login", "dev", *flow, **browser.environ)
    assert result.code == 5, result
    assert "denied" in result.err
    assert result.err.endswith("run: ssoenv login dev\n")
    assert not world.token_file().exists()
    if not flow:
        assert "denied" in browser.page


def test_a_page_that_is_not_aws_is_neither_opened_nor_shown(
    approving: World, browser: Browser
) -> None:
    answer = {
        "deviceCode": "d",
        "userCode": "AB-CD",
        "verificationUri": f"{approving.idc.url}/device",
        "verificationUriComplete": "https://evil.example/device",
        "expiresIn": 600,
    }
    approving.idc.fault("StartDeviceAuthorization", body=json.dumps(answer).encode())
    result = approving.run("login", "dev", "--device-code", **browser.environ)
    assert result.code == 7
    assert result.err == (
        "ssoenv: Identity Center named a sign-in page at evil.example, which is not AWS's; "
        "it is not opened. Check the start URL, and whether a proxy changes answers\n"
    )
    assert browser.visits == []


def test_an_endpoint_without_https_is_refused(world: World, browser: Browser) -> None:
    result = world.run(
        "login",
        "dev",
        AWS_ENDPOINT_URL_SSO_OIDC="http://example.com:1",
        **browser.environ,
        SSOENV_TIMEOUT="1",
    )
    assert result.code == 3 and "AWS_ENDPOINT_URL_SSO_OIDC" in result.err, result
    assert browser.visits == []


def test_no_network_is_a_network_error(world: World, browser: Browser) -> None:
    world.idc.stop()
    result = world.run("login", "dev", **browser.environ)
    assert result.code == 6, result
    assert browser.visits == []


def test_an_unknown_start_url_is_a_config_error(world: World, browser: Browser) -> None:
    result = world.run(
        "login",
        "--start-url",
        "https://other.awsapps.com/start",
        "--region",
        "us-east-1",
        "--device-code",
    )
    assert result.code == 3, result
    assert "Check sso_start_url, sso_region" in result.err


@pytest.mark.parametrize("umask", [0, 0o777])
def test_files_are_private_under_any_umask(approving: World, browser: Browser, umask: int) -> None:
    old = os.umask(umask)
    try:
        result = approving.run("login", "dev", **browser.environ)
    finally:
        os.umask(old)
    assert result.code == 0, result
    for folder, _, names in os.walk(approving.home / ".aws"):
        for name in names:
            mode = stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
            assert name == "config" or mode == 0o600, name
    for folder in (approving.tokens, approving.tokens.parent, approving.home / ".aws" / "ssoenv"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_nobody_signs_in_for_a_token_that_cannot_be_saved(
    approving: World, browser: Browser
) -> None:
    """A file stands where the folder should be."""
    approving.tokens.parent.mkdir()
    approving.tokens.write_text("")
    result = approving.run("login", "dev", **browser.environ)
    assert result.code == 8, result
    assert "~/.aws/sso" in result.err
    assert browser.visits == []
    assert approving.idc.calls == []
