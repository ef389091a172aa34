"""``ssoenv status``."""

import json
import os
import re
import subprocess
import time

import pytest

from tests.conftest import SSOENV, World
from tests.signin.people import Person, plain


def rows(text: str) -> dict[str, str]:
    """The block that people read, as label and value."""
    found: dict[str, str] = {}
    label = ""
    for line in text.replace("\r\n", "\n").splitlines():
        if line[:13].strip():
            label = line[:13].strip()
            found[label] = line[13:]
        elif label:
            found[label] += " " + line[13:]
    return found


def test_it_tells_who_and_for_how_long(world: World) -> None:
    world.idc.role_lifetime = 3630
    world.sign_in(lifetime=8 * 3600 + 30)
    assert world.run("dev").code == 0
    result = world.run("status", "dev")
    assert (result.code, result.err) == (0, "")
    assert rows(result.out) == {
        "profile": "dev",
        "account": "111122223333",
        "role": "Developer",
        "region": "eu-central-1",
        "sign-in": "demo: good for 8h, renews itself",
        "credentials": "good for 1h, in the AWS CLI's cache",
    }
    assert world.idc.count("GetRoleCredentials") == 1


@pytest.mark.parametrize(("profile", "arn"), [
    ("dev", r"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Developer_\w+/ana@example.com"),
    ("prod", r"arn:aws:sts::444455556666:assumed-role/Deploy/botocore-session-\d+"),
    ("static", r"arn:aws:iam::111122223333:user/robot"),
])  # fmt: skip
def test_aws_says_who_it_is_when_asked(signed_in: World, profile: str, arn: str) -> None:
    keys = signed_in.idc.issue_static_keys()
    signed_in.add_config(
        f"[profile static]\naws_access_key_id = {keys.access_key_id}\n"
        f"aws_secret_access_key = {keys.secret_access_key}\n"
    )
    result = signed_in.run("status", profile, "--verify")
    assert result.code == 0, result
    assert re.fullmatch(arn, rows(result.out)["identity"])


@pytest.mark.parametrize("body", [b"<html>Welcome", b"{}", b"[]", b"", b"\xff"])
def test_an_answer_that_names_nobody_is_no_identity(signed_in: World, body: bytes) -> None:
    signed_in.idc.fault("GetCallerIdentity", body=body)
    result = signed_in.run("status", "dev", "--verify")
    assert result.code == 7, result
    assert result.err.startswith("ssoenv: the answer to GetCallerIdentity is not one"), result
    assert rows(result.out)["credentials"].startswith("good for")


@pytest.mark.parametrize(
    ("lifetime", "refreshable", "says", "code"),
    [
        (None, True, "demo: not signed in", 4),
        (3630, False, "demo: good for 1h", 0),
        (-7200, True, "demo: expired 2h ago, renews itself when used", 0),
        (-7200, False, "demo: expired 2h ago", 4),
    ],
)
def test_scripts_learn_whether_a_sign_in_is_needed(
    world: World, lifetime: float | None, refreshable: bool, says: str, code: int
) -> None:
    if lifetime is not None:
        world.sign_in(lifetime=lifetime, refreshable=refreshable)
    result = world.run("status", "dev")
    assert result.code == code
    assert rows(result.out)["sign-in"] == says
    assert result.err.endswith("Run: ssoenv login dev\n") == (code == 4)
    assert world.idc.calls == []


def test_credentials_that_are_still_good_need_no_sign_in(signed_in: World) -> None:
    assert signed_in.run("dev").code == 0
    signed_in.sign_out()
    result = signed_in.run("status", "dev")
    assert result.code == 0
    assert rows(result.out)["sign-in"] == "demo: not signed in"
    assert signed_in.run("dev").code == 0


@pytest.mark.parametrize(
    "settings",
    [
        "sso_session = no such\nsso_account_id = 111122223333\nsso_role_name = Developer",
        "sso_session = demo\nsso_role_name = Developer",
        "role_arn = arn:aws:iam::444455556666:role/Deploy",
        "role_arn = arn:aws:iam::444455556666:role/Deploy\nsource_profile = ghost",
        "role_arn = arn:aws:iam::444455556666:role/Deploy\nsource_profile = other",
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
        "sso_session = demo",
        "output = json",
    ],
)
def test_a_profile_that_cannot_be_used_is_refused_as_for_its_keys(
    signed_in: World, settings: str
) -> None:
    other = "[profile other]\nsso_session = ghost\nsso_account_id = 111122223333\n"
    signed_in.add_config(f"[profile x]\nregion = us-east-1\n{settings}\n{other}")
    refused = signed_in.run("x")
    result = signed_in.run("status", "x")
    assert (result.code, result.out, result.err) == (3, "", refused.err), result
    assert signed_in.idc.calls == []


def test_json_says_the_same_to_programs(signed_in: World) -> None:
    assert signed_in.run("prod").code == 0
    result = signed_in.run("status", "prod", "--json", "--verify")
    assert result.code == 0
    found = json.loads(result.out)
    assert found["profile"] == "prod"
    assert (found["kind"], found["account_id"], found["role_name"]) == (
        "chain",
        "444455556666",
        "Deploy",
    )
    assert found["arn"].startswith("arn:aws:sts::444455556666:assumed-role/Deploy/")
    assert found["sign_in"]["source"] == str(signed_in.token_file())
    assert found["sign_in"]["renews_itself"] is True
    assert 0 < found["credentials"]["seconds_left"] <= 3600
    assert found["sign_in_needed"] is False
    signed_out = json.loads(signed_in.run("status", "legacy", "--json").out)
    assert signed_out["sign_in_needed"] is False
    signed_in.run("logout", "--all")
    result = signed_in.run("status", "legacy", "--json")
    assert (result.code, json.loads(result.out)["sign_in_needed"]) == (4, True)


def test_no_secret_is_in_it(signed_in: World) -> None:
    keys = signed_in.variables("dev")
    token = json.loads(signed_in.token_file().read_text())
    for arguments in (["--json", "--verify"], ["--verify", "-v"]):
        result = signed_in.run("status", "dev", *arguments)
        said = result.out + result.err
        assert keys["AWS_SECRET_ACCESS_KEY"] not in said
        assert keys["AWS_SESSION_TOKEN"] not in said
        for field in ("accessToken", "refreshToken", "clientSecret"):
            assert token[field] not in said


def test_the_shell_that_asks_is_told_what_it_uses(signed_in: World) -> None:
    moment = str(int(time.time()) + 2500)
    result = signed_in.run("status", "dev", SSOENV_PROFILE="prod", SSOENV_EXPIRES_AT=moment)
    assert rows(result.out)["this shell"] == "uses prod, good for 41m"
    result = signed_in.run("status", "dev", SSOENV_PROFILE="prod", SSOENV_EXPIRES_AT="soon")
    assert rows(result.out)["this shell"] == "uses prod"


def test_a_token_given_by_the_environment_is_named(world: World) -> None:
    result = world.run("status", "dev", SSOENV_ACCESS_TOKEN="given")
    assert rows(result.out)["sign-in"] == "demo: by the access token in SSOENV_ACCESS_TOKEN"
    assert "given" not in result.out.replace("SSOENV_ACCESS_TOKEN", "")
    assert result.code == 0


def test_a_reader_that_has_seen_enough_is_no_failure(signed_in: World) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    for command in (["status", "dev"], ["accounts", "dev"], ["profiles"]):
        environ = signed_in.environment()
        run = subprocess.run(
            [SSOENV, *command], env=environ, stdout=writer, stderr=subprocess.PIPE, check=False
        )
        assert (run.returncode, run.stderr) == (0, b""), command
    os.close(writer)


@pytest.mark.parametrize("columns", [80, 40])
def test_it_fits_the_terminal(signed_in: World, columns: int) -> None:
    person = Person(signed_in, "status", "prod", "--verify", columns=columns)
    assert person.end() == 0
    lines = plain(person.seen).replace("\r\n", "\n").splitlines()
    assert all(len(line) <= columns for line in lines)
    assert "role/Deploy/botocore-session-" in rows(person.seen)["identity"].replace(" ", "")
    assert "\x1b" not in person.seen


@pytest.mark.parametrize(
    ("trouble", "code"), [("sts", 5), ("portal", 5), ("gone", 6), ("ghost", 3), ("revoked", 4)]
)
def test_what_goes_wrong_has_its_exit_code(signed_in: World, trouble: str, code: int) -> None:
    if trouble == "sts":
        signed_in.idc.fault("GetCallerIdentity", status=403)
    elif trouble == "portal":
        signed_in.idc.fault("GetRoleCredentials", status=403)
    elif trouble == "gone":
        signed_in.idc.stop()
    elif trouble == "revoked":
        signed_in.sign_in(refreshable=False)
        signed_in.idc.sessions.clear()
    name = "ghost" if trouble == "ghost" else "dev"
    result = signed_in.run("status", name, "--verify")
    assert result.code == code, result
    assert result.err.count("\n") == 1
    assert (result.out == "") == (trouble == "ghost")
