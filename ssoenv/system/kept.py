"""The person's own variables that ssoenv replaces or removes, and where each is kept meanwhile.

``ssoenv --unset`` gives them back, and ssoenv itself still goes by the identity that they
describe. Regions are kept always, the others while that identity is, or has been, in use. A keeper
exists only while there is something to keep.
"""

from _collections_abc import Mapping

# Without a keeper nobody could tell the person's region from one of ours.
REGIONS = (
    ("AWS_REGION", "SSOENV_USER_REGION"),
    ("AWS_DEFAULT_REGION", "SSOENV_USER_DEFAULT_REGION"),
)

# What a CI system or a container platform sets in place of a config. (Secrets are not kept: a
# second copy would have to be removed and masked wherever the first one is.)
IDENTITY = (
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "SSOENV_USER_WEB_IDENTITY_TOKEN_FILE"),
    ("AWS_ROLE_ARN", "SSOENV_USER_ROLE_ARN"),
    ("AWS_ROLE_SESSION_NAME", "SSOENV_USER_ROLE_SESSION_NAME"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "SSOENV_USER_CONTAINER_CREDENTIALS_RELATIVE_URI"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "SSOENV_USER_CONTAINER_CREDENTIALS_FULL_URI"),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "SSOENV_USER_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
)

ENVIRONMENT = "environment"
"""What keys in the environment are called instead of a profile."""

# Which profile or file the person had named. (CircleCI's format keeps them as well.)
CHOICE = (
    ("AWS_PROFILE", "SSOENV_USER_PROFILE"),
    ("AWS_DEFAULT_PROFILE", "SSOENV_USER_DEFAULT_PROFILE"),
    ("AWS_EB_PROFILE", "SSOENV_USER_EB_PROFILE"),
    ("AWS_CREDENTIAL_FILE", "SSOENV_USER_CREDENTIAL_FILE"),
)

KEEPERS = dict((*REGIONS, *IDENTITY, *CHOICE))


def value(name: str, environ: Mapping[str, str]) -> str | None:
    """The value that the person, not ssoenv, gave the variable ``name``, a key of ``KEEPERS``."""
    if not environ.get("SSOENV_PROFILE"):
        return environ.get(name) or None
    keeper = environ.get(KEEPERS[name]) or None
    return keeper if _is_ours(name, environ) else environ.get(name) or keeper


def _is_ours(name: str, environ: Mapping[str, str]) -> bool:
    """Whether ssoenv sets ``name`` itself while a profile is in use."""
    if name == "AWS_CONTAINER_CREDENTIALS_FULL_URI":
        return "SSOENV_ENDPOINT" in environ
    return name in ("AWS_REGION", "AWS_DEFAULT_REGION")
