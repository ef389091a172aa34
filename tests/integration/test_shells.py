"""The integration of each shell, in the shell itself: keys are typed, the screen is read."""

import pytest

from tests.conftest import World
from tests.integration.people import SHELLS, Person, Shell

every_shell = pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell.label)


@every_shell
def test_use_switches_in_place_and_off_gives_everything_back(
    signed_in: World, shell: Shell
) -> None:
    """Region and AWS_PROFILE are as before, nothing of ssoenv's own is exported on the way."""
    with Person(signed_in, shell) as person:
        person.put("AWS_PROFILE", "mine")
        person.put("AWS_REGION", "here")
        person.enter("ssoenv use dev")
        person.see("[dev ")
        assert person.shown("a", "AWS_REGION", "AWS_PROFILE") == "eu-central-1 gone"
        person.enter("ssoenv use prod")
        person.see("[prod ")
        assert person.shown("b", "AWS_REGION", "SSOENV_PROFILE") == "eu-west-1 prod"
        person.enter("ssoenv use -")
        assert person.shown("c", "AWS_REGION", "SSOENV_PROFILE") == "eu-central-1 dev"
        person.enter("env | grep -ci _ssoenv")
        person.see("\n0")
        person.enter("ssoenv off")
        assert person.shown("d", "AWS_REGION", "AWS_PROFILE") == "here mine"
        assert person.shown("e", "AWS_ACCESS_KEY_ID", "SSOENV_PROFILE") == "gone gone"


@every_shell
def test_a_role_that_no_profile_names_is_renewed_and_come_back_to(
    signed_in: World, shell: Shell
) -> None:
    """By what the shell keeps of it."""
    with Person(signed_in, shell) as person:
        person.enter("ssoenv use dev --role-name ReadOnly")
        person.see("[ReadOnly@111122223333 ")
        old = person.shown("a", "AWS_ACCESS_KEY_ID")
        person.forget_keys()
        new = person.shown("b", "AWS_ACCESS_KEY_ID")
        assert new != old
        assert "ReadOnly" in signed_in.idc.keys[new].arn
        person.enter("ssoenv use prod")
        assert person.shown("c", "SSOENV_PROFILE", "SSOENV_ROLE") == "prod gone"
        person.enter("ssoenv use -")
        assert person.shown("d", "AWS_ACCESS_KEY_ID", "AWS_REGION") == f"{new} eu-central-1"
        person.enter("ssoenv off")
        assert person.shown("e", "SSOENV_PROFILE", "SSOENV_ROLE") == "gone gone"
        person.enter("ssoenv use -")
        assert person.shown("f", "AWS_ACCESS_KEY_ID") == new


@every_shell
def test_a_region_that_was_chosen_is_come_back_to(signed_in: World, shell: Shell) -> None:
    """Wherever the option stands; after ``off``, too."""
    with Person(signed_in, shell) as person:
        person.enter("ssoenv use --region us-east-2 dev")
        person.see("using dev, account 111122223333, keys good for ")
        person.enter("ssoenv use prod")
        assert person.shown("a", "AWS_REGION", "SSOENV_PROFILE") == "eu-west-1 prod"
        person.enter("ssoenv use -")
        assert person.shown("b", "AWS_REGION", "SSOENV_PROFILE") == "us-east-2 dev"
        person.enter("ssoenv off")
        person.enter("ssoenv use -")
        assert person.shown("c", "AWS_REGION", "SSOENV_PROFILE") == "us-east-2 dev"
        person.enter("ssoenv use - --region us-west-1")
        assert person.shown("d", "AWS_REGION", "SSOENV_PROFILE") == "us-west-1 dev"
        person.enter("ssoenv use --help")
        person.see("ssoenv use prod read")
        calls = [call.split()[0] for call in person.calls if "init" not in call]
        assert calls == ["--use", "--use", "--use", "--off", "--use", "--use", "--use"]


@every_shell
def test_words_pick_a_profile(signed_in: World, shell: Shell) -> None:
    """A sole profile at once; of several, from the list."""
    with Person(signed_in, shell, columns=80, NO_COLOR="1") as person:
        person.enter("ssoenv use lega")
        person.see("[legacy ")
        person.enter("ssoenv use eu west")
        person.see("[prod ")
        person.wait_for_prompt()
        person.enter("ssoenv use west")
        person.see("profile: west", "2 of 3")
        person.see("> prod", "  legacy")  # the last one used first
        person.terminal.press("Down")
        person.see("> legacy")
        person.terminal.press("Enter")
        person.see("using legacy")
        assert person.shown("a", "SSOENV_PROFILE") == "legacy"


@every_shell
def test_what_is_not_ours_passes_through(signed_in: World, shell: Shell) -> None:
    """Output, words on stderr and the exit status are the program's."""
    with Person(signed_in, shell) as person:
        person.enter("ssoenv --version")
        person.see("ssoenv 0.")
        person.enter("ssoenv use nope")
        person.see('there is no profile "nope"')
        if shell.status:
            person.enter(shell.status)
            person.see("status 3")
        person.enter("ssoenv use ''")  # a script's variable that is not set
        person.see("the profile's name is empty")
        if shell.status:
            person.enter(shell.status)
            person.see("status 2")
        person.enter("ssoenv exec nope ls")
        if shell.status:
            person.enter(shell.status)
            person.see("status 125")
        assert person.shown("a", "AWS_ACCESS_KEY_ID") == "gone"


@every_shell
def test_expired_keys_are_replaced_before_the_typed_command_runs(
    signed_in: World, shell: Shell
) -> None:
    """One call when they are at their end, none while they are good."""
    with Person(signed_in, shell) as person:
        person.enter("ssoenv use dev")
        old = person.shown("a", "AWS_ACCESS_KEY_ID")
        before = len(person.calls)
        assert person.shown("b", "AWS_ACCESS_KEY_ID") == old
        assert len(person.calls) == before
        person.forget_keys()
        new = person.shown("c", "AWS_ACCESS_KEY_ID")
        assert new != old
        assert new.startswith("ASIA")
        assert person.shown("d", "AWS_ACCESS_KEY_ID", "AWS_REGION") == f"{new} eu-central-1"
        assert [call.split()[0] for call in person.calls[before:]] == ["--renew"]


@every_shell
def test_a_sign_in_that_is_gone_is_told_once_and_the_command_runs(
    signed_in: World, shell: Shell
) -> None:
    """No browser, no second attempt with the next commands; the keys that are there stay."""
    with Person(signed_in, shell) as person:
        person.enter("ssoenv use dev")
        old = person.shown("a", "AWS_ACCESS_KEY_ID")
        before = len(person.calls)
        for path in signed_in.tokens.iterdir():
            path.unlink()
        person.forget_keys()
        assert person.shown("b", "AWS_ACCESS_KEY_ID") == old
        assert person.shown("c", "AWS_ACCESS_KEY_ID") == old
        person.enter("child d")
        screen = person.see("(d)")
        assert screen.count("Run: ssoenv login dev") == 1
        assert "[dev expired]" in screen
        assert [call.split()[0] for call in person.calls[before:]] == ["--renew"]
        assert signed_in.idc.count("RegisterClient") == 0


@every_shell
def test_the_picker_is_drawn_on_the_terminal_and_can_be_left(
    signed_in: World, shell: Shell
) -> None:
    """In 40 columns, typed into, chosen from; after Ctrl-C the shell is as it was."""
    with Person(signed_in, shell, columns=40, NO_COLOR="1") as person:
        person.enter("ssoenv use")
        screen = person.see("> dev", "  legacy", "  prod", "3 of 3")
        assert max(map(len, screen.partition("profile:")[2].splitlines())) <= 40
        person.terminal.press("C-c")
        person.terminal.until(lambda screen: "3 of 3" not in screen, "the picker gone")
        if shell.status:
            person.enter(shell.status)
            person.see("status 130")
        person.enter("ssoenv use")
        person.see("3 of 3")
        person.terminal.type("west")
        person.see("2 of 3")
        person.terminal.type(" lgc")
        person.see("> legacy", "1 of 3")
        person.terminal.press("Enter")
        person.see("[legacy ")
        assert person.shown("b", "AWS_REGION") == "us-west-2"


COMPLETIONS = (
    ("ssoenv profi", "ssoenv profiles"),
    ("ssoenv use le", "ssoenv use legacy"),
    ("ssoenv dev --format gith", "ssoenv dev --format github"),
    ("ssoenv dev --no-l", "ssoenv dev --no-login"),
    ("ssoenv use team:o", "team:ops"),
    ("ssoenv use my", "ssoenv use QUOTED"),
)


@every_shell
def test_a_tab_completes_commands_options_their_values_and_profiles(
    signed_in: World, shell: Shell
) -> None:
    signed_in.add_config('[profile "my prod"]\nregion = x\n[profile team:ops]\nregion = y\n')
    with Person(signed_in, shell) as person:
        for typed, completed in COMPLETIONS:
            if "QUOTED" in completed and not shell.quoted:
                continue
            if typed.rpartition(" ")[2][:2] == "--" and shell.label in ("nu", "tcsh"):
                continue  # no option of a function can be completed there
            if "--format" in typed and shell.label == "tcsh":
                continue
            person.complete(typed, completed.replace("QUOTED", shell.quoted))
