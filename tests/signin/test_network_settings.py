"""Calls about a sign-in for which no profile given go by what its profiles say, and not by
``[default]``, which nobody asked for."""

import json

import pytest

from ssoenv.demo import home
from tests.conftest import World

GONE = "/nowhere/ca.pem"
ABOUT = pytest.mark.parametrize("arguments", [
    ["accounts", "--session", "corp"], ["logout", "--session", "corp"], ["logout", "--all"],
    ["configure", "--session", "corp", "--all", "--dry-run"],
])  # fmt: skip


def corp(world: World, *profiles: str) -> World:
    """A config with the session corp, signed in, and ``profiles`` on it, each with its settings."""
    sections = [
        f"[profile p{number}]\nsso_session = corp\nsso_account_id = 111122223333\n"
        f"sso_role_name = Developer\n{settings}"
        for number, settings in enumerate(profiles)
    ]
    world.config.write_text(
        f"[sso-session corp]\nsso_start_url = {world.idc.start_url}\nsso_region = us-east-1\n"
        + "\n".join(sections)
    )
    home.sign_in(str(world.home), world.idc, "corp")
    return world


@ABOUT
def test_default_is_none_of_them(world: World, arguments: list[str]) -> None:
    corp(world, "", "").add_config(
        f"[default]\nca_bundle = {GONE}\nuse_dualstack_endpoint = true\n"
    )
    result = world.run(*arguments, AWS_ENDPOINT_URL_SSO=world.idc.url)
    assert result.code == 0, result


@ABOUT
def test_what_all_of_them_say_counts(world: World, arguments: list[str]) -> None:
    """An endpoint of theirs, to which the call comes; else it would go to AWS."""
    endpoint = f"endpoint_url = {world.idc.url}\n"
    corp(world, endpoint, endpoint).add_config("[default]\nendpoint_url = http://127.0.0.1:9\n")
    result = world.run(*arguments, AWS_ENDPOINT_URL_SSO=None, SSOENV_TIMEOUT="5")
    assert result.code == 0, result
    assert world.idc.calls


@ABOUT
def test_where_they_do_not_agree_none_counts_and_it_is_said(
    world: World, arguments: list[str]
) -> None:
    corp(world, f"ca_bundle = {GONE}\n", "").add_config(f"[default]\nca_bundle = {GONE}\n")
    result = world.run(*arguments)
    assert result.code == 0, result
    assert 'the profiles of "corp" do not agree on ca_bundle, so none' in result.err


@pytest.mark.parametrize(("profile", "code"), [("p0", 0), ("p1", 6), ("other", 0)])
def test_aws_profile_decides_if_it_is_one_of_them(world: World, profile: str, code: int) -> None:
    corp(world, "", "endpoint_url = http://127.0.0.1:9\n")
    world.add_config("[profile other]\nendpoint_url = http://127.0.0.1:9\n")
    changes = {"AWS_ENDPOINT_URL_SSO": None, "AWS_ENDPOINT_URL": None, "AWS_PROFILE": profile}
    if code == 0:
        changes["AWS_ENDPOINT_URL_SSO"] = world.idc.url
    result = world.run("accounts", "--session", "corp", **changes)
    assert result.code == code, result
    assert ("do not agree" in result.err) == (profile == "other")


def test_doctor_asks_with_their_settings(world: World) -> None:
    corp(world, "", "").add_config("[default]\nuse_dualstack_endpoint = true\nregion = eu-west-1\n")
    found = json.loads(world.run("doctor", "--json").out)["findings"]
    assert found == []
    endpoint = f"endpoint_url = {world.idc.url}\n"
    corp_file = world.config.read_text().replace("sso_role_name", f"{endpoint}sso_role_name")
    world.config.write_text(corp_file)
    result = world.run("doctor", "--json", AWS_ENDPOINT_URL_SSO=None, SSOENV_TIMEOUT="5")
    checks = [one["check"] for one in json.loads(result.out)["findings"]]
    assert "network" not in checks, result


def test_doctor_says_where_they_do_not_agree(world: World) -> None:
    corp(world, "use_fips_endpoint = true\n", "")
    found = json.loads(world.run("doctor", "--offline", "--json").out)["findings"]
    assert [one["check"] for one in found] == ["unclear-network"]
    assert "do not agree on use_fips_endpoint" in found[0]["message"]
