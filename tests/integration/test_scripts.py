"""The scripts as files: shipped, printed, and clean by each language's own checker."""

import os
import shutil
import subprocess

import pytest

from ssoenv.commands import init
from tests.conftest import SSOENV, World, need
from tests.shells.programs import PROGRAMS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHELL = os.path.join(ROOT, "shell")

CHECKS = (
    ("shellcheck", ("shellcheck", "-s", "bash"), "ssoenv.bash"),
    ("shellcheck", ("shellcheck", "-s", "bash"), "completion/ssoenv.bash"),
    ("shellcheck", ("shellcheck", "-s", "bash"), "use_ssoenv.sh"),
    ("zsh", ("zsh", "-n"), "ssoenv.zsh"),
    ("zsh", ("zsh", "-n"), "completion/_ssoenv"),
    ("fish", ("fish", "-n"), "ssoenv.fish"),
    ("fish", ("fish", "-n"), "completion/ssoenv.fish"),
    ("tcsh", ("tcsh", "-nf"), "ssoenv.tcsh"),
)


@pytest.mark.parametrize(("program", "command", "file"), CHECKS)
def test_a_script_passes_its_checker(program: str, command: tuple[str, ...], file: str) -> None:
    need(program, f"apt-get install {program}")
    done = subprocess.run([*command, os.path.join(SHELL, file)], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_powershell_script_is_powershell() -> None:
    pytest.importorskip("tree_sitter_powershell", reason="pip install tree-sitter-powershell")
    import tree_sitter
    import tree_sitter_powershell

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    with open(os.path.join(SHELL, "ssoenv.ps1"), "rb") as file:
        script = file.read()
    assert not parser.parse(script).root_node.has_error
    assert script.isascii()  # Windows PowerShell reads other bytes by the code page


@pytest.mark.parametrize("shell", init._SCRIPTS)
def test_init_prints_a_script_that_begins_with_where_to_put_it(world: World, shell: str) -> None:
    result = world.run("init", shell)
    assert (result.code, result.err) == (0, "")
    start = "".join(result.out.splitlines(keepends=True)[:6])
    assert f"ssoenv init {shell}" in start
    assert "\r" not in result.out
    path = world.run("init", shell, "--path").out.rstrip("\n")
    with open(path, encoding="utf-8") as file:
        assert result.out.startswith(file.read())


def test_init_takes_other_names_of_a_shell_and_finds_the_one_that_asks(world: World) -> None:
    assert world.run("init", "pwsh").out == world.run("init", "powershell").out
    assert world.run("init").out == world.run("init", "bash").out
    result = world.run("init", "yash")
    assert result.code == 2
    assert "Available: bash, zsh" in result.err


def test_the_scripts_are_plain_text() -> None:
    for names in init._SCRIPTS.values():
        for name in names:
            with open(os.path.join(SHELL, name), encoding="utf-8") as file:
                text = file.read()
            assert text.endswith("\n")
            assert not any(line.endswith((" ", "\t")) for line in text.splitlines())


ALONE = {
    "bash": "source FILE; COMP_LINE='ssoenv prof'; COMP_POINT=11; __ssoenv_complete ssoenv prof;"
    ' echo "${COMPREPLY[@]}"',
    "fish": "source FILE; complete -C'ssoenv prof' | string replace -r '\\t.*' ''",
}


@pytest.mark.parametrize("shell", ALONE)
def test_completion_works_without_the_rest(world: World, shell: str) -> None:
    """As bash-completion and fish load it from share/; "use" is then not offered."""
    need(shell, f"apt-get install {shell}")
    file = os.path.join(SHELL, "completion", f"ssoenv.{shell}")
    script = ALONE[shell].replace("FILE", file)
    result = world.command([shutil.which(shell), "-c", script])
    assert result.out.split() == ["profiles"]
    script = script.replace("prof", "u").replace("11", "8")
    result = world.command([shutil.which(shell), "-c", script])
    assert "use" not in result.out.split()


def test_the_elvish_script_can_be_read_by_a_script(signed_in: World) -> None:
    """Which has no editor. Its functions are in the namespace of the eval, as elsewhere."""
    elvish = PROGRAMS["elvish"].path()
    script = (
        "eval (ssoenv init elvish | slurp) &on-end={|ns|\n"
        "  $ns[ssoenv~] use dev\n  echo $E:SSOENV_PROFILE\n  put ($ns[ssoenv_prompt~])\n"
        "  $ns[ssoenv~] off\n  echo [(get-env AWS_REGION)]\n}\n"
    )
    file = signed_in.home / "script.elv"
    file.write_text(script)
    path = f"{os.path.dirname(SSOENV)}:{os.environ['PATH']}"
    result = signed_in.command([elvish, "-norc", str(file)], PATH=path, AWS_REGION="here")
    assert result.out.splitlines()[::2] == ["dev", "[here]"]
    assert "▶ 'dev " in result.out
