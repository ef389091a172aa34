"""What a profile's settings make it, and the chain of profiles that its credentials rest on.

By the rules of botocore's ``AssumeRoleProvider`` and of the order of its providers.
"""

from collections.abc import Mapping, MutableMapping
from typing import Any

Section = Mapping[str, Any]
"""The settings of one profile, as botocore reads them."""

# The settings that make a profile one of a kind; botocore looks for them in this order.
KINDS = {
    "web-identity": ("web_identity_token_file", "ssoenv_oidc"),
    "chain": ("role_arn",),
    "sso": ("sso_account_id", "sso_role_name"),
    "login": ("login_session",),
    "process": ("credential_process",),
    "keys": ("aws_access_key_id",),
}

COMPLETE = ""
"""The chain ends at a profile with credentials of its own, or at a ``credential_source``."""
NO_SOURCE, TWO_SOURCES, MISSING, CIRCLE = "no source", "two sources", "missing", "circle"


def kind_of(section: Section) -> str:
    """``web-identity``, ``chain`` (a role assumed from another profile), ``sso`` (a role through a
    sign-in), ``login`` (of ``aws login``), ``process``, ``keys`` or ``none``."""
    for kind, keys in KINDS.items():
        if any(key in section for key in keys):
            return kind
    return "none"


def has_keys(section: Section) -> bool:
    """Whether botocore takes the profile for one with static keys. A source profile's own keys
    go before its role."""
    return "aws_access_key_id" in section or "aws_secret_access_key" in section


def follow(name: str, profiles: Mapping[str, Section]) -> tuple[list[str], str]:
    """The profiles that the credentials of ``name`` rest on, from itself down along
    ``source_profile``, and how the chain ends: one of the constants above.

    With ``MISSING`` and ``CIRCLE``, the last profile's ``source_profile`` is at fault.
    """
    names = [name]
    section = profiles.get(name, {})
    while kind_of(section) == "chain" and (len(names) == 1 or not has_keys(section)):
        source = section.get("source_profile")
        has_credential_source = "credential_source" in section
        if source and has_credential_source:
            return names, TWO_SOURCES
        if not isinstance(source, str) or not source:  # indented lines make it a mapping
            return names, COMPLETE if has_credential_source else NO_SOURCE
        if source == name and len(names) == 1 and has_keys(section):
            return names, COMPLETE  # its own keys assume its role
        if source in names:
            return names, CIRCLE
        if source not in profiles:
            return names, MISSING
        names.append(source)
        section = profiles[source]
    return names, COMPLETE


# Settings that only ssoenv reads: a CI system whose token for the job is the web identity.
_JOB_TOKEN, _AUDIENCE = "ssoenv_oidc", "ssoenv_oidc_audience"
_PLACE = "ssoenv_oidc:"


def prepare(profiles: Mapping[str, MutableMapping[str, Any]]) -> None:
    """Make profiles with ``ssoenv_oidc`` ones that botocore takes for web identities. What it gets
    as the token's file is for ``job_token`` to read."""
    for section in profiles.values():
        system = section.get(_JOB_TOKEN)
        if isinstance(system, str):
            audience = section.get(_AUDIENCE) or "sts.amazonaws.com"
            place = f"{_PLACE}{system.strip().lower()}:{audience}"
            section.setdefault("web_identity_token_file", place)


def job_token(place: str) -> tuple[str, str] | None:
    """The CI system and the audience that ``prepare`` put into ``place``; None for a file."""
    if not place.startswith(_PLACE):
        return None
    system, _, audience = place.removeprefix(_PLACE).partition(":")
    return system, audience


def is_of_a_job(name: str, profiles: Mapping[str, Section]) -> bool:
    """Whether the credentials of profile ``name`` rest on a CI system's token for the job. They are
    not kept: others' jobs may run on the same machine later."""
    return any(
        job_token(str(profiles.get(one, {}).get("web_identity_token_file", ""))) is not None
        for one in follow(name, profiles)[0]
    )
