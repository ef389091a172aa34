"""The real AWS CLI v2 and ssoenv on the same files, one after the other."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ssoenv.demo.home import SESSION
from tests.conftest import World
from tests.signin.people import Browser
from tests.signin.test_refresh import refreshes


def versions() -> dict[tuple[int, ...], str]:
    """Every AWS CLI v2 that PATH leads to, by version."""
    found = {}
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        program = shutil.which("aws", path=folder)
        if program is None:
            continue
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        version = re.match(r"aws-cli/(2\.\d+\.\d+)", said.stdout)
        if version:
            found.setdefault(tuple(map(int, version[1].split("."))), program)
    return found


ALL = versions()
# Older ones cannot be led to another Identity Center, nor sign in with PKCE.
MODERN = [program for version, program in ALL.items() if version >= (2, 22)]
modern = pytest.mark.parametrize(
    "aws",
    MODERN[:1]
    or [pytest.param("", marks=pytest.mark.skip(reason="needs AWS CLI 2.22 or newer on PATH"))],
)
profiles = pytest.mark.parametrize(("profile", "session"), [("dev", SESSION), ("legacy", None)])


def file_of(world: World, session: str | None) -> Path:
    return world.token_file(session if session else world.idc.start_url)


def run(world: World, program: str, *arguments: str, **changes: str) -> str:
    result = world.command([program, *arguments], AWS_REGION="us-east-1", **changes)
    assert result.code == 0, result
    return result.out


def use_aws(world: World, aws: str, profile: str) -> None:
    """Have the AWS CLI make a call that needs the token."""
    forget_roles(world)
    said = run(world, aws, "sts", "get-caller-identity", "--profile", profile, "--output", "json")
    assert json.loads(said)["Account"] == "111122223333"


def use_ssoenv(world: World, profile: str) -> None:
    """Have ssoenv make one, without a word to say about it."""
    forget_roles(world)
    result = world.run(profile)
    assert (result.code, result.err) == (0, ""), result


def forget_roles(world: World) -> None:
    for path in world.roles.glob("*.json"):
        path.unlink()


def expire(path: Path) -> None:
    token = json.loads(path.read_text())
    path.write_text(json.dumps({**token, "expiresAt": "2020-01-01T00:00:00Z"}))


def contents(world: World, session: str | None) -> tuple[list[str], list[str], set[str]]:
    """The fields of the token, of the registration, and the names of all files."""
    files = {path.name: json.loads(path.read_text()) for path in world.tokens.glob("*.json")}
    token = files[file_of(world, session).name]
    (registration,) = [entry for entry in files.values() if "accessToken" not in entry]
    assert token["clientId"] == registration["clientId"]
    assert token["registrationExpiresAt"] == registration["expiresAt"]
    return list(token), list(registration), set(files)


@modern
@pytest.mark.parametrize(
    ("profile", "session", "flow"),
    [("dev", SESSION, "pkce"), ("dev", SESSION, "device"), ("legacy", None, "device")],
)
def test_both_write_the_same_files_and_share_a_registration(
    approving: World,
    browser: Browser,
    aws: str,
    profile: str,
    session: str | None,
    flow: str,
) -> None:
    theirs = [
        "sso",
        "login",
        "--profile",
        profile,
        *(["--use-device-code"] if flow == "device" else []),
    ]
    ours = ["login", profile, *(["--device-code"] if flow == "device" else [])]
    run(approving, aws, *theirs, **browser.environ)
    written = contents(approving, session)
    assert approving.run(*ours, **browser.environ).code == 0
    assert contents(approving, session) == written
    assert approving.idc.count("RegisterClient") == 1
    for path in approving.tokens.glob("*.json"):
        path.unlink()
    assert approving.run(*ours, **browser.environ).code == 0
    assert contents(approving, session) == written
    run(approving, aws, *theirs, **browser.environ)
    assert contents(approving, session) == written
    assert approving.idc.count("RegisterClient") == 2


@modern
def test_a_token_of_theirs_is_used_refreshed_and_read_back(
    approving: World, browser: Browser, aws: str
) -> None:
    run(approving, aws, "sso", "login", "--profile", "dev", **browser.environ)
    use_ssoenv(approving, "dev")
    assert refreshes(approving) == 0
    expire(approving.token_file())
    use_ssoenv(approving, "dev")
    assert refreshes(approving) == 1
    use_aws(approving, aws, "dev")
    expire(approving.token_file())
    use_aws(approving, aws, "dev")
    assert refreshes(approving) == 2
    use_ssoenv(approving, "dev")
    assert refreshes(approving) == 2


@modern
@profiles
def test_a_token_of_ours_is_used_by_them(
    approving: World, browser: Browser, aws: str, profile: str, session: str | None
) -> None:
    """Also for legacy profiles, whose token ssoenv can refresh and the AWS CLI cannot."""
    assert approving.run("login", profile, **browser.environ).code == 0
    use_aws(approving, aws, profile)
    expire(file_of(approving, session))
    use_ssoenv(approving, profile)
    assert refreshes(approving) == 1
    use_aws(approving, aws, profile)
    assert refreshes(approving) == 1


@modern
def test_a_legacy_token_of_theirs_is_used(approving: World, aws: str) -> None:
    run(approving, aws, "sso", "login", "--profile", "legacy", "--use-device-code", "--no-browser")
    use_ssoenv(approving, "legacy")


@modern
def test_either_signs_the_other_out(approving: World, browser: Browser, aws: str) -> None:
    assert approving.run("login", "dev", **browser.environ).code == 0
    assert approving.run("dev").code == 0
    run(approving, aws, "sso", "logout")
    assert "not signed in" in approving.run("dev").err
    run(approving, aws, "sso", "login", "--profile", "dev", **browser.environ)
    run(approving, aws, "sts", "get-caller-identity", "--profile", "dev")
    assert approving.run("logout", "dev").code == 0
    said = approving.command([aws, "sts", "get-caller-identity", "--profile", "dev"])
    assert "Token for demo does not exist" in said.err


@pytest.mark.skipif(not ALL, reason="needs the AWS CLI v2: apt-get install awscli")
@pytest.mark.parametrize("version", sorted(ALL), ids=lambda version: ".".join(map(str, version)))
def test_every_version_is_warmed_by_our_role_credentials(
    signed_in: World, version: tuple[int, ...]
) -> None:
    """Also one too old to be led to the miniature's portal: it finds no need to go there."""
    assert signed_in.run("dev").code == 0
    asked = signed_in.idc.count("GetRoleCredentials")
    said = run(
        signed_in, ALL[version], "sts", "get-caller-identity", "--profile", "dev",
        "--endpoint-url", signed_in.idc.url, "--output", "json",
    )  # fmt: skip
    assert json.loads(said)["Account"] == "111122223333"
    assert signed_in.idc.count("GetRoleCredentials") == asked
