"""The wheel and the sdist, installed as people do it: by pip, pipx and uv, into homes whose names
have a space, a quote and a letter beyond ASCII, which installers must quote in what they write."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import ssoenv
from tests.conftest import World, bound_by_modes, need
from tests.packaging.conftest import Release

HERE = Path(sys.executable).parent  # of the test environment, which has pipx and uv
VERSION = f"ssoenv {ssoenv.__version__}\n"
FILES = ("share/man/man1/ssoenv.1", "share/bash-completion/completions/ssoenv")

IN_BASH = """
eval "$(ssoenv init bash)" || exit
ssoenv use dev && echo "$SSOENV_PROFILE $AWS_ACCESS_KEY_ID $(type -t ssoenv)"
ssoenv off && echo "${SSOENV_PROFILE-nobody} ${AWS_ACCESS_KEY_ID-nothing}"
"""


class Home:
    """An empty home to install into. Caches and settings of the installers are the person's."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "Zoë's home"
        self.path.mkdir()
        theirs = os.path.expanduser("~")
        taken = ("PIPX_", "UV_TOOL_", "XDG_", "VIRTUAL_ENV", "PYTHON")
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith(taken)}
        self.environ["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME", f"{theirs}/.cache")
        self.environ["XDG_CONFIG_HOME"] = os.environ.get("XDG_CONFIG_HOME", f"{theirs}/.config")
        self.environ["HOME"] = str(self.path)

    def do(self, *command: str | Path, **changes: str) -> None:
        environ = {**self.environ, **changes}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def left(self) -> list[str]:
        """What is called ssoenv in the home, but for the empty locks of pipx."""
        found = (path.relative_to(self.path) for path in self.path.rglob("*ssoenv*"))
        return [str(path) for path in found if path.suffix != ".lock"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def by_pip(home: Home, wheel: Path) -> tuple[Path, Path, list[str | Path]]:
    """The folders of the command and of shared files, and what uninstalls again."""
    environment = home.path / "venv"
    home.do(sys.executable, "-m", "venv", "--without-pip", environment)
    pip = [sys.executable, "-m", "pip", "--python", environment / "bin" / "python"]
    home.do(*pip, "install", "-q", "--no-compile", wheel)
    return environment / "bin", environment, [*pip, "uninstall", "-q", "-y", "ssoenv"]


def by_pipx(home: Home, wheel: Path) -> tuple[Path, Path, list[str | Path]]:
    """By pipx with pip beneath it, as those have it who have no uv."""
    home.environ["PIPX_DEFAULT_BACKEND"] = "pip"
    pip = "--pip-args=--no-compile"  # bytecode of all of botocore takes a while
    home.do(HERE / "pipx", "install", "--python", sys.executable, pip, wheel)
    local = home.path / ".local"
    return local / "bin", local, [HERE / "pipx", "uninstall", "ssoenv"]


def by_uv(home: Home, wheel: Path) -> tuple[Path, Path, list[str | Path]]:
    home.do(HERE / "uv", "tool", "install", "--python", sys.executable, wheel)
    local = home.path / ".local"
    shared = local / "share" / "uv" / "tools" / "ssoenv"
    return local / "bin", shared, [HERE / "uv", "tool", "uninstall", "ssoenv"]


@pytest.mark.parametrize("install", [by_pip, by_pipx, by_uv])
def test_an_installer_gives_all_of_it_and_takes_all_of_it_away(
    install: Callable[[Home, Path], tuple[Path, Path, list[str | Path]]],
    home: Home,
    release: Release,
    signed_in: World,
) -> None:
    need("bash", "bash")
    if install is not by_pip:
        need(str(HERE / install.__name__.removeprefix("by_")), "pip install -e '.[test]'")
    folder, shared, uninstall = install(home, release.wheel)
    path = f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin"
    command = str(folder / "ssoenv")
    assert signed_in.command([command, "--version"]).out == VERSION
    expected = signed_in.variables("dev")["AWS_ACCESS_KEY_ID"]
    for _ in range(2):  # cold, then warm
        answer = signed_in.command([command, "dev", "--format", "dotenv"])
        assert answer.code == 0, answer
        assert f"AWS_ACCESS_KEY_ID={expected}" in answer.out.replace("'", "").replace('"', "")
    bash = signed_in.command(["bash", "--norc", "--noprofile", "-c", IN_BASH], PATH=path)
    assert bash.out == f"dev {expected} function\nnobody nothing\n", bash
    for name in FILES:
        assert (shared / name).is_file(), name
    home.do(*uninstall)
    assert home.left() == []


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_a_folder_that_nobody_may_write_to_will_do(
    kind: str, home: Home, release: Release, signed_in: World
) -> None:
    """By ``pip install --target``; pip builds the sdist itself. No command on the PATH is used,
    and no bytecode can be kept."""
    target = home.path / "read only"
    install = (sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-compile")
    home.do(*install, "--target", target, getattr(release, kind))
    folders = [target, *(path for path in target.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        python = [*bound_by_modes(), sys.executable]
        where = [*python, "-c", "import ssoenv; print(ssoenv.__file__)"]
        assert signed_in.command(where, PYTHONPATH=str(target)).out.startswith(str(target))
        for arguments in (["--version"], ["dev"], ["dev"], ["init", "bash"]):
            command = [*python, "-m", "ssoenv", *arguments]
            result = signed_in.command(command, PYTHONPATH=str(target))
            assert (result.code, result.err) == (0, ""), result
            assert result.out == signed_in.run(*arguments).out
        assert not list(target.rglob("*.pyc"))
    finally:
        for folder in folders:
            folder.chmod(0o755)
        shutil.rmtree(target)
