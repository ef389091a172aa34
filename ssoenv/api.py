"""ssoenv for Python programs: the credentials of a profile, from the cache where they are good.

    import ssoenv

    keys = ssoenv.resolve("dev")
    subprocess.run(["sls", "deploy"], env=keys.environ())

Nothing is asked and no browser opens: a sign-in that is over is a ``SignInNeeded``.
"""

import os
from collections.abc import Mapping

from ssoenv.cache import index
from ssoenv.cache.role_keys import REUSE_SECONDS, RoleCredentials
from ssoenv.config import selection
from ssoenv.environment import variables
from ssoenv.environment.variables import Answer
from ssoenv.errors import ConfigError
from ssoenv.terminal import messages


class Credentials:
    """What a program needs to act as a profile.

    ``expiration`` is in epoch seconds, None for keys that do not expire, which have no
    ``session_token`` either. ``region`` is the profile's own, None if it names none. Its ``repr``
    tells whose they are and holds no secret.
    """

    __slots__ = (
        "access_key_id",
        "account_id",
        "expiration",
        "profile",
        "region",
        "secret_access_key",
        "session_token",
    )

    def __init__(self, profile: str, region: str | None, keys: RoleCredentials) -> None:
        self.profile = profile
        self.region = region
        self.access_key_id = keys.access_key_id
        self.secret_access_key = keys.secret_access_key
        self.session_token = keys.session_token
        self.expiration = keys.expiration
        self.account_id = keys.account_id

    def __repr__(self) -> str:
        return f"<ssoenv.Credentials of {self.profile!r}, expiration={self.expiration}>"

    def seconds_left(self) -> float:
        """Seconds until they expire, negative afterwards; infinite for keys that do not."""
        return self._keys().seconds_left()

    def environ(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """``base`` (by default this process's environment) as ``ssoenv exec`` would change it: the
        variables for this profile set, those that could mean somebody else taken out."""
        before = os.environ if base is None else base
        answer = Answer(self.profile, self.region, self._keys())
        return variables.applied(variables.to_use(answer, before), before)

    def _keys(self) -> RoleCredentials:
        return RoleCredentials(
            self.access_key_id,
            self.secret_access_key,
            self.session_token,
            self.expiration,
            self.account_id,
        )


def resolve(
    profile: str | None = None,
    *,
    region: str | None = None,
    min_ttl: float = REUSE_SECONDS,
    refresh: bool = False,
) -> Credentials:
    """The credentials of ``profile`` (by default, as for the command: of the role in
    AWS_SSO_… variables, else of AWS_PROFILE, else of ``default``).

    ``region``: in place of the profile's. ``min_ttl``: seconds that cached ones must have left.
    ``refresh``: get new ones in any case. Nobody is ever asked, not even for an MFA code; warnings
    go to stderr. Raises a ``SsoenvError``: ``SignInNeeded``,
    ``ConfigError``, ``AccessDenied``, ``NetworkError``, ``ServiceError``.
    """
    if not profile and selection.names_a_role(os.environ):
        found = _asked(None, region, min_ttl, refresh)
    else:
        name = selection.named(profile, os.environ) or "default"
        warm_answer = None if refresh else index.answer(name, min_ttl)
        found = warm_answer or _asked(name, region, min_ttl, refresh)
    return Credentials(found.profile, region or found.region, found.credentials)


def _asked(name: str | None, region: str | None, min_ttl: float, refresh: bool) -> Answer:
    """The answer of botocore for profile ``name``, None for the role in AWS_SSO_… variables."""
    from ssoenv.aws import profile as profiles
    from ssoenv.credentials import fetch

    messages.never_ask()
    seen = index.Snapshot()
    asked = profiles.load(name) if name is not None else profiles.of_role(*_role())
    obtained = fetch.obtain(asked, min_ttl, refresh, region)
    if obtained.key is not None and name is not None:
        index.remember(name, obtained.key, asked.region, seen)
    return Answer(asked.name, asked.region, obtained.credentials)


def _role() -> list[str]:
    missing = [name for name in selection.ROLE_VARIABLES if not os.environ.get(name)]
    if missing:
        raise ConfigError(f"the role is not fully named: {', '.join(missing)} is missing")
    return [os.environ[name] for name in selection.ROLE_VARIABLES]
