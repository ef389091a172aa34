"""The documented lines and the integration, in cmd and in every PowerShell that is here."""

import json
from pathlib import Path

import pytest

from ssoenv.environment import formats, shells
from tests.windows.conftest import Person, powershell, powershells

in_powershell = pytest.mark.parametrize("name", powershells())
SHOW = "import json, os, sys; print(json.dumps([sys.argv[1:], {n: os.environ.get(n) for n in"
SHOW += " ('SSOENV_PROFILE', 'AWS_REGION', 'AWS_PROFILE', 'AWS_SECRET_ACCESS_KEY')}]))"


@pytest.fixture
def show(person: Person) -> Person:
    """``python show.py WORD…`` prints its words and its variables."""
    (person.home / "show.py").write_text(SHOW)
    return person


def run_powershell(person: Person, name: str, text: str, **changes: str) -> list[str]:
    script = person.script("script.ps1", text)
    result = person.command(
        powershell(name), "-NoProfile", "-NonInteractive", "-File", script, **changes
    )
    assert (result.code, result.err) == (0, ""), result
    return result.out.splitlines()


def test_what_is_printed_has_plain_line_ends_and_is_utf_8(person: Person) -> None:
    """In one home: the first answer is the only slow one."""
    files = {f: str(person.home / f) for f in ("GITHUB_ENV", "BASH_ENV")}
    for name in (*shells.SHELLS, *formats.FORMATS):
        extra = ["--force"] if name == "gitlab" else []
        arguments = ("dev", "--format", name, *extra)
        result = person.run(*arguments, CIRCLECI="true", GITHUB_ACTIONS="true", **files)
        assert (result.code, b"\r" in result.raw) == (0, False), (name, result)
        written = [(person.home / f).read_bytes() for f in files if (person.home / f).exists()]
        whole = b"".join((result.raw, *written))
        assert b"AWS_SESSION_TOKEN" in whole or b"SessionToken" in whole, (name, result)
        assert b"\r" not in whole, name
        whole.decode()
        for path in files.values():
            Path(path).unlink(missing_ok=True)


def test_the_line_for_cmd(show: Person) -> None:
    line = shells.SHELLS["cmd"].line.replace("PROFILE", "dev").replace("%i", "%%i")
    script = show.script("line.cmd", f"@{line}\r\n@python show.py\r\n")
    result = show.command("cmd", "/d", "/c", script, AWS_PROFILE="old")
    assert result.code == 0, result
    _, seen = json.loads(result.out)
    assert seen["SSOENV_PROFILE"] == "dev"
    assert seen["AWS_PROFILE"] is None
    assert len(seen["AWS_SECRET_ACCESS_KEY"]) == 40


def test_a_failure_of_the_line_for_cmd_changes_nothing(show: Person) -> None:
    line = shells.SHELLS["cmd"].line.replace("PROFILE", "nope").replace("%i", "%%i")
    script = show.script("line.cmd", f"@{line}\r\n@python show.py\r\n")
    result = show.command("cmd", "/d", "/c", script, AWS_PROFILE="old")
    assert 'no profile "nope"' in result.err
    assert json.loads(result.out)[1]["AWS_PROFILE"] == "old"


@in_powershell
def test_the_line_for_powershell(show: Person, name: str) -> None:
    line = shells.SHELLS["powershell"].line.replace("PROFILE", "dev")
    [shown] = run_powershell(show, name, f"{line}\npython show.py\n", AWS_PROFILE="old")
    seen = json.loads(shown)[1]
    assert (seen["SSOENV_PROFILE"], seen["AWS_PROFILE"]) == ("dev", None)
    assert len(seen["AWS_SECRET_ACCESS_KEY"]) == 40


LOAD = "ssoenv init powershell | Out-String | Invoke-Expression\n"


@in_powershell
def test_the_integration_of_powershell(show: Person, name: str) -> None:
    text = (
        f"Set-StrictMode -Version Latest\n{LOAD}{LOAD}$Env:AWS_REGION = 'mine'\n"
        "Use-SsoenvProfile dev; python show.py\nUse-SsoenvProfile prod; python show.py\n"
        "Use-SsoenvProfile -; python show.py\nClear-SsoenvProfile; python show.py\n"
        "(ssoenv_prompt)\n"
    )
    *shown, prompt = run_powershell(show, name, text)
    found = [json.loads(line)[1] for line in shown]
    assert [(seen["SSOENV_PROFILE"], seen["AWS_REGION"]) for seen in found] == [
        ("dev", "eu-central-1"),
        ("prod", "eu-west-1"),
        ("dev", "eu-central-1"),
        (None, "mine"),
    ]
    assert prompt == ""


@in_powershell
def test_tab_completes_in_powershell(person: Person, name: str) -> None:
    found = "(TabExpansion2 $l $l.Length).CompletionMatches[0].CompletionText"
    text = f"{LOAD}$l = 'ssoenv use ''le'; {found}\n"
    assert run_powershell(person, name, text) == ["legacy"]


def test_arguments_pass_the_integration_of_powershell_unchanged(show: Person) -> None:
    words = "'*.py' '~' a,b Name=x,Values=y '' 'a b' 'say \"hi\"' 'back\\' '%PATH%' '\u00e9'"
    [shown] = run_powershell(show, "pwsh", f"{LOAD}ssoenv exec dev python show.py -x:y {words}\n")
    expected = ["-x:y", "*.py", "~", "a,b", "Name=x,Values=y", "", "a b", 'say "hi"']
    assert json.loads(shown)[0] == [*expected, "back\\", "%PATH%", "\u00e9"]


def test_bytes_pass_the_integration_of_powershell_unchanged(person: Person) -> None:
    every_byte = bytes(range(256)) * 400
    (person.home / "in").write_bytes(every_byte)
    (person.home / "copy.py").write_text(
        "import shutil, sys; shutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)"
    )
    (person.home / "cat.py").write_text(
        "import sys; sys.stdout.buffer.write(open('in','rb').read())"
    )
    run_powershell(
        person,
        "pwsh",
        f"{LOAD}ssoenv exec dev python cat.py > out\n"
        "python cat.py | ssoenv exec dev python copy.py > through\n",
    )
    assert (person.home / "out").read_bytes() == every_byte
    assert (person.home / "through").read_bytes() == every_byte


def test_exec_without_a_command_starts_the_shell_that_asks(person: Person) -> None:
    """It reads the end of its input at once."""
    result = person.command("cmd", "/d", "/c", "ssoenv exec dev")
    assert result.code == 0, result
    assert "Microsoft Windows" in result.out


def test_which_shell_asks(person: Person) -> None:
    script = person.script("ask.py", "import ssoenv.environment.child as c; print(c.shell()[0])")
    [found] = run_powershell(person, "pwsh", f"python '{script}'\n")
    assert found.lower().endswith("pwsh.exe")
    from_cmd = person.command("cmd", "/d", "/c", "python", script)
    assert from_cmd.out.strip().lower().endswith("cmd.exe")
    git_bash = {"MSYSTEM": "MINGW64", "SHELL": "C:\\Git\\usr\\bin\\bash.exe"}
    assert person.command("python", script, **git_bash).out.strip() == git_bash["SHELL"]
