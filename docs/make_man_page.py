"""Writes ``docs/ssoenv.1``, the manual page, from the commands' own parsers and the pages:

python docs/make_man_page.py
"""

import argparse
import datetime
import re
import textwrap
from collections.abc import Iterable
from pathlib import Path

from ssoenv import __version__, cli
from ssoenv.environment import shells
from ssoenv.hints import COMMANDS

ROOT = Path(__file__).parents[1]
PATH = ROOT / "docs" / "ssoenv.1"
README = "README.md"
REFERENCE = "docs/reference.md"
OF_ALL = ("help", "verbose", "debug")  # the options that every command has
SIGNS = {"\\": "\\e", "-": "\\-", "~": "\\(ti", "^": "\\(ha", "`": "\\(ga", "'": "\\(aq"}
SIGNS |= {'"': "\\(dq", "…": "..."}

# What no page and no parser says. The language is mdoc, see mandoc_mdoc(7) and groff_mdoc(7).
TOP = """\
.\\" Not written by hand: python docs/make_man_page.py
.Dd {date}
.Dt SSOENV 1
.Os ssoenv {version}
.Sh NAME
.Nm ssoenv
.Nd AWS SSO credentials for every shell and every tool
.Sh SYNOPSIS
.Nm
.Op Ar PROFILE
.Op Ar options
.Nm
.Ar COMMAND
.Op Ar options
.Op Ar arguments
.Nm
.Fl \\-help | Fl \\-version
.Sh DESCRIPTION
.Nm
turns a sign-in to AWS IAM Identity Center (AWS SSO) into the variables
.Ev AWS_ACCESS_KEY_ID ,
.Ev AWS_SECRET_ACCESS_KEY
and
.Ev AWS_SESSION_TOKEN ,
for tools that cannot use the sign-in themselves.
It shares the files of the AWS CLI, version 2.
"""
SEE_ALSO = """\
.Sh SEE ALSO
.Xr aws 1 ,
.Xr direnv 1
.Pp
The pages README.md, SECURITY.md and docs/*.md of the source.
"""


def render(date: datetime.date) -> str:
    """The text of the page. ``date``: when what it says has changed last."""
    lines = [TOP.format(date=f"{date:%B} {date.day}, {date.year}", version=__version__).rstrip()]
    width = max(map(len, shells.SHELLS)) + 2
    typed = (f"{name:{width}}{shell.line}" for name, shell in shells.SHELLS.items())
    lines += [".Ss The line for your shell", *literal("\n".join(typed))]
    lines += section(README, "Which profile", ".Ss Which profile")
    lines += section(REFERENCE, "A role without a config", ".Ss A role without a config")
    lines += section(REFERENCE, "Formats", ".Ss Formats")
    lines += [".Sh COMMANDS", *text("Every command also takes:")]
    lines += options(action for action in cli.parser_of("env")._actions if action.dest in OF_ALL)
    for command in COMMANDS:
        lines += about(command)
    lines += [".Sh ENVIRONMENT"]
    for heading in ("Variables that ssoenv reads", "Variables that ssoenv sets and removes"):
        lines += section(REFERENCE, heading, f".Ss {heading}")
    lines += section(REFERENCE, "Files", ".Sh FILES")
    lines += section(REFERENCE, "Exit codes", ".Sh EXIT STATUS")
    lines += [".Sh EXAMPLES", *text("More of them stand with the commands.")]
    return "\n".join([*lines, *example(cli._ABOUT.partition("\n\n")[2]), SEE_ALSO])


def about(command: str) -> list[str]:
    """A command: how it is called, its arguments and options, its examples."""
    parser = cli.parser_of(command)
    called = parser.usage or " ".join([parser.prog, *map(argument, places(parser)), "[options]"])
    lines = [f".Ss {escaped(called)}", *text(f"{parser.description}.")]
    for group in parser._action_groups:
        actions = [a for a in group._group_actions if a.dest not in OF_ALL]
        standard = group in (parser._positionals, parser._optionals)
        if actions and not standard:
            lines += [".Pp", *text(capital(f"{group.title}:"))]
        lines += options(actions)
    for part in re.split(r"\n\n|(?<=:)\n", (parser.epilog or "").rstrip()):
        lines += example(part) if part.startswith(" ") else [".Pp", *text(capital(part))]
    return lines


def places(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return parser._positionals._group_actions


def argument(action: argparse.Action) -> str:
    """An argument that is not an option, as a usage line has it."""
    more = " ..." if action.nargs in ("*", "+") else ""
    name = f"{action.metavar or action.dest}{more}"
    return name if action.nargs in (None, "+") else f"[{name}]"


def options(actions: Iterable[argparse.Action]) -> list[str]:
    """What is known about arguments and options, as a list."""
    lines = []
    for action in actions:
        names = " , ".join(f"Fl {escaped(name[1:])}" for name in action.option_strings)
        value = action.metavar or "|".join(action.choices or ()) or action.dest.upper()
        if action.nargs != 0:
            names += f" Ar {escaped(str(value))}"
        lines += [f".It {names.strip()}", *text((action.help or "") % vars(action))]
    return [".Bl -tag -width Ds", *lines, ".El"] if lines else []


def section(page: str, heading: str, title: str) -> list[str]:
    """A section of a page: its paragraphs, and its tables of two columns as lists."""
    _, found, rest = (ROOT / page).read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    assert found, f"{page} has no section {heading}"
    lines = [title]
    parts = re.sub(r"<!--.*?-->\n", "", rest.partition("\n## ")[0]).strip().split("\n\n")
    several = sum(part.startswith("| ") for part in parts) > 1
    for part in parts:
        if part.startswith("| "):
            rows = [row.strip("| ") for row in part.splitlines() if not row.startswith("|-")]
            cells = [re.split(r" (?<!\\)\| ", row, maxsplit=1) for row in rows]
            title, *pairs = [(first, second) for first, second in cells]
            lines += [".Pp", *text(capital(f"{title[0]}:"))] if several else []
            lines += tagged(pairs)
        else:
            lines += [".Pp", *text(part)]
    if lines[1] == ".Pp":  # there is space below a title
        del lines[1]
    return lines


def tagged(rows: list[tuple[str, str]]) -> list[str]:
    """A list of terms and what they mean, beside them where there is room."""
    longest = max(len(tag.replace("`", "")) for tag, _ in rows)
    lines = [f".Bl -tag -width {'x' * longest if longest < 14 else 'Ds'} -compact"]
    for tag, what in rows:
        lines += [f".It {inline(tag)}", *text(what)]
    return [*lines, ".El"]


def example(block: str) -> list[str]:
    """Lines to type; where it is said what they do, that stands below."""
    pairs = [re.split(r" {3,}", line.strip(), maxsplit=1) for line in block.strip().splitlines()]
    if not any(what for _, *what in pairs):
        return literal(block)
    lines = [".Pp", ".Bl -tag -width Ds -offset 2n -compact"]
    for line, *what in pairs:
        lines += [f".It Ic {escaped(line)}", *text(" ".join(what))]
    return [*lines, ".El"]


def literal(block: str) -> list[str]:
    """Lines as they are."""
    lines = [escaped(line) for line in textwrap.dedent(block).rstrip().splitlines()]
    return [".Bd -literal -offset 2n", *lines, ".Ed"]


def text(markdown: str) -> list[str]:
    """A paragraph; every sentence begins a line, as formatters like it."""
    lines = []
    for one in re.split(r"(?<=[.?!]) (?=[A-Z`])", " ".join(markdown.split())):
        lines += textwrap.wrap(inline(one), 78, break_long_words=False, break_on_hyphens=False)
    return [f"\\&{line}" if line.startswith(".") else line for line in lines]


def inline(markdown: str) -> str:
    """Code in bold, emphasis in italics, links without where they lead."""
    plain = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", markdown.replace("\\|", "|"))
    parts = re.split(r"(`` .+? ``|`[^`]+`|\*[^* ]+\*)", plain)
    return "".join(
        f"\\fB{escaped(part.strip('` '))}\\fP"
        if part.startswith("`")
        else f"\\fI{escaped(part.strip('*'))}\\fP"
        if re.fullmatch(r"\*[^* ]+\*", part)
        else escaped(part)
        for part in parts
    )


def escaped(plain: str) -> str:
    """Letters as they are, none taken for an instruction; names are never hyphenated."""
    known = "".join(SIGNS.get(sign, sign) for sign in plain)
    return re.sub(r"\b(?=[A-Za-z]+[_@])", r"\\%", known)


def capital(plain: str) -> str:
    return plain[:1].upper() + plain[1:]


def date_of(page: str) -> datetime.date:
    """The date that a page bears."""
    found = re.search(r"^\.Dd (.*)$", page, re.MULTILINE)
    assert found
    return datetime.datetime.strptime(found[1], "%B %d, %Y").date()


if __name__ == "__main__":
    if PATH.read_text() != render(date_of(PATH.read_text())):
        PATH.write_text(render(datetime.date.today()), newline="\n")
