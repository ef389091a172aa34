"""Sign-ins, caches and files on Windows: locks by msvcrt, no file modes, paths with backslashes."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ssoenv.demo.center.identity_center import IdentityCenter
from ssoenv.system import files, locks
from tests.windows.conftest import SSOENV, Person


def test_the_demo(person: Person) -> None:
    result = person.run("demo")
    assert result.code == 0, result
    assert "signed in to" in result.out
    assert "assumed-role/AWSReservedSSO_ReadOnly" in result.out
    assert "~\\.aws\\config" in result.out


@pytest.mark.parametrize("flow", ("browser", "device"))
def test_a_sign_in(person: Person, flow: str) -> None:
    """The browser is a batch file on PATH."""
    person.run("logout", "--all")
    visit = "import sys, urllib.request as web; web.urlopen(sys.argv[1], timeout=60).read()"
    (person.home / "visit.py").write_text(visit)
    person.script("my-browser.cmd", f'@"{sys.executable}" "%~dp0visit.py" %*\r\n')
    person.idc.approval = "approve"
    options = ["--device-code"] if flow == "device" else []
    path = f"{person.home};{person.environ['PATH']}"
    result = person.run("login", "dev", *options, PATH=path, BROWSER="my-browser")
    assert result.code == 0, result
    assert person.run("status", "dev").code == 0


def test_ten_processes_refresh_a_token_once(person: Person) -> None:
    person.sign_in(lifetime=1)
    before = person.idc.count("CreateToken", "refresh_token")
    running = [person.start(SSOENV, "dev", "--shell", "sh", "--refresh") for _ in range(10)]
    ended = [(process.communicate(timeout=120), process.returncode) for process in running]
    assert [code for _, code in ended] == [0] * 10, ended
    assert person.idc.count("CreateToken", "refresh_token") - before == 1


def test_a_file_that_somebody_reads_is_replaced_and_removed_when_they_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "token.json"
    path.write_bytes(b"old")
    for act in (lambda: files.write_private(str(path), b"new"), lambda: files.remove(str(path))):
        with path.open("rb") as reader:
            monkeypatch.setattr(time, "sleep", lambda seconds: reader.close())
            act()
            assert reader.closed
    assert not path.exists()


def test_writers_and_readers_of_one_file_leave_each_other_alone(tmp_path: Path) -> None:
    path = tmp_path / "token.json"
    path.write_bytes(b"0" * 2000)
    script = (
        "import sys\nfrom ssoenv.system import files\nfor _ in range(40):\n"
        "    files.write_private(sys.argv[1], sys.argv[2].encode() * 2000)\n"
        "    assert len(set(files.read(sys.argv[1]))) == 1\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", script, str(path), letter], stderr=subprocess.PIPE)
        for letter in "abc"
    ]
    assert [process.communicate(timeout=120)[1] for process in started] == [b""] * 3
    assert len(path.read_bytes()) == 2000
    assert list(tmp_path.iterdir()) == [path]


def test_a_lock_is_held_by_one_process(tmp_path: Path) -> None:
    lock = str(tmp_path / "lock")
    script = (
        "import sys\nfrom ssoenv.system import locks\nwith locks.Lock(sys.argv[1], 0.1): pass\n"
    )
    command = [sys.executable, "-c", script, lock]
    with locks.Lock(lock, 0):
        held = subprocess.run(command, stderr=subprocess.PIPE, check=False)
    assert b"LockHeld" in held.stderr
    assert subprocess.run(command, check=False).returncode == 0


def test_what_a_killed_save_left_behind_is_removed_when_it_is_old(tmp_path: Path) -> None:
    path = tmp_path / "token.json"
    left = tmp_path / "token.json.1.ssoenv-tmp"
    left.write_bytes(b"bought\0\0")
    assert files.sweep(str(path)) == [b"bought"]
    assert left.exists(), "its writer may be about to rename it"
    assert files.sweep(str(path), in_turn=True) == [b"bought"]
    assert not left.exists()
    left.touch()
    os.utime(left, (1, 1))
    with left.open("rb"):
        files.sweep(str(path))
    assert left.exists(), "its writer has it open"
    files.sweep(str(path))
    assert not left.exists()


def test_a_warm_answer_asks_nobody(person: Person) -> None:
    first = person.run("dev", "--shell", "sh")
    calls = len(person.idc.calls)
    assert person.run("dev", "--shell", "sh").out == first.out
    assert len(person.idc.calls) == calls


def test_a_kill_while_saving_leaves_whole_files(person: Person) -> None:
    for _ in range(3):
        process = person.start(SSOENV, "dev", "--refresh", "--shell", "sh")
        assert process.stdout is not None
        process.stdout.read(1)
        process.kill()
        process.communicate()
    for path in (person.home / ".aws").rglob("*.json"):
        json.loads(path.read_bytes())
    assert person.run("dev", "--shell", "sh").code == 0


@pytest.mark.parametrize("ending", ("\n", "\r\n"), ids=("LF", "CRLF"))
def test_write_keeps_what_is_there(person: Person, ending: str) -> None:
    path = person.home / ".aws" / "credentials"
    before = f"# mine{ending}[other]{ending}aws_access_key_id = AKIA{ending}".encode()
    path.write_bytes(before)
    assert person.run("write", "dev").code == 0
    after = path.read_bytes()
    assert after.startswith(before)
    assert (b"\r\n" in after) == (ending == "\r\n")
    assert after.count(b"\n") == after.count(b"\r\n") or ending == "\n"


def test_credential_process_from_boto3(person: Person) -> None:
    config = person.home / ".aws" / "config"
    config.write_text(
        config.read_text() + "[profile old]\ncredential_process = ssoenv credential-process dev\n"
    )
    script = (
        "import boto3; session = boto3.Session(profile_name='old', region_name='x');"
        " print(session.get_credentials().access_key)"
    )
    result = person.command("python", "-c", script)
    assert result.out.startswith("ASIA"), result


def test_paths_are_shown_as_windows_shows_them(person: Person) -> None:
    assert "in ~\\.aws\\config." in person.run("nope").err
    moved = person.home / "my config"
    os.replace(person.home / ".aws" / "config", moved)
    mixed = str(moved).replace("\\", "/")
    result = person.run("nope", AWS_CONFIG_FILE=mixed)
    assert "in ~\\my config." in result.err, result


def test_no_path_that_is_shown_has_a_slash(person: Person) -> None:
    """Nor does any command end in a traceback."""
    for command in (
        *("status", "profiles", "accounts --session demo", "doctor", "write dev", "env nope"),
        *("init powershell --path", "configure --session demo --yes", "env dev --refresh"),
        *("console dev --no-login", "logout --all", "status dev --no-login", "env dev --no-login"),
    ):
        result = person.run(*command.split(), "--verbose")
        shown = result.out + result.err
        assert shown, command
        assert "Traceback" not in shown, result
        assert not re.search(r"~/|(~|\b[A-Z]:)\\[^\n:]*/", shown), (command, result)


def test_home_is_userprofile_as_for_the_aws_cli(person: Person, tmp_path: Path) -> None:
    assert person.run("dev", "--shell", "sh", HOME=str(tmp_path)).code == 0
    other = person.run("dev", "--shell", "sh", USERPROFILE=str(tmp_path))
    assert other.code == 3, other


def test_a_long_path_is_no_obstacle_or_is_named(tmp_path: Path, idc: IdentityCenter) -> None:
    folder = tmp_path.joinpath(*["a" * 40] * 3)
    folder.mkdir(parents=True)
    person = Person(folder, idc)
    result = person.run("dev", "--shell", "sh")
    assert result.code == 0, result


def test_advice_is_quoted_for_this_system(person: Person) -> None:
    config = person.home / ".aws" / "config"
    config.write_text(config.read_text().replace("[profile dev]", '[profile "my dev"]'))
    person.run("logout", "--all")
    assert 'ssoenv login "my dev"' in person.run("my dev", "--no-login").err
    assert 'exec "my dev" -- echo "a b"' in person.run("my dev", "--", "echo", "a b").err
