"""Signals and terminals: nothing is left running, and the terminal is the child's for one job."""

import os
import signal
import subprocess

import pexpect
import pytest

from tests import terminal
from tests.conftest import SSOENV, World
from tests.many.conftest import all_end, is_running, start

STUBBORN = "trap '' INT TERM HUP; echo $$; while :; do sleep 60; done"
FAMILY = "sleep 600 & echo $$ $!; wait"  # sh lets its background child ignore SIGINT


def ready(process: "subprocess.Popen[bytes]", count: int) -> list[int]:
    """The processes that ``count`` lines name."""
    assert process.stdout is not None
    lines = [process.stdout.readline().decode() for _ in range(count)]
    return [int(word) for line in lines for word in line.split()]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_all_children_and_what_they_started(many: World, name: str) -> None:
    number = signal.Signals[name]
    process = start(many, "exec", "a*", "--jobs", "3", "--no-prefix", "--", "sh", "-c", FAMILY)
    pids = ready(process, 3)
    assert len(pids) == 6 and all(map(is_running, pids))
    process.send_signal(number)
    _, said = process.communicate()
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    assert all_end(pids)
    assert said.decode().count("not run") == 3, said


def test_a_second_ctrl_c_kills(many: World) -> None:
    process = start(many, "exec", "a1", "a2", "--no-prefix", "--", "sh", "-c", STUBBORN)
    pids = ready(process, 2)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.5)
    assert all(map(is_running, pids))
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 130
    assert all_end(pids)


def test_ctrl_c_while_keys_are_fetched(many: World) -> None:
    many.idc.fault("GetRoleCredentials", hang=True)
    calls = many.idc.count("GetRoleCredentials")
    process = start(many, "exec", "a1", "a2", "--", "true")
    assert many.idc.wait_for("GetRoleCredentials", calls + 1)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 130


def spawn(world: World, *arguments: str, **changes: str | None) -> pexpect.spawn:
    environment = world.environment(TERM="xterm", **changes)
    return terminal.spawn(SSOENV, arguments, environment, world.home, (24, 100))


def test_one_job_on_a_terminal_has_the_terminal(many: World) -> None:
    script = 'test -t 0 && test -t 1 && test -t 2 && read -p "$SSOENV_PROFILE? " x && echo "=$x"'
    child = spawn(many, "exec", "a1", "a2", "--jobs", "1", "--", "bash", "-c", script)
    for name in ("a1", "a2"):
        child.expect(f"ssoenv: {name}, . of 2")
        child.expect(f"{name}\\? ")
        child.sendline("yes")
        child.expect("=yes")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_ctrl_c_at_one_job_ends_it_and_starts_no_more(many: World) -> None:
    child = spawn(
        many, "exec", "a1", "a2", "--jobs", "1", "--", "sh", "-c", "echo $$; exec sleep 600"
    )
    child.expect(r"(\d+)\r\n")
    child.expect(r"(\d+)\r\n")
    pid = int(child.match[1])
    child.sendintr()
    child.expect("not run")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert all_end([pid])


def test_on_a_terminal_lines_are_coloured_and_progress_is_shown(many: World) -> None:
    gates = [many.home / f"go-{name}" for name in ("a1", "a2")]
    for gate in gates:
        os.mkfifo(gate)
    script = "echo x; cat go-$SSOENV_PROFILE; exit 1"
    child = spawn(many, "exec", "a1", "a2", "--", "sh", "-c", script)
    child.expect("\x1b\\[3.ma. \\| \x1b\\[0mx")
    child.expect("running sh [^\r]*0/2")
    for gate in gates:
        gate.open("w").close()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1


def test_the_guard_asks_on_a_terminal_with_the_list(many: World) -> None:
    child = spawn(many, "exec", "a[12]", "--", "echo", "ran", SSOENV_CONFIRM="a*")
    child.expect("Use .*a1.*, .*a2.*\\[y/N\\] ")
    child.sendline("y")
    child.expect("ran")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
