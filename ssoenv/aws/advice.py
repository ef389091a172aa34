"""Advice about headers and settings of the config. Headers are tried on a copy of the whole file
before they are given."""

import configparser
import re
from collections.abc import Mapping
from typing import Any

from botocore.configloader import build_profile_map

from ssoenv.aws.lines import File
from ssoenv.config import other_profiles
from ssoenv.config.editor import profile_header, sso_session_header
from ssoenv.system import paths

_AROUND = " []<>\"'`\u2018\u2019\u201c\u201d"
ON_TOP = ("source_profile", "credential_source")
"""The settings that mean nothing without a role_arn."""
_PROFILE = re.compile(r"(?:aws[-_ ])?profiles?\s*[-_:=. ]\s*(.+)", re.IGNORECASE)


def header_for(header: str) -> str:
    """How ``[header]``, which botocore takes for no section of its own, must be written if it was
    meant as a profile or an SSO session: without quotes around two words, in another case, with
    another sign between the words. A name alone is meant as a profile."""
    if name := _profile_in(header):
        return profile_header(name)
    if header.strip().lower() in ("profile", "sso-session"):
        return f"{header.strip().lower()} NAME"
    first, _, rest = " ".join(header.split()).partition(" ")
    name = rest.strip("\"' ")
    if re.fullmatch(r"sso[-_]?session", first, re.IGNORECASE) and name:
        return sso_session_header(name)
    words = re.fullmatch(r"sso[-_ ]+session[-_ ]+(.+)", " ".join(header.split()), re.IGNORECASE)
    if words:
        return sso_session_header(words[1].strip("\"' "))
    return profile_header(_name_alone(header))


def change_header(file: File, header: str, wanted: str, *, in_credentials: bool = False) -> str:
    """What to do so that the section ``[header]`` of ``file`` is read as ``[wanted]``: change the
    line, or, where the file already has such a section, put its settings there.
    ``in_credentials``: it is the credentials file, in which a header is the name as it is."""
    text = (file.content or b"").decode("utf-8", "replace")
    lines = text.splitlines(keepends=True)
    numbers = [section.line for section in file.sections if section.header == header]
    meaning: dict[str, dict[str, object]] = {}
    if not in_credentials:
        meaning = build_profile_map({wanted: {}})
    for number in numbers[:1]:
        changed = [*lines]
        changed[number - 1] = changed[number - 1].replace(f"[{header}]", f"[{wanted}]", 1)
        harmless = _is_readable("".join(changed)) or not _is_readable(text)
        there = any(section.header == wanted for section in file.sections)
        if harmless and not there and not _is_there(file, meaning):
            return f"Change that line to [{wanted}]"
    other = _spelling(file, meaning) or wanted
    return f"Move its settings into [{other}], which is there already, or remove it"


def _is_readable(text: str) -> bool:
    try:
        configparser.RawConfigParser(default_section="\n").read_string(text)
    except configparser.Error:
        return False
    return True


def _is_there(file: File, meaning: dict[str, dict[str, object]]) -> bool:
    return any(
        file.line_of(kind, name)
        for kind, names in meaning.items()
        if kind in ("profiles", "sso_sessions")
        for name in names
    )


def _spelling(file: File, meaning: dict[str, dict[str, object]]) -> str:
    """The header under which ``file`` has a section of that meaning."""
    for section in file.sections:
        known = build_profile_map({section.header: {}})
        for kind in ("profiles", "sso_sessions"):
            if set(known[kind]) & set(meaning.get(kind, ())):
                return section.header
    return ""


def missing_settings(name: str, keys: str, section: str, config: Mapping[str, Any]) -> str:
    """What to do where the ``section`` of profile ``name`` lacks settings that SSO needs."""
    instead = other_profiles.advice(name, config) if config else ""
    file = paths.display(paths.config())
    return instead or f"Add {keys} to {section} (or to its sso-session) in {file}"


def add_credentials(name: str, profiles: Mapping[str, Mapping[str, Any]]) -> str:
    """What to do where profile ``name`` names no credentials."""
    section = profiles.get(name, {})
    place = f"[{profile_header(name)}] in {paths.display(paths.config())}"
    if section.get("web_identity_token_file") == "":  # which stops botocore from taking its role
        return f"Write web_identity_token_file = … in {place}, or remove the line"
    wanted = "sso_account_id and sso_role_name"
    if any(key in section for key in ON_TOP):
        wanted = "role_arn"
    elif "sso_session" not in section and "sso_start_url" not in section:
        wanted = f"sso_session, {wanted}"
    return f"Add {wanted} to {place}"


def missing_session(file: File, name: str) -> str:
    """What to do about an SSO session that the config does not have, if a section of ``file`` was
    meant as it; else an empty string."""
    for section in file.sections:
        known = build_profile_map({section.header: {}})
        wanted = sso_session_header(name)
        if not known["sso_sessions"] and header_for(section.header) == wanted:
            return f"[{section.header}] in line {section.line} is not read as it. " + change_header(
                file, section.header, wanted
            )
    return ""


def bare_name(text: str) -> str:
    """The name in ``text`` if that is a header, or a name in quotes: ``profile dev``, ``[dev]``."""
    inner = re.split(r"\s[#;]", text)[0].strip(_AROUND)
    return _profile_in(inner) or inner


def meant_for(header: str, name: str) -> bool:
    """Whether ``[header]``, which botocore takes for no profile, was surely meant as ``name``."""
    known: dict[str, object] = build_profile_map({header: {}})["profiles"]
    return not known and name in (header.strip(), _name_alone(header), _profile_in(header))


def _name_alone(header: str) -> str:
    """The name that ``[header]`` is if it is nothing else. Only in small letters is ``[default]`` a
    profile, and one of another case is nothing else."""
    name = header.strip("\"' ")
    return name.lower() if name.lower() == "default" else name


def _profile_in(header: str) -> str:
    """NAME in ``profile NAME``, with other signs between and around them; else an empty string."""
    found = _PROFILE.match(" ".join(header.split()).strip(_AROUND))
    return found[1].strip(_AROUND) if found else ""
