"""What else lives in a person's shell goes on living: traps, prompts, options, other tools."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable

import pytest

from tests.conftest import World
from tests.docs import pages
from tests.integration.people import BASH, OLD_BASH, SHELLS, ZSH, Person, Shell

both_bashes = pytest.mark.parametrize("shell", (BASH, OLD_BASH), ids=lambda shell: shell.label)


def renews_before_the_command(person: Person) -> None:
    """Use a profile; at the end of its keys the next command, not the prompt, has new ones."""
    person.enter("ssoenv use dev")
    old = person.shown("old", "AWS_ACCESS_KEY_ID")
    person.forget_keys()
    person.enter("")
    person.wait_for_prompt()
    assert not any("--renew" in call for call in person.calls)
    assert person.shown("new", "AWS_ACCESS_KEY_ID") not in (old, "gone")
    assert sum("--renew" in call for call in person.calls) == 1


@both_bashes
def test_a_debug_trap_and_the_prompt_command_stay_as_they_were(
    signed_in: World, shell: Shell
) -> None:
    """Both still run, and $? and PIPESTATUS are the person's."""
    mine = "trap 'last=$BASH_COMMAND' DEBUG\nPROMPT_COMMAND='told=$?; mark=prompted;'"
    with Person(signed_in, shell, first=mine) as person:
        renews_before_the_command(person)
        person.enter("(exit 7)")
        person.enter('echo "code $? told $told $mark"')
        person.see("code 7 told 7 prompted")
        person.enter('echo "last $last"')
        person.see("last echo ")
        if shell is OLD_BASH:
            return  # there any DEBUG trap loses PIPESTATUS
        person.enter("false | true")
        person.enter('echo "pipe ${PIPESTATUS[*]}"')
        person.see("pipe 1 0")


@both_bashes
def test_the_last_argument_stays_what_it_was(signed_in: World, shell: Shell) -> None:
    """$_, also for the command before which keys were renewed."""
    with Person(signed_in, shell) as person:
        person.enter("ssoenv use dev")
        person.shown("a", "SSOENV_PROFILE")
        person.forget_keys()
        person.enter(": one two")
        person.enter('echo "under $_"')
        person.see("under two")
        assert sum("--renew" in call for call in person.calls) == 1


def test_an_array_of_prompt_commands_is_kept_whatever_comes_after_ours(signed_in: World) -> None:
    first = "PROMPT_COMMAND=('one=1' 'two=2')"
    with Person(signed_in, BASH, first=first, last="PROMPT_COMMAND+=('three=3; four=4')") as person:
        renews_before_the_command(person)
        person.enter('echo "all $one$two$three$four"')
        person.see("all 1234")


# What VS Code's script for bash does to the prompt and the trap: it takes the first of the prompt
# commands for all of them, runs the trap that was there once a command, and logs the command.
VS_CODE = r"""
__code_running=1
__code_original=$PROMPT_COMMAND
eval "__code_trap=($(trap -p DEBUG))"
__code_before() {
  [[ $__code_running == 0 ]] || return 0
  __code_running=1
  eval "${__code_trap[2]}"
  echo "$BASH_COMMAND" >> ~/logged
}
trap '__code_before "$_"' DEBUG
__code_prompt() {
  eval "$__code_original"
  __code_running=0
}
PROMPT_COMMAND=__code_prompt
"""


@pytest.mark.parametrize(
    "array",
    ("PROMPT_COMMAND=(one=1)", "PROMPT_COMMAND=(zero=0 one=1)", "PROMPT_COMMAND='one=1'", ""),
)
def test_what_vs_code_adds_to_bash_goes_on_working(signed_in: World, array: str) -> None:
    first = f"TERM_PROGRAM=vscode\n{array}"
    with Person(signed_in, BASH, first=first, last=VS_CODE) as person:
        renews_before_the_command(person)
        if array:
            person.enter('echo "one is $one"')
            person.see("one is 1")
        person.enter(': "one $one"')
        person.enter(": two")
        person.wait_for_prompt()
        logged = (signed_in.home / "logged").read_text().splitlines()
        assert logged[-2:] == [': "one $one"', ": two"]


@both_bashes
@pytest.mark.parametrize("first", ("export PROMPT_COMMAND='history -a'", "set -a", ""))
def test_a_shell_in_the_shell_takes_nothing_for_granted(
    signed_in: World, shell: Shell, first: str
) -> None:
    """One that reads no start-up file runs nothing of ours, one that does has the hook."""
    program = shell.program.path()
    last = 'export PS1; PROMPT_COMMAND="mark=1; $PROMPT_COMMAND"; export PROMPT_COMMAND'
    with Person(signed_in, shell, first=first, last=last) as person:
        person.enter(f"{program} --noprofile --norc")
        person.enter("true")
        person.enter("(exit 7)")
        person.enter('echo "code $? mark $mark"')
        person.see("code 7 mark 1")
        assert "not found" not in person.terminal.history()
        person.enter("exit")
        person.enter(f"{program} --noprofile --rcfile ~/.bashrc")
        renews_before_the_command(person)
        assert "not found" not in person.terminal.history()


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell.label)
def test_a_shell_takes_nothing_of_ours_from_the_environment(signed_in: World, shell: Shell) -> None:
    """A shell in the shell, and variables that are called like what the shell itself remembers."""
    names = ("state", "seen", "due", "next", "told", "boot", "ready", "prompt_hook", "trap", "file")
    foreign = {
        f"{start}_{name}": "999999999999999" for start in ("__ssoenv", "_ssoenv") for name in names
    }
    foreign |= {"__ssoenv": "x", "_ssoenv": "x", "SSOENV_STATE": "x"}
    with Person(signed_in, shell, **foreign) as person:
        arguments = [argument.format(home=signed_in.home) for argument in shell.command]
        line = " ".join((shell.program.path(), *arguments))
        person.enter(f"^{line}" if shell.label == "nu" else line)
        inits = 2 if shell.label != "nu" else 0
        person.terminal.until(
            lambda _: sum("init" in call for call in person.calls) >= inits, "the start-up file"
        )
        person.enter("ssoenv use dev")
        person.see("[dev ")
        old = person.shown("a", "AWS_ACCESS_KEY_ID")
        person.forget_keys()
        assert person.shown("b", "AWS_ACCESS_KEY_ID") not in (old, "gone")
        assert sum("--renew" in call for call in person.calls) == 1


# What else shows the commands of functions: a trap of the start-up file, and what is typed for it.
WATCHED = (
    (BASH, "set -T", "trap 'echo \"run: $BASH_COMMAND\"' DEBUG"),
    (ZSH, "trap 'echo \"run: $ZSH_DEBUG_CMD\"' DEBUG", ""),
)


def taken(line: str) -> Callable[[str], bool]:
    """Whether something is on the screen behind ``line``."""
    return lambda screen: line in screen and not screen.rstrip().endswith(line)


@pytest.mark.parametrize(
    ("shell", "trace", "first"),
    [*((one, one.trace, "") for one in SHELLS if one.trace), *WATCHED],
    ids=lambda one: one.label if isinstance(one, Shell) else "",
)
def test_commands_that_are_shown_have_no_secrets(
    signed_in: World, shell: Shell, trace: str, first: str
) -> None:
    """At ``use``, at a renewal, at ``off``; afterwards the commands are shown as before."""
    with Person(signed_in, shell, first, AWS_SECRET_ACCESS_KEY="of-the-person") as person:
        lines = (
            trace,
            "ssoenv use dev",
            shell.program.export("SSOENV_EXPIRES_AT", "1"),
            "true",
            "child a SSOENV_EXPIRES_AT",
            "ssoenv off",
            "child b SSOENV_PROFILE",
        )
        for line in lines:
            if (shell, trace, first) not in WATCHED:
                person.enter(line)
                continue
            person.terminal.type(line)
            person.terminal.press("Enter")
            # Not at the prompt: what is shown comes after it, too.
            person.terminal.until(taken(line), "the shell at work")
        person.see("(b) gone")
        seen = person.terminal.history()
        assert "(a) 1\n" not in seen
        assert any("--renew" in call for call in person.calls)
        issued = signed_in.idc.keys.values()
        secrets = [text for keys in issued for text in (keys.secret_access_key, keys.session_token)]
        assert len(secrets) >= 2
        for secret in (*secrets, "of-the-person"):
            assert secret[:20] not in seen
        assert "child b" in seen.rpartition("ssoenv off")[2]


def test_what_xonsh_prints_of_all_that_it_reads_has_no_secrets(signed_in: World) -> None:
    program = next(one for one in SHELLS if one.label == "xonsh").program.path()
    script = (
        "execx($(ssoenv init xonsh)); $XONSH_DEBUG = 2\nssoenv use dev\nssoenv off\nprint(1 + 1)"
    )
    done = subprocess.run(
        [program, "--no-rc", "-c", script],
        env=signed_in.environment(AWS_SECRET_ACCESS_KEY="of-the-person", SSOENV_SHELL=None),
        capture_output=True,
        text=True,
        timeout=120,
    )
    shown = done.stdout + done.stderr
    assert shown.endswith("2\n")
    assert signed_in.idc.keys
    for keys in signed_in.idc.keys.values():
        assert keys.secret_access_key not in shown
        assert keys.session_token not in shown
    assert "of-the-person" not in shown


@both_bashes
def test_strict_options_of_bash_do_no_harm(signed_in: World, shell: Shell) -> None:
    """set -eu, noclobber, posix mode, allexport, a strange IFS, an unset PROMPT_COMMAND."""
    strict = "set -euaC; set -o posix; IFS=:; unset PROMPT_COMMAND"
    with Person(signed_in, shell, first=strict, last="set -euaC; IFS=:") as person:
        renews_before_the_command(person)
        person.enter("env | grep -c 'unset AWS_[A-Z]' || :")
        person.see("\n0")
        person.enter("ssoenv off")
        assert person.shown("a", "SSOENV_PROFILE", "AWS_SESSION_TOKEN") == "gone gone"


@both_bashes
def test_a_trap_on_errors_is_told_once_and_tab_is_no_error(signed_in: World, shell: Shell) -> None:
    last = "trap 'echo \"wrong: $BASH_COMMAND\"' ERR"
    with Person(signed_in, shell, last=last) as person:
        person.enter("(exit 3)")
        person.enter('echo "code $?"')
        assert person.see("code 3").count("wrong: ") == 1
        person.enter("trap - ERR; set -e")
        person.complete("ssoenv exec dev -- mkdi", "ssoenv exec dev -- mkdir")
        assert person.shown("a", "HOME") == str(signed_in.home)


@pytest.mark.parametrize("late", (False, True), ids=("before ours", "after ours"))
def test_bash_preexec_is_joined(signed_in: World, late: bool) -> None:
    path = os.environ.get("SSOENV_TEST_BASH_PREEXEC")
    if not path:
        pytest.skip("needs bash-preexec: set SSOENV_TEST_BASH_PREEXEC to bash-preexec.sh")
    lines = f". '{path}'\npreexec() {{ seen=$1; }}\nprecmd() {{ told=$?; }}"
    first, last = ("", lines) if late else (lines, "")
    with Person(signed_in, BASH, first=first, last=last) as person:
        renews_before_the_command(person)
        person.enter("(exit 7)")
        person.enter('echo "told $told seen $seen"')
        person.see("told 7 seen echo ")


@pytest.mark.parametrize("late", (False, True), ids=("before ours", "after ours"))
def test_starship_is_left_alone(signed_in: World, late: bool) -> None:
    starship = shutil.which("starship")
    if not starship:
        pytest.skip("needs starship: https://starship.rs")
    line = f'eval "$({starship} init bash)"'
    first, last = ("", line) if late else (line, "")
    (signed_in.home / ".config").mkdir(exist_ok=True)
    settings = "format = '\\[star\\]> '\nadd_newline = false\n"
    (signed_in.home / ".config/starship.toml").write_text(settings)
    with Person(signed_in, BASH, first=first, last=last) as person:
        renews_before_the_command(person)
        person.see("[star]>")


@pytest.mark.parametrize("mode", ("ksh", "sh"))
def test_zsh_may_play_another_shell(signed_in: World, mode: str) -> None:
    """emulate ksh and emulate sh, both before our line is read and after."""
    lines = f"emulate {mode}"
    with Person(signed_in, ZSH, first=f"setopt prompt_subst\n{lines}", last=lines) as person:
        renews_before_the_command(person)
        person.enter("ssoenv off")
        assert person.shown("a", "SSOENV_PROFILE") == "gone"


def test_strict_options_of_zsh_and_hooks_of_others_do_no_harm(signed_in: World) -> None:
    options = (
        "setopt nounset noclobber all_export warn_create_global ksh_arrays sh_word_split pipe_fail"
    )
    mine = "preexec() { seen=$1 }\nprecmd() { told=$? }"
    with Person(signed_in, ZSH, first=f"{options}\n{mine}", last=options) as person:
        renews_before_the_command(person)
        person.enter("(exit 7)")
        person.enter('echo "told $told seen $seen"')
        person.see("told 7 seen echo ")
        person.enter("env | grep -c 'unset AWS_[A-Z]'")
        person.see("\n0")


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell.label)
def test_sourcing_twice_and_a_malformed_environment_do_no_harm(
    signed_in: World, shell: Shell
) -> None:
    """Nothing that comes with the environment is run, in the hook or in the prompt."""
    evil = "a[$(touch pwned)]`touch pwned`\\$(touch pwned)"
    evil_name = "d%n`touch pwned`$(touch pwned)\x1b"
    environ = {"SSOENV_EXPIRES_AT": evil, "SSOENV_PROFILE": evil_name}
    with Person(signed_in, shell, first=shell.startup, **environ) as person:
        assert "[d%n" in person.see("[d%n")
        person.shown("a", "SSOENV_EXPIRES_AT")
        assert not (signed_in.home / "pwned").exists()
        person.enter("ssoenv use dev")
        person.see("[dev ")
        person.forget_keys()
        person.shown("b", "SSOENV_PROFILE")
        assert sum("--renew" in call for call in person.calls) == 1
        assert not (signed_in.home / "pwned").exists()


def test_the_recipe_for_starship_shows_the_profile_in_use(signed_in: World) -> None:
    """And its own module goes on to show how long the keys are good."""
    starship = shutil.which("starship")
    if not starship:
        pytest.skip("needs starship: https://starship.rs")
    (signed_in.home / ".config").mkdir(exist_ok=True)
    (signed_in.home / ".config/starship.toml").write_text(
        f"format = '$aws${{env_var.SSOENV_PROFILE}}> '\nadd_newline = false\n{recipes('toml')[0]}"
    )
    person = Person(signed_in, BASH, last=f'eval "$({starship} init bash)"\nssoenv use dev')
    with person.terminal:
        person.see("(eu-central-1) [", "as dev >")


@pytest.mark.parametrize("theme", ("powerlevel10k", "oh-my-zsh"))
def test_the_recipes_for_zsh_show_the_profile_in_use(signed_in: World, theme: str) -> None:
    recipe = recipes("zsh")[theme == "oh-my-zsh"]
    if theme == "powerlevel10k":
        path = os.environ.get("SSOENV_TEST_POWERLEVEL10K")
        if not path:
            pytest.skip("needs powerlevel10k: set SSOENV_TEST_POWERLEVEL10K to its theme's file")
        first = (
            "POWERLEVEL9K_DISABLE_GITSTATUS=true POWERLEVEL9K_DISABLE_CONFIGURATION_WIZARD=true\n"
            f"POWERLEVEL9K_MODE=ascii\n. '{path}'\n"
            "POWERLEVEL9K_LEFT_PROMPT_ELEMENTS=(dir) POWERLEVEL9K_RIGHT_PROMPT_ELEMENTS=(aws)\n"
        )
    else:
        first = "RPROMPT='$(aws_prompt_info)'"  # as its plugin sets it
    # Straight into the terminal, for the prompt is not that of a Person.
    person = Person(signed_in, ZSH, first=first, last=f"{recipe}\nssoenv use dev")
    with person.terminal:
        person.see("<aws:dev " if theme == "oh-my-zsh" else "  dev ")
        person.terminal.type("ssoenv off")
        person.terminal.press("Enter")
        person.terminal.until(lambda screen: "dev " not in screen.splitlines()[-1], "no segment")


def recipes(language: str) -> list[str]:
    """The blocks of shell/README.md in this language."""
    text = (pages.ROOT / "shell" / "README.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
