"""Windows: the installed ``ssoenv.exe`` under Windows Python, in a home with a blank and a letter
beyond ASCII in its name. ``.ci/run`` runs these tests on Wine, CI runs them on Windows itself."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from ssoenv.demo import home
from ssoenv.demo.center.identity_center import IdentityCenter

SSOENV = os.path.join(sysconfig.get_path("scripts"), "ssoenv.exe")
_SYSTEM = ("COMSPEC", "PATHEXT", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TMP", "WINDIR")


@pytest.fixture(autouse=True)
def _windows() -> None:
    if os.name != "nt":
        pytest.skip("needs Windows: .ci/run runs these tests on Wine")


class Person:
    """Somebody with a home, in which ``dev``, ``legacy`` and ``prod`` are signed in."""

    def __init__(self, folder: Path, idc: IdentityCenter) -> None:
        self.idc = idc
        self.home = folder / "Ana M\u00fcller"
        self.home.mkdir()
        places = home.write_home(str(self.home), idc)
        system = {name: os.environ[name] for name in _SYSTEM if name in os.environ}
        folders = (os.path.dirname(SSOENV), os.path.dirname(sys.executable), os.environ["PATH"])
        self.environ = {**system, "PATH": os.pathsep.join(folders), **places}
        self.roles = self.home / ".aws" / "cli" / "cache"
        self.sign_in()

    def sign_in(self, lifetime: float | None = None) -> None:
        for session in (home.SESSION, None):
            token = self.idc.issue_token(lifetime=lifetime)
            home.sign_in(str(self.home), self.idc, session, token=token)

    def start(self, *command: str, **changes: str | None) -> "subprocess.Popen[bytes]":
        environ = {name: value for name, value in {**self.environ, **changes}.items() if value}
        return subprocess.Popen(
            command,
            env=environ,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def command(self, *command: str, **changes: str | None) -> "Result":
        with self.start(*command, **changes) as process:
            try:
                out, err = process.communicate(timeout=120)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return Result(process.returncode, out, err)

    def run(self, *arguments: str, **changes: str | None) -> "Result":
        return self.command(SSOENV, *arguments, **changes)

    def script(self, name: str, text: str) -> str:
        """A file of this text in the home; its path."""
        path = self.home / name
        path.write_text(text, encoding="utf-8-sig" if name.endswith(".ps1") else "utf-8")
        return str(path)


class Result:
    """What a finished process left."""

    def __init__(self, code: int, out: bytes, err: bytes) -> None:
        self.code = code
        self.raw = out
        self.out = out.decode("utf-8", "replace")
        self.err = err.decode("utf-8", "replace").replace("\r\n", "\n")

    def __repr__(self) -> str:
        return f"exit {self.code}\nstdout: {self.out}\nstderr: {self.err}"


@pytest.fixture(scope="module")
def idc() -> Iterator[IdentityCenter]:
    if os.name != "nt":
        pytest.skip("needs Windows: .ci/run runs these tests on Wine")
    with IdentityCenter() as idc:
        yield idc


@pytest.fixture
def person(tmp_path: Path, idc: IdentityCenter) -> Person:
    idc.clear_faults()
    return Person(tmp_path, idc)


def on_wine() -> bool:
    """Whether this is not Windows itself."""
    import ctypes

    return hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")  # type: ignore[attr-defined]


def powershells() -> list[str]:
    """Windows PowerShell and PowerShell 7, as far as they are here. The names are those of the
    programs; SSOENV_TEST_PWSH names another one than that of PATH."""
    return ["powershell", "pwsh"]


def powershell(name: str) -> str:
    """The path of a PowerShell; skips the test, by name, if there is none."""
    found = os.environ.get("SSOENV_TEST_PWSH") if name == "pwsh" else None
    found = found or shutil.which(name)
    if found is None:
        pytest.skip(f"needs {name}")
    if name == "powershell" and on_wine():
        pytest.skip("needs Windows PowerShell: Wine has an empty program of that name")
    return found
