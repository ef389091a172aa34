"""The command runs as it does without an endpoint, and the endpoint ends with the command."""

import errno
import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ssoenv.endpoint import copies_folder, refresher, server_process
from ssoenv.environment import variables
from ssoenv.errors import LocalFileError
from tests.conftest import SSOENV, World, assert_fails, need
from tests.endpoint.conftest import (
    WaitingCommand,
    ask,
    eventually,
    keys,
    needs_proc,
    refused,
    server_of,
)

StartCommand = Callable[..., WaitingCommand]

PLAIN, ENDPOINT = ["exec", "dev", "--"], ["exec", "--endpoint", "dev", "--"]
BOTH = pytest.mark.parametrize("front", [PLAIN, ENDPOINT], ids=["plain", "endpoint"])


def endpoints(shared_world: World) -> list[Path]:
    """The folders of endpoints in this home."""
    return list((shared_world.home / ".aws" / "ssoenv" / "endpoint").glob("*"))


# The command


@BOTH
def test_the_command_has_our_process_id_and_no_children(
    shared_world: World, front: list[str]
) -> None:
    """Otherwise its wait() would return a process that it did not start."""
    code = """
import os
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print(os.getpid(), os.getppid())
"""
    process = subprocess.Popen(
        [SSOENV, *front, sys.executable, "-c", code],
        env=shared_world.environment(),
        stdout=subprocess.PIPE,
    )
    assert process.communicate()[0].split() == [b"%d" % process.pid, b"%d" % os.getpid()]


@pytest.mark.parametrize("status", [0, 1, 42, 255])
def test_the_exit_status_is_that_of_the_command(shared_world: World, status: int) -> None:
    assert shared_world.run(*ENDPOINT, "sh", "-c", f"exit {status}").code == status


@BOTH
@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGINT"])
def test_a_signal_reaches_the_command_and_ends_it(
    shared_world: World, front: list[str], name: str
) -> None:
    process = subprocess.Popen(
        [SSOENV, *front, "sh", "-c", "echo ready; exec sleep 600"],
        env=shared_world.environment(),
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    process.send_signal(getattr(signal, name))
    assert process.wait(30) == -getattr(signal, name)


def test_a_command_is_served_while_it_is_stopped_and_afterwards(
    start_command: StartCommand,
) -> None:
    command = start_command()
    os.kill(command.process.pid, signal.SIGSTOP)
    _, status = os.waitpid(command.process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    assert command.ask()[0] == 200
    os.kill(command.process.pid, signal.SIGCONT)
    assert command.ask()[0] == 200
    assert command.finish() == 0


def test_ctrl_c_on_the_terminal_reaches_only_the_command(shared_world: World) -> None:
    """It reaches every process of the foreground group; the endpoint is not in that group."""
    code = """
import os, sys, urllib.request
def ask():
    request = urllib.request.Request(
        os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
        headers={"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]},
    )
    return urllib.request.urlopen(request).status
try:
    print("ready", os.tcgetpgrp(0) == os.getpgrp(), ask(), flush=True)
    sys.stdin.read()
except KeyboardInterrupt:
    print("interrupted", ask(), flush=True)
"""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(shared_world.home)
        os.execve(
            SSOENV, ["ssoenv", *ENDPOINT, sys.executable, "-c", code], shared_world.environment()
        )
    seen = b""
    while b"ready True 200" not in seen:
        seen += os.read(terminal, 4096)
    os.write(terminal, b"\x03")
    while b"interrupted 200" not in seen:
        seen += os.read(terminal, 4096)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)


@needs_proc
def test_the_command_has_the_same_open_files_as_without_ssoenv(shared_world: World) -> None:
    show = "exec 9</dev/null; exec %s bash -c 'for fd in /proc/$$/fd/*; do echo ${fd##*/}; done'"
    bare, plain, endpoint = (
        shared_world.command(["bash", "-c", show % " ".join(front)]).out.split()
        for front in ([], [SSOENV, *PLAIN], [SSOENV, *ENDPOINT])
    )
    assert bare == plain == endpoint
    assert "9" in endpoint


@needs_proc
def test_more_than_a_thousand_open_files_are_accepted(shared_world: World) -> None:
    need("prlimit", "util-linux")
    command = ["ssoenv", *ENDPOINT, "sh", "-c", "ls /proc/$$/fd | wc -l"]
    code = "import os\nfor _ in range(1100): os.set_inheritable(os.dup(0), True)\n"
    code += f"os.execv({SSOENV!r}, {command!r})"
    result = shared_world.command(["prlimit", "--nofile=4096:4096", sys.executable, "-c", code])
    assert result.code == 0, result
    assert int(result.out) > 1100


def test_only_the_variables_in_the_table_are_changed(shared_world: World) -> None:
    given = {"ODD": os.fsdecode(bytes(range(1, 256))), "EMPTY": "", "LANG": None}
    show = [sys.executable, "-c", "import os, json; print(json.dumps(dict(os.environ)))"]
    bare = json.loads(shared_world.command(show, **given).out)
    seen = json.loads(shared_world.run(*ENDPOINT, *show, **given).out)
    changed = {name for name in bare | seen if bare.get(name) != seen.get(name)}
    assert changed == {
        *(name for name, _ in variables.ENDPOINT),
        *("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCOUNT_ID", "SSOENV_PROFILE"),
    }
    folder = seen["SSOENV_ENDPOINT"]
    assert seen["AWS_EC2_METADATA_DISABLED"] == "true"
    assert {n: os.path.relpath(v, folder) for n, v in seen.items() if v.startswith(folder)} == {
        "SSOENV_ENDPOINT": ".",
        "AWS_CONFIG_FILE": "config",
        "AWS_SHARED_CREDENTIALS_FILE": "credentials",
        "AWS_CREDENTIAL_PROFILES_FILE": "credentials",
        "BOTO_CONFIG": "boto",
    }


@needs_proc
def test_no_secret_is_in_any_command_line(start_command: StartCommand, shared_world: World) -> None:
    command = start_command()
    _, fields = command.ask()
    secrets = [command.token, fields["SecretAccessKey"], fields["Token"]]
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().decode(errors="replace")
        except OSError:
            continue
        assert not any(secret in words for secret in secrets), words[:200]


# The endpoint


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGSEGV"])
def test_it_ends_when_a_signal_ends_the_command(start_command: StartCommand, name: str) -> None:
    command = start_command()
    assert command.ask()[0] == 200
    command.process.send_signal(getattr(signal, name))
    command.process.wait(30)
    eventually(lambda: refused(command.url))
    eventually(lambda: not command.folder.exists())


def test_it_ends_when_the_command_is_a_zombie(start_command: StartCommand) -> None:
    command = start_command()
    command.process.send_signal(signal.SIGKILL)
    eventually(lambda: refused(command.url))  # the command is a zombie now
    assert command.process.wait(30) == -signal.SIGKILL


def test_it_ends_although_children_of_the_command_still_run(shared_world: World) -> None:
    """They hold everything that the command inherited, so no pipe would show its end."""
    process = subprocess.Popen(
        [SSOENV, *ENDPOINT, "sh", "-c", "env; sleep 600 & exit 3"],
        env=shared_world.environment(),
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.wait(60) == 3
        assert process.stdout is not None
        shown = os.read(process.stdout.fileno(), 1 << 16).decode()
        url = next(x for x in shown.splitlines() if "FULL_URI" in x).partition("=")[2]
        eventually(lambda: refused(url))
        eventually(lambda: not endpoints(shared_world))
    finally:
        os.killpg(process.pid, signal.SIGKILL)


def test_it_keeps_none_of_the_files_of_the_command_open(shared_world: World) -> None:
    """A reader of the command's output sees its end when the command closes it."""
    process = subprocess.Popen(
        [SSOENV, *ENDPOINT, "sh", "-c", "echo closing; exec >&- 2>&-; read line"],
        env=shared_world.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"closing\n"
    at_its_end, _, _ = select.select([process.stdout], [], [], 30)
    assert at_its_end and process.stdout.read() == b""
    assert process.poll() is None
    process.communicate()


@needs_proc
def test_signals_do_not_end_it(start_command: StartCommand) -> None:
    """A service manager sends SIGTERM to all processes of a service, and the command may need keys
    to shut down."""
    command = start_command()
    server = server_of(command.url)
    limits = Path(f"/proc/{server}/limits").read_text()
    assert "Max core file size        0                    0" in limits
    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"):
        os.kill(server, getattr(signal, name))
        assert command.ask()[0] == 200
    assert os.getsid(server) != os.getsid(command.process.pid)


@needs_proc
def test_the_folder_of_a_killed_endpoint_is_removed_by_the_next(
    start_command: StartCommand, shared_world: World
) -> None:
    first, second = start_command(), None
    os.kill(server_of(first.url), signal.SIGKILL)
    eventually(lambda: refused(first.url))
    assert first.folder.exists()
    second, third = start_command(), start_command()
    assert {second.folder, third.folder} == set(endpoints(shared_world))


def test_it_ends_when_the_command_cannot_be_run(shared_world: World) -> None:
    script = shared_world.home / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    assert_fails(shared_world.run(*ENDPOINT, str(script)), 127, "interpreter", stdout="")
    eventually(lambda: not endpoints(shared_world))


def test_its_files_are_private(start_command: StartCommand) -> None:
    before = os.umask(0)
    try:
        command = start_command()
    finally:
        os.umask(before)
    assert command.folder.stat().st_mode & 0o777 == 0o700
    assert {f.name: f.stat().st_mode & 0o777 for f in command.folder.iterdir()} == {
        "config": 0o400,
        "credentials": 0o400,
    }


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: prctl")
def test_its_memory_cannot_be_read_by_other_processes() -> None:
    code = (
        "import ctypes; from ssoenv.system import isolated; prctl = ctypes.CDLL(None).prctl;"
        "print(prctl(3, 0, 0, 0, 0)); isolated.harden(); print(prctl(3, 0, 0, 0, 0))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert shown.split() == ["1", "0"]


# Failures


def test_without_a_sign_in_it_fails_like_plain_exec(world: World) -> None:
    assert_fails(world.run(*ENDPOINT, "true"), 125, "Run: ssoenv login dev", stdout="")
    assert endpoints(world) == []


def test_a_folder_that_cannot_be_made_is_an_error(shared_world: World) -> None:
    (shared_world.home / ".aws" / "ssoenv").mkdir()
    (shared_world.home / ".aws" / "ssoenv" / "endpoint").write_text("in the way")
    assert_fails(shared_world.run(*ENDPOINT, "echo", "no"), 125, "~/.aws/ssoenv", stdout="")


def test_a_full_disk_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: str, content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("ssoenv.system.files.write_private", full)
    with pytest.raises(LocalFileError, match="No space left"):
        copies_folder.write({"config": "text"})
    assert list((tmp_path / ".aws" / "ssoenv" / "endpoint").iterdir()) == []


def test_a_folder_that_is_removed_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it is locked, a new folder looks like one that a killed process left behind."""
    monkeypatch.setenv("HOME", str(tmp_path))
    make, removed = os.mkdir, []

    def make_and_remove(path: str, mode: int) -> None:
        make(path, mode)
        if os.path.basename(os.path.dirname(path)) == "endpoint" and not removed:
            removed.append(path)
            descriptor = os.open(path, os.O_RDONLY)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            threading.Timer(0.2, lambda: (os.rmdir(path), os.close(descriptor))).start()

    monkeypatch.setattr(os, "mkdir", make_and_remove)
    folder = copies_folder.Folder()
    assert folder.path not in removed
    assert os.path.isdir(folder.path)


def test_modules_in_the_current_folder_are_not_imported(shared_world: World) -> None:
    for name in ("json", "socket", "ssoenv", "sitecustomize"):
        (shared_world.home / f"{name}.py").write_text("raise SystemExit('wrong module')")
    assert shared_world.run(*ENDPOINT, "echo", "fine").out == "fine\n"


def test_an_endpoint_that_does_not_start_is_an_error(shared_world: World) -> None:
    """The clean Python has our import path; here a broken module comes first in it."""
    broken = shared_world.home / "broken"
    broken.mkdir()
    (broken / "selectors.py").write_text("raise SystemExit(1)")
    code = (
        "import selectors, sys; from ssoenv.__main__ import main;"
        f"sys.path.insert(0, {str(broken)!r}); sys.argv[1:] = {[*ENDPOINT, 'echo', 'no']}; main()"
    )
    result = shared_world.command([sys.executable, "-c", code])
    assert_fails(result, 125, "the credential endpoint did not start", stdout="")


# Windows


def test_where_a_process_cannot_be_replaced_threads_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows."""
    monkeypatch.setenv("HOME", str(tmp_path))
    fields = {
        "token": "the-token",
        "keys": refresher.packed(keys("AKIA1")),
        "source": {},
        "ahead": 900.0,
        "copies": {"config": "text"},
    }
    endpoint = server_process._serve_here(fields)
    assert ask(endpoint.url)[2]["AccessKeyId"] == "AKIA1"
    assert Path(endpoint.folder, "config").read_text() == "text"
    endpoint.stop()
    assert refused(endpoint.url)
    assert not Path(endpoint.folder).exists()
