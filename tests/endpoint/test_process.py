"""The command is what it would be without an endpoint, and the endpoint ends when it does."""

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

from ssoenv.endpoint import copies_folder, isolated, server_process
from ssoenv.endpoint.watch import ProcessWatch
from ssoenv.environment import variables
from ssoenv.errors import LocalFileError
from tests.conftest import SSOENV, World, assert_fails, need
from tests.endpoint.conftest import Held, ask, eventually, keys, needs_proc, refused, server_of

Hold = Callable[..., Held]

PLAIN, ENDPOINT = ["exec", "dev", "--"], ["exec", "--endpoint", "dev", "--"]
BOTH = pytest.mark.parametrize("front", [PLAIN, ENDPOINT], ids=["plain", "endpoint"])


def endpoints(shared_world: World) -> list[Path]:
    """The folders of endpoints in this home."""
    return list((shared_world.home / ".aws" / "ssoenv" / "endpoint").glob("*"))


# The command


@BOTH
def test_the_command_has_our_process_id_and_no_child_of_ours(
    shared_world: World, front: list[str]
) -> None:
    """Else its own wait() would meet a stranger."""
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
def test_the_status_is_the_commands(shared_world: World, status: int) -> None:
    assert shared_world.run(*ENDPOINT, "sh", "-c", f"exit {status}").code == status


@BOTH
@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGINT"])
def test_a_signal_reaches_the_command_and_is_what_it_dies_of(
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


def test_a_stopped_command_goes_on_and_is_served_all_the_while(hold: Hold) -> None:
    held = hold()
    os.kill(held.process.pid, signal.SIGSTOP)
    _, status = os.waitpid(held.process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    assert held.ask()[0] == 200
    os.kill(held.process.pid, signal.SIGCONT)
    assert held.ask()[0] == 200
    assert held.let_go() == 0


def test_ctrl_c_on_the_terminal_is_the_commands_alone(shared_world: World) -> None:
    """It reaches every process of the foreground group; the endpoint is not in there."""
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
def test_the_commands_open_files_are_the_persons(shared_world: World) -> None:
    show = "exec 9</dev/null; exec %s bash -c 'for fd in /proc/$$/fd/*; do echo ${fd##*/}; done'"
    bare, plain, endpoint = (
        shared_world.command(["bash", "-c", show % " ".join(front)]).out.split()
        for front in ([], [SSOENV, *PLAIN], [SSOENV, *ENDPOINT])
    )
    assert bare == plain == endpoint
    assert "9" in endpoint


@needs_proc
def test_a_thousand_files_of_the_persons_are_no_matter(shared_world: World) -> None:
    need("prlimit", "util-linux")
    command = ["ssoenv", *ENDPOINT, "sh", "-c", "ls /proc/$$/fd | wc -l"]
    code = "import os\nfor _ in range(1100): os.set_inheritable(os.dup(0), True)\n"
    code += f"os.execv({SSOENV!r}, {command!r})"
    result = shared_world.command(["prlimit", "--nofile=4096:4096", sys.executable, "-c", code])
    assert result.code == 0, result
    assert int(result.out) > 1100


def test_the_environment_differs_by_the_table_alone(shared_world: World) -> None:
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
def test_no_secret_is_in_any_command_line(hold: Hold, shared_world: World) -> None:
    held = hold()
    _, fields = held.ask()
    secrets = [held.token, fields["SecretAccessKey"], fields["Token"]]
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().decode(errors="replace")
        except OSError:
            continue
        assert not any(secret in words for secret in secrets), words[:200]


# The endpoint


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGSEGV"])
def test_it_ends_with_the_command_however_that_ends(hold: Hold, name: str) -> None:
    held = hold()
    assert held.ask()[0] == 200
    held.process.send_signal(getattr(signal, name))
    held.process.wait(30)
    eventually(lambda: refused(held.url))
    eventually(lambda: not held.folder.exists())


def test_it_ends_when_the_command_has_ended_but_nobody_has_waited_for_it(hold: Hold) -> None:
    held = hold()
    held.process.send_signal(signal.SIGKILL)
    eventually(lambda: refused(held.url))  # the command is a zombie now
    assert held.process.wait(30) == -signal.SIGKILL


def test_it_ends_though_children_of_the_command_live_on(shared_world: World) -> None:
    """They hold everything that the command inherited; no pipe would tell of its end."""
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


def test_it_holds_none_of_the_commands_files(shared_world: World) -> None:
    """Whoever reads the output of the command sees its end when the command closes it."""
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
def test_only_the_end_of_the_command_ends_it(hold: Hold) -> None:
    """A service manager sends SIGTERM to all of a service, and the command may need keys to
    shut down."""
    held = hold()
    server = server_of(held.url)
    limits = Path(f"/proc/{server}/limits").read_text()
    assert "Max core file size        0                    0" in limits
    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"):
        os.kill(server, getattr(signal, name))
        assert held.ask()[0] == 200
    assert os.getsid(server) != os.getsid(held.process.pid)


@needs_proc
def test_what_a_killed_one_leaves_is_removed_by_the_next(hold: Hold, shared_world: World) -> None:
    first, second = hold(), None
    os.kill(server_of(first.url), signal.SIGKILL)
    eventually(lambda: refused(first.url))
    assert first.folder.exists()
    second, third = hold(), hold()
    assert {second.folder, third.folder} == set(endpoints(shared_world))


def test_it_is_gone_when_the_command_cannot_be_run(shared_world: World) -> None:
    script = shared_world.home / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    assert_fails(shared_world.run(*ENDPOINT, str(script)), 127, "interpreter", stdout="")
    eventually(lambda: not endpoints(shared_world))


def test_its_files_are_private(hold: Hold) -> None:
    before = os.umask(0)
    try:
        held = hold()
    finally:
        os.umask(before)
    assert held.folder.stat().st_mode & 0o777 == 0o700
    assert {f.name: f.stat().st_mode & 0o777 for f in held.folder.iterdir()} == {
        "config": 0o400,
        "credentials": 0o400,
    }


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: prctl")
def test_its_memory_is_closed_to_others() -> None:
    code = (
        "import ctypes; from ssoenv.endpoint import isolated; prctl = ctypes.CDLL(None).prctl;"
        "print(prctl(3, 0, 0, 0, 0)); isolated.harden(); print(prctl(3, 0, 0, 0, 0))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert shown.split() == ["1", "0"]


# When it cannot be


def test_without_a_sign_in_it_fails_like_plain_exec(world: World) -> None:
    assert_fails(world.run(*ENDPOINT, "true"), 125, "Run: ssoenv login dev", stdout="")
    assert endpoints(world) == []


def test_a_folder_that_cannot_be_made_is_told(shared_world: World) -> None:
    (shared_world.home / ".aws" / "ssoenv").mkdir()
    (shared_world.home / ".aws" / "ssoenv" / "endpoint").write_text("in the way")
    assert_fails(shared_world.run(*ENDPOINT, "echo", "no"), 125, "~/.aws/ssoenv", stdout="")


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: str, content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("ssoenv.system.files.write_private", full)
    with pytest.raises(LocalFileError, match="No space left"):
        copies_folder.write({"config": "text"})
    assert list((tmp_path / ".aws" / "ssoenv" / "endpoint").iterdir()) == []


def test_a_folder_that_a_sweep_takes_in_its_first_moment_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its making and its lock, a folder looks like one that a killed process left."""
    monkeypatch.setenv("HOME", str(tmp_path))
    make, swept = os.mkdir, []

    def make_and_be_swept(path: str, mode: int) -> None:
        make(path, mode)
        if os.path.basename(os.path.dirname(path)) == "endpoint" and not swept:
            swept.append(path)
            descriptor = os.open(path, os.O_RDONLY)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            threading.Timer(0.2, lambda: (os.rmdir(path), os.close(descriptor))).start()

    monkeypatch.setattr(os, "mkdir", make_and_be_swept)
    folder = copies_folder.Folder()
    assert folder.path not in swept
    assert os.path.isdir(folder.path)


def test_the_current_folder_has_no_say_in_what_it_runs(shared_world: World) -> None:
    for name in ("json", "socket", "ssoenv", "sitecustomize"):
        (shared_world.home / f"{name}.py").write_text("raise SystemExit('wrong module')")
    assert shared_world.run(*ENDPOINT, "echo", "fine").out == "fine\n"


def test_an_endpoint_that_does_not_start_is_told(shared_world: World) -> None:
    """The clean Python imports what we import; here it finds a broken module in its way."""
    broken = shared_world.home / "broken"
    broken.mkdir()
    (broken / "selectors.py").write_text("raise SystemExit(1)")
    code = (
        "import selectors, sys; from ssoenv.__main__ import main;"
        f"sys.path.insert(0, {str(broken)!r}); sys.argv[1:] = {[*ENDPOINT, 'echo', 'no']}; main()"
    )
    result = shared_world.command([sys.executable, "-c", code])
    assert_fails(result, 125, "the credential endpoint did not start", stdout="")


# Parts that Linux alone does not use


@pytest.mark.parametrize("descriptor", [True, False])
def test_the_end_of_a_process_is_seen(descriptor: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not descriptor:
        monkeypatch.delattr(os, "pidfd_open", raising=False)
    process = subprocess.Popen(["sleep", "600"])
    watch = ProcessWatch(process.pid)
    assert not watch.wait(0)
    process.kill()
    assert watch.wait(30)  # before anybody has waited for it, too
    process.wait()
    assert watch.wait(0)
    assert ProcessWatch(process.pid).wait(0)


@needs_proc
def test_a_process_that_took_over_the_number_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    watch = ProcessWatch(os.getpid())
    assert not watch.wait(0)
    monkeypatch.setattr("ssoenv.endpoint.watch._start_time", lambda pid: "later")
    assert watch.wait(0)


def test_where_a_process_cannot_be_replaced_a_thread_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows."""
    monkeypatch.setenv("HOME", str(tmp_path))
    fields = {
        "token": "the-token",
        "keys": isolated.packed(keys("AKIA1")),
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
