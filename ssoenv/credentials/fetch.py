"""The credentials of a profile: from the cache, else through botocore.

botocore decides what a profile needs and in which order; ssoenv gives it two caches
(``botocore_caches``) and explains what goes wrong.
"""

import dataclasses
import os
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, UnauthorizedSSOTokenError
from botocore.httpsession import get_cert_path

from ssoenv import hints
from ssoenv.aws import (
    advice,
    cache_key,
    chain,
    chain_errors,
    explain,
    other_tools,
    sign_in_settings,
)
from ssoenv.aws.profile import Profile
from ssoenv.cache import entries, index, role_keys
from ssoenv.cache.index import Snapshot
from ssoenv.cache.role_keys import REUSE_SECONDS, Credentials
from ssoenv.config import marks, other_profiles
from ssoenv.credentials import plain, providers
from ssoenv.credentials.answers import AnswerCheck
from ssoenv.credentials.botocore_caches import RoleCache, TokenCache
from ssoenv.errors import (
    AccessDenied,
    ConfigError,
    NetworkError,
    ServiceError,
    SignInNeeded,
    SsoenvError,
)
from ssoenv.signin import refresh as token_refresh
from ssoenv.signin.refresh import Usable
from ssoenv.system import clock, paths
from ssoenv.system.deadline import Deadline
from ssoenv.terminal import messages


class Fetched:
    """Credentials and where they came from: ``source`` is ``cache`` or ``aws``; ``key`` names
    their entry in the role cache, or is None if they have none (static keys, say). ``request`` is
    URL and User-Agent of the call that gave them, if there was one."""

    __slots__ = ("credentials", "key", "request", "source")

    def __init__(
        self,
        credentials: Credentials,
        source: str,
        key: str | None,
        request: tuple[str, str] | None = None,
    ) -> None:
        self.credentials = credentials
        self.source = source
        self.key = key
        self.request = request


def credentials(
    profile: Profile,
    min_ttl: float = REUSE_SECONDS,
    refresh: bool = False,
    region: str | None = None,
    usable: Usable = token_refresh.usable,
) -> Fetched:
    """The credentials of ``profile``, from the cache or from AWS, within the deadline.

    ``min_ttl``: seconds that cached ones must have left. ``refresh``: ask AWS even so.
    ``region``: instead of the profile's, where STS is asked. ``usable``: where access tokens
    come from. When AWS cannot give new ones, cached ones that have not expired are used with a
    warning. Raises one of ``errors``.
    """
    if region:
        profile = dataclasses.replace(profile, region=region)
    of_a_job = chain.is_of_a_job(profile.name, profile.session.full_config["profiles"])
    key = None if of_a_job else cache_key.key_of(profile, profile.session.get_scoped_config())
    cached = role_keys.read(key, profile.store) if key and not refresh else None
    use_cached = not refresh and not of_a_job
    roles = RoleCache(key, use_cached, keeps=not of_a_job, store=profile.store)
    deadline = Deadline()
    try:
        fetched = deadline.run(
            lambda: _by_botocore(profile, key, cached, min_ttl, roles, usable, deadline)
        )
    except (NetworkError, ServiceError, SignInNeeded, AccessDenied) as problem:
        if cached is None or cached.seconds_left() <= 0:
            raise
        left = clock.in_words(cached.seconds_left())
        messages.warn(f"using credentials that expire in {left}: {problem}")
        return Fetched(cached, "cache", key)
    seconds_left = fetched.credentials.seconds_left()
    if fetched.source == "aws" and seconds_left < min_ttl:
        of_variables = not profile.in_config and profile.kind == "keys"
        what = "the keys in the environment" if of_variables else "AWS gave credentials that"
        messages.warn(f"{what} expire in {clock.in_words(seconds_left)}")
    return fetched


def remember(profile: Profile, fetched: Fetched, seen: Snapshot, *, is_told: bool = False) -> None:
    """Keep what answers for ``profile`` next time without botocore. ``seen``: from before the
    config was read. ``is_told``: whether a person is told of tools that act as somebody else."""
    if fetched.key is None or not profile.in_config or profile.store == entries.NONE:
        return
    config = profile.session.full_config
    has_notice = not is_told and bool(other_tools.net_acts_as_another(profile, config))
    index.remember(
        profile.name,
        fetched.key,
        profile.region,
        seen,
        has_notice=has_notice,
        confirm=profile.confirm,
        store=profile.store,
    )
    if profile.kind == "sso" and profile.sign_in is not None and fetched.request is not None:
        verify = profile.session.get_config_variable("ca_bundle")
        if verify is None:
            verify = os.environ.get("REQUESTS_CA_BUNDLE", True)
        plain.remember(
            profile.name,
            fetched.key,
            profile.region,
            profile.sign_in,
            fetched.request,
            get_cert_path(verify),
            seen,
            has_notice,
            profile.confirm,
            sign_in_settings.alike(profile.sign_in, config),
            profile.store,
        )


def _by_botocore(
    profile: Profile,
    key: str | None,
    cached: Credentials | None,
    min_ttl: float,
    cache: RoleCache,
    usable: Usable,
    deadline: Deadline,
) -> Fetched:
    """Let botocore's providers accept the profile; then the ``cached`` credentials, if they are
    good for ``min_ttl`` seconds, else new ones.

    AWS is asked again, once for each reason: with a fresh access token where the portal refuses
    one, and without cached keys of source profiles where STS refuses them.
    """
    check = AnswerCheck(profile.session)
    tokens = TokenCache(profile, usable)
    while True:
        try:
            provided = providers.chain(profile, cache, tokens, deadline).load_credentials()
            if provided is None:
                raise _nothing_configured(profile)
            if cached is not None and cached.seconds_left() >= min_ttl:
                return Fetched(cached, "cache", key)
            keys = provided.get_frozen_credentials()
            token_refresh.tell_if_lent(tokens.last)
            if cache.saved is not None:
                return Fetched(cache.saved, "aws", key, check.request)
            return Fetched(_not_of_a_role(profile, provided, keys), "aws", None)
        except (BotoCoreError, ClientError) as error:
            if _refuses_the_token(error) and tokens.reject():
                messages.detail("the portal refused the access token")
            elif _refuses_keys(error) and cache.distrust():
                messages.detail("STS refused cached keys of a source profile")
            elif isinstance(error, ClientError):
                raise explain.client_error(error, profile, check.parameters) from error
            else:
                raise explain.botocore_error(error, profile) from error
        except SsoenvError:
            raise
        except Exception as error:
            if isinstance(error, RuntimeError) and "expired" in str(error):  # botocore's own words
                raise _expired(profile) from error
            if check.sent:
                raise check.unreadable() from error
            raise _unusable(profile, error) from error


def _refuses_the_token(error: BotoCoreError | ClientError) -> bool:
    """botocore knows a refusal by AWS's error code; a proxy's 401 may come without one."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return bool(error.operation_name == "GetRoleCredentials" and status == 401)
    return isinstance(error, UnauthorizedSSOTokenError)


def _refuses_keys(error: BotoCoreError | ClientError) -> bool:
    return isinstance(error, ClientError) and explain.refuses_keys(error)


def _not_of_a_role(profile: Profile, provided: Any, keys: Any) -> Credentials:
    """The keys of a profile that is not a role: static ones, or a credential process's.

    Raises ``ValueError`` for keys that nobody could use, ``ConfigError`` if a process printed them.
    """
    expiry = getattr(provided, "_expiry_time", None)
    account_id = getattr(keys, "account_id", None) or profile.account_id
    try:
        return Credentials(
            keys.access_key,
            keys.secret_key,
            keys.token or None,
            None if expiry is None else int(expiry.timestamp()),
            str(account_id) if isinstance(account_id, int) else account_id,  # of a process's JSON
        )
    except ValueError as error:
        if profile.kind != "process":
            raise
        raise ConfigError(
            f'the credential_process of profile "{profile.name}" prints {error}',
            "Run it by hand to see more",
        ) from error


def _expired(profile: Profile) -> SsoenvError:
    return chain_errors.expired(profile) or ServiceError(
        "AWS answered with credentials that have already expired", "Check this machine's clock"
    )


def _unusable(profile: Profile, error: Exception) -> Exception:
    """What a profile or the environment holds that makes botocore stumble before any call."""
    name = chain_errors.source(profile)
    config = profile.session.full_config
    correct = f"Correct the profile in {paths.display(paths.config())}, or the AWS_… variable"
    if isinstance(error, OSError):
        what = error.filename or "a file"
        correct = other_profiles.advice(name, config) or correct
        return ConfigError(f'profile "{name}" needs {what}: {error.strerror}', correct)
    if "credential_process" in config["profiles"].get(name, {}) and type(error) is not ValueError:
        return ConfigError(
            f'the credential_process of profile "{name}" does not print the JSON that AWS asks for',
            "Run it by hand to see what it prints",
        )
    if isinstance(error, ValueError):
        return ConfigError(f'profile "{name}" cannot be used: {error}', correct)
    return error  # a bug, ours or botocore's


def _nothing_configured(profile: Profile) -> ConfigError:
    mark = marks.marks().get(profile.name)
    if mark and mark.profile != profile.name:
        there = mark.profile in profile.session.full_config["profiles"]
        clear = f"To remove them, run: ssoenv write --clear {hints.argument(profile.name)}"
        return ConfigError(
            f'profile "{profile.name}" holds only keys that ssoenv wrote for "{mark.profile}"',
            f'Name "{mark.profile}" instead' if there else clear,
        )
    theirs = other_profiles.why_no_sign_in(profile.name, profile.session.full_config)
    if theirs is not None:
        return theirs
    return ConfigError(
        f'profile "{profile.name}" names no credentials',
        advice.add_credentials(profile.name, profile.session.full_config["profiles"]),
    )
