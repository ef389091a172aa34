"""Which profile is meant when none is named, or more than one is."""

import pytest

from tests.conftest import World, assert_fails


@pytest.mark.parametrize(
    ("arguments", "environment", "chosen"),
    [
        (["legacy"], {"AWS_PROFILE": "dev"}, "legacy"),
        (["-p", "legacy"], {"AWS_PROFILE": "dev"}, "legacy"),
        (["-plegacy"], {}, "legacy"),
        (["--profile", "legacy"], {}, "legacy"),
        (["--profile=legacy"], {}, "legacy"),
        (["legacy", "--profile", "legacy"], {}, "legacy"),
        (["env", "legacy"], {}, "legacy"),
        ([], {"AWS_PROFILE": "dev", "AWS_DEFAULT_PROFILE": "legacy"}, "dev"),
        ([], {"AWS_DEFAULT_PROFILE": "legacy", "SSOENV_PROFILE": "dev"}, "legacy"),
        ([], {"SSOENV_PROFILE": "legacy"}, "legacy"),
        ([], {"AWS_PROFILE": "", "SSOENV_PROFILE": "legacy"}, "legacy"),
    ],
)
def test_the_profile_named_last_in_this_order_wins(
    shared_world: World, arguments: list[str], environment: dict[str, str], chosen: str
) -> None:
    """By hand, then AWS_PROFILE (the AWS CLI's order), AWS_DEFAULT_PROFILE, SSOENV_PROFILE."""
    assert shared_world.variables(*arguments, **environment)["SSOENV_PROFILE"] == chosen


@pytest.mark.parametrize("option", [["-p", "dev"], ["-pdev"], ["--profile=dev"]])
def test_the_profile_may_be_named_before_the_command_as_with_aws(
    shared_world: World, option: list[str]
) -> None:
    for command in (["status"], ["exec", "--", "true"], ["exec", "true"], ["env"], []):
        for before in ([*option, "-v"], ["-v", *option]):
            ran = shared_world.run(*before, *command, AWS_PROFILE="ghost")
            assert (ran.code, "ghost" in ran.err) == (0, False), ran
    assert_fails(shared_world.run(*option, "init"), 2, "unrecognized arguments", stdout="")
    assert_fails(shared_world.run(*option, "legacy"), 2, '"legacy" and "dev"')


def test_default_is_meant_if_it_exists(shared_world: World) -> None:
    assert_fails(
        shared_world.run(), 3, "no profile given, and there is no default", "dev, legacy, prod"
    )
    shared_world.config.write_text(
        shared_world.config.read_text().replace("[profile dev]", "[default]")
    )
    assert shared_world.variables()["SSOENV_PROFILE"] == "default"
    assert shared_world.variables("default")["SSOENV_PROFILE"] == "default"


def test_exec_takes_the_profile_from_the_environment(shared_world: World) -> None:
    ran = shared_world.run("exec", "--", "printenv", "SSOENV_PROFILE", AWS_PROFILE="legacy")
    assert ran.out == "legacy\n"


def test_two_different_profiles_are_a_usage_error(shared_world: World) -> None:
    assert_fails(shared_world.run("dev", "--profile", "legacy"), 2, '"dev" and "legacy"')
    assert_fails(shared_world.run("dev", "legacy"), 2, "legacy")


@pytest.mark.parametrize(
    "arguments",
    [[""], ["-p", ""], ["env", ""], ["dev", "-p", ""], ["exec", "", "--", "env"], ["status", ""]],
)
def test_an_empty_name_never_means_another_profile(
    shared_world: World, arguments: list[str]
) -> None:
    """``ssoenv "$STAGE"`` in a script that has no STAGE."""
    role = {"AWS_SSO_START_URL": "https://demo.awsapps.com/start", "AWS_SSO_REGION": "us-east-1"}
    role |= {"AWS_SSO_ACCOUNT_ID": "111122223333", "AWS_SSO_ROLE_NAME": "Developer"}
    for environment in ({"AWS_PROFILE": "dev"}, {"SSOENV_PROFILE": "dev"}, role):
        failed = shared_world.run(*arguments, **environment)
        assert failed.code == (125 if "exec" in arguments else 2)
        assert "the profile's name is empty" in failed.err
        assert failed.out in ("", "false;\n")


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "SSOENV_PROFILE"])
def test_a_profile_from_the_environment_must_exist(shared_world: World, variable: str) -> None:
    assert_fails(shared_world.run(**{variable: "ghost"}), 3, '"ghost"')


def test_a_stale_profile_in_the_environment_harms_no_other(shared_world: World) -> None:
    stale = {"AWS_PROFILE": "ghost", "AWS_DEFAULT_PROFILE": "ghost"}
    assert shared_world.variables("dev", **stale)["SSOENV_PROFILE"] == "dev"
