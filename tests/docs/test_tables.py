"""The tables in README and docs/reference.md are those of the program."""

import re
from fnmatch import fnmatch

import pytest

import ssoenv.errors
from ssoenv import cli
from ssoenv.environment import formats, shells, variables
from ssoenv.hints import COMMANDS
from ssoenv.system import kept
from tests.conftest import World
from tests.docs import pages

REFERENCE = "docs/reference.md"
NAMES = re.compile(r"\b(?:SSOENV|AWS|AMAZON)_[A-Z0-9_]+\b")


def test_the_line_of_every_shell_is_the_one_that_is_tested() -> None:
    documented = {}
    for names, line in pages.rows("README.md", "shells")[1:]:
        for name in re.sub(r" \(.*?\)", "", names).split(", "):
            documented[name] = line.strip("` ")
    lines = {name: shell.line.strip("` ") for name, shell in shells.SHELLS.items()}
    assert documented == {name: line.replace("PROFILE", "dev") for name, line in lines.items()}


def test_the_commands_are_all_there() -> None:
    documented = [(name.strip("`"), what) for name, what in pages.rows(REFERENCE, "Commands")[1:]]
    assert documented == list(COMMANDS.items())


def test_the_options_are_those_of_the_help_word_for_word() -> None:
    """If this fails, the second of the lists is what belongs into the table."""
    of: dict[tuple[str, str], list[str]] = {}
    for command in COMMANDS:
        for action in cli.parser_of(command)._actions:
            if action.option_strings:
                value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
                names = f"`{', '.join(action.option_strings)}{value}`"
                of.setdefault((names, (action.help or "") % vars(action)), []).append(command)
    known = {
        (names, "all" if commands == [*COMMANDS] else ", ".join(commands), what)
        for (names, what), commands in of.items()
    }
    assert sorted(pages.rows(REFERENCE, "Options")[1:]) == sorted(known)


def test_the_formats_are_all_there() -> None:
    documented = [(name.strip("`"), what) for name, what in pages.rows(REFERENCE, "formats")[1:]]
    assert documented == [(row.name, row.summary) for row in formats.FORMATS.values()]


def test_every_variable_is_listed_with_its_reason() -> None:
    documented = [(name.strip("`"), why) for name, why in pages.rows(REFERENCE, "variables")]
    listed = [pair for pair in documented if pair[0] not in ("set", "removed")]
    assert listed == [*variables.SET, *variables.REMOVED]


def test_every_exit_code_is_listed() -> None:
    found = pages.rows(REFERENCE, "exit codes")
    documented = {int(code) for code, _ in found if code.isdecimal()}
    text = (pages.ROOT / REFERENCE).read_text(encoding="utf-8")
    elsewhere = {int(code) for code in re.findall(r"\b12[567]\b", text)}
    errors = vars(ssoenv.errors).values()
    codes = {e.exit_code for e in errors if isinstance(e, type) and hasattr(e, "exit_code")}
    assert documented | elsewhere == codes | {0, 130}


def test_every_name_of_the_environment_is_explained() -> None:
    """A name that stands by itself in the program, or in a script, is read or written there."""
    package = [p for p in (pages.ROOT / "ssoenv").rglob("*.py") if "demo" not in p.parts]
    source = "".join(path.read_text(encoding="utf-8") for path in package)
    used = set(re.findall(rf"""["']({NAMES.pattern})["']""", source))
    scripts = [path for path in (pages.ROOT / "shell").iterdir() if path.suffix not in ("", ".md")]
    used |= set(
        re.findall(r"\bSSOENV_\w+", "".join(path.read_text(encoding="utf-8") for path in scripts))
    )
    written = {name for _, code in pages.codes() for name in NAMES.findall(code)}
    led_away = {name for name in used if name.startswith("SSOENV_USER_")}
    assert used - led_away - written == set()
    assert {name for name in written if name.startswith("SSOENV_")} - used <= {"SSOENV_USER_"}


def test_every_setting_of_ours_is_in_the_table() -> None:
    found = {name.strip("`") for name, _ in pages.rows(REFERENCE, "settings")[1:]}
    text = (pages.ROOT / REFERENCE).read_text(encoding="utf-8")
    own_notes = {
        "SSOENV_CREDENTIAL_PROCESS",
        "SSOENV_ENDPOINT",
        "SSOENV_SHELL_STATE",
        "SSOENV_STATE",
        "SSOENV_USER_",
    }
    set_by_us = {name for name, _ in variables.SET} | set(kept.KEEPERS.values())
    named = {name for name in NAMES.findall(text) if name.startswith("SSOENV_")}
    assert named - own_notes - set_by_us == found


def test_every_file_of_ours_is_listed() -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for path in (pages.ROOT / "ssoenv").rglob("*.py")
    )
    source += (pages.ROOT / "shell" / "use_ssoenv.sh").read_text(encoding="utf-8")
    used = set(re.findall(r"""paths\.ours\(["'](.*?)["']|/\.aws/ssoenv/([\w-]+)""", source))
    listed = {path.strip("`") for path, _ in pages.rows(REFERENCE, "Files")[1:]}
    for pair in used:
        assert f"~/.aws/ssoenv/{''.join(pair)}" in listed
    assert len(used) > 5


@pytest.mark.parametrize(
    ("page", "place"), [(REFERENCE, "Files"), ("SECURITY.md", "What is stored, and where")]
)
def test_every_file_that_commands_make_is_listed(
    shared_world: World, page: str, place: str
) -> None:
    for line in (
        "dev",
        "write dev",
        "configure --all --yes",
        "profiles",
        "exec --endpoint dev true",
    ):
        assert shared_world.run(*line.split()).code == 0, line
    assert shared_world.run("--renew", "dev", "--shell", "bash").code == 0
    listed = set()
    for row in pages.rows(page, place)[1:]:
        for path in re.findall("`(.+?)`", row[0]):
            whole = path if path.startswith("~") else f"~/.aws/ssoenv/{path}"
            listed.add(whole.rstrip("/").removesuffix("/*.json"))
    made = [
        "~/" + str(path.relative_to(shared_world.home))
        for path in shared_world.config.parent.rglob("*")
        if path.is_file() and path != shared_world.config
    ]
    unlisted = [
        one
        for one in made
        if not any(fnmatch(one, path) or fnmatch(one, f"{path}/*") for path in listed)
    ]
    assert unlisted == []
    assert len(made) > 6


def test_ci_runs_the_test_line_of_readme() -> None:
    assert ".venv/bin/pytest" in (pages.ROOT / "README.md").read_text(encoding="utf-8")
    run = (pages.ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "grep -m1 -F '.venv/bin/pytest' README.md" in run


def test_help_lists_every_command(shared_world: World) -> None:
    result = shared_world.run("--help")
    assert result.code == 0
    assert shared_world.run("exec", "--help").out.startswith("usage: ssoenv exec")
    for name, summary in COMMANDS.items():
        line = rf"^  {name} +{re.escape(summary[:1].upper() + summary[1:])}$"
        assert re.search(line, result.out, re.MULTILINE)


@pytest.mark.parametrize("path", pages.PATHS, ids=lambda path: str(path.relative_to(pages.ROOT)))
def test_every_link_leads_somewhere(path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)\s]*)\)", text):
        file, _, anchor = target.partition("#")
        page = (path.parent / file) if file else path
        assert page.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
            plain = [re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings]
            assert anchor in plain, target


def test_every_file_of_the_repository_that_is_named_is_there() -> None:
    named = {
        code for _, code in pages.codes() if re.fullmatch(r"(tests|ssoenv|\.ci)/[\w./]*", code)
    }
    assert {code for code in named if not (pages.ROOT / code).exists()} == set()
    assert len(named) > 20
