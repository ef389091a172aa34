"""What docs/tools.md says was run."""

import os
from pathlib import Path

import pytest

from tests.conftest import SSOENV, World

SERVICE = """\
service: hello
frameworkVersion: "3"
provider:
  name: aws
  runtime: nodejs20.x
custom:
  account: ${aws:accountId}
"""
COMPLAINT = 'AWS profile "dev" doesn\'t seem to be configured'


@pytest.fixture
def serverless(signed_in: World) -> list[str]:
    """The command that needs credentials, in a folder with a service."""
    modules = os.environ.get("SSOENV_TEST_NODE_MODULES", "")
    program = Path(modules, ".bin", "serverless")
    if not modules or not program.exists():
        pytest.skip("needs serverless: npm install serverless@3, and set SSOENV_TEST_NODE_MODULES")
    (signed_in.home / "serverless.yml").write_text(SERVICE)
    quiet = {"SLS_TELEMETRY_DISABLED": "1", "SLS_NOTIFICATIONS_MODE": "off"}
    # Version 3 knows no AWS_ENDPOINT_URL: its call to STS goes nowhere, fast.
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:1", "SLS_AWS_REQUEST_MAX_RETRIES": "0"}
    signed_in.environ |= {**quiet, **nowhere, "AWS_PROFILE": "dev", "NO_PROXY": ""}
    return [str(program), "print"]


def test_serverless_does_not_know_the_profile_by_itself(
    signed_in: World, serverless: list[str]
) -> None:
    alone = signed_in.command(serverless)
    assert COMPLAINT in alone.out + alone.err


def test_serverless_takes_the_keys_that_exec_gives_it(
    signed_in: World, serverless: list[str]
) -> None:
    signed_in.run("dev", HTTPS_PROXY=None)
    helped = signed_in.command([SSOENV, "exec", "dev", "--", *serverless])
    assert "Credentials: Local, environment variables" in helped.out + helped.err
    assert COMPLAINT not in helped.out + helped.err
