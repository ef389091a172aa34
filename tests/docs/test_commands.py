"""No page and no help names a command, an option, a shell or a format that does not exist."""

import re
import shlex

import pytest

from ssoenv import cli
from ssoenv.commands import init as init_command
from ssoenv.environment import formats, shells
from ssoenv.errors import UsageError
from ssoenv.hints import COMMANDS
from ssoenv.integration import hook
from tests.docs import pages

# A word is in quotes, or holds nothing that a shell would end a command at.
CALL = re.compile(r"""(?<![\w./-])ssoenv((?: +(?:"[^"]*"|'[^']*'|[^\s|)`>;"'{}]+))+)""")
ASKED_BY_SCRIPTS = ("--use", "--off", "--renew", "--complete")
FOREIGN = {
    "--aws-profile": "Serverless",
    "--env-file": "docker",
    "--init": "docker",
    "--wait": "editors",
}


def calls() -> list[tuple[str, str]]:
    """Every call of ssoenv in code and blocks, run or not, and in the examples of the help."""
    texts = [*pages.codes(), *((block.place, block.text) for block in pages.blocks())]
    texts += [(f"help of {name}", cli.parser_of(name).epilog or "") for name in COMMANDS]
    texts.append(("help", cli._ABOUT))
    found = []
    for place, text in texts:
        for line in text.splitlines():
            words = line.partition(" #")[0] if not place.startswith("help") else line
            command = re.split(r" {3,}", words.strip())[0]
            found += [(place, match[1].strip()) for match in CALL.finditer(command)]
    return found


def check(call: str) -> None:
    """Raise ``UsageError`` for what the program would not understand."""
    words = shlex.split(call)
    if words[0] in ASKED_BY_SCRIPTS or call == "off":
        return
    command, rest, _ = cli.split(["--use", *words[1:]] if words[0] == "use" else words)
    if command in ("help", "version") or rest[-1:] == ["--help"]:
        return
    arguments = cli.parse(cli.parser_of(command), command, rest)
    named = vars(arguments)
    if isinstance(shell := named.get("shell"), str) and shell != "SHELL":
        known = init_command._SCRIPTS if command == "init" else shells.SHELLS
        assert shell in known or shells.find(shell), call
    if (format := named.get("format")) not in (None, "FORMAT"):
        assert formats.find(format) or shells.find(format), call


def test_every_call_is_understood() -> None:
    wrong = []
    found = calls()
    for place, call in found:
        try:
            check(call)
        except (UsageError, AssertionError) as error:
            wrong.append(f"{place}: ssoenv {call}: {error}")
    assert wrong == []
    assert len(found) > 150


def test_every_option_in_the_text_exists() -> None:
    of_commands = (*COMMANDS, "use")
    ours = {
        o for name in of_commands for a in cli.parser_of(name)._actions for o in a.option_strings
    }
    named = {
        (place, code.split()[0].rstrip(","))
        for place, code in pages.codes()
        if code.startswith("-")
    }
    plain = {(place, re.split(r"[=\[]", option)[0]) for place, option in named}
    hidden = {*ASKED_BY_SCRIPTS, "--look", "--again"}
    known = ours | set(FOREIGN) | hidden | {"-", "--", "-x", "--version"}
    assert {(place, option) for place, option in plain if option not in known} == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example_and_fits_a_terminal(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    parser = cli.parser_of(command)
    assert f"ssoenv {command}" in (parser.epilog or "") or command == "env"
    text = parser.format_help() + cli._overview()
    assert [line for line in text.splitlines() if len(line) > 80] == []


def test_the_requests_of_scripts_are_those_of_the_program() -> None:
    for request in ASKED_BY_SCRIPTS:
        assert f"``ssoenv {request}" in (hook.__doc__ or "")
