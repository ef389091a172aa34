"""A token file under our name that holds the sign-in to another portal, or to another region."""

import json
import socket
import threading
from pathlib import Path

import pytest

from ssoenv.demo.home import SESSION
from ssoenv.system import urls
from tests.conftest import World, assert_fails
from tests.signin.people import Browser

OTHER = "https://other.awsapps.com/start"
WHOSE = "the sign-in under demo is for https://other.awsapps.com/start, not for https://demo."


def change(world: World, name: str = SESSION, **fields: object) -> str:
    """Change fields of a token file (None: take it out); the access token in it."""
    path = world.token_file(name)
    token = {**json.loads(path.read_text()), **fields}
    path.write_text(json.dumps({key: value for key, value in token.items() if value is not None}))
    text: str = token["accessToken"]
    return text


@pytest.fixture
def mixed(signed_in: World) -> World:
    """Signed in, but in the file of the session "demo" is another portal's token."""
    change(signed_in, startUrl=OTHER)
    return signed_in


@pytest.mark.parametrize("arguments", [
    ["dev"], ["prod"], ["exec", "dev", "--", "true"], ["credential-process", "dev"],
    ["console", "dev"], ["accounts", "dev"], ["accounts", "--session", SESSION], ["write", "dev"],
    ["configure", "--session", SESSION, "--all", "--yes", "--prune"],
    ["dev", "--refresh"], ["status", "dev", "--verify"],
])  # fmt: skip
@pytest.mark.parametrize("lifetime", [8 * 3600, 300, -300])
def test_it_is_never_sent_nor_refreshed(
    world: World, arguments: list[str], lifetime: float
) -> None:
    world.sign_in(lifetime=lifetime)
    change(world, startUrl=OTHER)
    before, config = world.token_file().read_bytes(), world.config.read_bytes()
    result = world.run(*arguments)
    assert result.code == (125 if arguments[0] == "exec" else 4), result
    assert WHOSE in result.err
    assert "Run: ssoenv login" in result.err
    assert world.idc.calls == []
    assert (world.token_file().read_bytes(), world.config.read_bytes()) == (before, config)


def test_programs_are_told_too(mixed: World) -> None:
    script = "import ssoenv\ntry: ssoenv.resolve('dev')\nexcept ssoenv.SignInNeeded as e: print(e)"
    python = str(Path(mixed.environ["PATH"].partition(":")[0]) / "python")
    assert WHOSE in mixed.command([python, "-c", script]).out
    assert mixed.idc.calls == []


@pytest.mark.parametrize("arguments", [["dev"], ["credential-process", "dev"]])
def test_a_renewal_without_botocore_compares_it_too(signed_in: World, arguments: list[str]) -> None:
    """What a full run kept leads to the file by its name."""
    assert signed_in.run("dev").code == 0
    for path in signed_in.roles.glob("*.json"):
        path.unlink()
    change(signed_in, startUrl=OTHER)
    asked = len(signed_in.idc.calls)
    result = signed_in.run(*arguments)
    assert result.code == 4, result
    assert WHOSE in result.err
    assert len(signed_in.idc.calls) == asked


def test_status_and_profiles_say_that_a_sign_in_is_needed(mixed: World) -> None:
    result = mixed.run("status", "dev")
    assert result.code == 4
    assert WHOSE in result.err
    found = json.loads(mixed.run("status", "dev", "--json").out)
    assert (found["sign_in"]["usable"], found["sign_in_needed"]) == (False, True)
    rows = {row["profile"]: row for row in json.loads(mixed.run("profiles", "--json").out)}
    assert {rows["dev"]["state"], rows["prod"]["state"]} == {"sign-in-needed"}
    assert rows["legacy"]["state"] == "signed-in"


def test_doctor_names_both_addresses(mixed: World) -> None:
    found = json.loads(mixed.run("doctor", "--offline", "--json").out)["findings"]
    assert [(one["check"], one["path"]) for one in found] == [
        ("other-sign-in", str(mixed.token_file()))
    ]
    assert WHOSE in found[0]["message"]
    assert found[0]["fix"] == "Run: ssoenv login dev"


def test_login_replaces_it_and_says_so(mixed: World, browser: Browser) -> None:
    mixed.idc.approval = "approve"
    result = mixed.run("login", "dev", **browser.environ)
    assert result.code == 0, result
    assert result.err.startswith(f"ssoenv: {WHOSE}awsapps.com/start; the new one replaces it\n")
    assert json.loads(mixed.token_file().read_text())["startUrl"] == mixed.idc.start_url
    assert mixed.run("dev").code == 0


@pytest.mark.parametrize("which", [["dev"], ["--all"]])
def test_logout_ends_it_where_it_is_from(mixed: World, which: list[str]) -> None:
    """A proxy is told which host the token would go to."""
    mixed.token_file(mixed.idc.start_url).unlink()
    change(mixed, region="eu-west-3")
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        asked: list[bytes] = []

        def refuse() -> None:
            connection = proxy.accept()[0]
            asked.append(connection.recv(4096))
            connection.close()

        waiting = threading.Thread(target=refuse)
        waiting.start()
        port = proxy.getsockname()[1]
        changes = {"HTTPS_PROXY": f"http://127.0.0.1:{port}", "AWS_MAX_ATTEMPTS": "1"}
        result = mixed.run("logout", *which, AWS_ENDPOINT_URL_SSO=None, **changes)
        waiting.join()
    assert asked[0].startswith(b"CONNECT portal.sso.eu-west-3.amazonaws.com:443 ")
    assert result.code == 6, result
    assert not mixed.token_file().exists()


def test_logout_ends_it_all_the_same(mixed: World) -> None:
    text = json.loads(mixed.token_file().read_text())["accessToken"]
    result = mixed.run("logout", "dev")
    assert (result.code, result.err) == (0, 'ssoenv: signed out of "demo"\n')
    assert mixed.idc.live_session(text) is None


def test_another_region_is_another_portal(signed_in: World) -> None:
    change(signed_in, region="eu-west-3")
    url = signed_in.idc.start_url
    assert_fails(
        signed_in.run("dev"), 4, f"is for {url} in eu-west-3, not for {url} in us-east-1. Run: "
    )


def test_a_start_url_without_session_is_compared_as_well(signed_in: World) -> None:
    url = signed_in.idc.start_url
    change(signed_in, url, startUrl=OTHER)
    assert_fails(signed_in.run("legacy"), 4, f"the sign-in under {url} is for {OTHER}, not for")
    assert signed_in.run("dev").code == 0


@pytest.mark.parametrize("fields", [
    {"startUrl": None}, {"region": None}, {"startUrl": None, "region": None}, {"startUrl": ""},
    {"startUrl": "https://demo.awsapps.com/start/"}, {"startUrl": "HTTPS://DEMO.awsapps.com/start"},
    {"startUrl": "https://demo.awsapps.com/start#/"},
    {"startUrl": "https://demo.awsapps.com/start/#/?tab=accounts"},
])  # fmt: skip
def test_what_is_missing_or_only_spelled_otherwise_agrees(
    signed_in: World, fields: dict[str, str | None]
) -> None:
    change(signed_in, **fields)
    assert signed_in.run("dev").code == 0


def test_a_token_of_the_environment_is_never_compared(mixed: World) -> None:
    text = mixed.idc.issue_token()["accessToken"]
    assert mixed.run("dev", SSOENV_ACCESS_TOKEN=text).code == 0


def test_the_path_of_a_start_url_has_a_case() -> None:
    """https://start.home.awsapps.cn/directory/NAME"""
    assert not urls.same("https://a.awsapps.cn/directory/X", "https://a.awsapps.cn/directory/x")
    assert urls.same("https://A.awsapps.cn/directory/X/", "HTTPS://a.awsapps.cn/directory/X#/")
