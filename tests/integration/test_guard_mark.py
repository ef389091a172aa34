"""A profile that asks before it is used is marked wherever a person sees it: in the prompt, in red
where the prompt is in colours, in what ``use`` says, and for every later command."""

import pytest

from tests.conftest import World
from tests.integration.people import BASH, FISH, ZSH, Person, Shell
from tests.integration.test_shells import every_shell
from tests.signin.people import Person as Watcher

GUARDED = (
    "[profile guarded]\nsso_session = demo\nsso_account_id = 111122223333\n"
    "sso_role_name = ReadOnly\nregion = eu-west-1\nssoenv_confirm = true\n"
)


@every_shell
def test_the_prompt_marks_it(signed_in: World, shell: Shell) -> None:
    signed_in.add_config(GUARDED)
    with Person(signed_in, shell) as person:
        for _ in range(2):  # from AWS, and from the cache
            person.enter("ssoenv use guarded --yes")
            person.see("[guarded ! ")
            assert person.shown("a", "SSOENV_GUARDED") == "1"
            person.enter("ssoenv use dev")
            person.see("[dev ")
            assert person.shown("b", "SSOENV_GUARDED") == "gone"
        person.enter("ssoenv use guarded --yes")
        person.forget_keys()
        assert person.shown("c", "SSOENV_GUARDED") == "1"  # which the hook has renewed
        person.enter("ssoenv off")
        assert person.shown("d", "SSOENV_GUARDED") == "gone"


# As shell/README.md has it.
RED = {
    BASH: r"PS1='${SSOENV_GUARDED:+\[\e[31m\]}[$ssoenv_prompt]\[\e[0m\]> '",
    ZSH: r"PROMPT='${SSOENV_GUARDED:+%F{red\}}[$ssoenv_prompt]%f> '",
    FISH: "function fish_prompt; set -q SSOENV_GUARDED; and set_color red\n"
    'echo -n "["(ssoenv_prompt)"]"; set_color normal; echo "> "; end',
}


@pytest.mark.parametrize("shell", RED, ids=lambda shell: shell.label)
def test_the_prompt_may_be_red(signed_in: World, shell: Shell) -> None:
    signed_in.add_config(GUARDED)
    with Person(signed_in, shell, last=RED[shell]) as person:
        for name, red in (("dev", False), ("guarded", True)):
            person.enter(f"ssoenv use {name} --yes")
            person.see(f"[{name} ")
            line = next(
                line
                for line in reversed(person.terminal.painted().splitlines())
                if f"[{name} " in line
            )
            assert ("\x1b[31m[guarded ! " in line) is red


@pytest.mark.parametrize("how", [
    ["env", "guarded", "--yes"], ["env", "guarded", "--yes", "--region", "us-east-1"],
    ["exec", "guarded", "--yes", "--", "env"], ["exec", "--endpoint", "guarded", "--yes", "--",
    "env"], ["env", "guarded", "--role-name", "Developer", "--yes"],
    ["exec", "guarded", "legacy", "--yes", "--", "env"],
], ids=str)  # fmt: skip
def test_every_way_tells_the_child(signed_in: World, how: list[str]) -> None:
    signed_in.add_config(GUARDED)
    for _ in range(2):
        assert "SSOENV_GUARDED=" in signed_in.run(*how).out
        dev = ["dev" if word == "guarded" else word for word in how]
        assert "SSOENV_GUARDED=" not in signed_in.run(*dev).out
        assert "SSOENV_GUARDED=" in signed_in.run(*dev, SSOENV_CONFIRM="d?v*").out


def test_use_says_it_in_red(signed_in: World) -> None:
    signed_in.add_config(GUARDED)
    for changes, name in (({}, "\x1b[31mguarded\x1b[0m"), ({"NO_COLOR": "1"}, "guarded")):
        for _ in range(2):
            arguments = ("--use", "--shell", "bash", "guarded", "--yes")
            person = Watcher(signed_in, *arguments, columns=200, **changes)
            assert person.end() == 0
            assert f"using {name}, which asks first, account 111122223333" in person.seen
