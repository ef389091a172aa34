"""Checks of the config and credentials files as text: what makes them unreadable for AWS's tools,
and sections that no tool takes for what they are meant to be."""

import shlex
from collections.abc import Iterator

from botocore.configloader import build_profile_map

from ssoenv.aws import advice
from ssoenv.config import scan
from ssoenv.doctor.findings import Finding
from ssoenv.doctor.reading import Home
from ssoenv.system import paths

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
                "Correct its content or its permissions",
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
    return _faults(home, scan.BYTE_ORDER_MARK)


def duplicate_sections(home: Home) -> Iterator[Finding]:
    """Sections that appear twice, by their text (an error for every tool) or by their meaning
    (the last one counts)."""
    yield from _faults(home, scan.SECTION_TWICE)
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
                f"{both} (lines {scan.listed(spellings.values())}) mean the same; AWS's tools do "
                f"not agree on which one counts, botocore takes [{last}] alone",
                "Merge them into one",
                home.config.path,
                spellings[last],
            )


def duplicate_settings(home: Home) -> Iterator[Finding]:
    """A setting twice in one section."""
    return _faults(home, scan.SETTING_TWICE)


def stray_text(home: Home) -> Iterator[Finding]:
    """Section names that are not closed, text before the first section, and lines that are not
    settings."""
    return _faults(home, scan.TEXT)


def _faults(home: Home, kind: str) -> Iterator[Finding]:
    """Those faults of both files that are of one kind, at most five for each file."""
    for file in (home.config, home.credentials):
        for fault in [one for one in file.faults if one.kind == kind][:5]:
            yield Finding(fault.message, fault.hint, file.path, fault.line)


def not_profiles(home: Home) -> Iterator[Finding]:
    """Sections that look like profiles but have another name than profiles have in their file."""
    for section in home.config.sections:
        keys = {key for key, _, _ in section.settings}
        known = build_profile_map({section.header: {}})
        if any(known[kind] for kind in ("profiles", "sso_sessions", "services")):
            continue
        wanted = advice.header_for(section.header)
        is_session = wanted.startswith("sso-session ")
        is_profile = section.header.lower().startswith("profile ") or keys & _OF_A_PROFILE
        if not is_session and not is_profile:
            continue
        kind, form = ("a profile", "[profile NAME]")
        if is_session:
            kind, form = ("an SSO session", "[sso-session NAME]")
        yield Finding(
            f"section [{section.header}] is not {kind}: in this file {kind} is written {form}",
            advice.change_header(home.config, section.header, wanted),
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
                advice.change_header(
                    home.credentials, section.header, _unquoted(name), in_credentials=True
                ),
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
