"""Which entry of the role cache belongs to a profile.

botocore's formula (``SSOCredentialFetcher`` and ``BaseAssumeRoleCredentialFetcher``), since making
its providers and asking them takes a thousand times as long.
"""

import hashlib
import json
from typing import Any

from ssoenv.aws.profile import Profile, Section


def key_of(described: Profile, section: Section) -> str | None:
    """The key of a profile's credentials in the role cache, None if it can have none there.
    ``section``: its settings, as botocore reads them."""
    if described.kind == "sso" and described.sign_in is not None:
        wanted = described.sign_in
        arguments = {
            "roleName": section.get("sso_role_name"),
            "accountId": section.get("sso_account_id"),
        }
        if wanted.session_name:
            arguments["sessionName"] = wanted.session_name
        else:
            arguments["startUrl"] = wanted.start_url
        return _digest(json.dumps(arguments, sort_keys=True, separators=(",", ":")))
    if described.kind == "chain":
        return _digest(json.dumps(_assume_role_arguments(section), sort_keys=True))
    return None


def _assume_role_arguments(section: Section) -> dict[str, Any]:
    names = {
        "RoleArn": "role_arn",
        "RoleSessionName": "role_session_name",
        "ExternalId": "external_id",
        "SerialNumber": "mfa_serial",
    }
    arguments = {name: section[key] for name, key in names.items() if section.get(key) is not None}
    try:
        arguments["DurationSeconds"] = int(section["duration_seconds"])
    except (KeyError, ValueError, TypeError):
        pass
    return arguments


def _digest(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
