"""A TAB where there is more on the line than ssoenv and its words: other commands before it,
redirections."""

import os

import pytest

from tests.conftest import World
from tests.integration.people import BASH, FISH, SHELLS, ZSH, Person, Shell

BEHIND = {
    "bash": ("time", "time -p", "sudo", "nohup", "command", "exec", "A=1", "time sudo"),
    "zsh": ("time", "sudo", "nohup", "command", "exec", "env A=1", "nice -n 5", "A=1"),
    "fish": ("time", "sudo", "command", "exec", "env A=1", "nice -n 5", "A=1", "time sudo"),
}
three_shells = pytest.mark.parametrize("shell", (BASH, ZSH, FISH), ids=lambda shell: shell.label)


@pytest.fixture
def world(signed_in: World) -> World:
    signed_in.add_config("[profile team:ops]\nregion = y\n")
    (signed_in.home / "script.env").touch()
    (signed_in.home / "bin").mkdir()
    (signed_in.home / "bin" / "sudo").write_text("#!/bin/sh\n")  # shells look whether it is there
    (signed_in.home / "bin" / "sudo").chmod(0o755)
    return signed_in


def bash_completion() -> str:
    """The line that loads bash-completion."""
    path = os.environ.get(
        "SSOENV_TEST_BASH_COMPLETION", "/usr/share/bash-completion/bash_completion"
    )
    if not os.path.exists(path):
        pytest.skip("needs bash-completion: apt-get install bash-completion")
    return f". '{path}'"


@three_shells
def test_ssoenv_behind_another_command_is_completed_all_the_same(
    world: World, shell: Shell
) -> None:
    first = bash_completion() if shell is BASH else ""
    with Person(world, shell, first=first) as person:
        for before in BEHIND[shell.label]:
            person.complete(f"{before} ssoenv use le", f"{before} ssoenv use legacy")
        person.complete("time ssoenv use team:o", "team:ops")
        person.complete("time ssoenv dev --format=gith", "--format=github")
        person.complete("time ssoenv exec dev -- ssoenv profi", "-- ssoenv profiles")
        person.complete("ssoenv exec team:ops -- ssoenv profi", "team:ops -- ssoenv profiles")


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell.label)
def test_a_redirection_wants_a_file(world: World, shell: Shell) -> None:
    sign = "o>" if shell.label == "nu" else ">"
    with Person(world, shell) as person:
        person.complete(f"ssoenv dev --format dotenv {sign} scri", "script.env")


@three_shells
def test_a_redirection_is_no_word_of_the_command(world: World, shell: Shell) -> None:
    with Person(world, shell) as person:
        for sign in (">", "2>", ">>", "<"):
            person.complete(f"ssoenv dev {sign}scri", f"ssoenv dev {sign}script.env")
        person.complete("ssoenv dev --format 2>scri", "--format 2>script.env")
        for before in ("2>/dev/null", "2> /dev/null", ">> 'my file'"):
            person.complete(f"ssoenv {before} use le", f"{before} use legacy")
            person.complete(f"ssoenv dev {before} --no-l", f"{before} --no-login")
        person.complete("ssoenv 'dev > x' --no-l", "--no-login")
