"""Which settings of a profile decide whose credentials it gives."""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ssoenv.aws import chain

if TYPE_CHECKING:
    from ssoenv.aws.profile import Profile

_BEGINNINGS = (
    "assume_role",
    "aws_",
    "credential_",
    "duration_seconds",
    "external_id",
    "login_",
    "mfa_",
    "role_",
    "source_",
    "sso_",
    "ssoenv_",
    "web_identity_",
)


def decides_identity(setting: str) -> bool:
    """Whether ``setting`` of a profile is one of them. They are recognized by how their names
    begin, as AWS adds new ones (``login_session`` in 2025) that begin the same way."""
    return setting.lower().startswith(_BEGINNINGS)


def fingerprint(name: str, config: Mapping[str, Any]) -> str:
    """A digest, 64 hexadecimal digits, of what decides the identity of profile ``name`` in
    ``config`` (botocore's ``full_config``): such settings of its own, of its SSO session and of
    its source profiles."""
    found: list[object] = []
    for profile in chain.follow(name, config["profiles"])[0]:
        section = config["profiles"].get(profile, {})
        found.append({key: value for key, value in section.items() if decides_identity(key)})
        session = section.get("sso_session")
        if isinstance(session, str):
            found.append(config.get("sso_sessions", {}).get(session))
    return hashlib.sha256(json.dumps(found, sort_keys=True, default=str).encode()).hexdigest()


def of(profile: "Profile") -> str:
    """The ``fingerprint`` of a loaded profile, in the config that it was loaded from."""
    return fingerprint(profile.name, profile.session.full_config)
