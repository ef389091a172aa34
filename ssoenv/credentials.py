"""Role credentials through botocore: its providers, its files, its rules.

botocore decides what a profile needs and in which order; ssoenv lends it two caches. One holds
role credentials in the AWS CLI's folder. The other hands out access tokens, and makes sure of a
fresh one only in the moment that botocore asks.
"""

import contextlib
import dataclasses
import getpass
import json
import os
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
    ProfileProviderBuilder,
)
from botocore.exceptions import BotoCoreError, ClientError, UnauthorizedSSOTokenError
from botocore.utils import InstanceMetadataFetcher

from ssoenv import clock, explain, files, paths, rolecache, terminal, token, written
from ssoenv.answers import Watch
from ssoenv.deadline import Deadline
from ssoenv.errors import (
    AccessDenied,
    ConfigError,
    NetworkError,
    ServiceError,
    SignInNeeded,
    SsoenvError,
)
from ssoenv.profile import Profile
from ssoenv.rolecache import REUSE_SECONDS, RoleCredentials

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
    usable: token.Usable = token.usable,
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
        terminal.warn(f"using credentials that expire in {left}: {problem.line()[8:]}")
        return Obtained(leftover, "cache", cache.key)
    left_now = obtained.credentials.seconds_left()
    if obtained.source == "aws" and left_now < min_ttl:
        terminal.warn(f"AWS gave credentials that expire in {clock.spoken(left_now)}")
    return obtained


class RoleCache:
    """The AWS CLI's role cache as a mapping for botocore.

    The first entry that botocore asks for is the answer itself; later ones are those of source
    profiles. If the answer is there and good, ``Found`` ends botocore's search on the spot: the
    rule of what is good, and the reading of the entry, are then ssoenv's for warm and cold alike.
    """

    def __init__(self, min_ttl: float, refresh: bool) -> None:
        self.key: str | None = None
        self.answer: RoleCredentials | None = None
        self._min_ttl = min_ttl
        self._refresh = refresh
        self._lent = False

    def __contains__(self, key: str) -> bool:
        if self.key is None:
            self.key = key
            held = None if self._refresh else rolecache.read(key)
            if held is not None and held.seconds_left() >= self._min_ttl:
                raise Found(held)
            return False
        return key != self.key and not self._refresh and rolecache.read(key) is not None

    def __getitem__(self, key: str) -> dict[str, Any]:
        self._lent = True
        entry = rolecache.read_entry(key)
        if entry is None:  # it was there when botocore looked, and has gone since
            raise KeyError(key)
        return entry

    def __setitem__(self, key: str, entry: dict[str, Any]) -> None:
        path = rolecache.path_of(key)
        entry = _plain(entry)
        credentials = rolecache.parse(entry)
        if key == self.key:
            self.answer = credentials
        if credentials is None or credentials.seconds_left() <= 0:
            return  # what cannot be used is not kept; the caller will say what is wrong with it
        try:
            if _is_folder(path):
                _move_away(path)
            files.write_private(path, json.dumps(entry).encode())
        except OSError as error:
            terminal.warn(
                f"role credentials could not be kept in {paths.display(rolecache.folder())} "
                f"({error.strerror or error}), so every call asks AWS anew"
            )

    def distrust(self) -> bool:
        """Lend nothing from now on. Returns whether something was lent before."""
        lent, self._lent, self._refresh = self._lent, False, True
        return lent

    def leftover(self) -> RoleCredentials | None:
        """The cached answer if it has not expired, however little it has left."""
        held = rolecache.read(self.key) if self.key else None
        return held if held is not None and held.seconds_left() > 0 else None


class Found(BaseException):
    """The role cache holds the answer. Not an error, so nothing on the way may handle it as one."""

    def __init__(self, credentials: RoleCredentials) -> None:
        super().__init__("found")
        self.credentials = credentials


class TokenCache:
    """The token cache as a mapping for botocore, which asks by the AWS CLI's key.

    The entry handed out holds no refresh token: refreshing is done here, under a lock.
    """

    def __init__(
        self, profile: Profile, rejected: str | None, usable: token.Usable = token.usable
    ) -> None:
        self._profile = profile
        self._rejected = rejected
        self._usable = usable
        self.last: token.AccessToken | None = None

    def __contains__(self, key: str) -> bool:
        return True

    def __getitem__(self, key: str) -> dict[str, str]:
        sign_in = self._profile.sign_in
        if sign_in is None:
            raise SignInNeeded("there is no sign-in", explain.login_hint(self._profile))
        path = token.path_of_key(key)
        self.last = self._usable(sign_in, path, self._profile.session, self._rejected)
        end = min(self.last.expiration, clock.now() + 365 * 86400)
        return {
            "startUrl": sign_in.start_url,
            "region": sign_in.region,
            "accessToken": self.last.text,
            "expiresAt": clock.zulu(end),
        }

    def __setitem__(self, key: str, entry: object) -> None:
        """botocore saves what it refreshed; it gets nothing here that it could refresh."""


def _fetch(
    profile: Profile, cache: RoleCache, deadline: Deadline, usable: token.Usable
) -> Obtained:
    """Ask botocore; if the portal refuses an access token, once more with a fresh one."""
    watch = Watch(profile.session)
    tokens = TokenCache(profile, None, usable)
    try:
        try:
            return _resolve(profile, cache, tokens, deadline, watch)
        except (UnauthorizedSSOTokenError, ClientError) as error:
            if tokens.last is None or not _refuses_the_token(error):
                raise
            terminal.detail("the portal refused the access token")
            if profile.sign_in is None or not tokens.last.refreshable():
                raise _refused(profile, tokens.last) from error
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


def _refused(profile: Profile, refused: token.AccessToken) -> SsoenvError:
    if token.given():
        return SignInNeeded(
            "the portal refused the access token in SSOENV_ACCESS_TOKEN",
            "Set it to a fresh one, or unset it to use the cached sign-in",
        )
    assert profile.sign_in is not None
    return token.sign_in_needed(refused, profile.sign_in)


def _resolve(
    profile: Profile, cache: RoleCache, tokens: TokenCache, deadline: Deadline, watch: Watch
) -> Obtained:
    """The credentials by botocore's providers; where STS refuses keys of a source profile that
    came from the cache, once more with fresh ones. Raises as ``_ask``."""
    try:
        return _ask(profile, cache, tokens, deadline, watch)
    except ClientError as error:
        if not explain.refuses_keys(error) or not cache.distrust():
            raise
        terminal.detail("STS refused cached keys of a source profile")
        return _ask(profile, cache, tokens, deadline, watch)


def _ask(
    profile: Profile, cache: RoleCache, tokens: TokenCache, deadline: Deadline, watch: Watch
) -> Obtained:
    """One pass through botocore's providers. Raises botocore's errors, ours, and ``Found``."""
    try:
        provided = _providers(profile, cache, tokens, deadline).load_credentials()
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


def _providers(
    profile: Profile, cache: RoleCache, tokens: TokenCache, deadline: Deadline
) -> CredentialResolver:
    """botocore's chain for a profile named by hand, without what is not the profile's own
    (EC2 and container roles, unless the profile names them as ``credential_source``)."""
    session = profile.session
    create = _client_creator(profile)
    builder = ProfileProviderBuilder(
        session, cache=cache, region_name=region(profile), sso_token_cache=tokens
    )
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
    if profile.kind == "other" and profile.name in written.marks():  # no source for ourselves
        rest = [one for one in rest if one.METHOD != "shared-credentials-file"]
    return CredentialResolver([chain, *rest])


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
    if not terminal.person_present():
        raise SignInNeeded(
            f'profile "{profile.name}" needs an MFA code, and there is no terminal to ask on',
            f"Run it once on a terminal: ssoenv {profile.name}",
        )
    with _ONE_QUESTION:
        return getpass.getpass(prompt)


def _nothing_configured(profile: Profile) -> ConfigError:
    if mark := written.marks().get(profile.name):
        return ConfigError(
            f'profile "{profile.name}" holds only keys that ssoenv wrote for "{mark.profile}"',
            f'Name "{mark.profile}" instead',
        )
    where = f"[{'' if profile.name == 'default' else 'profile '}{profile.name}]"
    section = profile.session.get_scoped_config()
    if "sso_session" in section or "sso_start_url" in section:
        wanted = "sso_account_id and sso_role_name"
    else:
        wanted = "sso_session, sso_account_id and sso_role_name"
    return ConfigError(
        f'profile "{profile.name}" names no credentials',
        f"Add {wanted} to {where} in {paths.display(paths.config())}",
    )


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    """``entry`` with its moments as text: STS's answers hold datetimes."""
    return json.loads(json.dumps(entry, default=lambda moment: moment.isoformat()))  # type: ignore[no-any-return]


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _move_away(path: str) -> None:
    """Make room where a folder stands in place of a cache file."""
    with contextlib.suppress(FileNotFoundError):
        os.rename(path, f"{path}.{os.urandom(4).hex()}.not-a-file")
