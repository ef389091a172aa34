"""Which settings of a profile have a say in whose credentials it gives."""

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
    "web_identity_",
)


def decides(setting: str) -> bool:
    """Whether ``setting`` of a profile is one of them. Known by how their names begin, as AWS
    adds new ones (``login_session`` came in 2025) that begin alike."""
    return setting.lower().startswith(_BEGINNINGS)


def fingerprint(name: str, config: Mapping[str, Any]) -> str:
    """What profile ``name`` rests on in ``config``, botocore's ``full_config``, as 64 hexadecimal
    digits: its own deciding settings, those of its SSO session and of the profiles below it."""
    found: list[object] = []
    for one in chain.follow(name, config["profiles"])[0]:
        section = config["profiles"].get(one, {})
        found.append({key: value for key, value in section.items() if decides(key)})
        session = section.get("sso_session")
        if isinstance(session, str):
            found.append(config.get("sso_sessions", {}).get(session))
    return hashlib.sha256(json.dumps(found, sort_keys=True, default=str).encode()).hexdigest()


def of(asked: "Profile") -> str:
    """The ``fingerprint`` of a loaded profile, by the config that it was loaded from."""
    return fingerprint(asked.name, asked.session.full_config)
