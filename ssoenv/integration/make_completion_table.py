"""Writes ``ssoenv/integration/completion_table.py`` from the commands' own parsers:

python ssoenv/integration/make_completion_table.py
"""

import argparse
import os

import ssoenv
from ssoenv.cli import parser_of
from ssoenv.hints import COMMANDS

PATH = os.path.join(os.path.dirname(ssoenv.__file__), "integration", "completion_table.py")
HEADER = '''\
"""The commands and their options, for completion without argparse. Not written by hand:

    python ssoenv/integration/make_completion_table.py

Command → (what it does, the kinds of its arguments, its options), and an option is (its names,
the kind of its value, help). A kind is "" for none, "profile", "profiles" (any number), "shell",
"format", "region", "session", "file", "text", or the very words to choose from, each with a "|"
behind it.
"""

Option = tuple[str, str, str]

COMMANDS: dict[str, tuple[str, str, tuple[Option, ...]]] = {
'''
KINDS = {
    "PROFILE": "profile",
    "SHELL": "shell",
    "FORMAT": "format",
    "REGION": "region",
    "FILE": "file",
    "PATH": "file",
    "FOLDER": "file",
}
SESSION = "session"


def render() -> str:
    """The text of the module."""
    lines = [HEADER]
    for name, summary in COMMANDS.items():
        actions = parser_of(name)._actions
        kinds = " ".join(kind_of(action) for action in actions if not action.option_strings)
        lines += [
            f"    {text(name)}: (\n",
            f"        {text(summary)},\n",
            f"        {text(kinds)},\n",
        ]
        lines.append("        (\n")
        for action in actions:
            if action.option_strings and action.help != argparse.SUPPRESS:
                names = " ".join(action.option_strings)
                row = ", ".join(map(text, (names, kind_of(action), help_of(action))))
                lines.append(f"            ({row}),\n")
        lines += ["        ),\n", "    ),\n"]
    return "".join([*lines, "}\n"])


def kind_of(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if action.choices:
        return "".join(f"{choice}|" for choice in action.choices)
    kind = KINDS.get(str(action.metavar), "text")
    if action.dest.startswith("profile"):
        kind = "profile"
    elif action.dest.endswith("region"):
        kind = "region"
    elif action.dest == SESSION:
        kind = SESSION
    return "profiles" if kind == "profile" and action.nargs in ("*", "+") else kind


def help_of(action: argparse.Action) -> str:
    """Its help, short enough for a line in a list."""
    help = (action.help or "") % vars(action)
    return help if len(help) <= 50 else help[:47].rpartition(" ")[0].rstrip(",") + "..."


def text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


if __name__ == "__main__":
    with open(PATH, "w", encoding="utf-8", newline="\n") as file:
        file.write(render())
