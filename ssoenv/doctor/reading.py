"""What the doctor looks at, read once: the files as they stand, and as botocore reads them."""

import configparser
import re
from collections.abc import Mapping
from typing import Any

from botocore.configloader import build_profile_map
from botocore.session import Session

from ssoenv.aws import clients, profile
from ssoenv.config.scan import unclosed
from ssoenv.errors import ConfigError
from ssoenv.system import files, paths

_HEADER = configparser.RawConfigParser.SECTCRE
_OPTION = re.compile(r"(.*?)\s*[=:]\s*(.*)")

Settings = Mapping[str, Any]


class RawSection:
    """A section as it stands in a file. ``settings``: key in lower case, value, line."""

    __slots__ = ("header", "line", "settings")

    def __init__(self, header: str, line: int) -> None:
        self.header = header
        self.line = line
        self.settings: list[tuple[str, str, int]] = []


class File:
    """A config or credentials file, read line by line whatever is wrong with it.

    ``content`` is None if it is missing (``problem`` None) or cannot be read (``problem`` says
    why). ``sections``: every section, also those that stand there twice. ``stray``: lines of text
    before the first section, ``unclosed``: section names without their ``]``, ``senseless``: other
    lines that are no setting.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.content: bytes | None = None
        self.problem: OSError | None = None
        self.sections: list[RawSection] = []
        self.stray: list[int] = []
        self.unclosed: dict[int, str] = {}
        self.senseless: list[int] = []
        self._meaning: dict[tuple[str, str], RawSection] = {}
        try:
            self.content = files.read(path)
        except FileNotFoundError:
            return
        except OSError as error:
            self.problem = error
            return
        self._scan(self.content.decode("utf-8-sig", "replace"))

    def line_of(self, kind: str, name: str) -> int:
        """The line of the section that is ``name`` by botocore's rules, 0 if there is none.
        ``kind``: ``profiles``, ``sso_sessions`` or ``services``."""
        section = self._meaning.get((kind, name))
        return section.line if section else 0

    def line_of_setting(self, kind: str, name: str, key: str) -> int:
        """The line of a setting in that section; the section's if it has none."""
        section = self._meaning.get((kind, name))
        found = [line for known, _, line in section.settings if known == key] if section else []
        return found[0] if found else self.line_of(kind, name)

    def _scan(self, text: str) -> None:
        """By the rules of ``RawConfigParser``: a deeper line goes on with the value above."""
        section: RawSection | None = None
        key, level = "", 0
        for number, line in enumerate(text.splitlines(), 1):
            value = line.strip()
            if not value or value.startswith(("#", ";")):
                continue
            indent = len(line) - len(line.lstrip())
            if section is not None and key and indent > level:
                continue
            level = indent
            header = _HEADER.match(value)
            option = _OPTION.fullmatch(value)
            if header:
                section, key = RawSection(header["header"], number), ""
                self.sections.append(section)
                for kind, names in build_profile_map({section.header: {}}).items():
                    self._meaning.update({(kind, name): section for name in names})
            elif unclosed(value) and (section is None or option is None):
                self.unclosed[number] = value
            elif section is None:
                self.stray.append(number)
            elif option is None or not option[1]:
                self.senseless.append(number)
            else:
                key = option[1].rstrip().lower()
                section.settings.append((key, option[2], number))


class Home:
    """A person's AWS files and environment.

    ``understood`` is botocore's reading of both files, without the keys that ``ssoenv write`` put
    there; None if botocore cannot read them, and then ``problem`` says why.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.config = File(paths.config())
        self.credentials = File(paths.credentials())
        self.session: Session = clients.open_session()
        self.understood: Settings | None = None
        self.problem: ConfigError | None = None
        try:
            self.understood = profile.full_config(self.session)
        except ConfigError as error:
            self.problem = error

    @property
    def profiles(self) -> Mapping[str, Settings]:
        """Profiles and their settings, none if the files cannot be read."""
        return self.understood["profiles"] if self.understood is not None else {}

    @property
    def sso_sessions(self) -> Mapping[str, Settings]:
        """The ``[sso-session NAME]`` sections and their settings, likewise."""
        return self.understood.get("sso_sessions", {}) if self.understood is not None else {}

    def where(self, name: str, key: str = "") -> tuple[str, int]:
        """The file and line of a profile's section, or of a setting in it."""
        line = self.config.line_of_setting("profiles", name, key)
        if line:
            return self.config.path, line
        for section in self.credentials.sections:
            if section.header == name:
                return self.credentials.path, section.line
        return self.config.path, 0

    def where_session(self, name: str) -> tuple[str, int]:
        """The file and line of an SSO session's section."""
        return self.config.path, self.config.line_of("sso_sessions", name)


def text(section: Settings, key: str) -> str:
    """A setting, empty if it is missing or (in botocore's reading) a nested block."""
    value = section.get(key)
    return value if isinstance(value, str) else ""
