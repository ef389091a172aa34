"""What people type who are wrong: each is told what is wrong with it, and what to type instead."""

import pytest

from tests.conftest import World, assert_fails
from tests.signin.people import Person

NONE = "there is no command "
TWO = "a profile, --session and --sso-start-url do not go together", "Give one of them"


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("dev --profile prod", 2, ("two profiles are given", "Leave one of the two out")),
        ("-p dev -p prod", 2, ('-p is given twice: "dev" and "prod"', "Leave one of the two out")),
        (
            "exec -p dev --profile prod -- true",
            125,
            ("--profile is given twice",),
        ),
        ("login --session a --session=b", 2, ('--session is given twice: "a" and "b"',)),
        ("--role-name A dev --role-name B", 2, ('--role-name is given twice: "A" and "B"',)),
        ("dev --unset", 2, ("--unset takes no profile", "Leave the profile out")),
        ("--unset --format docker", 2, ("ssoenv: the format docker", "Leave --format out")),
        ("--role-name Admin", 2, ("(or AWS_SSO_ACCOUNT_ID) are missing", "Name the profile")),
        ("--sso-start-url https://demo.awsapps.com/start", 2, ("are missing", "Name it in full")),
        ("--session demo", 2, ("--role-name are missing", "by: ssoenv accounts --session demo")),
        ("dev --session demo", 2, TWO),
        ("login dev --session demo", 2, TWO),
        ("login --sso-region us-east-1", 2, ("go together. Add --sso-start-url",)),
        ("login --sso-start-url https://x.awsapps.com/start", 2, ("Add --sso-region",)),
        ("logout --all dev", 2, ("--all takes no profile", "Leave one of the two out")),
        ("status --verify", 2, ("none is given", "Name one")),
        ("write dev prod --as x", 2, ("--as takes one profile", "Name one")),
        ("write --clear --watch", 2, ("do not go together", "Leave one of the two out")),
        ("--use -", 2, ("in use before", "Name one: ssoenv use PROFILE")),
        # Profiles of which one is misspelled, or no command is given:
        ("exec dev ghost -- true", 127, (NONE + '"ghost"', 'there is no profile "ghost"')),
        ("exec dev prod ghost -- true", 127, (NONE + '"prod"', 'there is no profile "ghost"')),
        ("exec ghost prod --jobs 2 -- true", 127, (NONE, 'there is no profile "ghost"')),
        ("exec dev prod", 127, ('"prod" is no command', "ssoenv exec dev prod -- COMMAND")),
        ("exec -p dev prod -- true", 127, ('"prod" is no command', "ssoenv exec dev prod -- ")),
        ("exec ls -la", 125, ('no profile "ls"', "ssoenv exec -- ls -la")),
        ("exec dev -la", 125, ("unrecognized arguments: -la",)),
        ("exec ghost -la", 125, ("unrecognized arguments: -la",)),
        ("login demo", 3, ("but an sso-session of that name", "To name that one: --session demo")),
        ("exec dev ghost", 127, (NONE + '"ghost". Check its spelling',)),
        ("exec dev ghost -x", 127, (NONE + '"ghost". Check its spelling',)),
    ],
)
def test_the_line_says_what_to_type(
    shared_world: World, line: str, code: int, words: tuple[str, ...]
) -> None:
    result = shared_world.run(*line.split())
    is_for_a_shell = line.startswith(("-p", "dev ", "--r", "--s"))
    assert_fails(result, code, *words, stdout="false;\n" if is_for_a_shell else "")


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "SSOENV_PROFILE"])
def test_a_variable_that_names_no_profile_is_named(shared_world: World, variable: str) -> None:
    result = shared_world.run(**{variable: "ghost"})
    words = 'there is no profile "ghost" in ~/.aws/config, but ', f"{variable} names it. Available"
    assert_fails(result, 3, *words)
    assert "names it" not in shared_world.run("phantom", **{variable: "ghost"}).err


@pytest.mark.parametrize(
    ("words", "usage"),
    [
        ("exec", "ssoenv exec"),
        ("use", "ssoenv use"),
        ("off", "ssoenv off"),
        ("whoami", "ssoenv status"),
        ("ghost", "ssoenv [PROFILE]"),
    ],
)
def test_help_tells_of_functions_and_other_names_too(
    shared_world: World, words: str, usage: str
) -> None:
    result = shared_world.run("help", words)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"usage: {usage}")


def test_nothing_to_remove_is_said_of_what_was_named(shared_world: World) -> None:
    assert shared_world.run("write", "dev").code == 0
    said = "in ~/.aws/credentials was written by ssoenv\n"
    result = shared_world.run("write", "--clear", "prod")
    assert (result.code, result.err) == (0, f"ssoenv: nothing for prod {said}")
    assert shared_world.run("write", "--clear").code == 0
    assert shared_world.run("write", "--clear").err == f"ssoenv: nothing {said}"


def test_no_sign_in_is_not_counted(shared_world: World) -> None:
    assert shared_world.run("logout", "--all").err == "ssoenv: signed out of 2 sign-ins\n"
    assert shared_world.run("logout", "--all").err == "ssoenv: there was no sign-in to end\n"


def test_credential_process_neither_asks_nor_says_that_it_does(shared_world: World) -> None:
    assert "you pick" in shared_world.run("env", "--help").out.replace("\n", " ")
    help_ = " ".join(shared_world.run("credential-process", "--help").out.split())
    assert "else the one in use, else default)" in help_
    person = Person(shared_world, "credential-process", columns=120)
    assert (person.end(), "no profile given" in person.seen) == (3, True)


def test_no_other_word_is_taken_for_never(world: World) -> None:
    result = world.run("dev", SSOENV_LOGIN="no")
    assert_fails(result, 2, 'SSOENV_LOGIN is "no". Set it to never, or unset it')


def test_an_option_may_be_given_twice_with_one_value(shared_world: World) -> None:
    assert shared_world.run("-p", "dev", "--profile", "dev").code == 0
