"""The hook that renews keys before a command: when it asks, whom, and how long it waits."""

import json
import time

import pytest

from tests.conftest import World
from tests.integration.people import BASH, SHELLS, ZSH, Person, Shell

every_shell = pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell.label)


def forget(world: World) -> None:
    for path in world.roles.iterdir():
        path.unlink()


def test_a_slow_network_is_told_once_and_leaves_one_process(signed_in: World) -> None:
    """Five seconds for keys that have expired, and no wait for the commands after that: they look
    whether the answer has come, and ask for nothing."""
    with Person(signed_in, BASH, SSOENV_HOOK_WAIT="") as person:
        person.enter("ssoenv use dev")
        old = person.shown("a", "AWS_ACCESS_KEY_ID")
        signed_in.idc.fault("GetRoleCredentials", hang=True)
        asked = signed_in.idc.count("GetRoleCredentials")
        person.forget_keys()
        for tag in "bcd":
            assert person.shown(tag, "AWS_ACCESS_KEY_ID") == old
        screen = person.see("[dev expired]")
        assert screen.count('no new keys for "dev" within 5 s') == 1
        calls = [call for call in person.calls if "--renew" in call]
        assert [call.rpartition(" ")[2] for call in calls] == ["bash", "--look", "--look"]
        assert signed_in.idc.count("GetRoleCredentials") == asked + 1


@every_shell
def test_what_comes_late_serves_the_next_command(signed_in: World, shell: Shell) -> None:
    """The answer takes longer than the hook waits: the command that was typed runs with the old
    keys, the first one after the answer with the new ones."""
    with Person(signed_in, shell, SSOENV_HOOK_WAIT="0.2") as person:
        person.enter("ssoenv use dev")
        old = person.shown("a", "AWS_ACCESS_KEY_ID")
        signed_in.idc.fault("GetRoleCredentials", delay=1.5, times=1)
        person.forget_keys()
        assert person.shown("b", "AWS_ACCESS_KEY_ID") == old
        wait_for(lambda: list(signed_in.roles.glob("*.json")))
        new = person.shown("c", "AWS_ACCESS_KEY_ID")
        if shell.precmd_only:  # there, a prompt looks for the command after it
            new = person.shown("d", "AWS_ACCESS_KEY_ID")
        assert new not in (old, "gone")


def test_what_a_slow_network_answers_late_is_not_lost(signed_in: World) -> None:
    """A refresh token that was sent is spent: its answer is saved when the hook has given up.
    Until then one attempt is under way, whoever asks; then the new keys are in the cache."""
    assert signed_in.run("dev").code == 0
    forget(signed_in)
    signed_in.sign_in(lifetime=60)
    before = signed_in.token_file().read_bytes()
    signed_in.idc.fault("CreateToken", delay=2.5, after=True, times=1)
    renew = ("--renew", "dev", "--shell", "bash")
    result = signed_in.run(*renew)
    assert (result.code, result.out) == (75, "false;\n")
    assert "within 1 s" in result.err
    for how in ("--look", "--again"):
        result = signed_in.run(*renew, how, SSOENV_HOOK_WAIT="0.1")
        assert (result.code, result.out, result.err) == (75, "false;\n", "")
    wait_for(lambda: list(signed_in.roles.iterdir()))
    after = json.loads(signed_in.token_file().read_bytes())
    assert after["refreshToken"] != json.loads(before)["refreshToken"]
    calls = len(signed_in.idc.calls)
    assert "AWS_ACCESS_KEY_ID" in signed_in.run(*renew, "--look").out
    assert len(signed_in.idc.calls) == calls
    assert signed_in.idc.count("CreateToken", "refresh_token") == 1


def test_a_look_asks_for_nothing(signed_in: World) -> None:
    """Where no attempt is under way, the shell waits until its minute is over."""
    result = signed_in.run("--renew", "dev", "--shell", "bash", "--look")
    assert (result.code, result.out, result.err) == (6, "false;\n", "")
    assert not signed_in.idc.calls


def test_keys_that_have_expired_wait_for_another_shells_attempt(signed_in: World) -> None:
    """One attempt for both; the second shell has its keys as soon as the first."""
    signed_in.idc.fault("GetRoleCredentials", delay=2, times=1)
    renew = ("--renew", "dev", "--shell", "bash")
    first = signed_in.run(*renew, SSOENV_HOOK_WAIT="0.1")
    second = signed_in.run(*renew, SSOENV_EXPIRES_AT="1")
    assert (first.code, second.code) == (75, 0)
    assert "AWS_ACCESS_KEY_ID" in second.out
    assert signed_in.idc.count("GetRoleCredentials") == 1


def test_keys_that_are_given_for_minutes_are_not_asked_for_at_every_command(
    signed_in: World,
) -> None:
    """Four minutes are less than the five that the hook keeps: it then waits half of them."""
    signed_in.idc.role_lifetime = 240
    with Person(signed_in, BASH) as person:
        person.enter("ssoenv use dev")
        for tag in "abc":
            person.shown(tag, "SSOENV_PROFILE")
        assert not any("--renew" in call for call in person.calls)


def test_keys_close_to_their_end_are_renewed_and_new_ones_are_not(signed_in: World) -> None:
    with Person(signed_in, BASH) as person:
        person.enter("ssoenv use dev")
        person.shown("a", "SSOENV_PROFILE")
        forget(signed_in)
        soon = int(time.time()) + 290
        # As they would be an hour after they came: the hook has seen them when they were new.
        person.put("__ssoenv_seen", f"{soon} SSOENV_EXPIRES_AT={soon} __ssoenv_due={soon - 300}")
        end = int(person.shown("b", "SSOENV_EXPIRES_AT"))
        assert end > soon
        person.shown("c", "SSOENV_PROFILE")
        assert sum("--renew" in call for call in person.calls) == 1


def test_it_can_be_turned_off(signed_in: World) -> None:
    with Person(signed_in, BASH, SSOENV_AUTO_REFRESH="0") as person:
        person.enter("ssoenv use dev")
        old = person.shown("a", "AWS_ACCESS_KEY_ID")
        person.forget_keys()
        assert person.shown("b", "AWS_ACCESS_KEY_ID") == old
        assert not any("--renew" in call for call in person.calls)


def test_a_profile_named_by_hand_is_not_taken_away(signed_in: World) -> None:
    """To renew the old keys would unset AWS_PROFILE, and so change who the person is."""
    with Person(signed_in, BASH) as person:
        person.enter("ssoenv use dev")
        person.shown("a", "SSOENV_PROFILE")
        person.put("AWS_PROFILE", "legacy")
        person.forget_keys()
        assert person.shown("b", "AWS_PROFILE") == "legacy"
        assert not any("--renew" in call for call in person.calls)


def test_a_region_that_was_chosen_stays_when_keys_are_renewed(signed_in: World) -> None:
    """With new keys from AWS, and with new ones that somebody else has put into the cache."""
    with Person(signed_in, BASH) as person:
        person.enter("ssoenv use dev --region eu-west-3")
        old = person.shown("a", "AWS_ACCESS_KEY_ID")
        person.forget_keys()
        assert person.shown("b", "AWS_REGION", "AWS_DEFAULT_REGION") == "eu-west-3 eu-west-3"
        assert person.shown("c", "AWS_ACCESS_KEY_ID") != old
        person.put("SSOENV_EXPIRES_AT", "1")
        assert person.shown("d", "AWS_REGION", "AWS_DEFAULT_REGION") == "eu-west-3 eu-west-3"
        assert sum("--renew" in call for call in person.calls) == 2


def test_a_role_that_only_the_environment_names_is_renewed(signed_in: World) -> None:
    role = {
        "AWS_SSO_START_URL": signed_in.idc.start_url,
        "AWS_SSO_REGION": signed_in.idc.region,
        "AWS_SSO_ACCOUNT_ID": "111122223333",
        "AWS_SSO_ROLE_NAME": "Developer",
    }
    with Person(signed_in, BASH, **role) as person:
        person.enter('eval "$(ssoenv)"')
        old = person.shown("a", "AWS_ACCESS_KEY_ID")
        person.forget_keys()
        new = person.shown("b", "AWS_ACCESS_KEY_ID", "SSOENV_PROFILE").split()
        assert new[0] not in (old, "gone")
        assert new[1] == "Developer@111122223333"


def test_after_a_sign_in_the_next_command_has_keys_again(signed_in: World) -> None:
    """ssoenv login in the same shell ends the minute of waiting after a failure."""
    signed_in.idc.approval = "approve"
    with Person(signed_in, BASH) as person:
        person.enter("ssoenv use dev")
        old = person.shown("a", "AWS_ACCESS_KEY_ID")
        for path in signed_in.tokens.iterdir():
            path.unlink()
        person.forget_keys()
        person.enter("true")
        person.see("Run: ssoenv login dev")
        person.enter("ssoenv login dev --device-code")
        assert person.shown("b", "AWS_ACCESS_KEY_ID") not in (old, "gone")


def test_two_shells_at_once_spend_one_refresh_token(signed_in: World) -> None:
    with Person(signed_in, BASH) as one, Person(signed_in, ZSH) as two:
        for person in (one, two):
            person.enter("ssoenv use dev")
            person.shown("a", "SSOENV_PROFILE")
        signed_in.sign_in(lifetime=60)
        for person in (one, two):
            person.forget_keys()
            person.wait_for_prompt()
            person.terminal.type("child b AWS_ACCESS_KEY_ID SSOENV_EXPIRES_AT")
        for person in (one, two):
            person.terminal.press("Enter")
        for person in (one, two):
            line = person.see("(b) ").split("(b) ", 1)[1].splitlines()[0]
            assert line.split()[1] != "1", line
        assert signed_in.idc.count("CreateToken", "refresh_token") == 1


@pytest.mark.parametrize("shell", ("bash", "fish", "tcsh", "powershell", "nu", "elvish", "xonsh"))
def test_a_failed_renewal_gives_a_shell_nothing_to_keep(world: World, shell: str) -> None:
    from ssoenv.environment import shells

    result = world.run("--renew", "dev", "--shell", shell, SSOENV_HOOK_WAIT="30")
    assert (result.code, result.out) == (4, shells.SHELLS[shell].failure)
    assert result.err.count("\n") == 1
    assert "ssoenv login dev" in result.err


def wait_for(done) -> None:
    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)
