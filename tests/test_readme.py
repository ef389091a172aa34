"""README says what the program does: its tables are those of the code, its lines are run."""

import re
from pathlib import Path

import ssoenv.errors
from ssoenv import shells, variables
from ssoenv.commands import COMMANDS
from tests.conftest import World

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def rows(marker: str) -> list[tuple[str, ...]]:
    """The rows of the tables between ``<!-- marker: … -->`` and the next heading."""
    section = README.partition(f"<!-- {marker}:")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    cells = [re.split(r"(?<!\\) ?\| ?", line.strip("| ")) for line in lines]
    return [tuple(cell.strip().replace("\\|", "|") for cell in row) for row in cells]


def test_the_line_of_every_shell_is_the_one_that_is_tested() -> None:
    documented = {row[0].partition(" ")[0]: row[1].strip("` ") for row in rows("shells")[1:]}
    expected = {name: shell.line.strip("` ") for name, shell in shells.SHELLS.items()}
    assert documented == expected


def test_every_variable_is_listed_with_its_reason() -> None:
    documented = [(name.strip("`"), why) for name, why in rows("variables")]
    listed = [pair for pair in documented if pair[0] not in ("set", "removed")]
    assert listed == [*variables.SET, *variables.REMOVED]


def test_every_exit_code_is_listed() -> None:
    documented = {int(code) for code, _ in rows("exit codes") if code.isdecimal()}
    errors = vars(ssoenv.errors).values()
    codes = {e.exit_code for e in errors if isinstance(e, type) and hasattr(e, "exit_code")}
    elsewhere = {int(code) for code in re.findall(r"\b12[567]\b", README)}
    assert documented | elsewhere == codes | {0, 130}


def test_the_test_command_is_the_one_that_ci_runs() -> None:
    assert ".venv/bin/pytest" in README
    assert "grep -m1 -F '.venv/bin/pytest' README.md" in (ROOT / ".ci" / "run").read_text()


def test_help_lists_every_command(world: World) -> None:
    result = world.run("--help")
    assert result.code == 0
    for name, summary in COMMANDS.items():
        assert re.search(
            rf"^  {name} +{re.escape(summary[:1].upper() + summary[1:])}$", result.out, re.M
        )
        assert world.run(name, "--help").out.startswith(f"usage: ssoenv {name}")


def test_every_message_is_one_that_ssoenv_gives() -> None:
    """Word for word, but for names, numbers and the role (which has a function of its own)."""
    source = "".join(path.read_text() for path in (ROOT / "ssoenv").rglob("*.py"))
    source = re.sub(r"""["']\s*\n\s*f?["']""", "", source)  # sentences go on over lines
    table = README.partition("| message |")[2].partition("\n\n")[0]
    cells = [line.partition(" | ")[0] for line in table.splitlines()[2:]]
    messages = [text for cell in cells for text in re.findall("`(.+?)`", cell)]
    assert len(messages) > 9
    changing = r'"\w+"|\[.*?\]|~/\S+|\d+m?|role .*|GetRoleCredentials|…'
    for message in messages:
        assert all(words.strip(" ,:") in source for words in re.split(changing, message)), message
