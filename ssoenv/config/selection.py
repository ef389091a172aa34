"""Which profile is meant when none, or one, is named."""

from _collections_abc import Mapping

from ssoenv.system import kept

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


def arn_parts(arn: str) -> tuple[str | None, str | None]:
    """Account and role name of ``arn:PARTITION:iam::ACCOUNT:role/PATH/NAME``."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return None, None
    return parts[4] or None, parts[5].rpartition("/")[2] or None


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


CONTAINER = "container"
"""What the role of a container (Amazon ECS, EKS, CodeBuild) is called instead of a profile."""

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")

JOB_TOKENS = {
    "github": ("ACTIONS_ID_TOKEN_REQUEST_URL",),
    "gitlab": ("GITLAB_OIDC_TOKEN",),
    "circleci": ("CIRCLE_OIDC_TOKEN_V2", "CIRCLE_OIDC_TOKEN"),
}
"""What ``ssoenv_oidc`` may name: CI systems, and where a job has its token or, of GitHub, the
address to ask for it."""

_SYSTEMS = {"github": "GITHUB_ACTIONS", "gitlab": "GITLAB_CI", "circleci": "CIRCLECI"}

_WEB_IDENTITY = {
    "AWS_ROLE_ARN": "role_arn",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "web_identity_token_file",
    "AWS_ROLE_SESSION_NAME": "role_session_name",
}


def identity(environ: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
    """The identity that variables describe without any config, in botocore's order: its name and
    its settings, as a profile would have them; None if there is none.

    A role without a token's file is one for the token of the CI job, where that is one.
    Keys are called ``environment``, a web identity ROLE@ACCOUNT, the role of a
    container ``container``, with ``credential_source`` as its setting.
    """
    in_use = environ.get("SSOENV_PROFILE", "")
    if "SSOENV_ENDPOINT" in environ and in_use in (kept.ENVIRONMENT, CONTAINER):
        return in_use, {"credential_source": "EcsContainer"}  # which the endpoint acts as
    if environ.get("AWS_ACCESS_KEY_ID") and in_use in ("", kept.ENVIRONMENT):
        settings = {name.lower(): environ[name] for name in KEYS if environ.get(name)}
        return kept.ENVIRONMENT, settings
    theirs = {name: kept.value(name, environ) or "" for name, _ in kept.IDENTITY}
    settings = {key: theirs[name] for name, key in _WEB_IDENTITY.items() if theirs[name]}
    if "role_arn" in settings and "web_identity_token_file" not in settings:
        for system, mark in _SYSTEMS.items():
            if environ.get(mark):
                settings["ssoenv_oidc"] = system
    if settings.keys() & {"web_identity_token_file", "ssoenv_oidc"}:
        account_id, role_name = arn_parts(settings.get("role_arn", ""))
        return name_of_role(account_id or "", role_name or ""), settings
    if any(theirs[f"AWS_CONTAINER_CREDENTIALS_{part}_URI"] for part in ("RELATIVE", "FULL")):
        return CONTAINER, {"credential_source": "EcsContainer"}
    return None


def with_role(name: str, environ: Mapping[str, str]) -> str:
    """``name`` of the profile in use, or all that the shell keeps of a role of that name."""
    line = environ.get(ROLE_VARIABLE, "")
    return line if is_role(line) and shown(line) == name else name
