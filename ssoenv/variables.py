"""The table of every variable that ssoenv sets or removes, and why.

``eval``, ``exec``, ``--unset`` and the data formats all render the change sets made here: an
ordered list of pairs (name, value), where the value None removes the variable.
"""

from collections.abc import Mapping

from ssoenv import clock
from ssoenv.rolecache import RoleCredentials

Changes = list[tuple[str, str | None]]

SET = (
    ("AWS_ACCESS_KEY_ID", "the role's temporary access key id"),
    ("AWS_SECRET_ACCESS_KEY", "its secret"),
    ("AWS_SESSION_TOKEN", "its session token, without which the pair is refused"),
    ("AWS_CREDENTIAL_EXPIRATION", "when they end (ISO 8601); SDKs then refuse them by name"),
    ("AWS_REGION", "the profile's region, as newer SDKs read it"),
    ("AWS_DEFAULT_REGION", "the same, as the AWS CLI and boto3 read it"),
    ("AWS_ACCOUNT_ID", "the account, for endpoints that carry it and for scripts"),
    ("SSOENV_PROFILE", "the profile in use, for prompts and for a refresh"),
    ("SSOENV_EXPIRES_AT", "the end in epoch seconds, so that a shell compares integers"),
)

REMOVED = (
    ("AWS_PROFILE", "many SDKs prefer it to keys in the environment"),
    ("AWS_DEFAULT_PROFILE", "its older name"),
    ("AWS_SECURITY_TOKEN", "botocore prefers this old name to AWS_SESSION_TOKEN"),
    ("AWS_SESSION_EXPIRATION", "an old name for the expiry; a stale one ends the keys early"),
    ("AWS_CREDENTIAL_FILE", "an old name for a file with other keys"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "some SDKs would assume a role with it instead"),
    ("AWS_ROLE_ARN", "the role of that web identity"),
    ("AWS_ROLE_SESSION_NAME", "and its session name"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "the identity of a container task"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "the same, from an address"),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "and the key to that address"),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "the same, in a file"),
)

# Where a region that the person had set waits until `ssoenv --unset` gives it back. They exist
# only while there is such a region; without them nobody could tell it from one of ours.
SAVED = (
    ("AWS_REGION", "SSOENV_USER_REGION"),
    ("AWS_DEFAULT_REGION", "SSOENV_USER_DEFAULT_REGION"),
)


class Answer:
    """What the left half of the program hands to the right half: whose credentials, and where.

    ``region`` is the profile's own region, or None if it names none.
    """

    __slots__ = ("credentials", "profile", "region")

    def __init__(self, profile: str, region: str | None, credentials: RoleCredentials) -> None:
        self.profile = profile
        self.region = region
        self.credentials = credentials


def to_use(answer: Answer, environ: Mapping[str, str]) -> Changes:
    """The changes that make a process with ``environ`` act as ``answer`` and as nobody else."""
    keys = answer.credentials
    expires = keys.expiration
    values: dict[str, str | None] = {
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_SESSION_TOKEN": keys.session_token,
        "AWS_CREDENTIAL_EXPIRATION": None if expires is None else clock.iso(expires),
        "AWS_REGION": answer.region,
        "AWS_DEFAULT_REGION": answer.region,
        "AWS_ACCOUNT_ID": keys.account_id,
        "SSOENV_PROFILE": answer.profile,
        "SSOENV_EXPIRES_AT": None if expires is None else str(expires),
    }
    saved: Changes = []
    for name, keeper in SAVED:
        theirs = _the_persons(name, keeper, environ)
        if theirs is not None:
            saved.append((keeper, theirs))
            if answer.region is None:
                values[name] = theirs
        elif environ.get(keeper) is not None:
            saved.append((keeper, None))
    return [(name, values[name]) for name, _ in SET] + saved + [(name, None) for name, _ in REMOVED]


def to_undo(environ: Mapping[str, str]) -> Changes:
    """The changes that take everything of ssoenv out of ``environ`` again and give the person's
    own region back."""
    regions = {name: _the_persons(name, keeper, environ) for name, keeper in SAVED}
    kept: Changes = [(keeper, None) for _, keeper in SAVED if environ.get(keeper) is not None]
    return [(name, regions.get(name)) for name, _ in SET] + kept


def applied(changes: Changes, environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` after ``changes``."""
    result = dict(environ)
    for name, value in changes:
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def _the_persons(name: str, keeper: str, environ: Mapping[str, str]) -> str | None:
    """The region that the person, not ssoenv, set under ``name``."""
    if environ.get("SSOENV_PROFILE"):
        return environ.get(keeper) or None
    return environ.get(name) or None
