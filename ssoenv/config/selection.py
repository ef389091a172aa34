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
ROLE_FIELDS = ("start_url", "sso_region", "account_id", "role_name")
"""What they are called among the fields of a role, see ``aws.roles``."""


def names_a_role(environ: Mapping[str, str]) -> bool:
    """Whether the environment names a role, or a part of one, without any config."""
    return any(environ.get(variable) for variable in ROLE_VARIABLES)


def role_of(environ: Mapping[str, str]) -> dict[str, str]:
    """The fields (see ``aws.roles``) that the environment has of such a role."""
    pairs = zip(ROLE_FIELDS, ROLE_VARIABLES, strict=True)
    return {field: environ[variable] for field, variable in pairs if environ.get(variable)}


ROLE_VARIABLE = "SSOENV_ROLE"
ROLE_MARK = "//"
"""What comes between the name of a role that no profile names and all that is known of it. No shell
gives a meaning to it, and no role's name has a slash."""


def is_role(name: str) -> bool:
    """Whether ``name`` is that of a role, with all that is known of it (``aws.roles``)."""
    return "@" in shown(name) and ROLE_MARK in name


def shown(name: str) -> str:
    """``name`` as people see it: a role without what is known of it."""
    short, mark, rest = name.partition(ROLE_MARK)
    return short if mark and "=" in rest else name


def name_of_role(account_id: str, role_name: str) -> str:
    """What a role that no config names is called instead of a profile."""
    return f"{role_name}@{account_id}"


def named(argument: str | None, environ: Mapping[str, str]) -> str | None:
    """The profile named by hand, else by the environment in the AWS CLI's order (AWS_PROFILE
    first; boto3 looks at AWS_DEFAULT_PROFILE first), else the one in use; None if by nothing.

    For a role in use that no profile names, it is all that the shell keeps of that role.
    """
    if argument:
        return argument
    for variable in VARIABLES:
        if environ.get(variable):
            name = environ[variable]
            return with_role(name, environ) if variable == VARIABLES[-1] else name
    return None


def with_role(name: str, environ: Mapping[str, str]) -> str:
    """``name`` of the profile in use, or all that the shell keeps of a role of that name."""
    line = environ.get(ROLE_VARIABLE, "")
    return line if is_role(line) and shown(line) == name else name
