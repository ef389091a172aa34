"""A throw-away home folder whose AWS config names Identity Center in miniature, nothing else."""

import hashlib
import json
import os

from ssoenv.demo.center.identity_center import IdentityCenter

SESSION = "demo"
PROD_ROLE = "arn:aws:iam::444455556666:role/Deploy"

_CONFIG = """\
[sso-session {session}]
sso_start_url = {start_url}
sso_region = {sso_region}
sso_registration_scopes = sso:account:access

[profile dev]
sso_session = {session}
sso_account_id = 111122223333
sso_role_name = Developer
region = eu-central-1

[profile legacy]
sso_start_url = {start_url}
sso_region = {sso_region}
sso_account_id = 111122223333
sso_role_name = ReadOnly
region = us-west-2

[profile prod]
role_arn = {prod_role}
source_profile = dev
region = eu-west-1
"""


def write_home(directory: str, idc: IdentityCenter, extra_config: str = "") -> dict[str, str]:
    """Write ``.aws/config`` with three profiles into ``directory``; nobody is signed in.

    ``dev`` signs in through an SSO session, ``legacy`` through a start URL, ``prod`` is a role on
    top of ``dev``, which Identity Center is told to allow. ``extra_config`` is added at the end.
    Returns the variables that make a program use that home and talk to ``idc``, which must have
    been started.
    """
    idc.allow_role(PROD_ROLE)
    folder = os.path.join(directory, ".aws")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    config = _CONFIG.format(
        session=SESSION,
        start_url=idc.start_url,
        sso_region=idc.region,
        prod_role=PROD_ROLE,
    )
    if extra_config:
        config += "\n" + extra_config
    with open(os.path.join(folder, "config"), "w", encoding="utf-8", newline="\n") as file:
        file.write(config)
    return {"HOME": directory, "USERPROFILE": directory, **idc.environment()}


def sign_in(
    directory: str,
    idc: IdentityCenter,
    session_name: str | None = SESSION,
    *,
    token: dict[str, str] | None = None,
) -> dict[str, str]:
    """Write a token file where the AWS CLI would, as if a person had signed in.

    ``session_name``: the SSO session, or None for the legacy profiles of ``idc.start_url``.
    ``token``: the fields to write, a fresh token by default. Returns what was written.
    """
    token = token if token is not None else idc.issue_token()
    path = token_file(directory, session_name if session_name is not None else idc.start_url)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(token, file)
    return token


def token_file(directory: str, session_name_or_start_url: str) -> str:
    """Where the AWS CLI keeps the token of a session, or of a start URL, in that home."""
    digest = hashlib.sha1(session_name_or_start_url.encode(), usedforsecurity=False).hexdigest()
    return os.path.join(directory, ".aws", "sso", "cache", f"{digest}.json")
