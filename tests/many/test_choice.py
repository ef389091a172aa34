"""Which words are profiles, which profiles they mean, and what is refused."""

import pytest

from tests.conftest import World, assert_fails

WHO = ("--no-prefix", "--jobs", "1", "--", "sh", "-c", "echo $SSOENV_PROFILE")


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        (["dev", "a1"], "dev a1"),
        (["a1", "dev", "a1"], "a1 dev"),
        (["a[12]"], "a1 a2"),
        (["A?", "dev"], "a1 a2 a3 a4 a5 a6 dev"),
        (["a1", "*"], "a1 dev legacy prod a2 a3 a4 a5 a6"),
        (["--all"], "dev legacy prod a1 a2 a3 a4 a5 a6"),
        (["--all", "--role", "readonly"], "legacy a1 a3 a5"),
        (["--all", "--account", "4444*"], "prod"),
        (["--all", "--account", "team 3", "--account", "Team 4"], "a3 a4"),
        (["--all", "--account", "team*", "--role", "Dev*"], "a2 a4 a6"),
        (["a*", "--role", "ReadOnly"], "a1 a3 a5"),
        (["--all", "--session", "demo", "--role", "ReadOnly"], "a1 a3 a5"),
        (["-p", "a[56]"], "a5 a6"),
        (["dev", "--region", "eu-west-3", "a1"], "dev a1"),
    ],
)
def test_names_patterns_and_all(many: World, words: list[str], seen: str) -> None:
    run = many.run("exec", *words, *WHO)
    assert (run.code, run.out.split()) == (0, seen.split()), run


def test_all_takes_roles_and_a_pattern_what_has_credentials(many: World) -> None:
    keys = "aws_access_key_id = AKIA1\naws_secret_access_key = s\n"
    many.add_config(f"[profile z1]\n{keys}\n[profile z2]\nregion = eu-west-1\n")
    assert many.run("exec", "z*", *WHO).out == "z1\n"
    assert "z" not in many.run("exec", "--all", *WHO).out


def test_a_pattern_runs_nothing_twice_for_a_profile_that_hands_over_the_keys_of_another(
    many: World,
) -> None:
    """As ``configure --credential-process`` adds them for the AWS CLI."""
    many.add_config("[profile a1-keys]\ncredential_process = ssoenv credential-process a1\n")
    assert many.run("exec", "a[12]*", *WHO).out.split() == ["a1", "a2"]
    assert many.run("exec", "*-keys", *WHO).out.split() == ["a1-keys"]
    assert many.run("exec", "a[12]", "a1-keys", *WHO).out.split() == ["a1", "a2", "a1-keys"]


def test_a_profile_that_is_named_like_a_pattern_is_one(many: World) -> None:
    many.add_config(
        '[profile "a*"]\nsso_session = demo\nsso_account_id = 111122223333\n'
        "sso_role_name = Developer\n"
    )
    run = many.run("exec", "a*", "--", "sh", "-c", "echo $SSOENV_PROFILE")
    assert (run.out, run.err) == ("a*\n", "")


def test_words_that_are_no_profiles_are_the_command_as_ever(many: World) -> None:
    script = many.home / "say"
    script.write_text('#!/bin/sh\necho "$SSOENV_PROFILE: $*"\n')
    script.chmod(0o755)
    for words in ("a1 ./say x -- y", "a1 ./say a2 -- a3", "a1 ./say -- a*", "-p a1 ./say a2 -- z"):
        run = many.run("exec", *words.split())
        assert run.out == f"a1: {words.partition('./say ')[2]}\n", run
        assert run.err == ""


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("b* -- true", 125, ('no profile fits "b*"', "ssoenv profiles")),
        ("--all --role Nobody -- true", 125, ("none of the 9 profiles fits",)),
        ("--all true", 125, ("--all takes no profile", "-- true")),
        ("a1 a2 --all -- true", 125, ("--all takes no profile",)),
        ("--all", 125, ("no command given",)),
        ("a1 a2 --endpoint -- true", 125, ("--endpoint takes one profile", "--min-ttl")),
        ("a1 a2 --role-name Developer -- true", 125, ("--account and --role",)),
        ("a1 --role Developer -- true", 125, ("--all", "--role-name")),
        ("a1 --account 1 -- true", 125, ("--all", "--role-name")),
        ("a1 --jobs 3 -- true", 125, ("--jobs is for several profiles",)),
        ("a1 --output json -- true", 125, ("--output is for several profiles",)),
        ("a1 a2 --jobs 0 -- true", 125, ("not a number from 1",)),
        ("a1 a2 -- no-such-command", 127, ("no command",)),
        ("a1 a2 -- ./plain", 126, ("not executable",)),
        ("a1 a2 -- ./lost", 127, ("interpreter",)),
    ],
)
def test_what_is_refused_before_anybody_is_asked(
    many: World, words: str, code: int, said: tuple[str, ...]
) -> None:
    (many.home / "plain").write_text("x")
    (many.home / "lost").write_text("#!/no/such/interpreter\n")
    (many.home / "lost").chmod(0o755)
    calls = len(many.idc.calls)
    assert_fails(many.run("exec", *words.split()), code, *said, stdout="")
    assert len(many.idc.calls) == calls


def test_write_takes_patterns_and_narrows_all(many: World) -> None:
    assert many.run("write", "--all", "--account", "team*", "--role", "Dev*").code == 0
    written = many.home / ".aws" / "credentials"
    assert [n for n in range(1, 7) if f"[a{n}]" in written.read_text()] == [2, 4, 6]
    assert many.run("write", "a[13]").code == 0
    assert [n for n in range(1, 7) if f"[a{n}]" in written.read_text()] == [1, 2, 3, 4, 6]
    assert_fails(many.run("write", "a1", "--role", "Dev*"), 2, "Add --all", stdout="")
    assert "[legacy]" not in written.read_text()
    assert many.run("write", "--all", "--session", "no*").code == 3
