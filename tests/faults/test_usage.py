"""Wrong usage, in each shell and format: one line, an exit code, and nothing to evaluate but a
failing statement. And what is never told: secrets."""

import json

import pytest

from ssoenv.environment import formats, shells
from tests.conftest import World, assert_fails


@pytest.mark.parametrize("name", shells.SHELLS)
@pytest.mark.parametrize("option", ["--shell", "--format"])
def test_each_shell_is_given_its_failing_statement(town: World, name: str, option: str) -> None:
    statement = shells.SHELLS[name].failure
    assert_fails(town.run("ghost", option, name), 3, stdout=statement)
    assert statement.endswith("\n")


@pytest.mark.parametrize("name", formats.FORMATS)
def test_a_data_format_is_given_nothing(town: World, name: str) -> None:
    environment = {"GITHUB_ENV": str(town.home / "env"), "BASH_ENV": str(town.home / "env")}
    assert_fails(town.run("ghost", "--format", name, **environment), 3, stdout="")
    assert not (town.home / "env").exists()


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
    town: World, arguments: list[str], words: list[str]
) -> None:
    assert town.run("dev").code == 0  # from now on, the warm path reads the words first
    calls = len(town.idc.calls)
    assert_fails(town.run(*arguments), 2, *words)
    assert_fails(town.run("env", *arguments), 2, *words)
    assert len(town.idc.calls) == calls


@pytest.mark.parametrize("words", [["use", "dev"], ["use"], ["off"], ["use", "-", "--help"]])
def test_a_function_of_a_shell_that_has_no_script_yet(town: World, words: list[str]) -> None:
    for shell, line in {
        "bash": 'eval "$(ssoenv init bash)"',
        "fish": "ssoenv init fish | source",
        "tcsh": 'source "`ssoenv init tcsh --path`"',
        "nu": "ssoenv init nu | save -f ($nu.data-dir | path join vendor autoload ssoenv.nu)",
        "rc": "eval ``(){ssoenv --unset}" if words == ["off"] else "eval ``(){ssoenv ",
    }.items():
        assert_fails(town.run(*words, SSOENV_SHELL=shell), 2, f'"{words[0]}"', line)


def test_a_profile_may_be_called_like_a_function(town: World) -> None:
    town.config.write_text(town.config.read_text().replace("[profile dev]", "[profile off]"))
    assert town.variables("off")["SSOENV_PROFILE"] == "off"


def test_a_typing_error_in_a_command_is_not_taken_for_a_profile(town: World) -> None:
    assert_fails(town.run("lgoin", "dev"), 3, 'the command "ssoenv login"')


def test_wrong_usage_fails_in_the_shell_that_was_named(town: World) -> None:
    for arguments in (["-s", "elvish"], ["--shell=elvish"], ["-selvish"]):
        failed = town.run("dev", "--no-such-option", *arguments)
        assert_fails(failed, 2, stdout=shells.SHELLS["elvish"].failure)
    assert_fails(town.run("dev", "--no-such-option", "-f", "json"), 2, stdout="")
    assert_fails(town.run("dev", "--no-such-option", "--format=json"), 2, stdout="")


def test_an_unknown_shell_in_the_environment_is_wrong_usage(town: World) -> None:
    failed = town.run("dev", SSOENV_SHELL="foosh", SHELL="/bin/fish")
    assert_fails(failed, 2, "SSOENV_SHELL", "foosh", stdout=failed.out)
    assert failed.out in {row.failure for row in shells.SHELLS.values()}


def test_help_about_a_command_is_that_of_the_command(town: World) -> None:
    """Also where a profile is called help, and its keys are at hand."""
    town.config.write_text(town.config.read_text().replace("[profile dev]", "[profile help]"))
    assert town.run("env", "help").code == 0
    assert town.run("help").out == town.run("--help").out == town.run("help", "nothing").out
    assert town.run("help", "login").out == town.run("login", "--help").out
    assert town.run("help").out.startswith("usage: ssoenv [PROFILE]")


@pytest.mark.parametrize("request_", ["--help", "--version", "exec --help", "env --help"])
def test_help_that_cannot_be_written_is_an_error(town: World, request_: str) -> None:
    for target in (">&-", ">/dev/full"):
        run = town.command(["bash", "-c", f"ssoenv {request_} {target}; test $? -ne 0"])
        assert run.code == 0
        assert run.err.startswith("ssoenv: stdout") and run.err.count("\n") == 1
    assert town.run(*request_.split()).err == ""


def test_debug_shows_where_but_no_secret(town: World) -> None:
    expected = ("Traceback (most recent call last):", "ssoenv/aws/profile.py", "ConfigError")
    shown = town.run("ghost", "--debug")
    assert (shown.code, shown.out) == (3, "false;\n")
    assert all(words in shown.err for words in expected), shown
    token = "aoaAAAAAG" + "x1" * 60
    fields = {"accessToken": token, "expiresAt": "2999-01-01T00:00:00Z"}
    town.token_file().write_text(json.dumps(fields))
    keys = json.dumps({"accessKeyId": "ASIAABCDEFGHIJKLMNOP", "secretAccessKey": "s3cret/+" * 5})
    for body in (b'{"roleCredentials": ' + keys.encode() + b"}", keys.encode(), b"<html>"):
        town.idc.clear_faults()
        town.idc.fault("GetRoleCredentials", body=body)
        for arguments in (["dev", "--debug"], ["--debug", "dev"], ["dev", "--debug", "-v"]):
            shown = town.run(*arguments)
            assert shown.code == 7 and "Traceback" in shown.err
            for secret in (token, "s3cret", "ASIAABCDEFGHIJKLMNOP"):
                assert secret not in shown.err


def test_no_line_tells_a_secret(town: World) -> None:
    """Not even -v, for a command that goes well."""
    shown = town.run("prod", "-v")
    assert shown.code == 0
    secrets = [*town.idc.sessions, *town.idc.keys]
    secrets += [keys.secret_access_key for keys in town.idc.keys.values()]
    assert not [secret for secret in secrets if secret in shown.err]
