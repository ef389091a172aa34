"""Sign-ins, caches and files on Windows: locks by msvcrt, no file modes, paths with backslashes."""

import json
import os
import sys
from pathlib import Path

import pytest

from ssoenv.demo.center.identity_center import IdentityCenter
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
