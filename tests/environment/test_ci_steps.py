"""What later steps of a CI job get: each runner's own reader, written down once more here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given

from ssoenv.environment import formats, shells, variables
from ssoenv.errors import UsageError
from ssoenv.system import kept, stdout
from tests.shells.nasty import FIXED, RAW, texts

KEYS: shells.Changes = [
    ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    ("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjEHoaCXVzLWVhc3QtMSJHMEUCIQ/+" * 20 + "=="),
    ("AWS_REGION", "eu-central-1"),
    ("SSOENV_PROFILE", "dev"),
    ("AWS_PROFILE", None),
    ("AWS_SECURITY_TOKEN", None),
]
SET = {name: value for name, value in KEYS if value is not None}


class GitHubRunner:
    """actions/runner: SetEnvFileCommand.ProcessCommand and ReadLine in FileCommandManager.cs;
    ``windows`` compiles in the part that knows CR LF."""

    def __init__(self, text: str, windows: bool) -> None:
        self.text = text
        self.windows = windows
        self.index = 0

    def variables(self) -> dict[str, str]:
        found = {}
        while (line := self.line()[0]) is not None:
            if not line:
                continue
            equals, heredoc = line.find("="), line.find("<<")
            if equals >= 0 and (heredoc < 0 or equals < heredoc):
                name, value = line.split("=", 1)
            elif heredoc >= 0:
                name, delimiter = line.split("<<", 1)
                assert name
                assert delimiter
                start = end = self.index
                while True:
                    content, newline = self.line()
                    if content is None:
                        raise ValueError("matching delimiter not found")
                    if content == delimiter:
                        break
                    end = self.index - len(newline)
                value = self.text[start:end] if end > start else ""
            else:
                raise ValueError(f"invalid format: {line!r}")
            found[name] = value
        return found

    def line(self) -> tuple[str | None, str]:
        start = self.index
        if start >= len(self.text):
            return None, ""
        feed = self.text.find("\n", start)
        if feed < 0:
            self.index = len(self.text)
            return self.text[start:], ""
        if self.windows and 0 <= (both := self.text.find("\r\n", start)) < feed:
            self.index = both + 2
            return self.text[start:both], "\r\n"
        self.index = feed + 1
        return self.text[start:feed], "\n"


def github_masks(log: str) -> list[str]:
    """actions/runner: ActionCommand.TryParseV2 and UnescapeData."""
    masks = []
    for line in log.splitlines():
        empty, command, data = line.split("::", 2)
        assert empty == ""
        assert command == "add-mask"
        for escape, c in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
            data = data.replace(escape, c)
        masks.append(data)
    return masks


def azure_variables(log: str) -> dict[str, tuple[str, bool]]:
    """azure-pipelines-agent: Command.TryParse with percents unescaped, as it is by default."""

    def unescape(text: str) -> str:
        for escape, c in (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]")):
            text = text.replace(escape, c)
        return text.replace("%AZP25", "%")

    found = {}
    for line in log.split("\n")[:-1]:
        prefix = line.index("##vso[")
        bracket = line.index("]", prefix)
        command, _, rest = line[prefix + len("##vso[") : bracket].partition(" ")
        assert command == "task.setvariable"
        properties = dict(item.split("=", 1) for item in rest.split(";") if item)
        name = unescape(properties["variable"])
        found[name] = (unescape(line[bracket + 1 :]), properties.get("issecret") == "true")
    return found


def test_github_appends_to_its_file_and_masks_the_keys_first() -> None:
    rendered = formats.FORMATS["github"].render(KEYS, {"GITHUB_ENV": "/runner/env"})
    assert rendered.path == "/runner/env"
    assert rendered.stdout == ""
    assert github_masks(rendered.log) == [SET[name] for name in formats.SECRET]
    for windows in (False, True):
        assert GitHubRunner(rendered.text, windows).variables() == SET


@pytest.mark.parametrize("before", ["", "OTHER=1", "OTHER=1\n"])
def test_github_s_file_has_no_line_that_a_strict_reader_refuses(
    tmp_path: Path, before: str
) -> None:
    """act and the runners that copied its reader refuse a blank line."""
    file = tmp_path / "env"
    file.write_text(before)
    rendered = formats.FORMATS["github"].render(KEYS, {"GITHUB_ENV": str(file)})
    stdout.append(str(file), rendered.text)
    text = file.read_text()
    assert "" not in text[:-1].split("\n")
    assert GitHubRunner(text, False).variables() == ({"OTHER": "1"} if before else {}) | SET


def test_github_gets_a_new_delimiter_each_time() -> None:
    github = formats.FORMATS["github"]
    texts = {github.render([("A", "x")], {"GITHUB_ENV": "e"}).text for _ in range(3)}
    assert len(texts) == 3


def test_github_never_uses_a_delimiter_that_a_value_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [b"1" * 16, b"2" * 16, b"3" * 16]
    monkeypatch.setattr(os, "urandom", lambda size: answers.pop(0))
    values = [f"ssoenv_{(c * 16).hex()}" for c in (b"1", b"2")]
    changes = [(f"A{number}", f"x\n{value}\ny") for number, value in enumerate(values)]
    rendered = formats.FORMATS["github"].render(changes, {"GITHUB_ENV": "e"})
    assert GitHubRunner(rendered.text, False).variables() == dict(changes)
    assert answers == []


def test_github_masks_a_key_with_its_escapes() -> None:
    changes = [("AWS_SECRET_ACCESS_KEY", "50%25\n%0A")]
    rendered = formats.FORMATS["github"].render(changes, {"GITHUB_ENV": "e"})
    assert github_masks(rendered.log) == ["50%25\n%0A"]


def check_github(value: str) -> None:
    changes = [("A", value), ("B", "next")]
    try:
        rendered = formats.FORMATS["github"].render(changes, {"GITHUB_ENV": "e"})
    except shells.Unrepresentable:
        assert "\r" in value or value in RAW
        return
    for windows in (False, True):
        assert GitHubRunner(rendered.text, windows).variables() == dict(changes)


def check_azure(value: str) -> None:
    changes = [("A", value), ("AWS_SESSION_TOKEN", value), ("B", "next")]
    try:
        rendered = formats.FORMATS["azure"].render(changes, {})
    except shells.Unrepresentable:
        assert value in RAW
        return
    assert azure_variables(rendered.stdout) == {
        "A": (value, False),
        "AWS_SESSION_TOKEN": (value, True),
        "B": ("next", False),
    }


@pytest.mark.parametrize("value", FIXED + RAW, ids=ascii)
def test_every_nasty_string_reaches_later_steps(value: str) -> None:
    check_github(value)
    check_azure(value)


@given(texts)
def test_any_text_reaches_later_steps(value: str) -> None:
    check_github(value)
    check_azure(value)


def test_azure_marks_the_keys_secret_and_nothing_else() -> None:
    """A secret is masked in every log: a profile called "dev" must not be one."""
    rendered = formats.FORMATS["azure"].render(KEYS, {})
    assert rendered.path is None
    assert rendered.log == ""
    assert azure_variables(rendered.stdout) == {
        name: (value, name in formats.SECRET) for name, value in SET.items()
    }


def circleci_step(tmp_path: Path, text: str, environ: dict[str, str]) -> dict[str, str]:
    """A step as CircleCI runs it: a new bash that reads ``$BASH_ENV`` first."""
    bash = shutil.which("bash")
    if not bash:
        pytest.skip("needs bash")
    file = tmp_path / "bash_env"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    ran = subprocess.run(
        [bash, "-eo", "pipefail", "-c", "env -0"],
        env={"BASH_ENV": str(file), "PATH": os.environ["PATH"], **environ},
        capture_output=True,
        check=True,
    )
    assert ran.stderr == b""
    return dict(item.split("=", 1) for item in os.fsdecode(ran.stdout).split("\0") if item)


def test_circleci_sets_and_removes_in_later_steps(tmp_path: Path) -> None:
    rendered = formats.FORMATS["circleci"].render(KEYS, {"BASH_ENV": "/tmp/env"})
    assert rendered.path == "/tmp/env"
    assert rendered.stdout == rendered.log == ""
    assert rendered.left == []
    stale = {"AWS_SESSION_TOKEN": "old", "AWS_SECURITY_TOKEN": "old"}
    for before in ("", "export OTHER=1\n"):
        found = circleci_step(tmp_path, before + rendered.text, stale)
        assert SET.items() <= found.items()
        assert "AWS_SECURITY_TOKEN" not in found


def test_circleci_gets_every_nasty_string(tmp_path: Path) -> None:
    values = [value for value in FIXED if len(value) < 1000]
    changes = [(f"V{number}", value) for number, value in enumerate(values)]
    rendered = formats.FORMATS["circleci"].render(changes, {"BASH_ENV": "e"})
    found = circleci_step(tmp_path, rendered.text, {})
    assert {name: found.get(name) for name, _ in changes} == dict(changes)


def test_circleci_takes_its_text_away_again(tmp_path: Path) -> None:
    """Nothing is left that would remove keys which a job has of its own."""
    file = tmp_path / "env"
    file.write_bytes(b"export A=1\n")
    environ = {"BASH_ENV": str(file)}
    for changes in (KEYS, variables.to_undo(SET)):
        rendered = formats.FORMATS["circleci"].render(changes, environ)
        assert rendered.marks
        stdout.remove_block(str(file), *rendered.marks)
        stdout.append(str(file), rendered.text)
    assert file.read_bytes() == b"export A=1\n"


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
@pytest.mark.parametrize("value", ["deploy", "it's $(mine) *"])
def test_circleci_acts_where_a_profile_is_set_for_the_whole_job(
    tmp_path: Path, name: str, value: str
) -> None:
    job = {"BASH_ENV": "e", name: value}
    first = formats.FORMATS["circleci"].render(KEYS, job)
    found = circleci_step(tmp_path, first.text, {name: value})
    assert SET.items() <= found.items()
    # In a later step, where the variable is kept aside, another profile replaces it.
    aside = {"SSOENV_PROFILE": "dev", kept.KEEPERS[name]: value}
    second = formats.FORMATS["circleci"].render(KEYS, {"BASH_ENV": "e", **aside})
    for rendered in (first, second):
        assert "AWS_ACCESS_KEY_ID" in circleci_step(tmp_path, rendered.text, {name: value})
        assert "AWS_ACCESS_KEY_ID" not in circleci_step(tmp_path, rendered.text, {name: "prod"})


@pytest.mark.parametrize("nearer", ["SSOENV_PROFILE", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_circleci_leaves_a_profile_that_was_chosen_nearer_by(tmp_path: Path, nearer: str) -> None:
    rendered = formats.FORMATS["circleci"].render(KEYS, {"BASH_ENV": "e"})
    found = circleci_step(tmp_path, rendered.text, {nearer: "prod"})
    assert found[nearer] == "prod"
    assert "AWS_ACCESS_KEY_ID" not in found


def test_circleci_replaces_its_block_and_keeps_every_other_byte(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_bytes(b"export A=1\n")
    for value in ("one", "two"):
        rendered = formats.FORMATS["circleci"].render([("B", value)], {"BASH_ENV": str(file)})
        assert rendered.marks
        stdout.remove_block(str(file), *rendered.marks)
        stdout.append(str(file), rendered.text)
        if value == "one":
            with file.open("ab") as more:
                more.write(b"export C=\xff\r\n")
    assert file.read_bytes() == b"export A=1\nexport C=\xff\r\n" + rendered.text.encode()
    assert b"one" not in file.read_bytes()


@pytest.mark.parametrize(("name", "file"), [("github", "GITHUB_ENV"), ("circleci", "BASH_ENV")])
@pytest.mark.parametrize("environ", [{}, {"GITHUB_ENV": "", "BASH_ENV": ""}])
def test_outside_of_a_job_there_is_no_file_to_append_to(
    name: str, file: str, environ: dict[str, str]
) -> None:
    with pytest.raises(UsageError, match=f"{file} is not set"):
        formats.FORMATS[name].render(KEYS, environ)


@pytest.mark.parametrize("name", ["github", "azure"])
def test_variables_that_cannot_be_removed_are_named(name: str) -> None:
    environ = {"GITHUB_ENV": "e", "AWS_PROFILE": "old", "AWS_SECURITY_TOKEN": "", "OTHER": "x"}
    rendered = formats.FORMATS[name].render(KEYS, environ)
    assert rendered.left == ["AWS_PROFILE"]
    assert "AWS_PROFILE" not in rendered.text + rendered.stdout


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_botocore_fails_on_an_empty_profile_so_none_is_ever_written(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """The reason why a variable that cannot be removed is left alone, not emptied."""
    import botocore.exceptions
    import botocore.session

    monkeypatch.setenv(variable, "")
    with pytest.raises(botocore.exceptions.ProfileNotFound):
        botocore.session.get_session().create_client("sts", region_name="eu-west-1")
