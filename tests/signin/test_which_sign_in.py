"""Which sign-in is meant where no profile is given, and ``[default]`` with nothing but a region."""

import json

import pytest

from ssoenv.aws import chain
from ssoenv.config import listing
from ssoenv.demo import home
from ssoenv.demo.home import SESSION
from tests.conftest import World, assert_fails
from tests.signin.people import Browser, Person, plain

URL = "https://demo.awsapps.com/start"
DEFAULT = "[default]\nregion = eu-central-1\noutput = json\n\n"
SECOND = """
[sso-session second]
sso_start_url = https://second.awsapps.com/start
sso_region = us-east-1

[profile second]
sso_session = second
sso_account_id = 111122223333
sso_role_name = Developer
"""


@pytest.fixture
def common(signed_in: World) -> World:
    """Signed in, with the ``[default]`` that many have."""
    signed_in.sign_in(lifetime=8 * 3600 + 30)
    signed_in.config.write_text(DEFAULT + signed_in.config.read_text())
    return signed_in


def second(world: World) -> None:
    world.add_config(SECOND)
    token = world.idc.issue_token(8 * 3600 + 30, start_url="https://second.awsapps.com/start")
    home.sign_in(str(world.home), world.idc, "second", token=token)


def test_what_makes_credentials_is_what_makes_a_kind() -> None:
    kinds = {key for keys in chain.KINDS.values() for key in keys}
    assert kinds == set(listing.CREDENTIALS)


def test_the_picker_leaves_out_profiles_without_credentials(common: World) -> None:
    person = Person(common, "pick")
    person.expect("3 of 3")
    assert "default" not in plain(person.seen)
    person.child.send("\r")
    assert person.end() == 0
    assert "dev" in plain(person.seen)


@pytest.mark.parametrize("interactive", [True, False])
@pytest.mark.parametrize("command", ["accounts", "login", "logout"])
def test_the_only_sign_in_needs_no_name(common: World, command: str, interactive: bool) -> None:
    if interactive:
        person = Person(common, command)
        assert person.end() == 0, person.seen
        said = plain(person.seen)
    else:
        result = common.run(command)
        assert result.code == 0, result
        said = result.out + result.err
    assert "Which" not in said
    assert {"accounts": "111122223333", "login": 'signed in to "demo"',
            "logout": 'signed out of "demo"'}[command] in said  # fmt: skip


@pytest.mark.parametrize("answer", ["2", "second"])
def test_of_several_sign_ins_the_person_chooses(common: World, answer: str) -> None:
    second(common)
    person = Person(common, "logout")
    person.expect("Number or name: ")
    assert "second  https://second.awsapps.com/start" in plain(person.seen)
    assert "dev" not in plain(person.seen)
    person.child.send(f"{answer}\r")
    assert person.end() == 0
    assert 'signed out of "second"' in person.seen
    assert common.token_file().exists()


@pytest.mark.parametrize("command", ["accounts", "login", "logout"])
def test_without_a_terminal_the_ways_to_name_one_are_said(common: World, command: str) -> None:
    second(common)
    result = common.run(command)
    assert_fails(result, 3, "--session demo, --session second", stdout="")
    assert common.idc.calls == []


def test_default_with_a_sign_in_is_taken_without_a_terminal(signed_in: World) -> None:
    second(signed_in)
    signed_in.add_config("[default]\nsso_session = second\n")
    assert signed_in.run("logout").err == 'ssoenv: signed out of "second"\n'


def test_a_profile_that_is_in_use_still_goes_first(common: World) -> None:
    second(common)
    for variable in ("AWS_PROFILE", "SSOENV_PROFILE"):
        result = common.run("login", **{variable: "second"})
        assert 'signed in to "second"' in result.err


def test_without_any_sign_in_configure_is_named(world: World) -> None:
    world.config.write_text(DEFAULT)
    for command in ("accounts", "login", "logout", "status"):
        assert_fails(world.run(command), 3, "Identity Center", "ssoenv configure", stdout="")


def test_keys_of_a_default_without_credentials_are_not_asked_for(common: World) -> None:
    assert_fails(common.run(), 3, "[default] has no credentials", "dev, legacy, prod")


def test_status_lists_every_sign_in_and_what_rests_on_it(common: World) -> None:
    second(common)
    result = common.run("status")
    assert result.code == 0, result
    words = " ".join(result.out.split())
    assert words == (
        "sign-in demo: good for 8h, renews itself "
        f"start URL {URL} profiles dev, prod "
        f"sign-in {URL}: good for 8h, renews itself profiles legacy "
        "sign-in second: good for 8h, renews itself "
        "start URL https://second.awsapps.com/start profiles second"
    )
    found = json.loads(common.run("status", "--json").out)
    assert [(one["name"], one["profiles"]) for one in found] == [
        (SESSION, ["dev", "prod"]), (URL, ["legacy"]), ("second", ["second"]),
    ]  # fmt: skip
    common.token_file("second").unlink()
    result = common.run("status", "--json")
    assert result.code == 4
    assert "--session second\n" in result.err or "login second\n" in result.err
    assert [one["usable"] for one in json.loads(result.out)] == [True, True, False]
    assert common.idc.calls == []


def test_status_of_a_session_is_about_it_alone(common: World) -> None:
    second(common)
    found = json.loads(common.run("status", "--session", "second", "--json").out)
    assert (found["session"], found["profiles"]) == ("second", ["second"])


def test_status_of_the_profile_in_use_is_as_ever(common: World) -> None:
    for variable in ("AWS_PROFILE", "SSOENV_PROFILE"):
        found = json.loads(common.run("status", "--json", **{variable: "dev"}).out)
        assert found["profile"] == "dev"


def test_status_takes_several_profiles(common: World) -> None:
    second(common)
    result = common.run("status", "dev", "second", "-p", "legacy", "--json")
    assert result.code == 0, result
    assert [one["profile"] for one in json.loads(result.out)] == ["dev", "second", "legacy"]
    assert json.loads(common.run("status", "dev", "--json").out)["profile"] == "dev"
    common.token_file("second").unlink()
    result = common.run("status", "dev", "second", "legacy")
    assert result.code == 4
    assert result.err == 'ssoenv: not signed in to "second". Run: ssoenv login second\n'
    assert result.out.count("account      111122223333") == 3
    assert common.run("status", "dev", "ghost").code == 3


def test_login_signs_in_to_the_session_where_a_legacy_profile_says_the_same(
    world: World, browser: Browser
) -> None:
    world.idc.approval = "approve"
    assert world.run("login", **browser.environ).code == 0
    assert world.token_file().exists()
    assert not world.token_file(URL).exists()


@pytest.mark.parametrize("names", [
    ("--sso-start-url", "--sso-region"), ("--start-url", "--region"),
])  # fmt: skip
def test_the_options_of_a_start_url_are_the_same_everywhere(
    approving: World, browser: Browser, names: tuple[str, str]
) -> None:
    """Those that login, accounts and configure had before are accepted, but not shown."""
    place = [names[0], URL, f"{names[1]}=us-east-1"]
    assert approving.run("login", *place, **browser.environ).code == 0
    assert approving.token_file(URL).exists()
    assert approving.run("accounts", *place, "--names").out
    assert approving.run("configure", *place, "--all", "--dry-run").code == 0
    assert approving.run("logout", *place).code == 0
    assert not approving.token_file(URL).exists()
    for command in ("login", "accounts", "configure", "logout"):
        shown = approving.run(command, "--help").out
        assert " --sso-start-url URL" in shown
        assert " --start-url" not in shown
