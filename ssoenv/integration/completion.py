"""What a TAB completes: commands, options, the values of options, profile names.

``ssoenv --complete FUNCTIONS WORD… CURRENT`` is what the completion scripts in ``shell/`` call.
FUNCTIONS are the commands that only the shell integration knows ("use off", or nothing where it
is not loaded); then come the words after ``ssoenv`` and, as the last one, the word at the cursor,
all without their quotes. The answer is a line a candidate: the word, a tab, its description. A
line that begins with a tab hands over to the shell: ``\\tfile``, or ``\\tcommand\\tN`` where
another command begins at word N, counted from 1.

A TAB must cost no more than a warm answer, so neither argparse nor botocore is loaded: the
commands and options are in ``completion_table``, which a test compares with the real parsers.
"""

import os
from collections.abc import Iterable

from ssoenv.errors import printable
from ssoenv.hints import FUNCTIONS
from ssoenv.integration.completion_table import COMMANDS, Option

Candidates = Iterable[tuple[str, str]]

_BEFORE = (("-V --version", "", "show the version"),)


def run(arguments: list[str]) -> int:
    """Print the candidates. Always 0: TAB shows no errors."""
    from ssoenv.system import stdout

    try:
        functions, *words, current = arguments
        found = candidates(functions.split(), words, current)
        lines = [_line(word, text) for word, text in found if _fits(word, current)]
        if os.isatty(1):  # somebody looks at what the scripts read
            lines = ["\t".join(map(printable, line.split("\t"))) + "\n" for line in lines]
        stdout.write("".join(lines))
    except Exception:
        return 0
    return 0


def candidates(functions: list[str], words: list[str], current: str) -> Candidates:
    """Everything that may replace ``current``, whether or not it begins so, with descriptions;
    a candidate that begins with a tab is a line for the shell."""
    command, kinds, options = _command(functions, words)
    rest = words if command == "" else words[1:]
    skipped = len(words) - len(rest)
    kind_of = {name: kind for names, kind, _ in options for name in names.split()}
    option, equals, _ = current.partition("=")
    if equals and option in kind_of:
        return [(f"{option}={word}", text) for word, text in _values(kind_of[option])]
    arguments = 0
    waiting = ""
    for position, word in enumerate(rest, skipped + 1):
        if waiting:
            waiting = ""
        elif word == "--":
            return [(f"\tcommand\t{position + 1}", "")] if command == "exec" else []
        elif kind_of.get(word):
            waiting = kind_of[word]
        elif not word.startswith("-") or word == "-":
            arguments += 1
            if command == "exec" and arguments == 2:
                return [(f"\tcommand\t{position}", "")]
    if waiting:
        return _values(waiting)
    if current.startswith("-"):
        found = [(name, text) for names, _, text in options for name in names.split()]
    else:
        found = _values(_kind(kinds, arguments))
    if arguments == 0 and command == "":
        found += [(name, text) for name, text in FUNCTIONS.items() if name in functions]
        found += [(name, summary) for name, (summary, _, _) in COMMANDS.items()]
    if command == "exec" and arguments == 1:
        found.append(("--", "then the command to run"))
    if command == "use" and arguments == 0:
        found.append(("-", "the profile that was in use before"))
    return found


def _command(functions: list[str], words: list[str]) -> tuple[str, list[str], tuple[Option, ...]]:
    """The command that is being typed ("" if none has been named), the kinds of its arguments,
    its options."""
    first = words[0] if words else ""
    if first == "off" and first in functions:
        return first, [], ()
    _, kinds, options = COMMANDS.get(first, COMMANDS["env"])
    if first in functions or first in COMMANDS:
        return first, kinds.split(), options
    return "", kinds.split(), (*options, *_BEFORE)


def _kind(kinds: list[str], position: int) -> str:
    """The kind of the argument at ``position``, counted from 0."""
    if position < len(kinds):
        return kinds[position]
    return "profiles" if kinds[-1:] == ["profiles"] else ""


def _values(kind: str) -> list[tuple[str, str]]:
    """What fits a value of that kind, as ``completion_table`` names kinds."""
    if kind in ("profile", "profiles"):
        from ssoenv.config import listing

        return [(found.name, found.details()) for found in listing.profiles()]
    if kind == "region":
        from ssoenv.config import listing

        regions = {found.region: "" for found in listing.profiles() if found.region}
        return list(regions.items())
    if kind in ("shell", "format"):
        from ssoenv.environment import formats, shells

        rows = [(row.name, row.summary) for row in formats.FORMATS.values()]
        names = [(name, "") for name in shells.SHELLS]
        aliases = [
            (name, f"{meant}, as the AWS CLI calls it") for name, meant in formats.ALIASES.items()
        ]
        return names if kind == "shell" else rows + names + aliases
    if kind == "file":
        return [("\tfile", "")]
    return [(word, "") for word in kind.split("|")[:-1]]


def _fits(word: str, current: str) -> bool:
    return word.startswith(("\t", current))


def _line(word: str, text: str) -> str:
    """One line. A name with a line break in it could not be typed anyway."""
    if word.startswith("\t"):
        return word + "\n"
    return " ".join(word.splitlines()) + "\t" + " ".join(text.split()) + "\n"
