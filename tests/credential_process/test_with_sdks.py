"""The tools of AWS take ``credential_process = ssoenv credential-process PROFILE``."""

import functools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SSOENV, Result, World, need


@pytest.fixture
def asking(signed_in: World) -> World:
    """A world with profiles whose credentials come through ssoenv."""
    lines = (
        f"[profile through-{name}]\nregion = eu-central-1\n"
        f"credential_process = {shlex.quote(SSOENV)} credential-process {name}\n"
        for name in ("dev", "prod", "nobody")
    )
    signed_in.add_config("".join(lines))
    return signed_in


@functools.cache
def aws_cli() -> str:
    """An AWS CLI v2 that knows AWS_ENDPOINT_URL_STS, without which it would ask the real AWS."""
    found = os.environ.get("SSOENV_TEST_AWS") or shutil.which("aws") or ""
    if found:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
        version = re.search(r"aws-cli/(\d+)\.(\d+)", said.stdout)
        if version and (int(version[1]), int(version[2])) >= (2, 13):
            return found
    pytest.skip(
        "needs the AWS CLI 2.13 or newer: put aws on PATH, or its path into SSOENV_TEST_AWS"
    )


def node_modules() -> Path:
    found = os.environ.get("SSOENV_TEST_NODE_MODULES")
    if not found:
        pytest.skip(
            "needs the AWS SDK for JavaScript: npm install @aws-sdk/client-sts "
            "@aws-sdk/credential-providers, and SSOENV_TEST_NODE_MODULES=…/node_modules"
        )
    return Path(found)


def boto3(world: World, profile: str) -> Result:
    code = (
        "import boto3, sys; session = boto3.Session(profile_name=sys.argv[1]);"
        "print(session.client('sts').get_caller_identity()['Arn'])"
    )
    return world.command([sys.executable, "-c", code, profile])


def cli(world: World, profile: str) -> Result:
    query = ["sts", "get-caller-identity", "--query", "Arn", "--output", "text"]
    return world.command([aws_cli(), *query, "--profile", profile])


def javascript(world: World, profile: str) -> Result:
    modules = node_modules()
    script = world.home / "who.js"
    script.write_text(
        f"const load = (name) => require({json.dumps(str(modules))} + '/' + name);"
        """
        const {STSClient, GetCallerIdentityCommand} = load('@aws-sdk/client-sts');
        const {fromIni} = load('@aws-sdk/credential-providers');
        new STSClient({region: 'eu-central-1', endpoint: process.env.AWS_ENDPOINT_URL_STS,
                       credentials: fromIni({profile: process.argv[2]})})
          .send(new GetCallerIdentityCommand({}))
          .then((answer) => console.log(answer.Arn),
                (error) => { console.error(error.message); process.exit(1); });
        """
    )
    return world.command([need("node", "nodejs"), str(script), profile])


TOOLS = pytest.mark.parametrize("tool", [boto3, cli, javascript])


@TOOLS
def test_the_identity_is_the_roles(asking: World, tool: object) -> None:
    for profile, role in (("dev", "AWSReservedSSO_Developer_"), ("prod", "Deploy")):
        result = tool(asking, f"through-{profile}")
        assert result.code == 0, result
        assert result.out.split("/")[1].startswith(role)


@TOOLS
def test_the_reason_of_a_failure_is_shown(asking: World, tool: object) -> None:
    result = tool(asking, "through-nobody")
    assert result.code != 0
    if tool is javascript:  # it wraps the message differently in each version, but names ours
        assert "ssoenv" in result.err
    else:
        assert 'ssoenv: there is no profile "nobody"' in result.err


def test_boto3_asks_again_before_the_keys_expire(asking: World) -> None:
    """The expiry in the answer is what makes botocore renew; without it, it never would."""
    asking.idc.role_lifetime = 60
    code = """
import boto3
session = boto3.Session(profile_name="through-dev")
sts = session.client("sts")
print({sts.get_caller_identity()["Arn"] and session.get_credentials().access_key for _ in "12"})
print(session.get_credentials()._expiry_time is not None)
"""
    result = asking.command([sys.executable, "-c", code])
    assert result.out.splitlines()[-1] == "True"
    assert asking.idc.count("GetRoleCredentials") > 1


def test_aws_tools_name_a_circle_through_both(asking: World) -> None:
    """ssoenv asks the AWS CLI, which asks ssoenv: one of the two says so and stops."""
    asking.add_config(
        f"[profile left]\ncredential_process = {aws_cli()} configure export-credentials "
        "--profile right\n"
        f"[profile right]\ncredential_process = {shlex.quote(SSOENV)} credential-process left\n"
    )
    result = asking.run("credential-process", "left")
    assert (result.code, result.out) == (3, "")
    assert "left → left" in result.err
