"""The throw-away home works with real AWS tools."""

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess

import pytest

from ssoenv.demo.home import PROD_ROLE, sign_in, token_file, write_home


def real_aws_cli():
    """An AWS CLI v2 on PATH that knows AWS_ENDPOINT_URL_* (2.13 and later)."""
    for folder in os.get_exec_path():
        program = shutil.which("aws", path=folder)
        if program is None:
            continue
        shown = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
        version = re.match(r"aws-cli/2\.(\d+)\.", shown)
        if version and int(version[1]) >= 13:
            return program
    pytest.skip("needs AWS CLI v2 (2.13 or later) on PATH")
    return None


@pytest.fixture
def home(tmp_path, idc):
    environment = write_home(str(tmp_path), idc)
    environment["PATH"] = os.environ["PATH"]
    environment["AWS_EC2_METADATA_DISABLED"] = "true"
    return environment


def run(command, environment):
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_the_home_has_three_profiles_and_nobody_is_signed_in(tmp_path, home, idc):
    config = (tmp_path / ".aws" / "config").read_text()
    assert re.findall(r"^\[(.*)\]$", config, re.MULTILINE) == [
        "sso-session demo",
        "profile dev",
        "profile legacy",
        "profile prod",
    ]
    assert not (tmp_path / ".aws" / "sso").exists()
    assert idc.calls == []


@pytest.mark.parametrize("session_name", ["demo", None])
def test_signing_in_writes_the_file_of_the_aws_cli(tmp_path, idc, session_name):
    token = sign_in(str(tmp_path), idc, session_name)
    name = hashlib.sha1((session_name or idc.start_url).encode()).hexdigest()
    path = tmp_path / ".aws" / "sso" / "cache" / f"{name}.json"
    assert json.loads(path.read_text()) == token
    assert list(token) == [
        "startUrl",
        "region",
        "accessToken",
        "expiresAt",
        "clientId",
        "clientSecret",
        "registrationExpiresAt",
        "refreshToken",
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("profile", "account", "role"),
    [
        ("dev", "111122223333", "AWSReservedSSO_Developer_"),
        ("legacy", "111122223333", "AWSReservedSSO_ReadOnly_"),
        ("prod", "444455556666", PROD_ROLE.rpartition("/")[2]),
    ],
)
def test_the_real_aws_cli_works_in_it(tmp_path, idc, home, profile, account, role):
    program = real_aws_cli()
    sign_in(str(tmp_path), idc)
    sign_in(str(tmp_path), idc, None)
    command = [program, "configure", "export-credentials", "--profile", profile]
    keys = run(command, home)
    assert keys.returncode == 0, keys.stderr
    assert json.loads(keys.stdout)["AccessKeyId"] in idc.keys
    who = run([program, "sts", "get-caller-identity", "--profile", profile], home)
    assert who.returncode == 0, who.stderr
    identity = json.loads(who.stdout)
    assert identity["Account"] == account
    assert f":assumed-role/{role}" in identity["Arn"]


def test_the_real_aws_cli_refreshes_an_expired_token(tmp_path, idc, home):
    program = real_aws_cli()
    old = sign_in(str(tmp_path), idc, token=idc.issue_token(lifetime=-60))
    answer = run([program, "configure", "export-credentials", "--profile", "dev"], home)
    assert answer.returncode == 0, answer.stderr
    assert idc.count("CreateToken", "refresh_token") == 1
    with open(token_file(str(tmp_path), "demo")) as file:
        assert json.load(file)["refreshToken"] != old["refreshToken"]


@pytest.mark.parametrize("flow", ["browser", "device"])
def test_the_real_aws_cli_signs_in(tmp_path, idc, home, flow):
    """Its browser is a program that follows the redirect back to its callback."""
    program = real_aws_cli()
    if shutil.which("curl") is None:
        pytest.skip("needs curl: apt-get install curl")
    idc.approval = "approve"
    # With "&" Python does not wait for the browser, which in turn waits for the callback.
    home["BROWSER"] = "curl -sL -o /dev/null %s &"
    command = [program, "sso", "login", "--profile", "dev"]
    if flow == "device":
        command += ["--use-device-code", "--no-browser"]
    answer = run(command, home)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "Successfully logged into" in answer.stdout
    assert run([program, "sts", "get-caller-identity", "--profile", "dev"], home).returncode == 0
