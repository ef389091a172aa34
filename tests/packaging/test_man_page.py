"""The manual page: it says what the program says, and every ``man`` can show it."""

import re
import subprocess

import pytest

from docs import make_man_page as man_page
from ssoenv import errors
from ssoenv.integration.completion_table import COMMANDS
from tests.conftest import need

CHECKERS = {
    "mandoc": ["mandoc", "-T", "lint", "-W", "warning"],
    "groff": ["groff", "-mdoc", "-ww", "-z", "-T", "utf8"],
}
SHOWN = {
    "mandoc": ["mandoc", "-T", "ascii", "-O", "width=78"],
    "groff": ["groff", "-mdoc", "-T", "ascii", "-P", "-c", "-r", "LL=78n"],
}


def test_the_page_is_what_parsers_and_pages_say() -> None:
    """If this fails: python docs/make_man_page.py"""
    page = man_page.PATH.read_text()
    assert page == man_page.render(man_page.date_of(page))
    assert page.isascii()


@pytest.mark.parametrize("program", CHECKERS)
def test_nothing_in_the_page_is_wrong(program: str) -> None:
    need(program, f"apt-get install {program}")
    done = subprocess.run([*CHECKERS[program], man_page.PATH], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("program", SHOWN)
def test_the_page_reads_well_on_eighty_columns(program: str) -> None:
    """Nothing is cut, no markup is left, and each command stands with all of its options."""
    need(program, f"apt-get install {program}")
    done = subprocess.run([*SHOWN[program], man_page.PATH], capture_output=True, check=True)
    shown = re.sub(".\b|\x1b\\[\\d*m", "", done.stdout.decode())
    assert max(map(len, shown.splitlines())) <= 80
    assert not re.search(r"\\f|\]\(|\|--|<!--|`\w+`", shown)
    commands = shown.partition("\nCOMMANDS\n")[2]
    of_all, *sections = re.split(r"^ {3}ssoenv (\S+).*\n", commands, flags=re.MULTILINE)
    assert sections[::2] == list(COMMANDS)
    for name, section in zip(COMMANDS, sections[1::2], strict=True):
        for option, _, _ in COMMANDS[name][2]:
            names = option.replace(" ", ", ")
            assert re.search(rf"^ +{names}\b", of_all + section, re.MULTILINE), (name, option)
    titles = re.findall(r"^[A-Z][A-Z ]+$", shown, re.MULTILINE)
    assert titles == [
        *("NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "ENVIRONMENT", "FILES"),
        *("EXIT STATUS", "EXAMPLES", "SEE ALSO"),
    ]
    status = shown.partition("\nEXIT STATUS\n")[2].partition("\nEXAMPLES")[0]
    known = {e.exit_code for e in vars(errors).values() if hasattr(e, "exit_code")}
    assert known <= {int(code) for code in re.findall(r"\b\d+\b", status)}
