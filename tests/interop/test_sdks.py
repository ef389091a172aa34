"""Real SDKs, as children of exec and under eval, act as the profile that was asked for."""

import json
import os
import shutil
import sys

import pytest

from tests.conftest import World

# Each of these alone can make some SDK act as somebody else, or fail.
POISON = {
    "AWS_PROFILE": "ghost",
    "AWS_DEFAULT_PROFILE": "other",
    "AWS_ACCESS_KEY_ID": "AKIASTALE",
    "AWS_SECRET_ACCESS_KEY": "stale",
    "AWS_SESSION_TOKEN": "stale",
    "AWS_SECURITY_TOKEN": "stale",
    "AWS_CREDENTIAL_EXPIRATION": "2001-01-01T00:00:00Z",
    "AWS_SESSION_EXPIRATION": "2001-01-01T00:00:00Z",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/no/such/token",
    "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/Stale",
    "AWS_ROLE_SESSION_NAME": "stale",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/stale",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/stale",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "stale",
    "AWS_REGION": "xx-stale-1",
    "AWS_DEFAULT_REGION": "xx-stale-2",
    "AWS_ACCOUNT_ID": "999999999999",
}

PYTHON = """
import boto3, json
client = boto3.client("sts")
print(json.dumps([client.get_caller_identity()["Arn"], client.meta.region_name]))
"""
NODE = """
const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");
const client = new STSClient({});
client.send(new GetCallerIdentityCommand({}))
  .then(async (answer) => console.log(JSON.stringify([answer.Arn, await client.config.region()])))
  .catch((error) => { console.error(error); process.exit(1); });
"""


@pytest.fixture(params=["boto3", "JavaScript"])
def program(request: pytest.FixtureRequest) -> list[str]:
    """The command that prints the ARN and the region that an SDK sees."""
    if request.param == "boto3":
        return [sys.executable, "-c", PYTHON]
    node = shutil.which("node")
    if not node or not os.environ.get("SSOENV_TEST_NODE_MODULES"):
        pytest.skip(
            "needs node, and SSOENV_TEST_NODE_MODULES: the node_modules folder in which "
            "npm has installed @aws-sdk/client-sts"
        )
    return [node, "-e", NODE]


@pytest.fixture
def poisoned(shared_world: World) -> World:
    """A world whose files would make an SDK somebody else, too."""
    stale = shared_world.idc.issue_static_keys(user="stale")
    keys = (
        f"aws_access_key_id = {stale.access_key_id}\n"
        f"aws_secret_access_key = {stale.secret_access_key}\nregion = xx-stale-3\n"
    )
    (shared_world.home / ".aws" / "credentials").write_text(f"[default]\n{keys}\n[other]\n{keys}")
    shared_world.add_config(f"[default]\nregion = xx-stale-4\n[profile other]\n{keys}")
    return shared_world


@pytest.mark.parametrize(
    ("profile", "role", "region"),
    [("dev", "AWSReservedSSO_Developer_", "eu-central-1"), ("prod", "Deploy", "eu-west-1")],
)
@pytest.mark.parametrize("way", ["exec", "eval"])
def test_an_sdk_is_who_was_asked_for(
    poisoned: World, program: list[str], way: str, profile: str, role: str, region: str
) -> None:
    environment = {
        **POISON,
        "NODE_PATH": os.environ.get("SSOENV_TEST_NODE_MODULES", ""),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }
    if way == "exec":
        run = poisoned.run("exec", profile, "--", *program, **environment)
    else:
        line = f'eval "$(ssoenv {profile})"; exec "$@"'
        run = poisoned.command(["bash", "-c", line, "bash", *program], **environment)
    assert run.code == 0, run
    arn, seen = json.loads(run.out)
    assert f":assumed-role/{role}" in arn
    assert seen == region


def test_after_unset_an_sdk_is_who_it_was(poisoned: World) -> None:
    """What the table removed does not come back, but neither does the role stay."""
    line = 'eval "$(ssoenv dev)"; eval "$(ssoenv --unset)"; exec "$@"'
    run = poisoned.command(
        ["bash", "-c", line, "bash", sys.executable, "-c", PYTHON],
        AWS_EC2_METADATA_DISABLED="true",
        AWS_REGION="eu-own-1",
        AWS_DEFAULT_REGION="eu-own-2",
    )
    assert run.code == 0, run
    arn, seen = json.loads(run.out)
    assert (arn.rpartition("/")[2], seen) == ("stale", "eu-own-2")
