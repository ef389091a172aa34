"""The lines of a config or credentials file, and what makes such a file unreadable for AWS's tools.

Lines are told apart by the rules of configparser's ``RawConfigParser``, which botocore reads with.
"""

import configparser
import io
from collections.abc import Iterable, Iterator

from ssoenv.errors import ConfigError
from ssoenv.system import paths

_BOM = "\ufeff"
_HEADER = configparser.RawConfigParser.SECTCRE
_OPTION = configparser.RawConfigParser.OPTCRE
_TOOLS = "so no AWS tool can read the file"

# Kinds of lines: empty or a comment; [section]; key = value; more of the value above, which is
# indented deeper than its key; and any other line.
NOTE, SECTION, SETTING, MORE, WRONG = "note", "section", "setting", "more", "wrong"

# Kinds of faults.
BYTE_ORDER_MARK, SECTION_TWICE, SETTING_TWICE, TEXT = (
    "bom",
    "section-twice",
    "setting-twice",
    "text",
)


class Line:
    """A line of the ``kind`` above. ``key``: the setting that it belongs to, in lower case.
    ``value``: what is between the brackets, or the first line of a setting's value."""

    __slots__ = ("key", "kind", "text", "value")

    def __init__(self, kind: str, text: str, key: str = "", value: str = "") -> None:
        self.kind = kind
        self.text = text
        self.key = key
        self.value = value


class Fault:
    """Why AWS's tools cannot read a file: the number of the ``line``, what is wrong, what to do."""

    __slots__ = ("hint", "kind", "line", "message")

    def __init__(self, kind: str, line: int, message: str, hint: str) -> None:
        self.kind = kind
        self.line = line
        self.message = f"{message}, {_TOOLS}"
        self.hint = hint


def split(text: str) -> list[str]:
    """The lines of ``text``, as Python splits a text file."""
    return io.StringIO(text, newline=None).readlines()


def lines(texts: Iterable[str]) -> Iterator[Line]:
    """Each of ``texts`` with what it means."""
    in_section = False
    key, level = "", 0
    for text in texts:
        content = text.strip()
        indent = len(text) - len(text.lstrip())
        if not content or content.startswith(("#", ";")):
            yield Line(NOTE, text)
        elif in_section and key and indent > level:
            yield Line(MORE, text, key)
        else:
            level = indent
            header, option = _HEADER.match(content), _OPTION.match(content)
            if header:
                in_section, key = True, ""
                yield Line(SECTION, text, value=header["header"])
            elif in_section and option:
                key = option["option"].rstrip().lower()
                yield Line(SETTING if key else WRONG, text, key, option["value"])
            else:
                yield Line(WRONG, text)


def faults(text: str) -> list[Fault]:
    """Everything that makes a file with ``text`` unreadable, what stops AWS's tools first first."""
    found: list[Fault] = []
    later: list[Fault] = []
    if text.startswith(_BOM):
        found.append(
            Fault(
                BYTE_ORDER_MARK,
                1,
                "the file begins with a byte order mark (BOM)",
                "Save it as UTF-8 without BOM",
            )
        )
    section: str | None = None
    sections: dict[str, list[int]] = {}
    settings: dict[tuple[str, str], list[int]] = {}
    for number, line in enumerate(lines(split(text.removeprefix(_BOM))), 1):
        if line.kind == SECTION:
            section = line.value
            sections.setdefault(section, []).append(number)
        elif line.kind == SETTING and section is not None:
            if len(sections[section]) == 1:
                settings.setdefault((section, line.key), []).append(number)
        elif line.kind == WRONG:
            where = found if section is None else later
            where.append(_wrong_line(number, line.text.strip(), section is None))
            if section is None and len(found) > 1:
                found.pop()  # one of them says it
    for header, numbers in sections.items():
        if len(numbers) > 1:
            message = f"section [{header}] appears {_times(numbers)}"
            found.append(Fault(SECTION_TWICE, numbers[1], message, "Merge them into one"))
    for (header, key), numbers in settings.items():
        if len(numbers) > 1:
            message = f"{key} is set {_times(numbers)} in [{header}]"
            found.append(Fault(SETTING_TWICE, numbers[1], message, "Remove all but one"))
    return [*sorted(found, key=lambda fault: fault.line), *later]


def why_unreadable(path: str, error: Exception) -> ConfigError:
    """What makes the whole file unreadable for botocore, with the line where it can be told."""
    shown = paths.display(path)
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as problem:
        return ConfigError(f"{shown} cannot be read: {problem.strerror}", "Correct its permissions")
    except UnicodeError:
        return ConfigError(f"{shown} is not UTF-8 text", "Save it as UTF-8")
    for fault in faults(text):
        return ConfigError(f"{shown}, line {fault.line}: {fault.message}", fault.hint)
    if number := _line_outside_a_block(text):
        return ConfigError(
            f"{shown}, line {number}: below a setting without a value, an indented line must be "
            f"key = value, {_TOOLS}",
            "Write the value on the line of its setting",
        )
    return ConfigError(f"{shown} cannot be read: {error}", "Correct it and try again")


def _wrong_line(number: int, text: str, before_all: bool) -> Fault:
    if text.startswith("[") and "]" not in text:
        return Fault(TEXT, number, f"{text[:80]} is not closed", "Add the ]")
    if before_all:
        return Fault(
            TEXT,
            number,
            "text before the first [section]",
            "Remove that text or put it below a section",
        )
    return Fault(TEXT, number, "this is not a setting (key = value)", "Correct that line")


def _times(numbers: list[int]) -> str:
    how_often = "twice" if len(numbers) == 2 else f"{len(numbers)} times"
    return f"{how_often} (lines {listed(numbers)})"


def listed(numbers: Iterable[int]) -> str:
    """Numbers of lines as a person writes them: ``3, 4 and 9``."""
    *first, last = map(str, sorted(numbers))
    return f"{', '.join(first)} and {last}" if first else last


def _line_outside_a_block(text: str) -> int | None:
    """The number of the indented line that botocore cannot take for a part of a block: it splits
    each line of a value that begins on the line below its key."""
    in_block = False
    for number, line in enumerate(lines(split(text)), 1):
        if line.kind != MORE:
            empty = line.kind == SETTING and not line.value
            in_block = empty or (line.kind == NOTE and in_block)
        elif in_block and "=" not in line.text:
            return number
    return None
