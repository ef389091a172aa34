"""The identity that variables describe without any config, checked."""

import os

from ssoenv.config import selection, values
from ssoenv.config.editor import profile_header
from ssoenv.errors import ConfigError
from ssoenv.system import kept, paths


def settings(name: str) -> dict[str, str] | None:
    """The settings of the identity in the environment, None if it isn't called ``name``. Raises
    ``ConfigError`` if it cannot be used."""
    found = selection.identity(os.environ)
    if found is None or found[0] != name:
        return None
    if "role_arn" in found[1]:
        values.check("role_arn", found[1]["role_arn"], "AWS_ROLE_ARN")
    elif "web_identity_token_file" in found[1]:
        raise ConfigError(
            "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not",
            "Set AWS_ROLE_ARN to the role that the token is for, or name a profile",
        )
    return found[1]


def region(default: str | None) -> str | None:
    """The region of that identity where it isn't the environment's: ``default``, that of
    ``[default]``, as for botocore."""
    theirs = (kept.value(name, os.environ) for name, _ in kept.REGIONS)
    return None if any(theirs) else default


def place(name: str, in_config: bool) -> str:
    """Where the settings of profile ``name`` are, for a message."""
    if in_config:
        return f"[{profile_header(name)}] in {paths.display(paths.config())}"
    return "the environment"


def add_region(name: str, in_config: bool) -> str:
    """What gives profile ``name`` a region, for a message."""
    if in_config:
        return f"Add region = … to {place(name, in_config)}, or give --region"
    return "Set AWS_REGION, or give --region"
