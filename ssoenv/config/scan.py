"""Why AWS's tools cannot read a config or credentials file, told by file and line."""

import configparser

from ssoenv.errors import ConfigError
from ssoenv.system import paths


def why_unreadable(path: str, error: Exception) -> ConfigError:
    """What makes the whole file unreadable for botocore, with the line where it can be told."""
    shown = paths.display(path)
    try:
        with open(path, "rb") as file:
            start = file.read(3)
        with open(path, encoding="utf-8") as text:
            lines = text.readlines()
        parser = configparser.RawConfigParser()
        parser.read_file(lines)
    except OSError as problem:
        return ConfigError(f"{shown} cannot be read: {problem.strerror}", "Correct its permissions")
    except UnicodeError:
        return ConfigError(f"{shown} is not UTF-8 text", "Save it as UTF-8")
    except configparser.DuplicateSectionError as problem:
        return ConfigError(
            f"{shown}, line {problem.lineno}: section [{problem.section}] stands there twice, "
            "so no AWS tool can read the file",
            "Remove one of the two",
        )
    except configparser.DuplicateOptionError as problem:
        return ConfigError(
            f"{shown}, line {problem.lineno}: {problem.option} is set twice in "
            f"[{problem.section}], so no AWS tool can read the file",
            "Remove one of the two",
        )
    except configparser.MissingSectionHeaderError as problem:
        if start == b"\xef\xbb\xbf":
            return ConfigError(
                f"{shown}, line 1: the file begins with a byte order mark (BOM), so no AWS tool "
                "can read it",
                "Save it as UTF-8 without BOM",
            )
        if unclosed(problem.line):
            return _unclosed(shown, problem.lineno, problem.line)
        return ConfigError(
            f"{shown}, line {problem.lineno}: text before the first [section], so no AWS tool "
            "can read the file",
            "Remove that text or put it below a section",
        )
    except configparser.ParsingError as problem:
        line = problem.errors[0][0] if problem.errors else 0
        if line and unclosed(lines[line - 1]):
            return _unclosed(shown, line, lines[line - 1])
        return ConfigError(
            f"{shown}, line {line or '?'}: this is not a setting (key = value), so no AWS "
            "tool can read the file",
            "Correct that line",
        )
    except configparser.Error:
        pass
    else:
        if outside := _line_outside_a_block(parser, lines):
            return ConfigError(
                f"{shown}, line {outside}: below a setting without a value, an indented line "
                "must be key = value, so no AWS tool can read the file",
                "Write the value on the line of its setting",
            )
    return ConfigError(f"{shown} cannot be read: {error}", "Correct it and try again")


def unclosed(line: str) -> bool:
    """Whether ``line`` begins a section's name and does not end it."""
    return line.lstrip().startswith("[") and "]" not in line


def _unclosed(shown: str, number: int, line: str) -> ConfigError:
    return ConfigError(
        f"{shown}, line {number}: {line.strip()[:80]} is not closed, so no AWS tool can read the "
        "file",
        "Add the ]",
    )


def _line_outside_a_block(parser: configparser.RawConfigParser, lines: list[str]) -> int | None:
    """The number of the indented line that botocore cannot take for a part of a block."""
    for section in parser.sections():
        for _, value in parser.items(section):
            for part in value.split("\n") if value.startswith("\n") else ():
                if part.strip() and "=" not in part:
                    found = (n for n, line in enumerate(lines, 1) if line.strip() == part.strip())
                    return next(found, None)
    return None
