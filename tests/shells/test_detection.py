"""The shell that asks is found among real processes: each shell, nested in another one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ssoenv.environment import detect, shells
from ssoenv.errors import UsageError
from tests.conftest import SSOENV, World
from tests.shells.lab import Lab
from tests.shells.programs import PROGRAMS

ASK = "import os; from ssoenv.environment.detect import detect; print(*detect(os.environ), sep='|')"
WITHOUT_PROC = """
import os
from ssoenv.environment import detect
def fail():
    raise OSError("no /proc")
    yield
detect._parent, detect._processes = lambda: None, fail
print(*detect.detect(os.environ), sep="|")
"""

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
    """Commands on PATH: ``ask`` is run by a shell itself, ``ask-from-afar`` through another
    process, as by uv, make or sudo; ``ask-elsewhere`` as on a system without Linux's /proc."""
    ask = lab.bin / "ask"
    ask.write_text(f"#!{sys.executable}\n{ASK}\n")
    afar = lab.bin / "ask-from-afar"
    afar.write_text(f"#!{sys.executable}\nimport subprocess\nsubprocess.run([{str(ask)!r}])\n")
    elsewhere = lab.bin / "ask-elsewhere"
    elsewhere.write_text(f"#!{sys.executable}\n{WITHOUT_PROC}")
    for path in (ask, afar, elsewhere):
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
    inner = " ".join(
        (PROGRAMS[command[0]].path(), *command[1:], "'ask; ask-from-afar; ask-elsewhere; cd .'")
    )
    head, *options = outer.split()
    found = answers(ask, [PROGRAMS[head].path(), *options, f"{inner}; cd ."], {"SHELL": "/bin/csh"})
    assert found == [f"{expected}|parent", "process"] * 3


@pytest.mark.parametrize("name", ["zsh", "bash", "dash", "mksh", "yash", "fish"])
def test_a_login_shell_is_found_whatever_shell_says(ask: Lab, name: str) -> None:
    """``login`` and terminals on macOS start ``-zsh``."""
    expected = shells.find(name)
    assert expected is not None
    for command in ("ask", "ask-from-afar", "ask-elsewhere"):
        line = f"{ask.bin / command}; cd ."  # the whole path, for /etc/profile resets PATH
        found = answers(
            ask, [f"-{name}", "-c", line], {"SHELL": "/bin/csh"}, executable=PROGRAMS[name].path()
        )
        assert found == [f"{expected.name}|parent", "process"]


UNDER_ANOTHER_NAME = (
    ("fish", ".fish-wrapped", "fish"),  # Nix, where the wrapped program is called by its own name
    ("fish", ".fish-wrapped_", "fish"),  # wrapped twice
    ("zsh", "zsh-5.9", "zsh"),
    ("zsh", "..zsh-5.9-wrapped-wrapped", "zsh"),
    ("bash", "bash-static", "bash"),
    ("bash", "bash.real", "bash"),
    ("elvish", "elvish-v0.19.2+dev", "elvish"),
    ("mksh", "nsh", "mksh"),  # of which only the file tells
)


@pytest.mark.parametrize(("program", "name", "expected"), UNDER_ANOTHER_NAME)
def test_a_shell_is_found_under_the_name_of_a_wrapper_or_a_version(
    ask: Lab, program: str, name: str, expected: str
) -> None:
    """As the file's name and as what it is called by, below a shell that would be the wrong one."""
    path = PROGRAMS[program].path()
    if name == "nsh":
        (ask.bin / "start").write_text(f'exec -a {name} {path} "$@"\n')
        start = f"bash {ask.bin / 'start'}"
    else:
        shutil.copy(path, ask.bin / name)
        start = name
    asked = "ask; ask-from-afar" if name == "nsh" else "ask; ask-from-afar; ask-elsewhere"
    line = f"{start} -c '{asked}; cd .'; cd ."
    found = answers(ask, [PROGRAMS["ksh93"].path(), "-c", line], {"SHELL": "/bin/csh"})
    assert found == [f"{expected}|parent", "process"] * len(asked.split(";"))


@pytest.mark.parametrize(
    "start", ["SCRIPT", "PYTHON SCRIPT", "PYTHON -Es SCRIPT", "LINKER PYTHON SCRIPT"]
)
def test_a_shell_written_in_python_is_found_by_what_python_runs(ask: Lab, start: str) -> None:
    """xonsh as Nix starts it: Python, and a file ``.xonsh-wrapped``."""
    xonsh = Path(PROGRAMS["xonsh"].path())
    python = xonsh.read_text().splitlines()[0].removeprefix("#!")
    linker = next(Path("/lib64").glob("ld-linux*"), None)
    if linker is None and "LINKER" in start:
        pytest.skip("needs a dynamic linker in /lib64")
    script = ask.bin / ".xonsh-wrapped"
    shutil.copy(xonsh, script)
    for word, path in (("SCRIPT", script), ("PYTHON", python), ("LINKER", linker)):
        start = start.replace(word, str(path))
    line = f"{start} --no-rc -c 'ask; ask-from-afar; ask-elsewhere; cd .'; cd ."
    found = answers(ask, [PROGRAMS["bash"].path(), "--norc", "-c", line], {"SHELL": "/bin/csh"})
    assert found == ["xonsh|parent", "process"] * 3


def test_busybox_is_a_shell_only_as_one(ask: Lab) -> None:
    busybox = PROGRAMS["busybox"].path()
    (ask.bin / "timeout").symlink_to(busybox)
    line = f"{ask.bin / 'timeout'} 60 ask; {busybox} timeout 60 ask; cd ."
    found = answers(ask, [PROGRAMS["zsh"].path(), "-fc", line], {})
    assert found == ["zsh|parent", "process"] * 2


@pytest.mark.parametrize("command", ["ask", "ask-from-afar", "ask-elsewhere"])
@pytest.mark.parametrize("name", ["nsh", "-nsh", ".nsh-wrapped", "nsh-0.2"])
def test_an_unknown_shell_is_not_passed_over(ask: Lab, name: str, command: str) -> None:
    """What we print for the bash above it, it would quote in a complaint, secrets included."""
    result = run_named(ask, name, command)
    assert result.stdout == ""
    assert '"nsh" asks, which is not a shell that ssoenv knows' in result.stderr
    assert "--shell NAME, one of bash, zsh" in result.stderr
    named = run_named(ask, name, "ask", SSOENV_SHELL="fish")
    assert named.stdout == "fish|SSOENV_SHELL\n"


def test_under_an_unknown_shell_nothing_is_printed_and_the_exit_code_is_2(
    ask: Lab, signed_in: World
) -> None:
    environ = signed_in.environment(SSOENV_SHELL=None)
    for line in (f"{SSOENV} dev", f"{SSOENV} dev --unset"):
        result = run_named(ask, "nsh", f"{line}; echo status $?", **environ)
        assert result.stdout == "status 2\n"
        assert "is not a shell that ssoenv knows" in result.stderr
    named = run_named(ask, "nsh", f"{SSOENV} dev --shell fish; echo $?", **environ)
    assert named.stdout.startswith("begin;\nset -gx AWS_ACCESS_KEY_ID")
    asked = run_named(
        ask,
        "nsh",
        f"{SSOENV} logout dev; echo $?",
        **environ,
        SSOENV_PROFILE="dev",
        AWS_SESSION_TOKEN="x",
    )
    assert asked.stdout == "0\n"
    assert "To drop them, type: exit" in asked.stderr


@pytest.mark.parametrize(
    "name",
    ["ssh", "autossh", "sshd: somebody@pts/0", "mosh", "mosh-1.4.0", "deploy.sh", "murex", "make"],
)
def test_what_is_no_shell_is_passed_over(ask: Lab, name: str) -> None:
    assert run_named(ask, name, "ask").stdout == "bash|parent process\n"


def run_named(
    lab: Lab, name: str, command: str, **environ: str
) -> "subprocess.CompletedProcess[str]":
    """Run ``command`` below a process of this name, whose file tells nothing, below a bash."""
    shutil.copy(PROGRAMS["dash"].path(), lab.bin / "run")
    line = f"(exec -a '{name}' {lab.bin / 'run'} -c '{lab.bin / command}; cd .'); cd ."
    return subprocess.run(
        [PROGRAMS["bash"].path(), "--norc", "-c", line],
        env={"PATH": f"{lab.bin}:{os.environ['PATH']}", "SHELL": "/bin/csh", **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )


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


@pytest.fixture
def no_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS and Windows."""

    def fail() -> None:
        raise OSError("no /proc")

    monkeypatch.setattr(detect, "_processes", fail)


@pytest.mark.usefixtures("no_proc")
def test_no_proc_and_no_ps_is_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """shellingham's PsNotAvailable comes out of a generator, past its own handler."""
    import shellingham
    from shellingham.posix import proc

    def fail() -> None:
        raise proc.ProcFormatError("no /proc")

    monkeypatch.setattr(proc, "detect_proc", fail)
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("empty")))
    with pytest.raises(OSError, match="ps not found"):
        shellingham.detect_shell()
    assert detect._ancestor() is None


@pytest.mark.usefixtures("no_proc")
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


@pytest.mark.usefixtures("no_proc")
def test_a_shellingham_built_otherwise_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    import shellingham

    monkeypatch.setitem(sys.modules, "shellingham.posix", None)
    monkeypatch.setattr(shellingham, "detect_shell", lambda: ("zsh", "/bin/zsh"))
    assert detect._ancestor() is shells.SHELLS["zsh"]
