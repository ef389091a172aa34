"""What people type who come from elsewhere, and what they see on small terminals."""

import json

import pytest

from tests.conftest import World, assert_fails
from tests.signin.people import Person, plain

MEANT = {"list": "profiles", "ls": "profiles", "whoami": "status", "version": "--version"}


@pytest.mark.parametrize("word", MEANT)
def test_another_name_of_a_command_is_understood_at_a_terminal(signed_in: World, word: str) -> None:
    person = Person(signed_in, word, columns=200)
    assert person.end() == 0, person.seen
    first, rest = person.seen.split("\r\n", 1)
    assert first == f"ssoenv: {word} is here: ssoenv {MEANT[word]}"
    again = Person(signed_in, MEANT[word], columns=200)
    assert again.end() == 0
    assert plain(rest).split()[0] == plain(again.seen).split()[0]


@pytest.mark.parametrize("word", MEANT)
def test_what_is_caught_may_be_evaluated_so_there_it_only_says_which(
    signed_in: World, word: str
) -> None:
    words = f'there is no command "{word}"', f"Type: ssoenv {MEANT[word]}"
    assert_fails(signed_in.run(word), 2, *words)


def test_switch_is_use(signed_in: World) -> None:
    words = 'there is no command "switch"', "Type: ssoenv use dev"  # also where use is there
    assert_fails(signed_in.run("switch", "dev"), 2, *words)


@pytest.mark.parametrize(("words", "request_"), [
    (["use", "dev"], "dev"),
    (["use", "my prod"], "'my prod'"),
    (["use", "--region", "x", "dev"], "--region x dev"),
    (["use", "status"], "env status"),
    (["use"], "PROFILE"),
    (["use", "-"], "PROFILE"),
    (["off"], "--unset"),
])  # fmt: skip
def test_a_shell_without_functions_is_told_its_line(
    world: World, words: list[str], request_: str
) -> None:
    line = f'Type: eval "$(ssoenv {request_})"\n'
    assert_fails(world.run(*words, SSOENV_SHELL="sh"), 2, "there is no function", line)
    if words[0] == "use" and "'" in request_:
        result = world.run(*words, SSOENV_SHELL="powershell")
        assert f"type: Use-SsoenvProfile {request_}\n" in result.err


@pytest.mark.parametrize("word", [*MEANT, "switch"])
def test_a_profile_that_is_called_so_comes_first(signed_in: World, word: str) -> None:
    config = signed_in.config
    config.write_text(config.read_text().replace("[profile dev]", f"[profile {word}]"))
    assert signed_in.variables(word)["SSOENV_PROFILE"] == word


@pytest.mark.parametrize(("command", "hint"), [
    (["echo hi"], "For a line that a shell reads, type behind --: sh -c 'echo hi'"),
    (["FOO=1", "make", "a b"], "type behind --: env FOO=1 make 'a b'"),
    (["cd", "/tmp"], "It is a part of the shell, so type behind --: sh -c 'cd /tmp'"),
    (["source", "x y"], "type behind --: sh -c "),
    (["./none", "x"], "Check its spelling, and the folder you are in"),
    (["ll", "-a"], "if it is an alias or a function, type: bash -ic 'll -a'"),
    (["--profile"], "Options of the command come after --, its name first"),
])  # fmt: skip
@pytest.mark.parametrize("apart", [True, False])
def test_exec_says_what_may_be_meant(
    signed_in: World, command: list[str], hint: str, apart: bool
) -> None:
    if not apart and command[0].startswith("-"):
        return
    words = ["exec", "dev", *(["--"] if apart else []), *command]
    for _ in range(2):
        result = signed_in.run(*words, SHELL="/bin/bash")
        assert_fails(result, 127, f'there is no command "{command[0]}"', hint, stdout="")
        assert signed_in.idc.count("GetRoleCredentials") == 0


def test_what_the_hints_say_runs(signed_in: World) -> None:
    for command, out in (
        (["sh", "-c", "echo hi"], "hi\n"),
        (["env", "FOO=1", "sh", "-c", "echo $FOO"], "1\n"),
        (["sh", "-c", "cd /tmp && pwd"], "/tmp\n"),
    ):
        assert signed_in.run("exec", "dev", "--", *command).out == out


def test_watch_says_that_it_watches(signed_in: World) -> None:
    person = Person(signed_in, "write", "--watch", "dev", columns=200)
    person.expect("watching: writes new keys before these end; Ctrl-C stops it")
    person.child.sendintr()
    assert person.end() == 0


LINES = {
    "bash": ('eval "$(ssoenv init bash)"', "~/.bashrc"),
    "zsh": ('eval "$(ssoenv init zsh)"', "~/.zshrc"),
    "fish": ("ssoenv init fish | source", "~/.config/fish/config.fish"),
    "powershell": ("ssoenv init powershell | Out-String | Invoke-Expression", "$PROFILE"),
    "nu": ("ssoenv init nu | save -f ($nu.data-dir | path join vendor autoload ssoenv.nu)", ""),
    "elvish": ("eval (ssoenv init elvish | slurp)", "~/.config/elvish/rc.elv"),
    "xonsh": ("execx($(ssoenv init xonsh))", "~/.xonshrc"),
    "tcsh": ('source "`ssoenv init tcsh --path`"', "~/.tcshrc"),
    "direnv": ("mkdir -p ~/.config/direnv/lib && ssoenv init direnv > ", "use ssoenv PROFILE"),
}


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("shell", LINES)
def test_init_shows_a_person_the_line_and_the_file(world: World, shell: str, columns: int) -> None:
    person = Person(world, "init", shell, columns=columns)
    assert person.end() == 0
    shown = person.seen.replace("\r\n", "\n")
    line, file = LINES[shell]
    assert f"    {line}" in shown
    assert file in " ".join(shown.split())
    assert world.run("init", shell, "--path").out.strip() in shown
    assert len(shown.splitlines()) < 20
    assert "__ssoenv" not in shown
    assert "ssoenv" in world.run("init", shell).out.partition("It defines")[2] or shell == "direnv"


@pytest.mark.parametrize("columns", [40, 60, 200])
@pytest.mark.parametrize("words", [["--help"], ["help", "exec"], ["console", "--help"]], ids=str)
def test_help_folds_at_the_width_of_the_terminal(
    world: World, words: list[str], columns: int
) -> None:
    person = Person(world, *words, columns=columns)
    assert person.end() == 0
    lines = person.seen.replace("\r\n", "\n").splitlines()
    assert max(map(len, lines)) <= columns, lines
    assert " ".join(person.seen.split()) == " ".join(
        world.run(*words, COLUMNS=str(columns)).out.split()
    )
    if columns == 40 and words == ["--help"]:
        assert "  pick" in lines and "        Pick a profile from a list, and" in lines


def test_profiles_sees_through_a_credential_process_of_ours(signed_in: World) -> None:
    signed_in.add_config(
        "[profile a]\ncredential_process = ssoenv credential-process dev\n"
        "[profile b]\ncredential_process = /usr/bin/ssoenv credential-process --profile=dev\n"
        "[profile c]\ncredential_process = other credential-process dev\n"
        "[profile d]\ncredential_process = ssoenv credential-process a\n"
        "[profile e]\ncredential_process = ssoenv credential-process nobody\n"
    )

    def states() -> dict[str, tuple[str, str, str | None]]:
        rows = json.loads(signed_in.run("profiles", "--json").out)
        return {row["profile"]: (row["kind"], row["state"], row["role_name"]) for row in rows}

    found = states()
    assert found["a"] == found["b"] == ("process", "signed-in", "Developer")
    assert found["c"] == found["d"] == found["e"] == ("process", "elsewhere", None)
    signed_in.sign_out()
    assert states()["a"] == ("process", "sign-in-needed", "Developer")


def test_the_values_of_session_complete(world: World) -> None:
    world.add_config('[sso-session "my corp"]\nsso_region = x\n[sso-session demo]\n[profile sso]\n')
    for words in (["exec", "--session", ""], ["login", "--session", ""], ["--session", ""]):
        lines = world.run("--complete", "", *words).out.splitlines()
        assert [line.split("\t")[0] for line in lines] == ["demo", "my corp"]
    out = world.run("--complete", "", "login", "--session=m").out
    assert out == "--session=my corp\t\n"
