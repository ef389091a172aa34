"""Env files and JSON, read by the programs they are for or by their rules written down again."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import dotenv
import pytest
from hypothesis import given

from ssoenv.environment import formats, shells
from ssoenv.errors import UsageError
from tests.shells.nasty import FIXED, RAW, texts

KEYS: shells.Changes = [
    ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    ("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjEHoaCXVzLWVhc3QtMSJHMEUCIQ/+" * 20 + "=="),
    ("AWS_CREDENTIAL_EXPIRATION", "2026-01-01T00:00:00+00:00"),
    ("AWS_ACCOUNT_ID", "111111111111"),
    ("SSOENV_PROFILE", "dev profile é"),
    ("AWS_PROFILE", None),
]
SET = {name: value for name, value in KEYS if value is not None}
FILES = ("json", "dotenv", "docker", "systemd", "gitlab")


def controls(value: str, allowed: str = "") -> bool:
    return any((c < " " or c == "\x7f") and c not in allowed for c in value)


REFUSED: dict[str, Callable[[str], bool]] = {
    "json": lambda value: False,
    "dotenv": lambda value: controls(value) or "'" in value or "\\" in value or "${" in value,
    "docker": lambda value: "\n" in value or "\r" in value,
    "systemd": lambda value: controls(value, "\t\n"),
    "gitlab": lambda value: (
        "\n" in value or "\r" in value or "$" in value or value != value.strip()
    ),
}
"""What each format has no way to write."""


def docker(text: str) -> dict[str, str]:
    """docker/cli: parseKeyValueFile in opts/file.go, and bufio.Scanner's lines."""
    found = {}
    for raw in text.split("\n"):
        line = raw.removesuffix("\r")
        assert len(line.encode()) < 64 * 1024, "bufio.Scanner: token too long"
        line = line.lstrip()
        if not line or line.startswith("#"):
            continue
        variable, equals, value = line.partition("=")
        assert equals
        assert variable
        assert " " not in variable
        assert "\t" not in variable
        found[variable] = value
    return found


def systemd(text: str) -> dict[str, str]:
    """systemd: parse_env_file_internal in src/basic/env-file.c, and the check of env-util.c that
    drops a value with control characters."""
    found: dict[str, str] = {}
    state, key, value, spaces = "PRE_KEY", "", "", -1

    def push() -> None:
        assert not controls(value, "\t\n"), "systemd would drop this variable"
        found[key.strip()] = value[:spaces] if state == "VALUE" and spaces >= 0 else value

    for c in text:
        if state == "PRE_KEY":
            if c in "#;":
                state = "COMMENT"
            elif c not in " \t\n\r":
                state, key = "KEY", c
        elif state == "KEY":
            if c in "\n\r":
                state = "PRE_KEY"
            elif c == "=":
                state, value, spaces = "PRE_VALUE", "", -1
            else:
                key += c
        elif state in ("PRE_VALUE", "VALUE"):
            if c in "\n\r":
                push()
                state = "PRE_KEY"
            elif state == "PRE_VALUE" and c == "'":
                state = "SINGLE"
            elif state == "PRE_VALUE" and c == '"':
                state = "DOUBLE"
            elif c == "\\":
                state, spaces = "ESCAPE", -1
            elif state == "VALUE" or c not in " \t":
                spaces = -1 if c not in " \t" else (spaces if spaces >= 0 else len(value))
                state = "VALUE"
                value += c
        elif state == "ESCAPE":
            state = "VALUE"
            value += "" if c in "\n\r" else c
        elif state == "SINGLE":
            state, value = ("PRE_VALUE", value) if c == "'" else (state, value + c)
        elif state == "DOUBLE":
            if c == '"':
                state = "PRE_VALUE"
            elif c == "\\":
                state = "DOUBLE_ESCAPE"
            else:
                value += c
        elif state == "DOUBLE_ESCAPE":
            state = "DOUBLE"
            value += c if c in '"\\`$' else "" if c == "\n" else "\\" + c
        elif state == "COMMENT" and c in "\n\r":
            state = "PRE_KEY"
    assert state == "PRE_KEY"
    return found


def gitlab(text: str) -> dict[str, str]:
    """GitLab: parse_dotenv_artifact_service.rb; ``raw: false`` expands variables in a value."""
    found = {}
    for line in text.split("\n")[:-1]:
        key, equals, value = line.partition("=")
        assert equals, "Invalid Format"
        assert "$" not in value, "would be expanded"
        found[key.strip()] = value.strip()
    return found


def python_dotenv(text: str) -> dict[str, str | None]:
    """A real reader, with its expansion of ``${...}`` left on."""
    return dict(dotenv.dotenv_values(stream=StringIO(text)))


READERS: dict[str, Callable[[str], dict[str, str] | dict[str, str | None]]] = {
    "json": json.loads,
    "dotenv": python_dotenv,
    "docker": docker,
    "systemd": systemd,
    "gitlab": gitlab,
}


def text_of(name: str, changes: shells.Changes) -> str:
    rendered = formats.FORMATS[name].render(changes, {}, forced=True)
    assert (rendered.log, rendered.path, rendered.left) == ("", None, [])
    return rendered.stdout


def check(name: str, value: str) -> None:
    """Every value either arrives or is refused, and is refused only where it must be."""
    changes = [("A", value), ("B", "next"), ("C", None)]
    try:
        text = text_of(name, changes)
    except shells.Unrepresentable as error:
        assert value in RAW or REFUSED[name](value)
        assert error.message.startswith("A holds ")
        assert len(value) < 8 or value not in error.line()  # a short one may be in any sentence
    else:
        assert not REFUSED[name](value)
        assert READERS[name](text) == {"A": value, "B": "next"}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("value", FIXED + RAW, ids=ascii)
def test_every_nasty_string_arrives_or_is_refused(name: str, value: str) -> None:
    check(name, value)


@pytest.mark.parametrize("name", FILES)
def test_any_text_arrives_or_is_refused(name: str) -> None:
    given(texts)(lambda value: check(name, value))()


@pytest.mark.parametrize("name", FILES)
def test_credentials_arrive(name: str) -> None:
    assert READERS[name](text_of(name, KEYS)) == SET


def acceptable(name: str) -> tuple[str, dict[str, str]]:
    """A file with every nasty string that the format can hold."""
    values = [v for v in FIXED if not REFUSED[name](v)]
    changes = {f"V{number}": value for number, value in enumerate(values)}
    return text_of(name, list(changes.items())), changes


@pytest.mark.parametrize("name", ["dotenv", "systemd"])
def test_a_file_can_be_sourced_by_a_shell(tmp_path: Path, name: str) -> None:
    """People do, and for these two it is right."""
    sh = shutil.which("dash") or shutil.which("sh")
    assert sh is not None
    text, expected = acceptable(name)
    (tmp_path / "file").write_text(text)
    ran = subprocess.run(
        [sh, "-c", "set -a; . ./file; exec env -0"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": "/wrong"},
        capture_output=True,
        check=True,
    )
    found = dict(item.split("=", 1) for item in ran.stdout.decode().split("\0") if item)
    assert {name: found.get(name) for name in expected} == expected


def test_a_dotenv_file_can_be_read_by_node(tmp_path: Path) -> None:
    node = shutil.which("node")
    if not node:
        pytest.skip("needs node: apt-get install nodejs")
    text, expected = acceptable("dotenv")
    (tmp_path / ".env").write_text(text)
    script = """
        const util = require("node:util"), fs = require("node:fs");
        if (!util.parseEnv) process.exit(77);
        console.log(JSON.stringify(util.parseEnv(fs.readFileSync(".env", "utf8"))));
    """
    ran = subprocess.run([node, "-e", script], cwd=tmp_path, capture_output=True)
    if ran.returncode == 77:
        pytest.skip("needs node 20.12 or later for util.parseEnv")
    assert json.loads(ran.stdout) == expected


def test_the_process_answer_is_read_by_botocore(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import botocore.session

    answer = tmp_path / "answer.json"
    answer.write_text(
        text_of(
            "process",
            [*KEYS[:3], ("AWS_CREDENTIAL_EXPIRATION", "2999-01-01T00:00:00+00:00"), KEYS[4]],
        )
    )
    config = tmp_path / "config"
    config.write_text(f"[profile p]\ncredential_process = cat {answer}\n")
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    credentials = botocore.session.Session(profile="p").get_credentials()
    frozen = credentials.get_frozen_credentials()
    assert (frozen.access_key, frozen.secret_key, frozen.token, frozen.account_id) == (
        SET["AWS_ACCESS_KEY_ID"],
        SET["AWS_SECRET_ACCESS_KEY"],
        SET["AWS_SESSION_TOKEN"],
        SET["AWS_ACCOUNT_ID"],
    )
    assert credentials.method == "custom-process"


def test_the_process_answer_has_exactly_the_keys_that_are_known() -> None:
    assert json.loads(text_of("process", KEYS)) == {
        "Version": 1,
        "AccessKeyId": SET["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": SET["AWS_SECRET_ACCESS_KEY"],
        "SessionToken": SET["AWS_SESSION_TOKEN"],
        "Expiration": SET["AWS_CREDENTIAL_EXPIRATION"],
        "AccountId": SET["AWS_ACCOUNT_ID"],
    }
    assert json.loads(text_of("process", KEYS[:2])) == {
        "Version": 1,
        "AccessKeyId": SET["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": SET["AWS_SECRET_ACCESS_KEY"],
    }


def test_gitlab_is_refused_with_the_reason_unless_forced() -> None:
    with pytest.raises(UsageError, match="as an artifact that others can download") as caught:
        formats.FORMATS["gitlab"].render(KEYS, {})
    assert "--force" in caught.value.hint


@pytest.mark.parametrize("name", sorted(set(formats.FORMATS) - {"circleci"}))
def test_what_only_sets_cannot_be_asked_to_remove(name: str) -> None:
    with pytest.raises(UsageError, match="not remove them"):
        formats.FORMATS[name].render([("A", None)], {"GITHUB_ENV": "e"}, forced=True)


@pytest.mark.parametrize("name", formats.FORMATS)
def test_a_name_that_is_no_identifier_is_a_bug(name: str) -> None:
    environ = {"GITHUB_ENV": "e", "BASH_ENV": "e"}
    with pytest.raises(ValueError, match="not the name of a variable"):
        formats.FORMATS[name].render([("A\nB=1", "x")], environ, forced=True)


@pytest.mark.parametrize("name", formats.FORMATS)
@pytest.mark.parametrize("value", ["a\0b", "é\0", "\ud800"], ids=ascii)
def test_what_no_environment_holds_is_refused(name: str, value: str) -> None:
    environ = {"GITHUB_ENV": "e", "BASH_ENV": "e"}
    with pytest.raises(shells.Unrepresentable, match="A holds "):
        formats.FORMATS[name].render([("A", value)], environ, forced=True)


def test_a_format_is_found_in_any_case_and_no_other_name_is() -> None:
    assert formats.find("GitHub") is formats.FORMATS["github"]
    assert formats.find("env-no-export") is formats.FORMATS["dotenv"]
    assert formats.find("bash") is None
    assert formats.find("") is None
    assert all(row.name == name and row.summary for name, row in formats.FORMATS.items())
