"""Other names for profiles, and for them in the lines that name them."""

import re
from collections.abc import Mapping

from botocore.configloader import build_profile_map

from ssoenv import hints
from ssoenv.aws import other_tools
from ssoenv.config import editor
from ssoenv.config.editor import Document, Section, profile_header
from ssoenv.system import paths

_KEYS = ("source_profile", "include_profile")
_WORD = re.compile(
    r"(?P<before>\s(?P<option>--profile[=\s]\s*|-p\s+)?)(?P<word>(?:'[^']*'|\"[^\"]*\"|[^\s\"'])+)(?=\s|$)"
)


def apply(document: Document, names: Mapping[str, str]) -> None:
    """Give the profiles of the config file ``document`` other names: old → new.

    The lines of other profiles that name them follow: ``source_profile``, and the profile in a
    ``credential_process``. Raises ``ConfigError``.
    """
    if not names:
        return
    headers = {profile_header(old): profile_header(new) for old, new in names.items()}
    for section in document.sections:
        settings = section.settings()
        section.set({key: names[settings[key]] for key in _KEYS if settings.get(key) in names})
        command = settings.get("credential_process", "")
        if command:
            section.set({"credential_process": _renamed(command, names)})
    document.rename_sections(
        {s.name: headers[found] for s in document.sections if (found := header_of(s)) in headers}
    )


def in_credentials() -> set[str]:
    """The profiles that the credentials file has a section for, or names as a source. Raises
    ``ConfigError``."""
    found = set()
    for section in editor.read(paths.credentials()).sections:
        found |= {section.name, section.settings().get("source_profile", "")}
    return found


def header_of(section: Section) -> str:
    """The header of a profile's section in the config file, as ssoenv would write it; empty for
    another section."""
    names = list(build_profile_map({section.name: {}})["profiles"])
    return profile_header(names[0]) if names else ""


def _renamed(command: str, names: Mapping[str, str]) -> str:
    """A ``credential_process`` with the new name of the profile that it is for."""
    ours = bool(other_tools.asks_ssoenv(command))

    written: dict[str, str] = {}
    for old, new in names.items():
        written |= {hints.quote(old): hints.quote(new), old: new}
        written |= {f"{mark}{old}{mark}": f"{mark}{new}{mark}" for mark in "\"'"}

    def word(found: re.Match[str]) -> str:
        new = written.get(found["word"]) if ours or found["option"] else None
        return found["before"] + (new or found["word"])

    return _WORD.sub(word, command)
