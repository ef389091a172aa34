"""The single file ``ssoenv.pyz``, run by a Python that has no ssoenv."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ssoenv
from tests import thorough
from tests.conftest import Result, World, assert_fails, need
from tests.packaging.conftest import ROOT, Release, filled_once

PATH = "/usr/local/bin:/usr/bin:/bin"


@pytest.fixture(scope="session")
def pyz(release: Release, shared_folder: Path) -> Path:
    need("bash", "bash")
    file = shared_folder / "single file" / "ssoenv.pyz"
    with filled_once(file.parent) as first:
        if first:
            build(release, file)
    return file


def build(release: Release, file: Path) -> None:
    done = subprocess.run(
        [str(ROOT / ".ci" / "pyz"), str(file), str(release.wheel)],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def person(signed_in: World, shared_folder: Path) -> World:
    """Somebody who has no ssoenv. It is unpacked for the first of them."""
    signed_in.environ |= {"PATH": PATH, "SHIV_ROOT": str(shared_folder / "unpacked")}
    return signed_in


def run(person: World, pyz: Path, *arguments: str, **changes: str) -> Result:
    python = os.path.realpath(sys.executable)
    return person.command([python, str(pyz), *arguments], **changes)


def test_it_gives_keys(person: World, pyz: Path) -> None:
    del person.environ["SHIV_ROOT"]
    assert run(person, pyz, "--version").out == f"ssoenv {ssoenv.__version__}\n"
    for _ in range(2):  # cold, then warm
        answer = run(person, pyz, "dev")
        assert (answer.code, answer.err) == (0, "")
        assert "export AWS_ACCESS_KEY_ID='ASIA" in answer.out


def test_it_serves_an_endpoint_and_renews(person: World, pyz: Path) -> None:
    read = "import os, urllib.request as u; e = os.environ; r = u.Request("
    read += "e['AWS_CONTAINER_CREDENTIALS_FULL_URI'], headers={'Authorization': "
    read += "e['AWS_CONTAINER_AUTHORIZATION_TOKEN']}); print(u.urlopen(r).read().decode())"
    command = ["exec", "--endpoint", "dev", "--", sys.executable, "-c", read]
    answer = run(person, pyz, *command)
    assert '"AccessKeyId": "ASIA' in answer.out, answer
    for path in person.roles.iterdir():
        path.unlink()
    renewed = run(person, pyz, "--renew", "dev", "--shell", "bash", SSOENV_HOOK_WAIT="30")
    assert "export AWS_ACCESS_KEY_ID='ASIA" in renewed.out, renewed


def test_it_refuses_init_until_it_is_the_command(person: World, pyz: Path) -> None:
    assert_fails(run(person, pyz, "init", "bash"), 2, "install -m 755", stdout="")


def test_it_takes_the_tour(person: World, pyz: Path) -> None:
    answer = run(person, pyz, "demo")
    assert answer.code == 0, answer
    assert "No module named" not in answer.out


def test_as_the_command_it_is_at_home_in_a_shell(person: World, pyz: Path) -> None:
    folder = person.home / "bin"
    folder.mkdir()
    shutil.copy(pyz, folder / "ssoenv")
    script = """
    eval "$(ssoenv init bash)" || exit
    ssoenv use dev && echo "$SSOENV_PROFILE $(type -t ssoenv)"
    ssoenv off && echo "${SSOENV_PROFILE-nobody}"
    """
    line = ["bash", "--norc", "--noprofile", "-c", script]
    python = os.path.dirname(os.path.realpath(sys.executable))
    answer = person.command(line, PATH=f"{folder}:{python}:{PATH}")
    assert answer.out == "dev function\nnobody\n", answer


@pytest.mark.skipif(not thorough.WANTED, reason="needs SSOENV_TEST_THOROUGH=1: it takes a while")
def test_whoever_builds_gets_the_same_bytes(release: Release, pyz: Path, tmp_path: Path) -> None:
    again = tmp_path / "ssoenv.pyz"
    build(release, again)
    assert again.read_bytes() == pyz.read_bytes()
