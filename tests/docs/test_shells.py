"""The lines in shell/README.md are those of the scripts, and those that the tests type."""

import os
import shutil

import pytest

from ssoenv.commands import init
from tests.conftest import World, need
from tests.docs import pages
from tests.integration import people

ROWS = pages.rows("shell/README.md", "ssoenv in your shell")
LINES = {cells[0].split()[0].lower(): cells[1].strip("` ") for cells in ROWS[1:10]}
LINES["nu"] = LINES.pop("nushell")


def test_every_script_has_its_line() -> None:
    assert set(LINES) == set(init._SCRIPTS)


@pytest.mark.parametrize("name", LINES)
def test_the_script_itself_says_the_same(name: str) -> None:
    with open(init.scripts(name)[0], encoding="utf-8") as file:
        comment = [line.strip("# \n") for line in file if line.startswith("#")]
    assert LINES[name] in comment or set(LINES[name].split("; ")) <= set(comment)


@pytest.mark.parametrize("shell", people.SHELLS, ids=lambda shell: shell.label)
def test_it_is_the_line_in_the_start_up_files_of_the_tests(shell: people.Shell) -> None:
    name = {"pwsh": "powershell"}.get(shell.name, shell.name)
    if name != "nu":  # whose line is typed once, see below
        assert LINES[name] in shell.startup


def test_the_line_of_nushell_works_in_a_home_without_such_folders(shared_world: World) -> None:
    nu = os.environ.get("SSOENV_TEST_NU") or shutil.which("nu")
    if not nu:
        pytest.skip("needs nushell: npm install nushell, and set SSOENV_TEST_NU")
    done = shared_world.command([nu, "-n", "-c", LINES["nu"]])
    assert done.code == 0, done
    folders = {path.parent.name for path in shared_world.home.rglob("ssoenv.nu")}
    assert folders == {"autoload"}


def test_the_line_of_direnv_works_in_a_home_without_such_folders(shared_world: World) -> None:
    done = shared_world.command([need("bash", "bash"), "-c", LINES["direnv"]])
    assert done.code == 0, done
    text = (shared_world.home / ".config/direnv/lib/ssoenv.sh").read_text()
    assert text == shared_world.run("init", "direnv").out
