"""Which profile is meant when none, or one, is named."""

from collections.abc import Mapping

_VARIABLES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "SSOENV_PROFILE")


def named(argument: str | None, environ: Mapping[str, str]) -> str | None:
    """The profile named by hand, else by the environment in the AWS CLI's order (AWS_PROFILE
    first; boto3 looks at AWS_DEFAULT_PROFILE first), else the one in use; None if by nothing."""
    if argument:
        return argument
    for variable in _VARIABLES:
        if environ.get(variable):
            return environ[variable]
    return None
