"""Checks of the config and credentials files as text: what makes them unreadable for AWS's tools,
and sections that no tool takes for what they are meant to be."""

import shlex
from collections.abc import Iterator

from botocore.configloader import build_profile_map

from ssoenv.config import editor
from ssoenv.doctor.findings import Finding
from ssoenv.doctor.reading import Home
from ssoenv.system import paths

_BOM = b"\xef\xbb\xbf"
_TOOLS = "so no AWS tool can read the file"

# What a section holds that is meant as a profile; sections of other programs do not.
_OF_A_PROFILE = {
    "region", "output", "role_arn", "source_profile", "credential_source", "credential_process",
    "sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name",
    "aws_access_key_id", "aws_secret_access_key", "web_identity_token_file",
}  # fmt: skip


def unreadable(home: Home) -> Iterator[Finding]:
    """Files that are there but cannot be read, and whatever else stops botocore that no other
    check explains."""
    explained = False
    for file in (home.config, home.credentials):
        if file.problem is not None:
            explained = True
            why = file.problem.strerror or str(file.problem)
            yield Finding(
                f"this file cannot be read: {why}",
                "Correct what stands there or its permissions",
                file.path,
            )
        elif file.content is not None and not _is_utf8(file.content):
            explained = True
            yield Finding("this file is not UTF-8 text", "Save it as UTF-8", file.path)
    others = (byte_order_mark, duplicate_sections, duplicate_settings, stray_text)
    if (
        home.problem is not None
        and not explained
        and not any(list(check(home)) for check in others)
    ):
        yield Finding(home.problem.message, home.problem.hint or "Correct it")


def byte_order_mark(home: Home) -> Iterator[Finding]:
    """A UTF-8 byte order mark, which some editors put at the start."""
    for file in (home.config, home.credentials):
        if file.content is not None and file.content.startswith(_BOM):
            yield Finding(
                f"the file begins with a byte order mark (BOM), {_TOOLS}",
                "Save it as UTF-8 without BOM",
                file.path,
                1,
            )


def duplicate_sections(home: Home) -> Iterator[Finding]:
    """Sections that stand there twice, by their text (an error for every tool) or by their meaning
    (the last one counts)."""
    for file in (home.config, home.credentials):
        lines: dict[str, list[int]] = {}
        for section in file.sections:
            lines.setdefault(section.header, []).append(section.line)
        for header, found in lines.items():
            if len(found) > 1:
                yield Finding(
                    f"section [{header}] stands there {_times(found)} (lines {_list(found)}), "
                    f"{_TOOLS}",
                    "Merge them into one",
                    file.path,
                    found[1],
                )
    meant: dict[tuple[str, str], dict[str, int]] = {}
    for section in home.config.sections:
        for kind, names in build_profile_map({section.header: {}}).items():
            for name in names if kind in ("profiles", "sso_sessions") else ():
                meant.setdefault((kind, name), {})[section.header] = section.line
    for spellings in meant.values():
        if len(spellings) > 1:
            last = max(spellings, key=lambda header: spellings[header])
            both = " and ".join(f"[{header}]" for header in spellings)
            yield Finding(
                f"{both} (lines {_list(list(spellings.values()))}) mean the same; AWS's tools do "
                f"not agree on which one counts, botocore takes [{last}] alone",
                "Merge them into one",
                home.config.path,
                spellings[last],
            )


def duplicate_settings(home: Home) -> Iterator[Finding]:
    """A setting twice in one section."""
    for file in (home.config, home.credentials):
        for section in file.sections:
            lines: dict[str, list[int]] = {}
            for key, _, line in section.settings:
                lines.setdefault(key, []).append(line)
            for key, found in lines.items():
                if len(found) > 1:
                    yield Finding(
                        f"{key} is set {_times(found)} in [{section.header}] (lines "
                        f"{_list(found)}), {_TOOLS}",
                        "Remove all but one",
                        file.path,
                        found[1],
                    )


def stray_text(home: Home) -> Iterator[Finding]:
    """Section names that are not closed, text before the first section, and lines that are no
    settings."""
    for file in (home.config, home.credentials):
        for line, text in file.unclosed.items():
            yield Finding(f"{text[:80]} is not closed, {_TOOLS}", "Add the ]", file.path, line)
        if file.stray and not file.unclosed:
            yield Finding(
                f"text stands before the first [section], {_TOOLS}",
                "Remove that text or put it below a section",
                file.path,
                file.stray[0],
            )
        for line in file.senseless[:5]:
            yield Finding(
                f"this is not a setting (key = value), {_TOOLS}",
                "Correct that line",
                file.path,
                line,
            )


def not_profiles(home: Home) -> Iterator[Finding]:
    """Sections that look like profiles but have another name than profiles have in their file."""
    for section in home.config.sections:
        keys = {key for key, _, _ in section.settings}
        known = build_profile_map({section.header: {}})
        if any(known[kind] for kind in ("profiles", "sso_sessions", "services")):
            continue
        words = section.header.split()
        first = words[0].lower() if words else ""
        if first == "profile" and len(words) > 1:
            name = " ".join(words[1:])
        elif keys & _OF_A_PROFILE:
            name = section.header
        else:
            continue
        yield Finding(
            f"section [{section.header}] is not a profile: in this file a profile is written "
            "[profile NAME]",
            f"Change that line to [{editor.profile_header(name)}]",
            home.config.path,
            section.line,
        )
    for section in home.credentials.sections:
        words = section.header.split()
        if len(words) > 1 and words[0] == "profile":
            name = " ".join(words[1:])
            yield Finding(
                f'section [{section.header}] names a profile "{section.header}": in this file the '
                'word "profile" is not written',
                f"Change that line to [{_unquoted(name)}]",
                home.credentials.path,
                section.line,
            )
        elif words and words[0] in ("sso-session", "services"):
            yield Finding(
                f"section [{section.header}] has no effect in this file",
                f"Move it to {paths.display(home.config.path)}",
                home.credentials.path,
                section.line,
            )


def _unquoted(name: str) -> str:
    try:
        return " ".join(shlex.split(name))
    except ValueError:
        return name


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeError:
        return False
    return True


def _times(found: list[int]) -> str:
    return "twice" if len(found) == 2 else f"{len(found)} times"


def _list(lines: list[int]) -> str:
    *first, last = map(str, sorted(lines))
    return f"{', '.join(first)} and {last}" if first else last
