"""``ssoenv credential-process``: what it prints, and what it never does."""

import fcntl
import json
import os
import pty
import shlex
import subprocess
import termios
from datetime import datetime, timedelta, timezone

import pytest

from ssoenv.demo import home
from tests.conftest import SSOENV, World

PROCESS = f"{shlex.quote(SSOENV)} credential-process"


def test_the_answer_has_the_schema_and_nothing_else(signed_in: World) -> None:
    """https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html"""
    for _ in ("cold", "warm"):
        result = signed_in.run("credential-process", "dev")
        assert (result.code, result.err) == (0, "")
        answer = json.loads(result.out)
        assert answer.pop("Version") == 1
        assert answer.pop("AccountId") == "111122223333"
        end = datetime.fromisoformat(answer.pop("Expiration"))
        left = end - datetime.now(timezone.utc)
        assert timedelta(minutes=59) < left <= timedelta(hours=1)
        keys = signed_in.idc.keys[answer["AccessKeyId"]]
        assert answer == {
            "AccessKeyId": keys.access_key_id,
            "SecretAccessKey": keys.secret_access_key,
            "SessionToken": keys.session_token,
        }
    assert signed_in.idc.count("GetRoleCredentials") == 1


def test_a_warm_answer_asks_neither_botocore_nor_the_command_line(signed_in: World) -> None:
    signed_in.settle()
    assert signed_in.run("credential-process", "dev").code == 0
    result = signed_in.run("credential-process", "dev", PYTHONPROFILEIMPORTTIME="1")
    assert result.code == 0
    assert "ssoenv.cache.index" in result.err
    assert "botocore" not in result.err
    assert "argparse" not in result.err


def test_a_chained_role_and_a_role_by_name_are_answered(signed_in: World) -> None:
    chained = json.loads(signed_in.run("credential-process", "prod").out)
    assert signed_in.idc.keys[chained["AccessKeyId"]].arn.split("/")[1] == "Deploy"
    assert chained["AccountId"] == "444455556666"
    named = signed_in.run(
        *["credential-process", "--sso-start-url", signed_in.idc.start_url],
        *["--sso-region", "us-east-1", "--account-id", "111122223333", "--role-name", "ReadOnly"],
    )
    assert "ReadOnly" in signed_in.idc.keys[json.loads(named.out)["AccessKeyId"]].arn


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["dev"], 4, 'not signed in to "demo". Run: ssoenv login dev'),
        (["nobody"], 3, 'there is no profile "nobody"'),
        (["dev", "--nonsense"], 2, "--nonsense"),
    ],
)
def test_a_failure_is_one_line_on_stderr_and_nothing_on_stdout(
    world: World, arguments: list[str], code: int, said: str
) -> None:
    result = world.run("credential-process", *arguments)
    assert result.code == code
    assert result.out == ""
    assert said in result.err
    assert result.err.count("\n") == 1


def on_a_terminal(world: World, *arguments: str) -> tuple[int, bytes, str]:
    """Run ssoenv with a terminal of its own on stdin and stderr: code, stdout, what was shown."""
    master, slave = pty.openpty()
    finished = subprocess.run(
        [SSOENV, *arguments],
        env=world.environment(TERM="xterm"),
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        preexec_fn=lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0)),
        timeout=60,
        check=False,
    )
    os.close(slave)
    shown = os.read(master, 10000).decode()
    os.close(master)
    return finished.returncode, finished.stdout, shown


def test_nobody_is_asked_to_sign_in_even_on_a_terminal(world: World) -> None:
    code, out, shown = on_a_terminal(world, "credential-process", "dev")
    assert (code, out) == (4, b"")
    assert shown.count("\n") == 1
    assert world.idc.count("RegisterClient") == 0


def test_nobody_is_asked_for_an_mfa_code_even_on_a_terminal(signed_in: World) -> None:
    signed_in.add_config(
        f"[profile mfa]\nrole_arn = {home.PROD_ROLE}\nsource_profile = dev\n"
        "mfa_serial = arn:aws:iam::111122223333:mfa/ana\nregion = eu-west-1\n"
    )
    code, out, shown = on_a_terminal(signed_in, "credential-process", "mfa")
    assert (code, out) == (4, b"")
    assert "needs an MFA code" in shown
    assert "Enter MFA" not in shown


def test_a_profile_with_a_role_may_name_itself(signed_in: World) -> None:
    """botocore takes the SSO role before it runs a process, so nothing goes in circles."""
    signed_in.add_config(
        "[profile both]\nsso_session = demo\nsso_account_id = 111122223333\n"
        f"sso_role_name = ReadOnly\ncredential_process = {PROCESS} both\n"
    )
    answer = json.loads(signed_in.run("credential-process", "both").out)
    assert "ReadOnly" in signed_in.idc.keys[answer["AccessKeyId"]].arn


@pytest.mark.parametrize("command", [["credential-process", "a"], ["a"], ["exec", "a", "--", "id"]])
def test_a_circle_is_named_instead_of_starting_processes_without_end(
    signed_in: World, command: list[str]
) -> None:
    signed_in.add_config(
        f"[profile a]\ncredential_process = {PROCESS} b\n"
        f"[profile b]\ncredential_process = {PROCESS} a\n"
    )
    result = signed_in.run(*command)
    assert result.code == (125 if command[0] == "exec" else 3)
    assert "asks ssoenv for the same profile (" in result.err
    assert result.err.count("ssoenv: ") == 1
    assert "→" in result.err
    assert result.err.count("\n") == 1


def test_a_circle_of_one_is_named(signed_in: World) -> None:
    signed_in.add_config(f"[profile self]\ncredential_process = {PROCESS} self\n")
    result = signed_in.run("credential-process", "self")
    assert (result.code, result.out) == (3, "")
    assert "(self → self)" in result.err


def test_a_profile_may_ask_for_another(signed_in: World) -> None:
    signed_in.add_config(
        f"[profile outer]\ncredential_process = {PROCESS} inner\n"
        f"[profile inner]\ncredential_process = {PROCESS} dev\n"
    )
    answer = json.loads(signed_in.run("credential-process", "outer").out)
    assert "Developer" in signed_in.idc.keys[answer["AccessKeyId"]].arn
    assert answer["Expiration"]


def test_a_command_run_by_exec_does_not_take_part_in_the_circle(signed_in: World) -> None:
    """The mark of who is being asked is for the processes of one answer only."""
    result = signed_in.run("exec", "dev", "--", "env")
    assert "SSOENV_CREDENTIAL_PROCESS" not in result.out
    ask = [SSOENV, "credential-process", "dev"]
    assert signed_in.run("exec", "dev", "--", *ask).code == 0


@pytest.mark.parametrize("mark", ["", "nonsense", "3", '{"a": 1}', "[1, null]"])
def test_a_foreign_mark_does_no_harm(signed_in: World, mark: str) -> None:
    result = signed_in.run("credential-process", "legacy", SSOENV_CREDENTIAL_PROCESS=mark)
    assert result.code == 0
