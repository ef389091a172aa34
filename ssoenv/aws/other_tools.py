"""Where other tools take credentials from first, before those that ssoenv gives them."""

import os
from collections.abc import Mapping
from typing import Any

from botocore.compat import compat_shell_split

from ssoenv import hints
from ssoenv.aws import cache_key, chain
from ssoenv.aws import profile as profiles
from ssoenv.aws.chain import Section
from ssoenv.aws.profile import Profile
from ssoenv.config import editor, marks
from ssoenv.errors import ConfigError
from ssoenv.system import paths

Config = Mapping[str, Any]

DEFAULT = "default"

_ROLE_SOURCES = ("source_profile", "credential_source", "web_identity_token_file")

# Kind of a profile: what it has, and who goes by that even where keys are written under its name.
# botocore's order is that of its ProfileProviderBuilder; the others were tried.
_FIRST = {
    "web-identity": ("a role with a web identity", "the AWS CLI and the SDKs do"),
    "chain": ("a role to assume", "the AWS CLI and the SDKs do"),
    "sso": ("an SSO role", "the AWS CLI and boto3 do"),
    "login": ("a sign-in by aws login", "tools that look for that first do"),
    "process": ("a credential_process", "the AWS SDK for .NET, for one, does"),
    "keys": ("keys of its own", "tools that read the config alone do"),
}


def in_the_way(name: str, written: Profile, config: Config) -> str:
    """What the config gives profile ``name`` before keys of ``written`` that are put under that
    name in the credentials file, and who would not read these; empty if nothing, or the same."""
    section: Section = config["profiles"].get(name, {})
    kind = chain.kind_of(section)
    if kind not in _FIRST or _is_same(name, written, config):
        return ""
    if kind == "keys" and name in _sections_with_keys():
        return ""  # they would be replaced; ``marks.put`` knows whether they may be
    what, who = _FIRST[kind]
    return f'the config gives profile "{name}" {what}, and {who} not read keys written under it'


def net_takes_default(config: Config) -> str:
    """What of ``[default]`` the AWS SDK for .NET 3 takes before keys in the environment, empty if
    nothing. Tried with AWSSDK.Core 3.7: it must be the only kind of credentials there."""
    section: Section = config["profiles"].get(DEFAULT, {})
    if any(key.startswith("sso_") for key in section):
        return ""
    found = []
    if (
        DEFAULT in marks.marks()
        or {
            "aws_access_key_id",
            "aws_secret_access_key",
        }
        <= section.keys()
    ):
        found.append("its keys")
    if "credential_process" in section:
        found.append("its credential_process")
    if "role_arn" in section:
        found.append("its role" if _net_can_assume(config) else "")
    return found[0] if len(found) == 1 else ""


def net_acts_as_another(profile: Profile, config: Config) -> str:
    """A sentence for who gets keys of ``profile`` in the environment, if the AWS SDK for .NET 3
    would act as somebody else there; else empty."""
    taken = net_takes_default(config)
    mark = marks.marks().get(DEFAULT)
    ours = mark.profile == profile.name if mark else _is_same(DEFAULT, profile, config)
    if not taken or ours or profile.name == DEFAULT:
        return ""
    return (
        f"programs with the AWS SDK for .NET 3 act as [default], not as {profile.name}: they take "
        f"{taken} before these variables. {net_way_out(profile.name)}"
    )


def net_way_out(profile: str) -> str:
    """How a program with the AWS SDK for .NET 3 gets the keys of ``profile`` all the same."""
    return f"For those: ssoenv exec --endpoint {hints.argument(profile)} -- COMMAND"


def _sections_with_keys() -> set[str]:
    """The sections of the credentials file that hold keys."""
    sections = editor.read(paths.credentials()).sections
    return {section.name for section in sections if "aws_access_key_id" in section.settings()}


def asks_ssoenv(command: str) -> list[str]:
    """The words of a ``credential_process`` that runs ``ssoenv credential-process``; none if it
    runs something else."""
    try:
        words: list[str] = compat_shell_split(command)
    except ValueError:
        return []
    program = os.path.basename(words[0]).removesuffix(".exe") if words else ""
    return words if program == "ssoenv" and "credential-process" in words else []


def ask_ssoenv_for(profile: str) -> str:
    """A ``credential_process`` that runs ``ssoenv credential-process`` for ``profile``."""
    return f"ssoenv credential-process {hints.argument(profile)}"


def asks_ssoenv_for(command: str, profile: str) -> bool:
    """Whether a ``credential_process`` runs ``ssoenv credential-process`` for ``profile``."""
    return not {profile, f"--profile={profile}"}.isdisjoint(asks_ssoenv(command)[1:])


def lender_of(name: str, profiles: Mapping[str, Section]) -> str | None:
    """The profile whose keys profile ``name`` hands over, by a ``credential_process`` that asks
    ssoenv for it; None for any other profile."""
    section = profiles[name]
    if chain.kind_of(section) == "process":
        for word in asks_ssoenv(str(section["credential_process"]))[1:]:
            other = word.removeprefix("--profile=")
            if other in profiles and chain.kind_of(profiles[other]) != "process":
                return other
    return None


def _net_can_assume(config: Config) -> bool:
    """It needs one source, and no profile of Identity Center below."""
    section: Section = config["profiles"][DEFAULT]
    if len([key for key in _ROLE_SOURCES if section.get(key)]) != 1:
        return False
    names, end = chain.follow(DEFAULT, config["profiles"])
    below = [config["profiles"].get(name, {}) for name in names]
    return end == chain.COMPLETE and not any(key.startswith("sso_") for one in below for key in one)


def _is_same(name: str, profile: Profile, config: Config) -> bool:
    """Whether profile ``name`` has the credentials of ``profile``."""
    sections: Mapping[str, Section] = config["profiles"]
    if name not in sections:
        return False
    kind = chain.kind_of(sections[name])
    if kind == "process":
        return asks_ssoenv_for(str(sections[name]["credential_process"]), profile.name)
    try:
        key = cache_key.key_of(profiles.describe(name, config), sections[name])
        return key is not None and key == cache_key.key_of(profile, sections[profile.name])
    except (ConfigError, KeyError):
        return False
