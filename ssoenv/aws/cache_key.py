"""Which entry of the role cache belongs to a profile.

botocore's formulas (``SSOCredentialFetcher`` and ``BaseAssumeRoleCredentialFetcher``), since they
must be known before botocore is asked, and making its providers takes a thousand times as long.
"""

import hashlib
import json
from typing import Any

from ssoenv.aws.chain import Section
from ssoenv.aws.profile import Profile


def key_of(profile: Profile, section: Section) -> str | None:
    """The key of a profile's credentials in the role cache, None if it can have none there.
    ``section``: its settings, as botocore reads them."""
    if profile.kind == "sso" and profile.sign_in is not None:
        arguments = {
            "roleName": section.get("sso_role_name"),
            "accountId": section.get("sso_account_id"),
        }
        if profile.sign_in.session_name:
            arguments["sessionName"] = profile.sign_in.session_name
        else:
            arguments["startUrl"] = profile.sign_in.start_url
        return _digest(json.dumps(arguments, sort_keys=True, separators=(",", ":")))
    if profile.kind == "chain":
        arguments = _arguments(section, _ROLE | _ASSUME_ROLE)
        try:
            arguments["DurationSeconds"] = int(section["duration_seconds"])
        except (KeyError, ValueError, TypeError):
            pass  # botocore ignores it as well
        return _digest(json.dumps(arguments, sort_keys=True))
    if profile.kind == "web-identity" and "role_arn" in section:
        return _digest(json.dumps(_arguments(section, _ROLE), sort_keys=True))
    return None


_ROLE = {"RoleArn": "role_arn", "RoleSessionName": "role_session_name"}
_ASSUME_ROLE = {"ExternalId": "external_id", "SerialNumber": "mfa_serial"}


def _arguments(section: Section, names: dict[str, str]) -> dict[str, Any]:
    return {name: section[key] for name, key in names.items() if section.get(key) is not None}


def _digest(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
