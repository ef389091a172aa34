"""The table of every variable that ssoenv sets or removes, and why.

``eval``, ``exec``, ``--unset`` and the data formats all render the change sets made here: an
ordered list of pairs (name, value), where the value None removes the variable.
"""

import os
from _collections_abc import Mapping, MutableMapping

from ssoenv.cache.role_keys import Credentials
from ssoenv.system import clock, kept

Changes = list[tuple[str, str | None]]
"""In order: (name, value) sets a variable, (name, None) removes it."""

SET = (
    ("AWS_ACCESS_KEY_ID", "the role's temporary access key id"),
    ("AWS_SECRET_ACCESS_KEY", "its secret"),
    ("AWS_SESSION_TOKEN", "its session token, without which the pair is refused"),
    ("AWS_CREDENTIAL_EXPIRATION", "when they end (ISO 8601); SDKs then refuse them by name"),
    ("AWS_REGION", "the profile's region, as newer SDKs read it"),
    ("AWS_DEFAULT_REGION", "the same, as the AWS CLI and boto3 read it"),
    ("AWS_ACCOUNT_ID", "the account, for endpoints that carry it and for scripts"),
    ("SSOENV_PROFILE", "the profile in use, for prompts and for a refresh"),
    ("SSOENV_ROLE", "all of a role that no profile names, for a refresh"),
    ("SSOENV_GUARDED", "1 for a profile that asks before it is used, for prompts"),
    ("SSOENV_EXPIRES_AT", "the end in epoch seconds, so that a shell compares integers"),
)

REMOVED = (
    ("AWS_PROFILE", "many SDKs prefer it to keys in the environment"),
    ("AWS_DEFAULT_PROFILE", "its older name"),
    ("AWS_EB_PROFILE", "the Elastic Beanstalk CLI takes this profile before any keys"),
    ("AWS_ACCESS_KEY", "s3cmd prefers this old name to AWS_ACCESS_KEY_ID"),
    ("AWS_SECRET_KEY", "the AWS SDK for Java 1 prefers this one to AWS_SECRET_ACCESS_KEY"),
    ("AMAZON_SESSION_TOKEN", "the SDK for Ruby adds it to keys that have no session token"),
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

# What SDKs take before a profile, even one that AWS_PROFILE names (docs/sdks.md), …
BEFORE_PROFILES = (
    ("AWS_ACCESS_KEY_ID", "nearly all SDKs"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "most SDKs"),
    ("AWS_DEFAULT_PROFILE", "boto3 and the AWS CLI 1"),
)
# … and before a profile's credential_process.
BEFORE_PROCESSES = (
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "the SDK for JavaScript 2"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "the SDK for JavaScript 2"),
)

# `exec --endpoint` gives a command no keys but a place to ask for them. These are set then, …
ENDPOINT = (
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "where SDKs ask for keys, again before they end"),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "what they have to show there"),
    ("SSOENV_ENDPOINT", "the folder of the copies below; it goes when the command ends"),
    ("AWS_CONFIG_FILE", "a copy of the config in which [default] has no credentials"),
    ("AWS_SHARED_CREDENTIALS_FILE", "the same of the credentials file: SDKs look there first"),
    ("AWS_CREDENTIAL_PROFILES_FILE", "that file's name for the AWS SDK for Java 1"),
    ("AWS_SDK_LOAD_CONFIG", "without it, the AWS SDK for JavaScript 2 does not read the copies"),
    ("BOTO_CONFIG", "a copy without keys of boto's config, which botocore asks first, too"),
    ("AWS_EC2_METADATA_DISABLED", "so that a machine's own role is never used instead"),
)
# … these removed besides the ones above, …
REMOVED_FOR_ENDPOINT = (
    ("AMAZON_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID for the SDKs for Ruby and JavaScript 2"),
    ("AMAZON_SECRET_ACCESS_KEY", "and the secret"),
)
# … and what the person had set of them waits here. (File: its name in the folder.)
_LED_AWAY = (
    ("AWS_CONFIG_FILE", "SSOENV_USER_CONFIG_FILE", "config"),
    ("AWS_SHARED_CREDENTIALS_FILE", "SSOENV_USER_SHARED_CREDENTIALS_FILE", "credentials"),
    ("AWS_CREDENTIAL_PROFILES_FILE", "SSOENV_USER_CREDENTIAL_PROFILES_FILE", "credentials"),
    ("AWS_SDK_LOAD_CONFIG", "SSOENV_USER_SDK_LOAD_CONFIG", ""),
    ("BOTO_CONFIG", "SSOENV_USER_BOTO_CONFIG", "boto"),
    ("AWS_EC2_METADATA_DISABLED", "SSOENV_USER_EC2_METADATA_DISABLED", ""),
)

_ASKED = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN")


def to_use(credentials: Credentials, environ: Mapping[str, str]) -> Changes:
    """The changes that make a process with ``environ`` act as the profile of
    ``credentials`` and as nobody else."""
    expires = credentials.expiration
    values: dict[str, str | None] = {
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
        "AWS_CREDENTIAL_EXPIRATION": None if expires is None else clock.iso(expires),
        "SSOENV_EXPIRES_AT": None if expires is None else str(expires),
    }
    changes = _set(credentials, values, environ) + [(name, None) for name, _ in REMOVED]
    return changes + _led_back(environ)


def to_use_endpoint(
    credentials: Credentials, url: str, token: str, folder: str, environ: Mapping[str, str]
) -> Changes:
    """The changes that make a process with ``environ``, which ``leave_endpoint`` has seen, ask for
    its keys at ``url``, and nowhere else. ``folder``: that of the copies of AWS's files."""
    ours = dict(zip(_ASKED, (url, token), strict=True))
    changes = _set(credentials, {}, environ)
    changes += [(name, ours.get(name)) for name, _ in (*REMOVED, *REMOVED_FOR_ENDPOINT)]
    for name, keeper, file in _LED_AWAY:
        theirs = environ.get(name)
        if theirs is not None or keeper in environ:
            changes.append((keeper, theirs))
        changes.append((name, os.path.join(folder, file) if file else "true"))
    return [*changes, ("SSOENV_ENDPOINT", folder)]


def to_undo(environ: Mapping[str, str]) -> Changes:
    """The changes that take everything of ssoenv out of ``environ`` again and give the person's
    own region and identity back."""
    theirs = {name: kept.value(name, environ) for name in kept.KEEPERS}
    changes: Changes = [
        (name, theirs.get(name)) for name, _ in SET if not _is_the_persons_key(name, environ)
    ]
    back = _led_back(environ)
    if back:
        back += [(name, None) for name in _ASKED if not theirs.get(name)]
    changes += back
    for name, keeper in kept.KEEPERS.items():
        if environ.get(keeper) is not None:
            changes.append((keeper, None))
            if theirs[name] and (name, theirs[name]) not in changes:
                changes.append((name, theirs[name]))
    return changes


def leave_endpoint(environ: MutableMapping[str, str]) -> None:
    """Give ``environ`` the person's own files back, if it is that of a command with an endpoint:
    these are what ssoenv itself goes by, also when it runs in there."""
    if "SSOENV_ENDPOINT" in environ:
        for name, keeper, _ in _LED_AWAY:
            theirs = environ.get(keeper)
            if theirs is not None:
                environ[name] = theirs
            else:
                environ.pop(name, None)


def applied(changes: Changes, environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` after ``changes``."""
    result = dict(environ)
    for name, value in changes:
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def _set(
    credentials: Credentials, values: Mapping[str, str | None], environ: Mapping[str, str]
) -> Changes:
    """The rows of ``SET``: ``values``, whose they are and where, and what is saved for that."""
    row: dict[str, str | None] = {
        **values,
        "AWS_REGION": credentials.region,
        "AWS_DEFAULT_REGION": credentials.region,
        "AWS_ACCOUNT_ID": credentials.account_id,
        "SSOENV_PROFILE": credentials.profile,
        "SSOENV_ROLE": credentials.role,
        "SSOENV_GUARDED": "1" if credentials.guarded else None,
    }
    saved: Changes = []
    for name, keeper in kept.KEEPERS.items():
        theirs = kept.value(name, environ)
        is_kept = environ.get("SSOENV_PROFILE") and environ.get(keeper)
        if theirs is not None and (name in row or credentials.of_variables or is_kept):
            saved.append((keeper, theirs))
            if name in row and credentials.region is None:
                row[name] = theirs
        elif environ.get(keeper) is not None:
            saved.append((keeper, None))
    return [(name, row.get(name)) for name, _ in SET] + saved


def _led_back(environ: Mapping[str, str]) -> Changes:
    """The changes by which a process with an endpoint sees the person's own files again."""
    if "SSOENV_ENDPOINT" not in environ:
        return []
    changes: Changes = [("SSOENV_ENDPOINT", None)]
    for name, keeper, _ in _LED_AWAY:
        changes.append((name, environ.get(keeper)))
        if keeper in environ:
            changes.append((keeper, None))
    return changes


def _is_the_persons_key(name: str, environ: Mapping[str, str]) -> bool:
    """Whether ``name`` belongs to keys that were in the environment before, and are in use as they
    were: their profile is called ``environment``."""
    in_use = environ.get("SSOENV_PROFILE") == kept.ENVIRONMENT
    return in_use and name in _OF_KEYS and "SSOENV_ENDPOINT" not in environ


_OF_KEYS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_ACCOUNT_ID",
)
