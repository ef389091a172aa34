"""What passes through the integration of a shell arrives as it left: the words of a command, the
bytes that it reads and writes, its exit status, the terminal."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.conftest import World
from tests.integration.people import BASH, FISH, OLD_BASH, SHELLS, TCSH, ZSH, Person, Shell

every_shell = pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell.label)

AS_TYPED = ("a,b", "Name=x,Values=y", "--flag=v", "x:y", "007", "0x10", "1e3", "+1", "a.b")
QUOTED = (
    *("*.txt", "~", "-x:y", "@x", "", "--", "a b", " ", 'say "hi"', "it's", "$HOME", "`id`"),
    *("$(id)", "back\\", "a\\b", "\\\\", "%PATH%", "!x", "{a,b}", "#x", ";", "a&b", "|", "<x>"),
    *("[x]", "?", "(x)", "^x", "-Verbose", "true", "-", "-h", "=x", "x=~", "\t"),
)
BEYOND_ASCII = ("\u00e9 \u65e5\u672c", "\u2018x\u2019", "\U0001f600")

ARGUMENTS = f"""#!{sys.executable}
import json, os, sys
with open(sys.argv[1], "w") as file:
    json.dump([sys.argv[2:], [os.isatty(stream) for stream in range(3)]], file)
"""


def sh(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


def fish(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"


def tcsh(word: str) -> str:
    return sh(word).replace("!", "'\\!'")


def doubled(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def powershell(word: str) -> str:
    for quote in "'\u2018\u2019":
        word = word.replace(quote, quote * 2)
    return f"'{word}'"


def xonsh(word: str) -> str:
    """xonsh itself replaces "~" and variables in strings, unless they are raw."""
    return f"r{word!r}" if set("~$") & set(word) else repr(word)


def nu(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


QUOTES: dict[str, Callable[[str], str]] = {
    **{shell.name: sh for shell in (BASH, OLD_BASH, ZSH)},
    FISH.name: fish,
    "nu": nu,
    "elvish": doubled,
    "xonsh": xonsh,
    "tcsh": tcsh,
    "pwsh": powershell,
}
LOAD = {
    "bash": 'eval "$(ssoenv init bash)"',
    "zsh": 'eval "$(ssoenv init zsh)"',
    "fish": "ssoenv init fish | source",
    "nu": "source ssoenv.nu",
    "elvish": "",  # its scripts read no rc.elv, and have no module "edit"
    "xonsh": "execx($(ssoenv init xonsh))",
    "tcsh": 'source "`ssoenv init tcsh --path`"',
    "pwsh": "ssoenv init powershell | Out-String | Invoke-Expression",
}
BYTES = (
    "ssoenv exec dev -- cat in > out",
    "cat in | ssoenv exec dev -- cat > through",
)
BYTES_IN_NU = (
    "ssoenv exec dev -- cat in | save --raw out",
    "open --raw in | ssoenv exec dev -- cat | save --raw through",
)


def script(world: World, shell: Shell, *lines: str) -> subprocess.CompletedProcess[bytes]:
    """Run a script in which the integration has been read."""
    shell.set_up(world.home)
    path = world.home / ("script.ps1" if shell.name == "pwsh" else "script")
    path.write_text("\n".join((LOAD[shell.name], *lines, "")))
    options = {"pwsh": ("-NoProfile", "-File"), "bash": ("--norc",), "zsh": ("-f",)}
    options |= {"tcsh": ("-f",), "nu": ("-n",), "xonsh": ("--no-rc",), "fish": ("-N",)}
    return subprocess.run(
        [shell.program.path(), *options.get(shell.name, ()), str(path)],
        env=world.environment(SSOENV_SHELL=None, NO_COLOR="1", TERM="dumb"),
        cwd=world.home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
    )


def command(world: World, shell: Shell, to: str, words: tuple[str, ...]) -> str:
    program = world.home / "arguments"
    program.write_text(ARGUMENTS)
    program.chmod(0o755)
    (world.home / "a.txt").touch()
    quoted = map(QUOTES[shell.name], words)
    return " ".join(("ssoenv exec dev -- ./arguments", to, *AS_TYPED, *quoted))


@every_shell
def test_in_a_script(signed_in: World, shell: Shell) -> None:
    every_byte = bytes(range(256)) * 400
    (signed_in.home / "in").write_bytes(every_byte)
    words = QUOTED + BEYOND_ASCII
    line = command(signed_in, shell, "words", words)
    done = script(signed_in, shell, line, *(BYTES_IN_NU if shell.name == "nu" else BYTES))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert json.loads((signed_in.home / "words").read_text())[0] == [*AS_TYPED, *words]
    assert (signed_in.home / "out").read_bytes() == every_byte
    assert (signed_in.home / "through").read_bytes() == every_byte
    leave = "exit $LASTEXITCODE" if shell.name == "pwsh" else ""
    code = script(signed_in, shell, "ssoenv exec dev -- sh -c 'exit 7'", leave).returncode
    # Elvish and xonsh end a script that fails with statuses of their own.
    assert code == {"elvish": 2, "xonsh": 1}.get(shell.name, 7)


@every_shell
def test_at_the_prompt(signed_in: World, shell: Shell) -> None:
    every_byte = bytes(range(256)) * 400
    (signed_in.home / "in").write_bytes(every_byte)
    typed = tuple(word for word in QUOTED if word != "\t")
    with Person(signed_in, shell, columns=200) as person:
        for start in range(0, len(typed), 6):
            words = typed[start : start + 6]
            person.enter(command(signed_in, shell, f"words{start}", words))
            person.wait_for_prompt()
            found = json.loads((signed_in.home / f"words{start}").read_text())
            assert found == [[*AS_TYPED, *words], [True] * 3]
        for line in BYTES_IN_NU if shell.name == "nu" else BYTES:
            person.enter(line)
        if shell.status:
            person.enter("ssoenv exec dev -- sh -c 'exit 7'")
            person.enter(shell.status)
            person.see("status 7")
        else:
            person.wait_for_prompt()
    assert (signed_in.home / "out").read_bytes() == every_byte
    assert (signed_in.home / "through").read_bytes() == every_byte


NAMES = ("two words;id *$HOME", "-v2 & `id` {a,b} (it's) #")


@every_shell
def test_a_profile_keeps_its_name(shared_world: World, shell: Shell) -> None:
    """On its way through ``use``, and when the hook renews its keys."""
    for name in NAMES:
        role = "sso_session = demo\nsso_account_id = 111122223333\nsso_role_name = Developer\n"
        shared_world.add_config(f'[profile "{name}"]\n{role}')
    with Person(shared_world, shell, columns=200) as person:
        for word, name in zip((NAMES[0], f"--profile={NAMES[1]}"), NAMES, strict=True):
            person.enter(f"ssoenv use {QUOTES[shell.name](word)}")
            old, used = person.shown(name[1], "AWS_ACCESS_KEY_ID", "SSOENV_PROFILE").split(" ", 1)
            assert used == name
            person.forget_keys()
            new, used = person.shown(name[0], "AWS_ACCESS_KEY_ID", "SSOENV_PROFILE").split(" ", 1)
            assert used == name
            assert new not in (old, "gone")


@every_shell
def test_help_and_words_too_many_change_nothing(shared_world: World, shell: Shell) -> None:
    with Person(shared_world, shell, columns=200) as person:
        person.enter("ssoenv use dev")
        person.enter("ssoenv use prod --help")
        person.see("ssoenv use prod read")
        person.enter("ssoenv use -vh")
        person.see("help is not for a shell to evaluate. Type: ssoenv use --help")
        person.enter("ssoenv off --help")
        person.see("usage: ssoenv off")
        person.enter("ssoenv off now")
        if shell.status and shell.name != "nu":
            person.enter(shell.status)
            person.see("status 2")
        assert person.shown("a", "SSOENV_PROFILE", "AWS_REGION") == "dev eu-central-1"
        person.enter("ssoenv off")
        assert person.shown("b", "SSOENV_PROFILE") == "gone"


ALIASES = "alias env 'env | sort'\nalias date 'date -R'\nalias echo 'echo x'"


@pytest.mark.parametrize(
    ("shell", "lines"),
    [(BASH, "IFS=,1"), (ZSH, "IFS=,1"), (TCSH, ALIASES)],
    ids=["bash", "zsh", "tcsh"],
)
def test_what_a_person_has_set_does_not_count(
    shared_world: World, shell: Shell, lines: str
) -> None:
    with Person(shared_world, shell, last=lines, columns=200) as person:
        person.enter("ssoenv use prod --help")
        person.see("ssoenv use prod read")
        person.enter("ssoenv use dev")
        person.see("[dev ")
        assert person.shown("a", "AWS_ACCOUNT_ID") == "111122223333"


def test_keys_of_the_person_are_words_of_no_process(shared_world: World) -> None:
    """tcsh has no variables for one command; "env" would have them in the list of processes."""
    with Person(shared_world, TCSH) as person:
        words = shared_world.home / "words"
        env = shared_world.home / "bin" / "env"
        env.write_text(f'#!/bin/sh\necho "$@" >> {words}\nexec /usr/bin/env "$@"\n')
        env.chmod(0o755)
        person.enter("rehash")
        person.put("AWS_SECRET_ACCESS_KEY", "mine")
        for name in ("dev", "prod", "-"):
            person.enter(f"ssoenv use {name}")
        person.see("[dev ")
        person.enter("ssoenv off")
        assert person.shown("a", "AWS_SECRET_ACCESS_KEY") == "mine"
        person.enter("env true")
        assert person.shown("b", "SSOENV_SHELL_STATE") == "gone"
        assert words.read_text() == "true\n"
