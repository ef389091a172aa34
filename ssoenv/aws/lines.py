"""The lines of the config and credentials files: every section and setting, with its line,
whatever is wrong with the rest of the file. What they mean is botocore's to say.
"""

from botocore.configloader import build_profile_map

from ssoenv.config import scan
from ssoenv.system import files, paths


class RawSection:
    """A section as it is written in a file. ``settings``: key in lower case, value, line."""

    __slots__ = ("header", "line", "settings")

    def __init__(self, header: str, line: int) -> None:
        self.header = header
        self.line = line
        self.settings: list[tuple[str, str, int]] = []


class File:
    """A config or credentials file, read line by line whatever is wrong with it.

    ``content`` is None if it is missing (``problem`` None) or cannot be read (``problem`` says
    why). ``sections``: every section, also those that appear twice. ``faults``: what makes the
    file unreadable for AWS's tools.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.content: bytes | None = None
        self.problem: OSError | None = None
        self.sections: list[RawSection] = []
        self.faults: list[scan.Fault] = []
        self._meaning: dict[tuple[str, str], RawSection] = {}
        try:
            self.content = files.read(path, most=None)
        except FileNotFoundError:
            return
        except OSError as error:
            self.problem = error
            return
        self.faults = scan.faults(self.content.decode("utf-8", "replace"))
        self._read_sections(self.content.decode("utf-8-sig", "replace"))

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

    def _read_sections(self, text: str) -> None:
        for number, line in enumerate(scan.lines(scan.split(text)), 1):
            if line.kind == scan.SECTION:
                section = RawSection(line.value, number)
                self.sections.append(section)
                for kind, names in build_profile_map({section.header: {}}).items():
                    self._meaning.update({(kind, name): section for name in names})
            elif line.kind == scan.SETTING:
                self.sections[-1].settings.append((line.key, line.value, number))


def place(
    kind: str,
    name: str,
    key: str = "",
    config: File | None = None,
    credentials: File | None = None,
) -> tuple[str, int]:
    """The file and line of a setting that botocore goes by, else of its section; 0 for no line.

    ``kind``: ``profiles`` or ``sso_sessions``. A profile's section in the credentials file
    overrides that in the config. ``config``, ``credentials``: the files, if they have been read.
    """
    config, credentials = config or File(paths.config()), credentials or File(paths.credentials())
    theirs = [one for one in credentials.sections if kind == "profiles" and one.header == name]
    for section in theirs:
        for known, _, line in section.settings:
            if known == key:
                return credentials.path, line
    line = config.line_of_setting(kind, name, key)
    if not line and theirs:
        return credentials.path, theirs[0].line
    return config.path, line
