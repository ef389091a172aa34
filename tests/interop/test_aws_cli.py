"""A real AWS CLI and ssoenv warm each other, through the files in ~/.aws."""

import functools
import json
import os
import re
import shutil
import subprocess

import pytest

from tests.conftest import Result, World, assert_fails

PROFILES = ["dev", "legacy", "chained"]


@functools.cache
def version(command: str) -> tuple[int, ...]:
    shown = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    found = re.match(r"aws-cli/([\d.]+)", shown.stdout + shown.stderr)
    assert found, shown
    return tuple(map(int, found[1].split(".")))


@pytest.fixture(scope="module")
def aws() -> str:
    """The aws command of a CLI v2: the one that SSOENV_TEST_AWS names, else any on this machine."""
    named = os.environ.get("SSOENV_TEST_AWS")
    for command in [named] if named else [shutil.which("aws"), "/usr/bin/aws"]:
        if command and os.path.exists(command) and version(command) >= (2, 9):
            return command
    pytest.skip("needs an AWS CLI v2: apt-get install awscli, or name one by SSOENV_TEST_AWS")


def call(shared_world: World, command: str, *arguments: str) -> Result:
    """Run the CLI so that it finds the miniature; Debian's is too old for AWS_ENDPOINT_URL_…,
    but every version reads a table of endpoints."""
    endpoints = shared_world.home / "endpoints" / "endpoints.json"
    endpoints.parent.mkdir(exist_ok=True)
    host = shared_world.idc.url.removeprefix("http://")
    partition = {
        "partition": "aws",
        "partitionName": "the miniature",
        "dnsSuffix": "invalid",
        "regionRegex": ".*",
        "defaults": {"hostname": host, "protocols": ["http"], "signatureVersions": ["v4"]},
        "regions": {},
        "services": {},
    }
    endpoints.write_text(json.dumps({"version": 3, "partitions": [partition]}))
    return shared_world.command(
        [command, *arguments],
        AWS_DATA_PATH=str(endpoints.parent),
        AWS_EC2_METADATA_DISABLED="true",
        AWS_PAGER="",
    )


def exported(shared_world: World, command: str, profile: str) -> str:
    """The access key id by which the CLI knows the profile."""
    run = call(shared_world, command, "configure", "export-credentials", "--profile", profile)
    assert run.code == 0, run
    key: str = json.loads(run.out)["AccessKeyId"]
    return key


@pytest.fixture
def shared_world(shared_world: World) -> World:
    """With a chain that old versions of the CLI understand as well."""
    shared_world.add_config(
        "[profile chained]\nrole_arn = arn:aws:iam::444455556666:role/Deploy\n"
        "source_profile = legacy\nregion = eu-west-1\n"
    )
    return shared_world


@pytest.mark.parametrize("profile", PROFILES)
def test_the_cli_after_ssoenv_asks_for_nothing(shared_world: World, aws: str, profile: str) -> None:
    ours = shared_world.variables(profile)["AWS_ACCESS_KEY_ID"]
    calls = len(shared_world.idc.calls)
    assert exported(shared_world, aws, profile) == ours
    assert len(shared_world.idc.calls) == calls


@pytest.mark.parametrize("profile", PROFILES)
def test_ssoenv_after_the_cli_asks_for_nothing(shared_world: World, aws: str, profile: str) -> None:
    theirs = exported(shared_world, aws, profile)
    calls = len(shared_world.idc.calls)
    assert shared_world.variables(profile)["AWS_ACCESS_KEY_ID"] == theirs
    assert len(shared_world.idc.calls) == calls


def test_a_chain_with_all_its_settings_is_shared_too(shared_world: World, aws: str) -> None:
    arn = "arn:aws:iam::777788889999:role/path/Deep"
    shared_world.idc.allow_role(arn, external_id="it's")
    shared_world.add_config(
        f"[profile deep]\nrole_arn = {arn}\nsource_profile = chained\nregion = eu-west-1\n"
        "external_id = it's\nrole_session_name = me\nduration_seconds = 1000\n"
    )
    ours = shared_world.variables("deep")["AWS_ACCESS_KEY_ID"]
    calls = len(shared_world.idc.calls)
    assert exported(shared_world, aws, "deep") == ours
    assert len(shared_world.idc.calls) == calls
    for path in shared_world.roles.glob("*.json"):
        path.unlink()
    theirs = exported(shared_world, aws, "deep")
    calls = len(shared_world.idc.calls)
    assert shared_world.variables("deep")["AWS_ACCESS_KEY_ID"] == theirs
    assert len(shared_world.idc.calls) == calls


def test_an_entry_that_breaks_the_cli_is_healed(shared_world: World, aws: str) -> None:
    """The CLI writes in place, and for good stumbles over a file that was cut short."""
    exported(shared_world, aws, "dev")
    [path] = shared_world.roles.glob("*.json")
    path.write_bytes(b"")
    assert call(shared_world, aws, "configure", "export-credentials", "--profile", "dev").code != 0
    ours = shared_world.variables("dev")["AWS_ACCESS_KEY_ID"]
    assert exported(shared_world, aws, "dev") == ours


def test_the_cli_signs_out_of_what_ssoenv_cached(shared_world: World, aws: str) -> None:
    assert shared_world.run("dev").code == 0
    assert shared_world.run("legacy").code == 0
    assert call(shared_world, aws, "sso", "logout").code == 0
    assert not list(shared_world.roles.glob("*.json"))
    assert_fails(shared_world.run("dev"), 4, "ssoenv login dev")


def test_a_token_that_ssoenv_renewed_is_the_clis(shared_world: World, aws: str) -> None:
    shared_world.sign_in(lifetime=-60)
    assert shared_world.run("dev").code == 0
    for path in shared_world.roles.glob("*.json"):
        path.unlink()
    renewals = shared_world.idc.count("CreateToken")
    exported(shared_world, aws, "dev")
    assert shared_world.idc.count("CreateToken") == renewals


def test_the_cli_acts_as_the_profile_in_use(shared_world: World, aws: str) -> None:
    """Under eval, with a profile in the environment that says otherwise."""
    line = f'eval "$(ssoenv prod)" && {aws} sts get-caller-identity --endpoint-url "$STS"'
    run = shared_world.command(
        ["bash", "-c", line], AWS_PROFILE="ghost", STS=shared_world.idc.url, AWS_PAGER=""
    )
    assert run.code == 0, run
    assert ":assumed-role/Deploy/" in json.loads(run.out)["Arn"]


def test_the_cli_of_version_1_shares_chained_roles(shared_world: World) -> None:
    command = os.environ.get("SSOENV_TEST_AWS_V1", "")
    if not command:
        pytest.skip("needs SSOENV_TEST_AWS_V1: set it to the aws command of `pip install awscli`")
    assert version(command)[0] == 1

    def whoami() -> str:
        run = shared_world.command([command, "sts", "get-caller-identity", "--profile", "prod"])
        assert run.code == 0, run
        arn: str = json.loads(run.out)["Arn"]
        return arn

    ours = shared_world.variables("prod")["AWS_ACCESS_KEY_ID"]
    calls = shared_world.idc.count("AssumeRole")
    assert whoami() == shared_world.idc.keys[ours].arn
    for path in shared_world.roles.glob("*.json"):
        path.unlink()
    theirs = whoami()
    assert shared_world.idc.count("AssumeRole") == calls + 1
    ours = shared_world.variables("prod")["AWS_ACCESS_KEY_ID"]
    assert shared_world.idc.keys[ours].arn == theirs
    assert shared_world.idc.count("AssumeRole") == calls + 1
