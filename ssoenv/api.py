"""ssoenv for Python programs: the credentials of a profile, from the cache where they are good.

    import ssoenv

    keys = ssoenv.resolve("dev")
    subprocess.run(["sls", "deploy"], env=keys.environ())

Nothing is asked and no browser opens: a sign-in that is over is a ``SignInNeeded``.
"""

import os
from collections.abc import Mapping

from ssoenv.cache import index, role_keys
from ssoenv.cache.role_keys import REUSE_SECONDS
from ssoenv.config import confirmation, selection
from ssoenv.environment import variables
from ssoenv.errors import ConfigError
from ssoenv.terminal import messages


class Credentials(role_keys.Credentials):
    """What a program needs to act as a profile.

    ``expiration`` is in epoch seconds, None for keys that do not expire, which have no
    ``session_token`` either. ``region`` is the profile's own, None if it names none. Its ``repr``
    tells whose they are and holds no secret.
    """

    __slots__ = ()

    def environ(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """``base`` (by default this process's environment) as ``ssoenv exec`` would change it: the
        variables for this profile set, those that could mean somebody else removed."""
        before = os.environ if base is None else base
        return variables.applied(variables.to_use(self, before), before)


def resolve(
    profile: str | None = None,
    *,
    region: str | None = None,
    min_ttl: float = REUSE_SECONDS,
    refresh: bool = False,
) -> Credentials:
    """The credentials of ``profile`` (by default, as for the command: of the role in
    AWS_SSO_… variables, else of AWS_PROFILE, else of ``default``, else of the web identity or keys
    in the environment).

    ``region``: in place of the profile's. ``min_ttl``: seconds that cached ones must have left.
    ``refresh``: get new ones in any case. Nobody is ever asked, not even for an MFA code; warnings
    go to stderr. Raises a ``SsoenvError``: ``SignInNeeded``,
    ``ConfigError``, ``AccessDenied``, ``NetworkError``, ``ServiceError``.
    """
    if not profile and selection.names_a_role(os.environ):
        found = _fetch(None, region, min_ttl, refresh)
    else:
        name = selection.named(profile, os.environ) or _unnamed()
        warm = None if refresh else index.credentials(name, min_ttl)
        found = warm or _fetch(name, region, min_ttl, refresh)
    credentials = Credentials(
        found.access_key_id,
        found.secret_access_key,
        found.session_token,
        found.expiration,
        found.account_id,
    )
    credentials.named(found.profile, region or found.region)
    credentials.role, credentials.of_variables = found.role, found.of_variables
    by_variable = confirmation.by_variable(found.profile, os.environ)
    credentials.guarded = found.guarded or by_variable
    return credentials


def _unnamed() -> str:
    """The profile where nothing names one: an identity that only variables describe is looked for
    where the config may have to be read."""
    if selection.identity(os.environ) is None:
        return "default"
    from ssoenv.aws import profile as profiles

    return profiles.name_of_default() or "default"


def _fetch(
    name: str | None, region: str | None, min_ttl: float, refresh: bool
) -> role_keys.Credentials:
    """botocore's credentials of profile ``name``, None for the role in AWS_SSO_… variables."""
    from ssoenv.aws import roles
    from ssoenv.credentials import fetch

    messages.never_ask()
    seen = index.Snapshot()
    role = name if name is not None and selection.is_role(name) else None
    if name is None:
        role = roles.line_of(_role())
    loaded = roles.load(role or name or "")
    fetched = fetch.credentials(loaded, min_ttl, refresh, region)
    if role is None:
        fetch.remember(loaded, fetched, seen)
    found = fetched.credentials.named(loaded.name, loaded.region)
    found.role, found.of_variables = role, not loaded.in_config
    found.guarded = loaded.confirm
    return found


def _role() -> dict[str, str]:
    missing = [name for name in selection.ROLE_VARIABLES if not os.environ.get(name)]
    if missing:
        raise ConfigError(f"the role is not fully named: {', '.join(missing)} is missing")
    return selection.role_of(os.environ)
