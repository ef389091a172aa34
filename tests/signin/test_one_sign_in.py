"""The legacy profiles of a start URL and the one session of that URL use each other's sign-in."""

import json
import shutil

import pytest

from ssoenv.demo.home import SESSION
from tests.conftest import World, assert_fails
from tests.signin.people import Browser
from tests.warm.test_plain import modules_of

URL = "https://demo.awsapps.com/start"
USING = f"ssoenv: using the sign-in of {SESSION}\n"
SECOND = f"""
[sso-session second]
sso_start_url = {URL}
sso_region = us-east-1

[profile second]
sso_session = second
sso_account_id = 111122223333
sso_role_name = Developer
"""


def sign_in(world: World, name: str, **how: object) -> dict[str, str]:
    """Sign in under one name only: a session's or a start URL as written."""
    token = world.idc.issue_token(**how)  # type: ignore[arg-type]
    path = world.token_file(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(token))
    path.chmod(0o600)
    return token


def replace(world: World, old: str, new: str, count: int = -1) -> None:
    text = world.config.read_text()
    assert old in text
    world.config.write_text(text.replace(old, new, count))


@pytest.mark.parametrize(("name", "profile", "label"), [
    (SESSION, "legacy", SESSION), (URL, "dev", URL), (URL, "prod", URL),
])  # fmt: skip
@pytest.mark.parametrize("command", [
    [], ["exec"], ["credential-process"], ["accounts"], ["write"], ["console"],
])  # fmt: skip
def test_one_sign_in_serves_both(
    world: World, name: str, profile: str, label: str, command: list[str]
) -> None:
    token = sign_in(world, name)
    rest = ["--", "true"] if command == ["exec"] else []
    result = world.run(*command, profile, *rest)
    assert result.code == 0, result
    assert result.err.count(f"ssoenv: using the sign-in of {label}\n") == 1
    assert world.idc.count("CreateToken") == 0
    assert json.loads(world.token_file(name).read_text()) == token
    assert len([*world.tokens.glob("*.json")]) == 1


def test_the_own_sign_in_goes_first_also_where_it_must_be_refreshed(world: World) -> None:
    sign_in(world, SESSION)
    own = sign_in(world, URL, lifetime=-60)
    result = world.run("legacy")
    assert (result.code, result.err) == (0, "")
    assert world.idc.count("CreateToken", "refresh_token") == 1
    assert json.loads(world.token_file(URL).read_text())["accessToken"] != own["accessToken"]


@pytest.mark.parametrize("own", ["expired", "refused", "unreachable", "damaged"])
def test_without_a_good_own_sign_in_the_other_is_used(world: World, own: str) -> None:
    sign_in(world, SESSION)
    sign_in(world, URL, lifetime=-60, refreshable=own != "expired")
    if own == "refused":
        world.idc.fault("CreateToken", status=400, error="InvalidGrantException")
    elif own == "unreachable":
        world.idc.fault("CreateToken", status=503)
    elif own == "damaged":
        world.token_file(URL).write_text("{")
    result = world.run("legacy", AWS_MAX_ATTEMPTS="1")
    assert (result.code, result.err) == (0, USING)


def test_only_a_sign_in_that_has_not_expired_is_used(world: World) -> None:
    """It is refreshed in its own file only, by who owns it."""
    sign_in(world, SESSION, lifetime=-60)
    assert_fails(world.run("legacy"), 4, "Run: ssoenv login legacy")
    assert world.idc.calls == []
    assert world.run("dev").code == 0
    assert world.run("legacy").err == USING


def test_a_refusal_spends_nothing_of_the_owner(world: World) -> None:
    before = sign_in(world, SESSION)
    world.idc.fault("GetRoleCredentials", status=401, error="UnauthorizedException")
    assert_fails(world.run("legacy"), 4, "Run: ssoenv login legacy")
    assert world.idc.count("CreateToken") == 0
    assert json.loads(world.token_file().read_text()) == before


def test_a_renewal_without_botocore_goes_by_the_same_rule(world: World) -> None:
    sign_in(world, SESSION)
    world.settle()
    assert world.run("legacy").err == USING
    for own, asked in ((None, 0), ({"lifetime": 3600}, 0), ({"lifetime": -60}, 1)):
        shutil.rmtree(world.roles)
        if own is not None:
            sign_in(world, URL, **own)
        result = modules_of(world, "legacy")
        assert ("botocore" in result) == bool(asked)
        assert world.idc.count("CreateToken", "refresh_token") == asked


@pytest.mark.parametrize("name", ["dev", "second", "legacy"])
def test_two_sessions_are_two_people(world: World, name: str) -> None:
    world.add_config(SECOND)
    for other in {SESSION: "dev", "second": "second", URL: "legacy"}.items():
        if other[1] != name:
            sign_in(world, other[0])
    result = world.run(name)
    assert_fails(result, 4, f"Run: ssoenv login {name}")
    assert world.idc.calls == []


@pytest.mark.parametrize(("change", "lends"), [
    (("= sso:account:access", "= codewhisperer:completions"), False),
    (("= sso:account:access", "= codewhisperer:completions, sso:account:access"), True),
    (("sso_registration_scopes = sso:account:access\n", ""), True),
    (("sso_region = us-east-1", "sso_region = us-east-2"), False),
    ((f"sso_start_url = {URL}", "sso_start_url = https://other.awsapps.com/start"), False),
    ((f"sso_start_url = {URL}", f"sso_start_url = {URL}/#/"), True),
    ((f"sso_start_url = {URL}", "sso_start_url = https://DEMO.awsapps.com/start/"), True),
])  # fmt: skip
def test_a_session_lends_to_its_own_portal_and_for_accounts_only(
    world: World, change: tuple[str, str], lends: bool
) -> None:
    replace(world, *change, 1)
    token = sign_in(world, SESSION)
    for field in ("startUrl", "region"):  # as some tools leave them out: the config decides
        del token[field]
    world.token_file().write_text(json.dumps(token))
    assert world.run("legacy").code == (0 if lends else 4)
    world.token_file().unlink()
    sign_in(world, URL)
    assert world.run("dev", "--refresh").code == (0 if lends else 4)


@pytest.mark.parametrize(("written", "kept"), [
    (f"{URL}/#/", URL), (f"{URL}/", URL), (f"{URL}#", URL), (URL, f"{URL}/#/"),
])  # fmt: skip
def test_spellings_of_a_start_url_are_one(world: World, written: str, kept: str) -> None:
    """The token's file is named for the one, a profile writes the other; either may be found
    where the config writes both."""
    replace(world, f"[profile legacy]\nsso_start_url = {URL}\n",
            f"[profile legacy]\nsso_start_url = {written}\n")  # fmt: skip
    if kept != URL:
        world.add_config(f"[profile also]\nsso_start_url = {kept}\nsso_region = us-east-1\n")
    sign_in(world, kept)
    assert world.run("legacy").code == 0
    assert world.run("dev").code == 0


def test_another_portals_token_is_not_lent(world: World) -> None:
    sign_in(world, SESSION, start_url="https://other.awsapps.com/start")
    assert_fails(world.run("legacy"), 4, "not signed in")
    assert world.idc.calls == []


def test_configure_uses_the_sign_in_of_the_start_url(world: World, browser: Browser) -> None:
    """README's scripted way, also where there is no terminal."""
    world.config.unlink()
    world.idc.approval = "approve"
    place = ["--start-url", URL, "--region", "us-east-1"]
    assert world.run("login", *place, **browser.environ).code == 0
    result = world.run("configure", "--all", *place, "--yes")
    assert result.code == 0, result
    assert world.run("dev-Developer").code == 0
    assert len(browser.visits) == 1


def test_the_aws_cli_is_given_a_name_that_looks_like_an_option(
    world: World, browser: Browser
) -> None:
    world.config.write_text(world.config.read_text().replace("profile legacy]", "profile -x]"))
    world.idc.approval = "approve"
    result = world.run("login", "dev", **browser.environ)
    assert result.err.endswith("needs its own sign-in there: aws sso login --profile=-x\n"), result


@pytest.mark.parametrize("profile", ["dev", "legacy"])
def test_login_and_status_say_what_the_aws_cli_needs(
    world: World, browser: Browser, profile: str
) -> None:
    other = "legacy" if profile == "dev" else "dev"
    label = SESSION if profile == "dev" else URL
    world.idc.approval = "approve"
    result = world.run("login", profile, **browser.environ)
    assert f"the AWS CLI needs its own sign-in there: aws sso login --profile {other}" in result.err
    result = world.run("status", other)
    assert result.code == 0
    said = " ".join(result.out.split())
    assert f"by the sign-in of {label}. The AWS CLI needs its own" in said
    found = json.loads(world.run("status", other, "--json").out)
    assert found["sign_in"]["borrowed_from"] == label
    assert found["sign_in"]["source"] == str(world.token_file(label))
    assert found["sign_in"]["renews_itself"] is False
    states = json.loads(world.run("profiles", "--json").out)
    assert {one["profile"]: one["state"] for one in states}[other] == "signed-in"


def test_where_nobody_else_names_the_portal_login_says_nothing_of_it(
    world: World, browser: Browser
) -> None:
    world.add_config(SECOND)
    world.idc.approval = "approve"
    assert "AWS CLI" not in world.run("login", "dev", **browser.environ).err


@pytest.mark.parametrize("profile", ["dev", "legacy"])
def test_logout_ends_what_it_could_use(world: World, profile: str) -> None:
    """And leaves the other portal's, and that of a session that is not alone."""
    first, second = sign_in(world, SESSION), sign_in(world, URL)
    for name in ("dev", "legacy", "prod"):
        assert world.run(name).code == 0
    result = world.run("logout", profile)
    assert {f'"{SESSION}"', f'"{URL}"'} <= {*result.err.replace("\n", "").split()}
    for token in (first, second):
        assert world.idc.live_session(token["accessToken"]) is None
    assert [*world.tokens.glob("*.json")] == [*world.roles.glob("*.json")] == []


def test_logout_leaves_what_it_could_not_use(world: World) -> None:
    world.add_config(SECOND)
    sign_in(world, SESSION), sign_in(world, "second"), sign_in(world, URL)
    assert world.run("logout", "dev").err == f'ssoenv: signed out of "{SESSION}"\n'
    assert world.run("second").code == world.run("legacy").code == 0


def test_the_hook_says_nothing_of_it(world: World) -> None:
    sign_in(world, URL)
    first = world.variables("prod")
    shutil.rmtree(world.roles)
    result = world.run("--renew", "prod", "--shell", "bash", SSOENV_HOOK_WAIT="60", **first)
    assert (result.code, result.err) == (0, "")
    assert first["AWS_ACCESS_KEY_ID"] not in result.out
