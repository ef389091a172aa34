"""Role credentials through botocore: its providers, its files, its rules.

botocore decides what a profile needs and in which order; ssoenv lends it two caches (``caches``)
and explains what goes wrong.
"""

import dataclasses
import getpass
import os
import subprocess
import threading
from collections.abc import Callable
from typing import Any

from botocore.credentials import (
    AssumeRoleProvider,
    CanonicalNameCredentialSourcer,
    ContainerProvider,
    CredentialResolver,
    EnvProvider,
    InstanceMetadataProvider,
    ProcessProvider,
    ProfileProviderBuilder,
)
from botocore.exceptions import BotoCoreError, ClientError, UnauthorizedSSOTokenError
from botocore.session import Session
from botocore.utils import InstanceMetadataFetcher

from ssoenv import hints
from ssoenv.aws import explain
from ssoenv.aws.profile import Profile
from ssoenv.cache.role_keys import REUSE_SECONDS, RoleCredentials
from ssoenv.config import marks
from ssoenv.config.editor import profile_header
from ssoenv.credentials.answers import AnswerCheck
from ssoenv.credentials.botocore_caches import Found, RoleCache, TokenCache
from ssoenv.errors import (
    AccessDenied,
    ConfigError,
    NetworkError,
    ServiceError,
    SignInNeeded,
    SsoenvError,
)
from ssoenv.signin.refresh import Usable, usable
from ssoenv.system import clock, paths
from ssoenv.system.deadline import Deadline, for_a_person
from ssoenv.terminal import messages

_ONE_QUESTION = threading.Lock()  # at a time, where several profiles are asked for at once


class Obtained:
    """Credentials and where they came from: ``source`` is ``cache`` or ``aws``; ``key`` names
    their entry in the role cache, or is None if they have none (static keys, say)."""

    __slots__ = ("credentials", "key", "source")

    def __init__(self, credentials: RoleCredentials, source: str, key: str | None) -> None:
        self.credentials = credentials
        self.source = source
        self.key = key


def obtain(
    profile: Profile,
    min_ttl: float = REUSE_SECONDS,
    refresh: bool = False,
    region: str | None = None,
    usable: Usable = usable,
) -> Obtained:
    """The credentials of ``profile``, from the cache or from AWS, within the deadline.

    ``min_ttl``: seconds that cached ones must have left. ``refresh``: ask AWS even so.
    ``region``: instead of the profile's, where STS is asked. ``usable``: where access tokens
    come from. When AWS cannot give new ones, cached ones that have not expired are used with a
    warning. Raises one of ``errors``.
    """
    if region:
        profile = dataclasses.replace(profile, region=region)
    cache = RoleCache(min_ttl, refresh)
    deadline = Deadline()
    try:
        obtained = deadline.run(lambda: _fetch(profile, cache, deadline, usable))
    except (NetworkError, ServiceError, SignInNeeded, AccessDenied) as problem:
        leftover = None if refresh else cache.leftover()
        if leftover is None:
            raise
        left = clock.spoken(leftover.seconds_left())
        messages.warn(f"using credentials that expire in {left}: {problem}")
        return Obtained(leftover, "cache", cache.key)
    left_now = obtained.credentials.seconds_left()
    if obtained.source == "aws" and left_now < min_ttl:
        messages.warn(f"AWS gave credentials that expire in {clock.spoken(left_now)}")
    return obtained


def _fetch(profile: Profile, cache: RoleCache, deadline: Deadline, usable: Usable) -> Obtained:
    """Ask botocore; if the portal refuses an access token, once more with a fresh one."""
    watch = AnswerCheck(profile.session)
    tokens = TokenCache(profile, None, usable)
    try:
        try:
            return _resolve(profile, cache, tokens, deadline, watch)
        except (UnauthorizedSSOTokenError, ClientError) as error:
            if tokens.last is None or not _refuses_the_token(error):
                raise
            messages.detail("the portal refused the access token")
            tokens = TokenCache(profile, tokens.last.text, usable)
            return _resolve(profile, cache, tokens, deadline, watch)
    except Found as found:
        return Obtained(found.credentials, "cache", cache.key)
    except ClientError as error:
        raise explain.client_error(error, profile, watch.parameters) from error
    except BotoCoreError as error:
        raise explain.botocore_error(error, profile) from error


def _refuses_the_token(error: BotoCoreError | ClientError) -> bool:
    """botocore knows a refusal by AWS's error code; a proxy's 401 may come without one."""
    if not isinstance(error, ClientError):
        return True
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return bool(error.operation_name == "GetRoleCredentials" and status == 401)


def _resolve(
    profile: Profile, cache: RoleCache, tokens: TokenCache, deadline: Deadline, watch: AnswerCheck
) -> Obtained:
    """The credentials by botocore's providers; where STS refuses keys of a source profile that
    came from the cache, once more with fresh ones. Raises as ``_ask``."""
    try:
        return _ask(profile, cache, tokens, deadline, watch)
    except ClientError as error:
        if not explain.refuses_keys(error) or not cache.distrust():
            raise
        messages.detail("STS refused cached keys of a source profile")
        return _ask(profile, cache, tokens, deadline, watch)


def _ask(
    profile: Profile, cache: RoleCache, tokens: TokenCache, deadline: Deadline, watch: AnswerCheck
) -> Obtained:
    """One pass through botocore's providers. Raises botocore's errors, ours, and ``Found``."""
    try:
        provided = providers(profile, cache, tokens, deadline).load_credentials()
        if provided is None:
            raise _nothing_configured(profile)
        keys = provided.get_frozen_credentials()
        if cache.answer is not None:
            return Obtained(cache.answer, "aws", cache.key)
        return Obtained(_from_elsewhere(profile, provided, keys), "aws", None)
    except (SsoenvError, BotoCoreError, ClientError):
        raise
    except Exception as error:
        if isinstance(error, RuntimeError) and "expired" in str(error):  # botocore's own words
            raise _expired(profile, cache) from error
        if watch.sent:
            raise watch.unreadable() from error
        raise _unusable(profile, error) from error


def _from_elsewhere(profile: Profile, provided: Any, keys: Any) -> RoleCredentials:
    """The keys of a profile that is no role: static ones, or a credential process's.

    Raises ``ValueError`` for keys that nobody could use.
    """
    expiry = getattr(provided, "_expiry_time", None)
    return RoleCredentials(
        keys.access_key,
        keys.secret_key,
        keys.token or None,
        None if expiry is None else int(expiry.timestamp()),
        getattr(keys, "account_id", None) or profile.account_id,
    )


def _expired(profile: Profile, cache: RoleCache) -> SsoenvError:
    if cache.key is None:
        return ConfigError(
            f'the credentials that profile "{profile.name}" gives have already expired',
            "Run its credential_process by hand to see more",
        )
    return ServiceError(
        "AWS answered with credentials that have already expired", "Check this machine's clock"
    )


def _unusable(profile: Profile, error: Exception) -> Exception:
    """What a profile or the environment holds that makes botocore stumble before any call."""
    correct = f"Correct the profile in {paths.display(paths.config())}, or the AWS_… variable"
    if isinstance(error, OSError):
        what = error.filename or "a file"
        return ConfigError(f'profile "{profile.name}" needs {what}: {error.strerror}', correct)
    has_process = "credential_process" in profile.session.get_scoped_config()
    if has_process and type(error) is not ValueError:
        return ConfigError(
            f'the credential_process of profile "{profile.name}" does not print the JSON that '
            "AWS asks for",
            "Run it by hand to see what it prints",
        )
    if isinstance(error, ValueError):
        return ConfigError(f'profile "{profile.name}" cannot be used: {error}', correct)
    return error  # a bug, ours or botocore's


def providers(
    profile: Profile, cache: RoleCache, tokens: TokenCache, deadline: Deadline
) -> CredentialResolver:
    """botocore's chain for a profile named by hand, without what is not the profile's own
    (EC2 and container roles, unless the profile names them as ``credential_source``)."""
    session = profile.session
    create = _client_creator(profile)
    builder = _Builder(deadline, session, cache, region(profile), tokens)
    sources = CanonicalNameCredentialSourcer(
        [
            EnvProvider(),
            ContainerProvider(),
            InstanceMetadataProvider(InstanceMetadataFetcher(timeout=1, num_attempts=1)),
        ]
    )
    chain = AssumeRoleProvider(
        load_config=lambda: session.full_config,
        client_creator=create,
        cache=cache,
        profile_name=profile.name,
        prompter=lambda prompt: deadline.ask(lambda: _ask_mfa(prompt, profile)),
        credential_sourcer=sources,
        profile_provider_builder=builder,
    )
    rest = builder.providers(profile.name, disable_env_vars=True)
    if profile.kind == "other" and profile.name in marks.marks():  # no source for ourselves
        rest = [one for one in rest if one.METHOD != "shared-credentials-file"]
    return CredentialResolver([chain, *rest])


class _Builder(ProfileProviderBuilder):  # type: ignore[misc]  # botocore has no types
    """botocore's own, but for how a credential process is waited for."""

    def __init__(self, deadline: Deadline, session: Session, *caches: Any) -> None:
        super().__init__(session, *caches)
        self._deadline = deadline
        self._load_config = lambda: session.full_config

    def providers(self, profile_name: str, disable_env_vars: bool = False) -> list[Any]:
        def start(command: list[str], **pipes: Any) -> _Helper:
            return _Helper(command, profile_name, self._deadline, **pipes)

        process = ProcessProvider(profile_name, self._load_config, start)
        return [
            process if one.METHOD == process.METHOD else one
            for one in super().providers(profile_name, disable_env_vars)
        ]


class _Helper(subprocess.Popen[bytes]):
    """A running credential process. The clock for AWS stands while it runs; where a person is
    whom it may ask for something, it has a person's time, else as long as AWS."""

    def __init__(self, command: list[str], profile: str, deadline: Deadline, **pipes: Any) -> None:
        self._profile = profile
        self._deadline = deadline
        super().__init__(command, **pipes)

    def communicate(
        self, input: bytes | None = None, timeout: float | None = None
    ) -> tuple[bytes, bytes]:
        if messages.person_present():
            seconds, variable = for_a_person(), "SSOENV_LOGIN_TIMEOUT"
        else:
            seconds, variable = self._deadline.seconds, "SSOENV_TIMEOUT"
        return self._deadline.ask(lambda: self._finish(seconds, variable))

    def _finish(self, seconds: float, variable: str) -> tuple[bytes, bytes]:
        try:
            return super().communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            self.wait()
            raise NetworkError(
                f'the credential_process of profile "{self._profile}" did not end within '
                f"{seconds:g} seconds",
                f"Run it by hand to see more ({variable}=SECONDS waits longer)",
            ) from None


def region(profile: Profile) -> str | None:
    """Where STS is asked: the profile's own region, else the environment's as the CLI reads it."""
    return (
        profile.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    ) or None


def _client_creator(profile: Profile) -> Callable[..., Any]:
    def create(service: str, **arguments: Any) -> Any:
        return profile.session.create_client(
            service, **{"region_name": region(profile), **arguments}
        )

    return create


def _ask_mfa(prompt: str, profile: Profile) -> str:
    if not messages.person_present():
        raise SignInNeeded(
            f'profile "{profile.name}" needs an MFA code, and there is no terminal to ask on',
            f"Run it once on a terminal: ssoenv {hints.request(profile.name)}",
        )
    with _ONE_QUESTION:
        return getpass.getpass(prompt)


def _nothing_configured(profile: Profile) -> ConfigError:
    if mark := marks.marks().get(profile.name):
        return ConfigError(
            f'profile "{profile.name}" holds only keys that ssoenv wrote for "{mark.profile}"',
            f'Name "{mark.profile}" instead',
        )
    section = profile.session.get_scoped_config()
    if "sso_session" in section or "sso_start_url" in section:
        wanted = "sso_account_id and sso_role_name"
    else:
        wanted = "sso_session, sso_account_id and sso_role_name"
    return ConfigError(
        f'profile "{profile.name}" names no credentials',
        f"Add {wanted} to [{profile_header(profile.name)}] in {paths.display(paths.config())}",
    )
