"""Editing ``~/.aws/config`` and ``~/.aws/credentials`` without losing a byte of what others wrote.

Lines are kept as they are (comments, spacing, CRLF, a missing last newline) and only those of
the keys that are asked for change. What a line means is what ``configparser`` makes of it, as
for botocore; and after every edit configparser itself reads the outcome: if anything but the
edit has changed, nothing is written. (ConfigUpdater, the round-trip library, was tried first:
it refuses files that AWS's tools read, an indented comment at the top for one; it takes an
indented section for a value, and glues a new key to a last line without a newline.)
"""

import configparser
import io
import os
import re
import shlex
from collections.abc import Callable, Iterable, Mapping

from ssoenv.config import scan
from ssoenv.errors import ConfigError, LocalFileError
from ssoenv.system import creation, files, locks, paths

_LOCK_SECONDS = 20.0
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")  # Python's universal newlines
_OPTION = re.compile(r"(?P<key>.*?)(?P<equals>\s*[=:]\s*)(?P<value>.*)", re.DOTALL)
_NOT_A_PROFILE = "DEFAULT"  # for configparser, what every section inherits

Model = dict[str, dict[str, str]]


def edit(path: str, change: "Callable[[Document], None]") -> bool:
    """Let ``change`` edit the file at ``path``, which may be missing. Returns whether the file
    is another one now; it is replaced at once, and 0600 from then on.

    Writers of ssoenv take turns under a lock beside the file. Tools that take no lock may write
    at any time: ``change`` is then called again, on what they wrote. Raises ``ConfigError`` for
    a file that AWS's tools cannot read and for an edit that cannot be made, ``LocalFileError``
    for one that cannot be saved; the file is then untouched.
    """
    if not path:  # as a path, it would be the working folder
        raise ConfigError(
            "there is no file to write to: AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE is empty",
            "Unset it, or name a file there",
        )
    named, path = path, os.path.realpath(path)
    shown = paths.display(path)
    _content(path)  # no lock beside what can never be edited, such as /dev/null
    try:
        creation.check_links(named)
        with locks.Lock(path + ".lock", _LOCK_SECONDS):
            for _ in range(20):
                before = _content(path)
                document = Document(before, path)
                change(document)
                after = document.content()
                if after == before:
                    return False
                if os.path.exists(path) and not os.access(path, os.W_OK):
                    raise LocalFileError(f"{shown} is read-only", "Nothing has been changed")
                with files.PendingFile(path, reserve=len(after)) as pending:
                    if _content(path) == before:
                        pending.commit(after)
                        return True
    except TimeoutError as error:
        raise LocalFileError(f"{shown} cannot be edited: {error}") from error
    except OSError as error:
        culprit = error.filename if isinstance(error.filename, str) else path
        where = "" if culprit == path else f" ({paths.display(culprit)})"
        raise LocalFileError(
            f"{shown} cannot be written: {error.strerror or error}{where}",
            "Nothing has been changed",
        ) from error
    raise LocalFileError(f"{shown} cannot be edited: another program keeps changing it")


def read(path: str) -> "Document":
    """The file at ``path``, empty if it is missing. Raises ``ConfigError``."""
    return Document(_content(path), path)


class Document:
    """A file's content as sections, each with its lines. ``path`` is for messages.

    Raises ``ConfigError`` if AWS's tools could not read it either.
    """

    def __init__(self, content: bytes, path: str) -> None:
        self._path = path
        try:
            text = content.decode()
            self._model = _parsed(text)
        except (configparser.Error, UnicodeError) as error:
            raise scan.why_unreadable(path, error) from error
        lines = _LINE.findall(text)
        self.newline = _newline(text)
        self._open_end = bool(lines) and lines[-1] == lines[-1].rstrip("\r\n")
        if self._open_end:
            lines[-1] += self.newline
        self.preamble: list[str] = []
        self.sections: list[Section] = []
        self._split(lines)

    def section(self, name: str) -> "Section | None":
        """The section whose header is ``[name]``: how the credentials file names profiles."""
        if name == _NOT_A_PROFILE:
            return None
        return next((s for s in self.sections if s.name == name), None)

    def add_section(self, name: str) -> "Section":
        """A new section at the end, with an empty line before it. Raises ``ConfigError``."""
        if name == _NOT_A_PROFILE or name in self._model or not _is_header(name):
            shown = paths.display(self._path)
            raise ConfigError(
                f"{shown} cannot have a new section [{name}]",
                "Choose another name (of ssoenv write: --as NAME, of ssoenv configure: --name)",
            )
        if self.preamble or self.sections:
            tail = self.sections[-1].lines if self.sections else None
            if tail is None:
                self.preamble.append(self.newline)
            else:
                tail.append(_Line(self.newline))
        section = Section(self, name, f"[{name}]{self.newline}")
        self.sections.append(section)
        self._model[name] = {}
        return section

    def remove_section(self, section: "Section") -> None:
        """Remove a section down to its last setting, and one empty line before it. Comments and
        empty lines after that stay: they belong to what follows."""
        at = self.sections.index(section)
        rest = section.lines[section.end() :]
        above = self.sections[at - 1].lines if at else [_Line(line) for line in self.preamble]
        if above and not above[-1].text.strip("\r\n"):
            above.pop()
        above += rest
        if not at:
            self.preamble = [line.text for line in above]
        del self.sections[at]
        del self._model[section.name]

    def rename_sections(self, names: Mapping[str, str]) -> None:
        """Give sections other names, all at once: old → new, as between the brackets. Raises
        ``ConfigError``."""
        model = {names.get(name, name): settings for name, settings in self._model.items()}
        if len(model) != len(self._model) or not all(map(_is_header, names.values())):
            raise ConfigError(f"{paths.display(self._path)} cannot have two sections of one name")
        self._model = model
        for section in self.sections:
            if section.name in names:
                new = names[section.name]
                section.header = section.header.replace(f"[{section.name}]", f"[{new}]", 1)
                section.name = new

    def content(self) -> bytes:
        """The file as it is now. Raises ``ConfigError`` if that would not be read as it is
        meant: a name or value that the format cannot hold, a section that others lean on."""
        parts = [*self.preamble]
        for section in self.sections:
            parts.append(section.header)
            parts += (line.text for line in section.lines)
        text = "".join(parts)
        if self._open_end:
            text = re.sub(r"(\r\n|\r|\n)\Z", "", text)
        try:
            understood = _parsed(text)
            # In their order, too: of [default] and [profile default] the last one counts.
            if list(understood.items()) == list(self._model.items()):
                return text.encode()
        except (configparser.Error, UnicodeError):
            pass
        raise ConfigError(
            f"{paths.display(self._path)} cannot be edited so that AWS's tools read it as meant",
            "It is unchanged; look for unusual names, values or indentation",
        )

    def settings(self, section: "Section") -> dict[str, str]:
        return self._model[section.name]

    def below(self, section: "Section") -> str | None:
        """The header that follows ``section``, or None."""
        at = self.sections.index(section)
        return self.sections[at + 1].header if at + 1 < len(self.sections) else None

    def _split(self, lines: list[str]) -> None:
        """Give every line its place."""
        for line in scan.lines(lines):
            if line.kind == scan.SECTION:
                self.sections.append(Section(self, line.value, line.text))
            elif self.sections:
                first = line.kind == scan.SETTING
                self.sections[-1].lines.append(_Line(line.text, line.key, first))
            else:
                self.preamble.append(line.text)


class _Line:
    """A line and the key whose value it holds a part of (none: a comment, or empty)."""

    __slots__ = ("first", "key", "text")

    def __init__(self, text: str, key: str = "", first: bool = False) -> None:
        self.text = text
        self.key = key
        self.first = first


class Section:
    """A section of a ``Document``: ``name`` as written between the brackets."""

    def __init__(self, document: Document, name: str, header: str) -> None:
        self.name = name
        self.header = header
        self.lines: list[_Line] = []
        self._document = document

    def settings(self) -> Mapping[str, str]:
        """Keys, in lower case, and values as botocore reads them."""
        return self._document.settings(self)

    def comments(self, all: bool = True) -> list[str]:
        """The comments in the section, without white space at their ends; those below
        its last setting, which may belong to what follows, only if ``all``."""
        lines = self.lines if all else self.lines[: self.end()]
        stripped = (line.text.strip() for line in lines if not line.key)
        return [text for text in stripped if text]

    def set(self, values: Mapping[str, str]) -> None:
        """Give ``values`` to their keys: in place where a key is there, else at the end."""
        for key, value in values.items():
            mine = [line for line in self.lines if line.key == key]
            if mine and self.settings().get(key) == value:
                continue
            if mine:
                self._replace(mine[0], value)
                self.lines = [x for x in self.lines if x.key != key or x.first]
            else:
                self._insert(f"{key} = {value}", key)
            self._document.settings(self)[key] = value

    def remove_keys(self, keys: Iterable[str]) -> None:
        """Remove those of ``keys`` that are there, with their values."""
        gone = set(keys)
        self.lines = [line for line in self.lines if not line.key or line.key not in gone]
        for key in gone & self.settings().keys():
            del self._document.settings(self)[key]

    def add_comment(self, text: str) -> None:
        """Add the comment ``text``, which begins with ``#``, after the last setting."""
        self._insert(text, "")

    def replace_comment(self, old: str, new: str | None) -> None:
        """Replace the comment ``old``, or remove it if ``new`` is None."""
        for at, line in enumerate(self.lines):
            if not line.key and line.text.strip() == old:
                if new is None:
                    del self.lines[at]
                else:
                    line.text = line.text.replace(old, new)
                return

    def end(self) -> int:
        """Where a new setting goes: behind the last setting, or the comment just added."""
        settled = [at for at, line in enumerate(self.lines) if line.key or line.first]
        return settled[-1] + 1 if settled else 0

    def _replace(self, line: _Line, value: str) -> None:
        found = _OPTION.match(line.text.rstrip("\r\n"))
        assert found is not None
        equals = found["equals"] if found["value"] else found["equals"].rstrip() + " "
        ending = line.text[len(line.text.rstrip("\r\n")) :]
        line.text = f"{found['key']}{equals}{value}{ending}"

    def _insert(self, text: str, key: str) -> None:
        at = self.end()
        line = f"{self._indent()}{text}{self._document.newline}"
        self.lines.insert(at, _Line(line, key, first=True))

    def _indent(self) -> str:
        """White space such that neither the new line nor the one below it becomes part of the
        value above it: as deep as the setting above, else as the section below."""
        above = [line.text for line in self.lines if line.key and line.first]
        model = above[-1] if above else self._document.below(self) or ""
        return model[: len(model) - len(model.lstrip())].strip("\r\n")


def profile_header(name: str) -> str:
    """How the config file names the section of a profile, as the AWS CLI writes it."""
    return name if name == "default" else f"profile {shlex.quote(name)}"


def sso_session_header(name: str) -> str:
    """How the config file names the section of an SSO session."""
    return f"sso-session {shlex.quote(name)}"


def _parsed(text: str) -> Model:
    """What configparser makes of a file with ``text``. Raises its errors."""
    parser = configparser.RawConfigParser(default_section="\n")
    parser.read_file(io.StringIO(text, newline=None))
    return {name: dict(parser.items(name)) for name in parser.sections()}


def _is_header(name: str) -> bool:
    """Whether ``[name]`` is read as that very name."""
    try:
        return list(_parsed(f"[{name}]\n")) == [name]
    except configparser.Error:
        return False


def _newline(text: str) -> str:
    """How new lines end: as the first one does. Beside a lone carriage return, which would take
    a line feed after it for its own half, with both."""
    found = re.findall(r"\r\n|\r|\n", text)
    return "\r\n" if "\r" in found else found[0] if found else os.linesep


def _content(path: str) -> bytes:
    try:
        return files.read(path, most=None)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise ConfigError(
            f"{paths.display(path)} cannot be read: {error.strerror or error}",
            "Correct its permissions or its content",
        ) from error
