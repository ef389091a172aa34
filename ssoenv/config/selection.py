"""Which profile is meant when none, or one, is named."""

from _collections_abc import Mapping

VARIABLES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "SSOENV_PROFILE")


# Where there is no config: these name a role, as the options --sso-start-url and so on do.
ROLE_VARIABLES = (
    "AWS_SSO_START_URL",
    "AWS_SSO_REGION",
    "AWS_SSO_ACCOUNT_ID",
    "AWS_SSO_ROLE_NAME",
)


def names_a_role(environ: Mapping[str, str]) -> bool:
    """Whether the environment names a role, or a part of one, without any config."""
    return any(environ.get(variable) for variable in ROLE_VARIABLES)


def name_of_role(account_id: str, role_name: str) -> str:
    """What a role that no config names is called instead of a profile."""
    return f"{role_name}@{account_id}"


def named(argument: str | None, environ: Mapping[str, str]) -> str | None:
    """The profile named by hand, else by the environment in the AWS CLI's order (AWS_PROFILE
    first; boto3 looks at AWS_DEFAULT_PROFILE first), else the one in use; None if by nothing."""
    if argument:
        return argument
    for variable in VARIABLES:
        if environ.get(variable):
            return environ[variable]
    return None
