"""On a terminal: what a person is told, asked, and given."""

import os
import signal
import subprocess

import pexpect
import pytest

from ssoenv.environment import shells
from tests import terminal
from tests.conftest import SSOENV, World, assert_fails

DEPLOY = "arn:aws:iam::444455556666:role/Deploy"


def spawn(shared_world: World, *arguments: str, **changes: str | None) -> pexpect.spawn:
    return terminal.spawn(SSOENV, arguments, shared_world.environment(**changes), shared_world.home)


@pytest.mark.parametrize("name", ["bash", "fish", "nu", "tcsh"])
def test_lines_that_nobody_reads_come_with_the_line_to_type(shared_world: World, name: str) -> None:
    for request, hint in (("legacy", "nothing is set yet"), ("--unset", "nothing is removed yet")):
        child = spawn(shared_world, request, "--shell", name)
        child.expect(pexpect.EOF)
        assert "AWS_ACCESS_KEY_ID" in child.before
        line = shells.SHELLS[name].line.replace("PROFILE", request)
        assert child.before.count(line) == 1
        assert hint in child.before


@pytest.mark.parametrize("name", ["status", "help", "use", "-x", "two words"])
def test_the_line_to_type_works_whatever_the_profile_is_called(
    shared_world: World, name: str
) -> None:
    shared_world.add_config(
        f'[profile "{name}"]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n'
    )
    child = spawn(shared_world, "env", f"--profile={name}")
    child.expect(pexpect.EOF)
    line = child.before.partition("Type: ")[2].strip()
    script = f'eval "$(ssoenv init bash)"; {line}; echo "$SSOENV_PROFILE"'
    assert shared_world.command(["bash", "-c", script]).out == f"{name}\n"


def test_a_failing_statement_is_not_shown_to_a_person(shared_world: World) -> None:
    child = spawn(shared_world, "ghost")
    child.expect(pexpect.EOF)
    assert child.before.startswith("ssoenv: there is no profile")
    assert child.before.count("\n") == 1


def test_a_captured_answer_comes_without_a_hint(shared_world: World) -> None:
    """stderr is a terminal, stdout is not: the very case of eval."""
    child = pexpect.spawn(
        "bash",
        ["-c", 'eval "$(ssoenv dev)"; echo "[$SSOENV_PROFILE]"'],
        env=shared_world.environment(),
        encoding="utf-8",
        timeout=30,
    )
    child.expect(pexpect.EOF)
    assert child.before == "[dev]\r\n"


def test_the_command_has_the_terminal(shared_world: World) -> None:
    child = spawn(
        shared_world, "exec", "dev", "--", "bash", "-c", 'read -p "name: " x && tty && echo "=$x"'
    )
    child.expect("name: ")
    child.sendline("ana")
    child.expect("/dev/pts/")
    child.expect("=ana")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_an_mfa_code_is_asked_for_on_the_terminal_and_the_clock_stands(shared_world: World) -> None:
    shared_world.add_config(
        f"[profile mfa]\nrole_arn = {DEPLOY}\nsource_profile = dev\nregion = us-east-1\n"
        "mfa_serial = arn:aws:iam::111122223333:mfa/ana\n"
    )
    assert_fails(
        shared_world.run("mfa"), 4, "needs an MFA code", "Run it once on a terminal: ssoenv mfa"
    )
    child = pexpect.spawn(
        "bash",
        ["-c", 'eval "$(ssoenv mfa)"; echo "[$SSOENV_PROFILE]"'],
        env=shared_world.environment(SSOENV_TIMEOUT="2"),
        encoding="utf-8",
        timeout=30,
    )
    child.expect("Enter MFA code for arn:aws:iam::111122223333:mfa/ana: ")
    with pytest.raises(pexpect.TIMEOUT):  # thinking for longer than the service may take
        child.expect("ssoenv:", timeout=2.5)
    child.sendline("123456")
    child.expect(pexpect.EOF)
    assert child.before.strip() == "[mfa]"
    [call] = [c for c in shared_world.idc.calls if c.params.get("TokenCode")]
    assert call.params["TokenCode"] == "123456"
    assert shared_world.run("mfa").code == 0  # from the cache, without a question


@pytest.mark.parametrize(("command", "printed"), [([], "false;\n"), (["exec"], "")])
def test_ctrl_c_ends_it_at_once_and_quietly(
    shared_world: World, command: list[str], printed: str
) -> None:
    shared_world.idc.fault("GetRoleCredentials", hang=True)
    calls = shared_world.idc.count("GetRoleCredentials")
    process = subprocess.Popen(
        [SSOENV, *command, "dev"],
        env=shared_world.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert shared_world.idc.wait_for("GetRoleCredentials", calls + 1)
    os.kill(process.pid, signal.SIGINT)
    assert process.communicate() == (printed, "")
    assert process.returncode == 130
