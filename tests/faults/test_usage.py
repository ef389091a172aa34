"""Wrong usage, in each shell and format: one line, an exit code, and nothing to evaluate but a
failing statement. And what is never told: secrets."""

import json

import pytest

from ssoenv.environment import formats, shells
from tests.conftest import World, assert_fails


@pytest.mark.parametrize("name", shells.SHELLS)
@pytest.mark.parametrize("option", ["--shell", "--format"])
def test_each_shell_is_given_its_failing_statement(
    shared_world: World, name: str, option: str
) -> None:
    statement = shells.SHELLS[name].failure
    assert_fails(shared_world.run("ghost", option, name), 3, stdout=statement)
    assert statement.endswith("\n")


@pytest.mark.parametrize("name", formats.FORMATS)
def test_a_data_format_is_given_nothing(shared_world: World, name: str) -> None:
    environment = {
        "GITHUB_ENV": str(shared_world.home / "env"),
        "BASH_ENV": str(shared_world.home / "env"),
    }
    assert_fails(shared_world.run("ghost", "--format", name, **environment), 3, stdout="")
    assert not (shared_world.home / "env").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--no-such-option"], ["--no-such-option", "--help"]),
        (["dev", "extra"], ["ssoenv exec dev -- extra"]),
        (["dev", "--", "aws", "s3", "ls"], ["runs nothing. To run a command: ssoenv exec dev -- "]),
        (["-p", "dev", "aws", "a b", "-x"], ["ssoenv dev prints", "exec dev -- aws 'a b' -x\n"]),
        (["--", "aws", "s3"], ["ssoenv prints variables", "ssoenv exec -- aws s3\n"]),
        (["dev", "--no-such-option", "aws"], ["--no-such-option", "--help"]),
        (["dev", "--shell"], []),
        (["dev", "--format"], []),
        (["dev", "--shell", "foosh"], ['"foosh"', "bash, zsh"]),
        (["dev", "--format", "jsno"], ['no format "jsno"', "json", "bash, zsh"]),
        (["dev", "-s", "bash", "-f", "bash"], ["not allowed with"]),
        (["dev", "--min-ttl", "later"], ["'later'", "15m"]),
        (["dev", "--min-ttl=-5"], ["'-5'"]),
        (["dev", "--region"], ["--region"]),
        (["--unset", "dev"], ["--unset takes no profile"]),
        (["--prof", "dev"], ["--prof"]),
        (["dev", "-f"], ["expected one argument", "--help"]),
        (["dev", "-f", "--force"], ["expected one argument"]),
        (["dev", "-f", ""], ['no format ""']),
    ],
)
def test_wrong_usage_is_2_and_still_fails_in_the_shell(
    shared_world: World, arguments: list[str], words: list[str]
) -> None:
    assert shared_world.run("dev").code == 0  # from now on, the warm path reads the words first
    calls = len(shared_world.idc.calls)
    assert_fails(shared_world.run(*arguments), 2, *words)
    assert_fails(shared_world.run("env", *arguments), 2, *words)
    assert len(shared_world.idc.calls) == calls


@pytest.mark.parametrize("words", [["use", "dev"], ["use"], ["off"], ["use", "-", "--help"]])
def test_a_function_of_a_shell_that_has_no_script_yet(
    shared_world: World, words: list[str]
) -> None:
    for shell, line in {
        "bash": 'eval "$(ssoenv init bash)"',
        "fish": "ssoenv init fish | source",
        "tcsh": 'source "`ssoenv init tcsh --path`"',
        "nu": "ssoenv init nu | save -f ($nu.data-dir | path join vendor autoload ssoenv.nu)",
        "rc": "eval ``(){ssoenv --unset}" if words == ["off"] else "eval ``(){ssoenv ",
    }.items():
        assert_fails(shared_world.run(*words, SSOENV_SHELL=shell), 2, f'"{words[0]}"', line)


def test_the_help_names_the_functions_of_a_shell(shared_world: World) -> None:
    shown = shared_world.run("--help").out.partition("functions of your shell")[2]
    assert [line.split()[0] for line in shown.split("\n\n")[0].splitlines()[1:]] == ["use", "off"]


def test_a_profile_may_be_called_like_a_function(shared_world: World) -> None:
    shared_world.config.write_text(
        shared_world.config.read_text().replace("[profile dev]", "[profile off]")
    )
    assert shared_world.variables("off")["SSOENV_PROFILE"] == "off"


def test_a_typing_error_in_a_command_is_not_taken_for_a_profile(shared_world: World) -> None:
    assert_fails(shared_world.run("lgoin", "dev"), 3, 'the command "ssoenv login"')


def test_wrong_usage_fails_in_the_shell_that_was_named(shared_world: World) -> None:
    for arguments in (["-s", "elvish"], ["--shell=elvish"], ["-selvish"]):
        failed = shared_world.run("dev", "--no-such-option", *arguments)
        assert_fails(failed, 2, stdout=shells.SHELLS["elvish"].failure)
    assert_fails(shared_world.run("dev", "--no-such-option", "-f", "json"), 2, stdout="")
    assert_fails(shared_world.run("dev", "--no-such-option", "--format=json"), 2, stdout="")


def test_an_unknown_shell_in_the_environment_is_wrong_usage(shared_world: World) -> None:
    failed = shared_world.run("dev", SSOENV_SHELL="foosh", SHELL="/bin/fish")
    assert_fails(failed, 2, "SSOENV_SHELL", "foosh", stdout=failed.out)
    assert failed.out in {row.failure for row in shells.SHELLS.values()}


def test_help_about_a_command_is_that_of_the_command(shared_world: World) -> None:
    """Also where a profile is called help, and its keys are at hand."""
    shared_world.config.write_text(
        shared_world.config.read_text().replace("[profile dev]", "[profile help]")
    )
    assert shared_world.run("env", "help").code == 0
    assert (
        shared_world.run("help").out
        == shared_world.run("--help").out
        == shared_world.run("help", "nothing").out
    )
    assert shared_world.run("help", "login").out == shared_world.run("login", "--help").out
    assert shared_world.run("help").out.startswith("usage: ssoenv [PROFILE]")


@pytest.mark.parametrize("request_", ["--help", "--version", "exec --help", "env --help"])
def test_help_that_cannot_be_written_is_an_error(shared_world: World, request_: str) -> None:
    for target in (">&-", ">/dev/full"):
        run = shared_world.command(["bash", "-c", f"ssoenv {request_} {target}; test $? -ne 0"])
        assert run.code == 0
        assert run.err.startswith("ssoenv: stdout") and run.err.count("\n") == 1
    assert shared_world.run(*request_.split()).err == ""


def test_debug_shows_where_but_no_secret(shared_world: World) -> None:
    expected = ("Traceback (most recent call last):", "ssoenv/aws/profile.py", "ConfigError")
    shown = shared_world.run("ghost", "--debug")
    assert (shown.code, shown.out) == (3, "false;\n")
    assert all(words in shown.err for words in expected), shown
    token = "aoaAAAAAG" + "x1" * 60
    fields = {"accessToken": token, "expiresAt": "2999-01-01T00:00:00Z"}
    shared_world.token_file().write_text(json.dumps(fields))
    keys = json.dumps({"accessKeyId": "ASIAABCDEFGHIJKLMNOP", "secretAccessKey": "s3cret/+" * 5})
    for body in (b'{"roleCredentials": ' + keys.encode() + b"}", keys.encode(), b"<html>"):
        shared_world.idc.clear_faults()
        shared_world.idc.fault("GetRoleCredentials", body=body)
        for arguments in (["dev", "--debug"], ["--debug", "dev"], ["dev", "--debug", "-v"]):
            shown = shared_world.run(*arguments)
            assert shown.code == 7 and "Traceback" in shown.err
            for secret in (token, "s3cret", "ASIAABCDEFGHIJKLMNOP"):
                assert secret not in shown.err


def test_no_line_tells_a_secret(shared_world: World) -> None:
    """Not even -v, for a command that goes well."""
    shown = shared_world.run("prod", "-v")
    assert shown.code == 0
    secrets = [*shared_world.idc.sessions, *shared_world.idc.keys]
    secrets += [keys.secret_access_key for keys in shared_world.idc.keys.values()]
    assert not [secret for secret in secrets if secret in shown.err]
