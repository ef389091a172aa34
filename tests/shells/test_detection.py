"""The shell that asks is found among real processes: each shell, nested in another one."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from ssoenv.environment import detect, shells
from ssoenv.errors import UsageError
from tests.shells.lab import Lab
from tests.shells.programs import PROGRAMS

ASK = "import os; from ssoenv.environment.detect import detect; print(*detect(os.environ), sep='|')"

NESTED = (
    (("bash", "--norc", "-c"), "bash"),
    (("zsh", "-f", "-c"), "zsh"),
    (("dash", "-c"), "sh"),
    (("sh", "-c"), "sh"),
    (("busybox", "sh", "-c"), "sh"),
    (("busybox", "ash", "-c"), "sh"),
    (("ksh93", "-c"), "ksh"),
    (("mksh", "-c"), "mksh"),
    (("yash", "--norcfile", "-c"), "yash"),
    (("fish", "-N", "-c"), "fish"),
    (("tcsh", "-f", "-c"), "tcsh"),
    (("bsd-csh", "-f", "-c"), "tcsh"),
    (("elvish", "-norc", "-c"), "elvish"),
    (("rc", "-c"), "rc"),
    (("nu", "-n", "-c"), "nu"),
    (("xonsh", "--no-rc", "-c"), "xonsh"),
    (("pwsh", "-NoProfile", "-Command"), "powershell"),
)


@pytest.fixture
def ask(lab: Lab) -> Lab:
    """Two commands on PATH: ``ask`` is run by a shell itself, ``ask-from-afar`` through another
    process, as by uv, make or sudo."""
    ask = lab.bin / "ask"
    ask.write_text(f"#!{sys.executable}\n{ASK}\n")
    afar = lab.bin / "ask-from-afar"
    afar.write_text(f"#!{sys.executable}\nimport subprocess\nsubprocess.run([{str(ask)!r}])\n")
    for path in (ask, afar):
        path.chmod(0o755)
    return lab


def answers(lab: Lab, command: list[str], environ: dict[str, str], **options: str) -> list[str]:
    ran = subprocess.run(
        command,
        env={
            "PATH": f"{lab.bin}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(lab.folder),
            "LC_ALL": "C.UTF-8",
            **environ,
        },
        cwd=lab.folder,
        capture_output=True,
        text=True,
        timeout=60,
        **options,  # type: ignore[call-overload]
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


@pytest.mark.parametrize(("command", "expected"), NESTED, ids=lambda value: str(value))
@pytest.mark.parametrize("outer", ["fish -N -c", "bash --norc -c"])
def test_the_inner_of_two_shells_is_found(
    ask: Lab, outer: str, command: tuple[str, ...], expected: str
) -> None:
    """Asked by the shell itself and through a process in between. ``$SHELL`` says something else,
    and a second command keeps the shells from replacing themselves by the first."""
    inner = " ".join((PROGRAMS[command[0]].path(), *command[1:], "'ask; ask-from-afar; cd .'"))
    head, *options = outer.split()
    found = answers(ask, [PROGRAMS[head].path(), *options, f"{inner}; cd ."], {"SHELL": "/bin/csh"})
    assert found == [f"{expected}|parent", "process"] * 2


@pytest.mark.parametrize("name", ["zsh", "bash", "dash", "mksh", "yash", "fish"])
def test_a_login_shell_is_found_whatever_shell_says(ask: Lab, name: str) -> None:
    """``login`` and terminals on macOS start ``-zsh``."""
    expected = shells.find(name)
    assert expected is not None
    for command in ("ask", "ask-from-afar"):
        line = f"{ask.bin / command}; cd ."  # the whole path, for /etc/profile resets PATH
        found = answers(
            ask, [f"-{name}", "-c", line], {"SHELL": "/bin/csh"}, executable=PROGRAMS[name].path()
        )
        assert found == [f"{expected.name}|parent", "process"]


def test_a_shell_named_by_hand_comes_first() -> None:
    assert detect.detect({"SSOENV_SHELL": "/usr/bin/Fish", "SHELL": "/bin/zsh"}) == (
        "fish",
        "SSOENV_SHELL",
    )


def test_an_unknown_shell_named_by_hand_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(UsageError) as caught:
        detect.detect({"SSOENV_SHELL": "murex"})
    assert caught.value.message == 'SSOENV_SHELL: "murex" is not a shell that ssoenv knows'
    assert caught.value.hint == f"Known are {', '.join(shells.SHELLS)}"


@pytest.fixture
def no_ancestor(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose init started us, or under an unknown shell."""
    monkeypatch.setattr(detect, "_parent", lambda: None)
    monkeypatch.setattr(detect, "_ancestor", lambda: None)


@pytest.mark.usefixtures("no_ancestor")
@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"SHELL": "/usr/bin/zsh"}, ("zsh", "$SHELL")),
        ({"SHELL": "/usr/bin/murex"}, ("sh", "default")),
        ({"SHELL": ""}, ("sh", "default")),
        ({"SSOENV_SHELL": "", "SHELL": "/bin/ksh"}, ("ksh", "$SHELL")),
        ({}, ("sh", "default")),
    ],
)
def test_without_a_shell_above_us_shell_decides(
    environ: dict[str, str], expected: tuple[str, str]
) -> None:
    assert detect.detect(environ) == expected


@pytest.mark.parametrize(
    ("environ", "parent", "expected"),
    [
        (
            {"MSYSTEM": "MINGW64", "SHELL": "/usr/bin/bash.exe"},
            "cmd",
            ("bash", "$SHELL"),
        ),
        ({"SHELL": "/usr/bin/bash.exe"}, "cmd", ("cmd", "parent process")),
        ({"MSYSTEM": "MINGW64"}, "powershell", ("powershell", "parent process")),
        ({}, "", ("powershell", "default")),
    ],
)
def test_windows(
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    parent: str,
    expected: tuple[str, str],
) -> None:
    """Git Bash says so by MSYSTEM; Windows itself sees only a bash.exe that cannot be read."""
    monkeypatch.setattr(detect, "os", SimpleNamespace(name="nt"))
    monkeypatch.setattr(detect, "_parent", lambda: None)
    monkeypatch.setattr(detect, "_ancestor", lambda: shells.find(parent))
    assert detect.detect(environ) == expected


def test_no_proc_and_no_ps_is_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """shellingham's PsNotAvailable comes out of a generator, past its own handler."""
    import shellingham
    from shellingham.posix import proc

    def no_proc() -> None:
        raise proc.ProcFormatError("no /proc")

    monkeypatch.setattr(proc, "detect_proc", no_proc)
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("empty")))
    with pytest.raises(OSError, match="ps not found"):
        shellingham.detect_shell()
    assert detect._ancestor() is None


@pytest.mark.parametrize(
    "error", [RuntimeError("no way"), TypeError("no arguments"), OSError("denied")]
)
def test_whatever_fails_in_shellingham_is_no_error(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    import shellingham

    def fail() -> None:
        raise error

    monkeypatch.setattr(shellingham, "detect_shell", fail)
    assert detect._ancestor() is None


def test_a_shellingham_built_otherwise_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    import shellingham
    from shellingham import _core

    monkeypatch.setattr(_core, "SHELL_NAMES", ("bash",))
    monkeypatch.setattr(shellingham, "detect_shell", lambda: ("zsh", "/bin/zsh"))
    assert detect._ancestor() is shells.SHELLS["zsh"]
