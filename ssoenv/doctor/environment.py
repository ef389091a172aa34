"""Checks of the environment variables that AWS's tools read."""

import os
from collections.abc import Iterator

from ssoenv import hints
from ssoenv.config import marks, selection, values
from ssoenv.doctor import sources
from ssoenv.doctor.findings import Finding
from ssoenv.doctor.reading import Home
from ssoenv.environment import variables
from ssoenv.hints import nearest
from ssoenv.system import clock, paths

_PAIR = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_UNSET = "Take them out of this shell: ssoenv --unset prints how"


def keys(home: Home) -> Iterator[Finding]:
    """Keys of which a part is missing, and keys that go before a profile that is set as well."""
    there = [name for name in _PAIR if home.environ.get(name)]
    if len(there) == 1:
        missing = _PAIR[1] if there[0] == _PAIR[0] else _PAIR[0]
        yield Finding(f"{there[0]} is set, but {missing} is not", f"Unset {there[0]}, or set both")
    elif there and home.environ[_PAIR[0]].startswith("ASIA") and not _session_token(home):
        yield Finding(
            "the keys in this environment are temporary, but AWS_SESSION_TOKEN is not set", _UNSET
        )
    named = [name for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE") if home.environ.get(name)]
    if len(there) == 2 and named:
        profile = home.environ[named[0]]
        yield Finding(
            f'keys and {named[0]} are both set: most tools use the keys, some profile "{profile}"',
            f"Unset {named[0]}, or take out the keys: ssoenv --unset prints how",
        )


def before_profiles(home: Home) -> Iterator[Finding]:
    """Identities that SDKs take before a profile, in a home where profiles are in use: one is
    named, has keys that ssoenv wrote, or asks ssoenv for them."""
    named, asking = home.environ.get("AWS_PROFILE"), sources.through_ssoenv(home)
    if home.environ.get("SSOENV_PROFILE") or not (named or asking or marks.marks()):
        return  # what ssoenv has set is meant
    found = [(*row, "a profile") for row in variables.BEFORE_PROFILES]
    if asking:
        found += [(*row, "a credential_process") for row in variables.BEFORE_PROCESSES]
    for variable, who, what in found:
        if variable == "AWS_DEFAULT_PROFILE" or (variable == _PAIR[0] and named):
            continue  # see profile_variables and keys
        if home.environ.get(variable):
            yield Finding(
                f"{variable} is set: for {who} it comes before {what}, even if AWS_PROFILE is set",
                f"Unset {variable}, or run them with: ssoenv exec PROFILE -- COMMAND",
            )


def expired_keys(home: Home) -> Iterator[Finding]:
    """Keys that say themselves that they have ended."""
    for name in ("AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION"):
        moment = home.environ.get(name)
        if not moment:
            continue
        try:
            left = clock.epoch(moment) - clock.now()
        except ValueError:
            yield Finding(f"{name} is not a time in ISO 8601, so AWS's tools fail", f"Unset {name}")
            continue
        if left <= 0:
            profile = home.environ.get("SSOENV_PROFILE")
            again = f'eval "$(ssoenv {hints.request(profile)})"' if profile else _UNSET
            if _is_role(profile, home):
                again = 'eval "$(ssoenv)"'  # the environment knows the rest of it
            yield Finding(
                f"the keys in this environment expired {clock.in_words(-left)} ago",
                f"Get new ones: {again}" if profile else again,
            )


def stale_security_token(home: Home) -> Iterator[Finding]:
    """An old name of AWS_SESSION_TOKEN, which botocore prefers to the new one."""
    old, new = home.environ.get("AWS_SECURITY_TOKEN"), home.environ.get("AWS_SESSION_TOKEN")
    if old and old != new:
        yield Finding(
            "AWS_SECURITY_TOKEN is set: boto3 and the AWS CLI prefer it to AWS_SESSION_TOKEN",
            "Unset AWS_SECURITY_TOKEN",
        )


def profile_variables(home: Home) -> Iterator[Finding]:
    """Profiles named by variables that are not there, or on which tools do not agree."""
    first, second = home.environ.get("AWS_PROFILE"), home.environ.get("AWS_DEFAULT_PROFILE")
    if first and second and first != second:
        yield Finding(
            f'AWS_PROFILE is "{first}", but AWS_DEFAULT_PROFILE is "{second}": the AWS CLI 2 '
            "takes the first, boto3 and the AWS CLI 1 the second",
            "Unset AWS_DEFAULT_PROFILE",
        )
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        if name in home.environ and not home.environ[name]:
            yield Finding(f"{name} is set to nothing, which the AWS CLI refuses", f"Unset {name}")
    if home.understood is None:
        return
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "SSOENV_PROFILE"):
        profile = home.environ.get(name)
        if name == "SSOENV_PROFILE" and _is_role(profile, home):
            continue
        if profile and profile not in home.profiles and not profile.startswith("https://"):
            near = nearest(profile, home.profiles)
            yield Finding(
                f'{name} names the profile "{profile}", which does not exist',
                f'Set it to "{near}", or unset it' if near else f"Unset {name}",
            )


def _is_role(name: str | None, home: Home) -> bool:
    """Whether the profile in use is a role that no profile names."""
    return name is not None and selection.is_role(selection.with_role(name, home.environ))


def region_variables(home: Home) -> Iterator[Finding]:
    """Variables that are not regions; two regions on which tools do not agree."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        value = home.environ.get(name, "")
        if value and (why := values.problem("region", value)):
            fix = values.correction("region", value).replace("region = ", f"{name}=")
            yield Finding(f"{name} {why}", fix)
    new, old = home.environ.get("AWS_REGION"), home.environ.get("AWS_DEFAULT_REGION")
    if new and old and new != old:
        yield Finding(
            f"AWS_REGION is {new}, but AWS_DEFAULT_REGION is {old}: boto3 takes the second, most "
            "other tools the first",
            "Set both to the same",
        )


def missing_files(home: Home) -> Iterator[Finding]:
    """Files that variables name but that are not there; no config at all."""
    for name, path in (
        ("AWS_CONFIG_FILE", home.config.path),
        ("AWS_SHARED_CREDENTIALS_FILE", home.credentials.path),
    ):
        if name in home.environ and not os.path.exists(path):
            yield Finding(
                f"{name} names {paths.display(path) or 'nothing'}, which does not exist",
                f"Correct it, or unset {name}",
            )
    files = (home.config, home.credentials)
    nothing_there = all(file.content is None and file.problem is None for file in files)
    if nothing_there and selection.identity(home.environ) is None:
        path = paths.display(home.config.path) or "the file that AWS_CONFIG_FILE names"
        yield Finding(
            f"there is no AWS config: {path} does not exist",
            "Make one with: ssoenv configure",
        )


def _session_token(home: Home) -> str | None:
    return home.environ.get("AWS_SESSION_TOKEN") or home.environ.get("AWS_SECURITY_TOKEN")
