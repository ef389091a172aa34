"""The table of variables, as a shell sees it: exactly these, and nothing left of who was before."""

import json
import shlex
import time
from datetime import datetime

import pytest

from ssoenv.environment import variables
from ssoenv.system import kept
from tests.conftest import World

# Written out: the table in the code is compared with it.
SET = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCOUNT_ID",
    "SSOENV_PROFILE",
    "SSOENV_EXPIRES_AT",
}
REMOVED = {
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_EB_PROFILE",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AMAZON_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_EXPIRATION",
    "AWS_CREDENTIAL_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
}
NO_REGION = (
    "[profile nowhere]\nsso_session = demo\nsso_account_id = 111122223333\n"
    "sso_role_name = ReadOnly\n"
)
STATIC = "[profile static]\naws_access_key_id = AKIASTATIC\naws_secret_access_key = secret\n"


def after(shared_world: World, *steps: str, **changes: str | None) -> dict[str, str]:
    """The environment of a shell after ``eval "$(ssoenv STEP)"`` for each step, without what a
    shell adds of itself."""
    shared_world.settle()
    for step in steps:  # so that it is warm in the shell, where it takes a new process
        shared_world.run(*shlex.split(step))
    lines = "".join(f'eval "$(ssoenv {step})" || exit 9; ' for step in steps)
    run = shared_world.command(["bash", "-c", lines + "env -0"], **changes)
    assert (run.code, run.err) == (0, ""), run
    seen = dict(item.split("=", 1) for item in run.out.split("\0") if item)
    for name in ("PWD", "SHLVL", "_", "OLDPWD"):
        seen.pop(name, None)
    return seen


def test_the_table_is_the_documented_one() -> None:
    assert {name for name, _ in variables.SET} == SET | {
        "SSOENV_ROLE",
        "SSOENV_GUARDED",
    }  # not for each
    assert {name for name, _ in variables.REMOVED} == REMOVED


@pytest.mark.parametrize("profile", ["dev", "legacy", "prod"])
def test_exactly_the_variables_of_the_table_change(shared_world: World, profile: str) -> None:
    stale = dict.fromkeys(REMOVED, "stale")
    own = {"AWS_CONFIG_FILE": str(shared_world.config), "AWS_EC2_METADATA_DISABLED": "true"}
    seen = after(shared_world, profile, **stale, **own)
    assert {name for name in seen if name not in shared_world.environ | own} == SET
    assert {name: seen[name] for name in shared_world.environ | own} == shared_world.environ | own


def test_the_values_are_those_of_the_role(shared_world: World) -> None:
    seen = after(shared_world, "dev")
    keys = shared_world.idc.keys[seen["AWS_ACCESS_KEY_ID"]]
    assert seen["AWS_SECRET_ACCESS_KEY"] == keys.secret_access_key
    assert seen["AWS_SESSION_TOKEN"] == keys.session_token
    assert seen["AWS_ACCOUNT_ID"] == keys.account_id == "111122223333"
    assert seen["SSOENV_PROFILE"] == "dev"
    assert int(seen["SSOENV_EXPIRES_AT"]) == int(keys.expires_at or 0)
    moment = datetime.fromisoformat(seen["AWS_CREDENTIAL_EXPIRATION"])
    assert seen["AWS_CREDENTIAL_EXPIRATION"].endswith("+00:00")
    assert moment.timestamp() == int(seen["SSOENV_EXPIRES_AT"])
    assert 3500 < int(seen["SSOENV_EXPIRES_AT"]) - time.time() <= 3600


def test_exec_and_eval_and_json_agree(shared_world: World) -> None:
    for profile in ("dev", "prod"):
        wanted = shared_world.variables(profile)
        assert {
            name: value for name, value in after(shared_world, profile).items() if name in SET
        } == wanted
        ran = shared_world.run("exec", profile, "--", "env", "-0")
        seen = dict(item.split("=", 1) for item in ran.out.split("\0") if item)
        assert {name: value for name, value in seen.items() if name in SET} == wanted


def test_switching_leaves_nothing_of_the_first(shared_world: World) -> None:
    shared_world.add_config(NO_REGION + STATIC)
    seen = after(shared_world, "dev", "static")
    assert {name for name in seen if name not in shared_world.environ} == {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "SSOENV_PROFILE",
    }
    assert seen["AWS_ACCESS_KEY_ID"] == "AKIASTATIC"
    seen = after(shared_world, "dev", "nowhere")
    assert not {"AWS_REGION", "AWS_DEFAULT_REGION"} & seen.keys()
    assert after(shared_world, "nowhere", "dev", "static", "prod") == after(shared_world, "prod")


def test_unset_leaves_what_was_there_before(shared_world: World) -> None:
    assert after(shared_world, "dev", "--unset") == shared_world.environ
    assert after(shared_world, "dev", "prod", "--unset") == shared_world.environ
    assert after(shared_world, "--unset") == shared_world.environ
    assert after(shared_world, "dev", "--unset", "--unset") == shared_world.environ


OWN = {"AWS_REGION": "own-region-1", "AWS_DEFAULT_REGION": "own-region-2"}


@pytest.mark.parametrize("own", [OWN, {"AWS_REGION": "own-1"}, {"AWS_DEFAULT_REGION": "own-2"}])
def test_the_persons_own_region_comes_back(shared_world: World, own: dict[str, str]) -> None:
    shared_world.add_config(NO_REGION)
    before = {**shared_world.environ, **own}
    seen = after(shared_world, "dev", **own)
    assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == "eu-central-1"
    assert after(shared_world, "dev", "--unset", **own) == before
    assert after(shared_world, "dev", "legacy", "dev", "--unset", **own) == before
    assert after(shared_world, "nowhere", "--unset", **own) == before
    assert after(shared_world, "dev", "nowhere", "--unset", **own) == before


@pytest.mark.parametrize("own", [OWN, {"AWS_REGION": "own-1"}, {"AWS_DEFAULT_REGION": "own-2"}])
def test_a_profile_without_region_leaves_the_persons_own(
    shared_world: World, own: dict[str, str]
) -> None:
    shared_world.add_config(NO_REGION)
    for steps in (["nowhere"], ["dev", "nowhere"], ["dev", "prod", "nowhere", "nowhere"]):
        seen = after(shared_world, *steps, **own)
        assert {name: seen[name] for name in OWN if name in seen} == own


def test_where_the_persons_region_waits_is_only_there_if_there_is_one(shared_world: World) -> None:
    keepers = set(kept.KEEPERS.values())
    assert keepers >= {"SSOENV_USER_REGION", "SSOENV_USER_DEFAULT_REGION"}
    assert not keepers & after(shared_world, "dev", "prod").keys()
    seen = after(shared_world, "dev", AWS_REGION="own-1")
    assert keepers & seen.keys() == {"SSOENV_USER_REGION"}
    assert not keepers & after(shared_world, "dev", "--unset", **OWN).keys()
    assert not keepers & after(shared_world, "dev", **dict.fromkeys(keepers, "left-over")).keys()


def test_a_region_by_hand_wins_and_is_not_kept(shared_world: World) -> None:
    seen = after(shared_world, "'dev' --region eu-north-1")
    assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == "eu-north-1"
    assert after(shared_world, "dev --region eu-north-1", "dev")["AWS_REGION"] == "eu-central-1"
    assert after(shared_world, "dev --region eu-north-1", "--unset", **OWN) == {
        **shared_world.environ,
        **OWN,
    }


def test_an_empty_region_is_none(shared_world: World) -> None:
    shared_world.add_config(
        "[profile x]\nregion =\nsso_session = demo\nsso_account_id = 111122223333\n"
        "sso_role_name = ReadOnly\n"
    )
    assert "AWS_REGION" not in after(shared_world, "x", AWS_REGION="")


def test_a_subshell_inherits_what_unset_needs(shared_world: World) -> None:
    line = 'eval "$(ssoenv dev)"; bash -c \'eval "$(ssoenv --unset)"; env -0\''
    run = shared_world.command(["bash", "-c", line], **OWN)
    seen = dict(item.split("=", 1) for item in run.out.split("\0") if item)
    assert OWN.items() <= seen.items()
    assert not (SET - OWN.keys()) & seen.keys()


def test_the_process_format_is_what_sdks_read(shared_world: World) -> None:
    document = json.loads(shared_world.run("dev", "--format", "process").out)
    wanted = shared_world.variables("dev")
    assert document == {
        "Version": 1,
        "AccessKeyId": wanted["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": wanted["AWS_SECRET_ACCESS_KEY"],
        "SessionToken": wanted["AWS_SESSION_TOKEN"],
        "Expiration": wanted["AWS_CREDENTIAL_EXPIRATION"],
        "AccountId": "111122223333",
    }


@pytest.mark.parametrize(("theirs", "ours"), [("env", "sh"), ("windows-cmd", "cmd")])
def test_the_names_of_the_aws_cli_are_formats(shared_world: World, theirs: str, ours: str) -> None:
    assert (
        shared_world.run("dev", "--format", theirs).out
        == shared_world.run("dev", "--shell", ours).out
    )
    failed = shared_world.run("nobody", "--format", theirs).out
    assert failed == shared_world.run("nobody", "--shell", ours).out != ""
