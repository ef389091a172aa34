"""``ssoenv exec`` where no process can be replaced."""

import json
import signal
import subprocess
import sys
import time

import pytest

from tests.windows.conftest import SSOENV, Person, on_wine

SHOW = "import json, sys; print(json.dumps(sys.argv[1:]))"
HOSTILE = ("a&b", "c|d", "^x", "<y>", "!z!", "(p)", "e f", "", "back\\", "%PATH%", "50%")
HOSTILE += ("http://h/x?a=%3A%2F&b=1", ";,=", "*", "~", "--", "-x:y", "@x", "\u00e9 \u65e5")


@pytest.mark.parametrize("code", (0, 7, 255, 0xC0000005))
def test_the_exit_code_is_the_commands(person: Person, code: int) -> None:
    command = f"import os; os._exit({code if code < 2**31 else code - 2**32})"
    assert person.run("exec", "dev", "--", sys.executable, "-c", command).code == code


def test_arguments_of_a_program_arrive_unchanged(person: Person) -> None:
    words = [*HOSTILE, 'say "hi"', "two\nlines"]
    result = person.run("exec", "dev", "--", sys.executable, "-c", SHOW, *words)
    assert json.loads(result.out) == words, result


@pytest.mark.parametrize("name", ("show.cmd", "Show Me.BAT"))
def test_arguments_of_a_batch_file_arrive_unchanged(person: Person, name: str) -> None:
    (person.home / "show.py").write_text(SHOW)
    script = person.script(name, f'@"{sys.executable}" show.py %*\r\n')
    result = person.run("exec", "dev", "--", script, *HOSTILE)
    assert json.loads(result.out) == [*HOSTILE], result
    code = person.script("seven.cmd", "@exit /b 7\r\n")
    assert person.run("exec", "dev", "--", code).code == 7


@pytest.mark.parametrize("word", ('a" & calc & "', "two\r\nlines", "two\nlines"))
def test_what_a_batch_file_cannot_get_is_refused(person: Person, word: str) -> None:
    script = person.script("mark.cmd", "@echo ran> ran\r\n")
    result = person.run("exec", "dev", "--", script, word)
    assert (result.code, result.out) == (126, ""), result
    assert "batch file" in result.err
    assert result.err.count("\n") == 1
    assert not (person.home / "ran").exists()


def test_a_command_that_is_not_there(person: Person) -> None:
    result = person.run("exec", "dev", "--", "no-such-command")
    assert (result.code, result.err.count("\n")) == (127, 1), result


def test_a_command_is_found_by_pathext(person: Person) -> None:
    person.script("tool.cmd", "@echo %SSOENV_PROFILE%\r\n")
    path = f"{person.home};{person.environ['PATH']}"
    assert person.run("exec", "dev", "--", "tool", PATH=path).out.strip() == "dev"


def test_a_process_that_the_command_leaves_behind_goes_on(person: Person) -> None:
    later = "import sys; sys.stdin.read(); open('later', 'w').close()"
    first = (
        "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', sys.argv[1]],"
        " stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)"
    )
    result = person.run("exec", "dev", "--", sys.executable, "-c", first, later)
    assert result.code == 0, result
    end = time.monotonic() + 30
    while not (person.home / "later").exists():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_break_ends_the_command_and_its_exit_code_is_given(person: Person) -> None:
    if on_wine():
        pytest.skip("needs a console: Wine has none here")
    command = (
        "import signal, sys, time; signal.signal(signal.SIGBREAK, lambda *_: sys.exit(42));"
        " print('ready', flush=True)\nwhile True: time.sleep(0.05)"
    )
    process = subprocess.Popen(
        [SSOENV, "exec", "dev", "--", sys.executable, "-c", command],
        env=person.environ,
        stdout=subprocess.PIPE,
        creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"ready"
    process.send_signal(signal.CTRL_BREAK_EVENT)
    try:
        assert process.wait(20) == 42
    finally:
        process.kill()


@pytest.mark.parametrize("endpoint", (False, True), ids=("keys", "endpoint"))
def test_boto3_acts_as_the_profile(person: Person, endpoint: bool) -> None:
    script = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    options = ["--endpoint"] if endpoint else []
    result = person.run("exec", *options, "dev", "--", sys.executable, "-c", script)
    if endpoint and result.code == 125:
        assert "--endpoint" in result.err, result
        assert result.err.count("\n") == 1
        return
    assert "AWSReservedSSO_Developer" in result.out, result


def test_several_profiles_have_children_each(person: Person) -> None:
    show = "import os, sys; print(os.environ['SSOENV_PROFILE'], sys.argv[1:], sys.stdin.read())"
    run = person.run("exec", "dev", "l*", "--", sys.executable, "-c", show, "a b", "%PATH%")
    assert run.code == 0, run
    assert sorted(line.strip() for line in run.out.splitlines()) == [
        "dev    | dev ['a b', '%PATH%']",
        "legacy | legacy ['a b', '%PATH%']",
    ]
    report = person.run("exec", "--all", "--output", "json", "--", sys.executable, "-c", "exit(7)")
    rows = [json.loads(line) for line in report.out.splitlines()]
    assert (report.code, {row["status"] for row in rows}) == (7, {7})
