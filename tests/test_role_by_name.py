"""A role that no config names: by options, by variables, in CI."""

import json
import os

import pytest

from tests.conftest import World

ROLE = ["--account-id", "111122223333", "--role-name", "Developer"]
NAME = "Developer@111122223333"


@pytest.fixture
def bare(signed_in: World) -> World:
    """A person who is signed in at the start URL and has no AWS config at all."""
    signed_in.config.unlink()
    return signed_in


def place(world: World) -> list[str]:
    return ["--sso-start-url", world.idc.start_url, "--sso-region", world.idc.region]


def variables(world: World, **more: str) -> dict[str, str]:
    return {
        "AWS_SSO_START_URL": world.idc.start_url,
        "AWS_SSO_REGION": world.idc.region,
        "AWS_SSO_ACCOUNT_ID": "111122223333",
        "AWS_SSO_ROLE_NAME": "Developer",
        **more,
    }


def role_of(world: World, found: dict[str, str]) -> str:
    """The role whose keys were given out, as the server remembers it."""
    return world.idc.keys[found["AWS_ACCESS_KEY_ID"]].arn.split("/")[1].split("_")[1]


def test_options_name_a_role(bare: World) -> None:
    found = bare.variables(*place(bare), *ROLE)
    assert role_of(bare, found) == "Developer"
    assert found["AWS_ACCOUNT_ID"] == "111122223333"
    assert found["SSOENV_PROFILE"] == NAME
    assert "AWS_REGION" not in found


def test_variables_name_a_role(bare: World) -> None:
    assert role_of(bare, bare.variables(**variables(bare))) == "Developer"


def test_an_option_goes_before_its_variable(bare: World) -> None:
    found = bare.variables("--role-name", "ReadOnly", **variables(bare))
    assert role_of(bare, found) == "ReadOnly"


def test_exec_takes_a_role_by_name(bare: World) -> None:
    command = ["--", "sh", "-c", "echo $SSOENV_PROFILE $AWS_REGION"]
    result = bare.run("exec", *place(bare), *ROLE, "--region", "eu-north-1", *command)
    assert (result.code, result.out) == (0, f"{NAME} eu-north-1\n")
    result = bare.run("exec", "--", "sh", "-c", "echo $SSOENV_PROFILE", **variables(bare))
    assert (result.code, result.out) == (0, NAME + "\n")


def test_the_region_of_the_environment_stays(bare: World) -> None:
    result = bare.run(*place(bare), *ROLE, "--format", "json", AWS_REGION="eu-west-3")
    assert '"AWS_REGION": "eu-west-3"' in result.out


@pytest.mark.parametrize("given", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "SSOENV_PROFILE"])
def test_the_variables_of_a_role_go_before_those_of_a_profile(signed_in: World, given: str) -> None:
    """Also where the profile's answer is warm."""
    signed_in.variables("legacy")
    signed_in.variables("legacy")
    found = signed_in.variables(**{given: "legacy"}, **variables(signed_in))
    assert role_of(signed_in, found) == "Developer"


def test_a_profile_named_by_hand_goes_before_the_variables(signed_in: World) -> None:
    for _ in ("cold", "warm"):
        found = signed_in.variables("legacy", **variables(signed_in))
        assert role_of(signed_in, found) == "ReadOnly"
        assert found["SSOENV_PROFILE"] == "legacy"
    found = signed_in.variables("--profile", "legacy", AWS_SSO_ROLE_NAME="Developer")
    assert role_of(signed_in, found) == "ReadOnly"


def test_options_go_before_a_profile_named_by_hand(signed_in: World) -> None:
    found = signed_in.variables("legacy", *place(signed_in), *ROLE)
    assert role_of(signed_in, found) == "Developer"


@pytest.mark.parametrize("dropped", range(4))
def test_options_that_name_a_role_in_part_are_an_error_that_names_the_rest(
    signed_in: World, dropped: int
) -> None:
    options = [*place(signed_in), *ROLE]
    missing = options[2 * dropped]
    del options[2 * dropped : 2 * dropped + 2]
    result = signed_in.run("dev", *options)
    assert result.code == 2
    assert f"{missing} (or AWS_SSO_" in result.err
    assert result.out == "false;\n"


@pytest.mark.parametrize(
    "dropped",
    ["AWS_SSO_START_URL", "AWS_SSO_REGION", "AWS_SSO_ACCOUNT_ID", "AWS_SSO_ROLE_NAME"],
)
def test_variables_that_name_a_role_in_part_are_an_error_that_names_the_rest(
    signed_in: World, dropped: str
) -> None:
    """Rather than silently the identity of AWS_PROFILE."""
    given = variables(signed_in, AWS_PROFILE="dev")
    del given[dropped]
    result = signed_in.run(**given)
    assert result.code == 3
    assert f"(or {dropped}) is missing" in result.err


def test_empty_variables_name_nothing(signed_in: World) -> None:
    empty = dict.fromkeys(variables(signed_in), "")
    assert (
        signed_in.variables("--min-ttl", "15m", AWS_PROFILE="legacy", **empty)["SSOENV_PROFILE"]
        == "legacy"
    )


def test_what_is_about_the_sign_in_means_the_role_of_the_variables_too(signed_in: World) -> None:
    signed_in.variables("prod")
    given = variables(signed_in, AWS_PROFILE="prod")
    signed_in.variables(**given)
    shown = json.loads(signed_in.run("status", "--json", **given).out)
    assert (shown["profile"], shown["account_id"]) == (NAME, "111122223333")
    assert shown["credentials"]["seconds_left"] > 0
    shown = json.loads(signed_in.run("status", "--json", *place(signed_in), *ROLE).out)
    assert shown["profile"] == NAME
    assert signed_in.idc.start_url in signed_in.run("logout", **given).err
    assert [*signed_in.roles.iterdir()] == [*signed_in.tokens.glob("*.json")] == []
    for command in ("accounts", "status"):
        failed = signed_in.run(command, **given)
        assert failed.code == 4
        assert f"ssoenv login --sso-start-url {signed_in.idc.start_url}" in failed.err
    del given["AWS_SSO_ROLE_NAME"]
    failed = signed_in.run("login", **given)
    assert failed.code == 3
    assert ", but AWS_SSO_ROLE_NAME is missing" in failed.err


def test_the_cache_keys_are_the_aws_clis(bare: World) -> None:
    """A profile with the same four settings finds the credentials in the cache."""
    found = bare.variables(*place(bare), *ROLE)
    bare.config.write_text(
        f"[profile same]\nsso_start_url = {bare.idc.start_url}\nsso_region = {bare.idc.region}\n"
        "sso_account_id = 111122223333\nsso_role_name = Developer\n"
    )
    assert bare.variables("same")["AWS_ACCESS_KEY_ID"] == found["AWS_ACCESS_KEY_ID"]
    assert bare.idc.count("GetRoleCredentials") == 1


def test_another_start_url_is_another_role(bare: World) -> None:
    """The name is the same, the credentials are not: nothing is answered from the wrong entry."""
    bare.variables(*place(bare), *ROLE)
    elsewhere = ["--sso-start-url", "https://other.awsapps.com/start", "--sso-region", "us-east-1"]
    result = bare.run(*elsewhere, *ROLE)
    assert result.code == 4
    assert "https://other.awsapps.com/start" in result.err


def test_the_access_token_may_come_from_the_environment(world: World) -> None:
    """No config, no cache: what a CI job has."""
    world.config.unlink()
    token = world.idc.issue_token()["accessToken"]
    found = world.variables(**variables(world, CI="true", SSOENV_ACCESS_TOKEN=token))
    assert role_of(world, found) == "Developer"


def test_an_expired_sign_in_is_refreshed(world: World) -> None:
    world.sign_in(lifetime=-10)
    world.config.unlink()
    assert role_of(world, world.variables(**variables(world))) == "Developer"
    assert world.idc.count("CreateToken", "refresh_token") == 1


def test_a_missing_sign_in_names_the_command_that_signs_in(world: World) -> None:
    world.config.unlink()
    result = world.run(**variables(world))
    url, region = world.idc.start_url, world.idc.region
    assert result.code == 4
    assert result.err == (
        f'ssoenv: not signed in to "{url}". '
        f"Run: ssoenv login --sso-start-url {url} --sso-region {region}\n"
    )


def test_in_ci_a_missing_sign_in_says_what_to_set(world: World) -> None:
    for arguments, more in (([], variables(world)), (["dev"], {})):
        result = world.run(*arguments, CI="true", **more)
        assert result.code == 4
        assert "with ssoenv_oidc, or set SSOENV_ACCESS_TOKEN (docs/ci.md)" in result.err
        assert "\x1b" not in result.err
        assert result.err.count("\n") == 1


def test_in_ci_nothing_prompts_even_on_a_terminal(world: World) -> None:
    """Standard error is a terminal here, as in some CI systems, and still nobody is asked."""
    import pty
    import subprocess

    from tests.conftest import SSOENV

    master, slave = pty.openpty()
    finished = subprocess.run(
        [SSOENV, "dev"],
        env=world.environment(CI="true"),
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        start_new_session=True,
        timeout=60,
        check=False,
    )
    os.close(slave)
    said = os.read(master, 10000).decode()
    os.close(master)
    assert finished.returncode == 4
    assert said.count("\n") == 1
    assert "\x1b" not in said
    assert world.idc.count("RegisterClient") == 0


def test_a_role_that_is_refused_is_named(bare: World) -> None:
    result = bare.run(*place(bare), "--account-id", "111122223333", "--role-name", "Root")
    assert result.code == 5
    assert 'role "Root" in account 111122223333' in result.err
