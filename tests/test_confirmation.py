"""Profiles that ask before they are used: ``ssoenv_confirm`` and SSOENV_CONFIRM."""

import argparse
import json
import os

import pytest

from ssoenv.aws import profile
from ssoenv.commands import confirm
from ssoenv.terminal import messages
from tests.conftest import World, assert_fails
from tests.signin.people import Person, plain

ROLE = "sso_session = demo\nsso_account_id = 111122223333\nsso_role_name = ReadOnly\n"
QUESTION = r"Use .*guarded.* \(ReadOnly in 111122223333\)\? \[y/N\] "
REFUSED = '"guarded" asks before it is used, and there is no terminal to ask on', "add --yes"


@pytest.fixture
def guarded(signed_in: World) -> World:
    """A world with a profile that asks."""
    signed_in.add_config(f"[profile guarded]\n{ROLE}region = eu-west-1\nssoenv_confirm = true\n")
    signed_in.settle()
    return signed_in


USES = {
    "env": ("guarded",),
    "format": ("env", "guarded", "--format", "json"),
    "use": ("--use", "--shell", "bash", "guarded"),
    "exec": ("exec", "guarded", "--", "true"),
    "many": ("exec", "dev", "guarded", "--", "true"),
    "endpoint": ("exec", "--endpoint", "guarded", "--", "true"),
    "write": ("write", "dev", "guarded"),
    "watch": ("write", "--watch", "guarded"),
    "all": ("write", "--all"),
    "console": ("console", "guarded"),
}


@pytest.mark.parametrize("arguments", USES.values(), ids=USES)
def test_without_a_terminal_it_is_refused_also_when_it_is_warm(guarded, arguments):
    for _ in range(2):
        result = guarded.run(*arguments, CI="1")
        code = 125 if arguments[0] == "exec" else 2
        assert_fails(result, code, *REFUSED, stdout="false;\n" if arguments == ("guarded",) else "")
        assert not (guarded.home / ".aws/credentials").exists()
        assert guarded.idc.count("GetRoleCredentials") <= 1
        assert guarded.run("guarded", "--yes").code == 0


@pytest.mark.parametrize("arguments", [USES["env"], USES["exec"], USES["write"]], ids=str)
def test_a_person_is_asked_and_only_a_yes_counts(guarded, arguments):
    assert guarded.run("guarded", "--yes").code == 0
    for answer, code in (("", 130), ("n", 130), ("q", 130), ("y", 0), ("Yes", 0)):
        person = Person(guarded, *arguments, columns=200)
        person.expect(QUESTION)
        person.child.sendline(answer)
        assert person.end() == (125 if code and arguments[0] == "exec" and code != 130 else code)
        assert ("not used" in person.seen) is bool(code)
        assert "\x1b[31mguarded\x1b[0m" in person.seen


def test_yes_says_it_beforehand_and_others_are_never_asked(guarded):
    for _ in range(2):
        assert guarded.run("guarded", "--yes").code == 0
        assert guarded.run("exec", "guarded", "--yes", "--", "true").code == 0
        assert guarded.run("dev").code == 0
        assert guarded.run("dev", "--yes").code == 0
    assert guarded.run("write", "guarded", "--yes").code == 0


def test_renewals_and_programs_never_ask(guarded):
    """Neither from AWS, nor from the cache, nor with what a plain renewal knows."""
    script = "import ssoenv; ssoenv.resolve('guarded')"
    in_use = {"SSOENV_PROFILE": "guarded"}
    for forget in (False, False, True):
        if forget:
            for entry in guarded.roles.iterdir():
                entry.unlink()
        assert guarded.run("credential-process", "guarded").code == 0
        assert guarded.run("--renew", "guarded", "--shell", "bash", **in_use).code == 0
        assert guarded.run(**in_use).code == 0
        assert guarded.run("exec", "--", "true", **in_use).code == 0
        assert guarded.command(["python3", "-c", script]).code == 0
        assert guarded.run("guarded", **in_use).code == 2  # named by hand


def test_what_renews_plainly_is_refused_as_well(guarded):
    assert guarded.run("guarded", "--yes").code == 0
    for entry in guarded.roles.iterdir():
        entry.unlink()
    assert_fails(guarded.run("guarded"), 2, *REFUSED)
    assert guarded.idc.count("GetRoleCredentials") == 1


@pytest.mark.parametrize(("patterns", "asked"), [
    ("*prod*", ["prod"]), ("prod", ["prod"]), ("PROD", ["prod"]), ("pro", []), ("", []),
    ("x, legacy,p?od", ["legacy", "prod"]), ("*", ["dev", "legacy", "prod"]),
])  # fmt: skip
def test_a_variable_names_them_by_patterns(signed_in, patterns, asked):
    for name in ("dev", "legacy", "prod"):
        for _ in range(2):
            result = signed_in.run(name, SSOENV_CONFIRM=patterns)
            assert result.code == (2 if name in asked else 0), result
            signed_in.run(name)  # which makes it warm


@pytest.mark.parametrize(("value", "asks"), [
    ("true", True), ("yes", True), ("ture", True), ("1", True), ("TRUE", True),
    ("false", False), ("no", False), ("0", False), ("", False), ("Off", False),
])  # fmt: skip
def test_anything_but_a_no_asks(signed_in, value, asks):
    signed_in.add_config(f"[profile x]\n{ROLE}ssoenv_confirm = {value}\n")
    assert signed_in.run("x").code == (2 if asks else 0)


def test_a_setting_that_is_added_later_counts_at_once(signed_in):
    assert signed_in.run("dev").code == 0
    config = signed_in.config
    config.write_text(
        config.read_text().replace("[profile dev]", "[profile dev]\nssoenv_confirm=1")
    )
    os.utime(config, (1e9, 1e9))
    assert signed_in.run("dev").code == 2


def test_a_role_that_no_profile_names_is_matched_by_its_name(signed_in):
    idc = signed_in.idc
    role = ("--sso-start-url", idc.start_url, "--sso-region", idc.region, "--account-id",
        "111122223333", "--role-name", "ReadOnly")  # fmt: skip
    assert signed_in.run(*role, SSOENV_CONFIRM="*@111122223333").code == 2
    assert signed_in.run(*role, SSOENV_CONFIRM="*@444455556666").code == 0


@pytest.mark.parametrize("more", [("--role-name", "Developer"), ("--account-id", "444455556666")])
def test_another_role_of_such_a_profile_asks_as_well(guarded, more):
    assert guarded.run("guarded", *more).code == 2
    assert guarded.run(*more, SSOENV_PROFILE="guarded").code == 2
    assert guarded.run("dev", *more, SSOENV_CONFIRM="dev").code == 2
    guarded.idc.allow_role("arn:aws:iam::444455556666:role/X")
    on_top = ("guarded", "--role-arn", "arn:aws:iam::444455556666:role/X")
    assert guarded.run(*on_top).code == 2
    keys = guarded.variables(*on_top, "--yes")
    assert (
        guarded.run(SSOENV_PROFILE=keys["SSOENV_PROFILE"], SSOENV_ROLE=keys["SSOENV_ROLE"]).code
        == 0
    )


def test_profiles_marks_them(guarded):
    rows = json.loads(guarded.run("profiles", "--json", SSOENV_CONFIRM="leg*").out)
    assert [row["profile"] for row in rows if row["asks_first"]] == ["legacy", "guarded"]
    for columns in (40, 80, 200):
        person = Person(guarded, "profiles", columns=columns)
        assert person.end() == 0
        assert "\x1b[31mguarded\x1b[0m" in person.seen
        assert "\x1b[31mdev" not in person.seen
        assert all(len(line) <= columns for line in plain(person.seen).splitlines())
        assert "asks first" in " ".join(person.seen.split())
    for quiet in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        person = Person(guarded, "profiles", **quiet)
        assert person.end() == 0
        assert "\x1b[" not in person.seen


def test_a_run_that_begins_again_does_not_ask_again(guarded, monkeypatch):
    """As one does once the person has unlocked the keychain."""
    asked = []
    monkeypatch.setattr(messages, "person_present", lambda: True)
    monkeypatch.setattr(messages, "ask", lambda text: asked.append(text) or "y")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(guarded.config))
    arguments = argparse.Namespace(yes=False)
    for _ in range(2):
        confirm.ask([profile.load("guarded")], arguments, by_hand=True)
    assert len(asked) == 1
