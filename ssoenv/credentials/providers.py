"""botocore's providers of credentials, as ssoenv asks them."""

import getpass
import os
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

from botocore.credentials import (
    AssumeRoleProvider,
    AssumeRoleWithWebIdentityProvider,
    CanonicalNameCredentialSourcer,
    ContainerProvider,
    CredentialResolver,
    EnvProvider,
    InstanceMetadataProvider,
    ProcessProvider,
    ProfileProviderBuilder,
)
from botocore.exceptions import NoRegionError
from botocore.session import Session
from botocore.utils import ContainerMetadataFetcher, InstanceMetadataFetcher

from ssoenv import hints
from ssoenv.aws import transport
from ssoenv.aws.profile import Profile
from ssoenv.config import marks
from ssoenv.credentials import job_tokens
from ssoenv.credentials.botocore_caches import RoleCache, TokenCache
from ssoenv.errors import NetworkError, ServiceError, SignInNeeded
from ssoenv.system import kept, paths
from ssoenv.system.deadline import Deadline, for_a_person
from ssoenv.terminal import foreign, messages

_ONE_QUESTION = threading.Lock()  # at a time, where several profiles are asked for at once


def chain(
    profile: Profile, cache: RoleCache, tokens: TokenCache, deadline: Deadline
) -> CredentialResolver:
    """botocore's chain for a profile named by hand, without what is not the profile's own
    (EC2 and container roles, unless the profile names them as ``credential_source``)."""
    if not profile.in_config and profile.kind == "keys":
        return CredentialResolver([EnvProvider()])  # the only one that knows when they end
    if not profile.in_config and profile.kind == "container":
        theirs = {name: kept.value(name, os.environ) for name, _ in kept.IDENTITY}
        if paths.led_away():
            theirs = {}  # what is there is the endpoint's, which has the same keys
        environ = {**os.environ, **{name: value for name, value in theirs.items() if value}}
        fetcher = _bounded(ContainerMetadataFetcher())
        return CredentialResolver([ContainerProvider(environ, fetcher)])
    session = profile.session
    create = _client_creator(profile)
    builder = _Builder(deadline, create, session, cache, region(profile), tokens)
    sources = CanonicalNameCredentialSourcer(
        [
            EnvProvider(),
            ContainerProvider(fetcher=_bounded(ContainerMetadataFetcher())),
            InstanceMetadataProvider(_bounded(InstanceMetadataFetcher(timeout=1, num_attempts=1))),
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
    if (
        profile.kind not in ("sso", "chain") and profile.name in marks.marks()
    ):  # no source for ourselves
        rest = [one for one in rest if one.METHOD != "shared-credentials-file"]
    return CredentialResolver([chain, *rest])


def _bounded(fetcher: Any) -> Any:
    """One of botocore's fetchers of metadata, which reads no more of an answer than we do."""
    fetcher._session = transport.Http(fetcher._session, "", None)
    return fetcher


class _Builder(ProfileProviderBuilder):  # type: ignore[misc]  # botocore has no types
    """botocore's own, but for how a credential process is waited for, and for the tokens of CI
    jobs."""

    def __init__(
        self, deadline: Deadline, create: Callable[..., Any], session: Session, *caches: Any
    ) -> None:
        super().__init__(session, *caches)
        self._deadline = deadline
        self._create = create
        self._load_config = lambda: session.full_config

    def providers(self, profile_name: str, disable_env_vars: bool = False) -> list[Any]:
        def start(command: list[str], **pipes: Any) -> _Helper:
            return _Helper(command, profile_name, self._deadline, **pipes)

        ours = {
            ProcessProvider.METHOD: ProcessProvider(profile_name, self._load_config, start),
            AssumeRoleWithWebIdentityProvider.METHOD: AssumeRoleWithWebIdentityProvider(
                self._load_config,
                self._create,
                profile_name,
                self._cache,
                disable_env_vars,
                lambda place: job_tokens.Loader(place, self._session),
            ),
        }
        theirs = super().providers(profile_name, disable_env_vars)
        return [ours.get(one.METHOD, one) for one in theirs]


class _Helper(subprocess.Popen[bytes]):
    """A running credential process. The clock for AWS is stopped while it runs; where a person is
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

    def _bounded(self, seconds: float) -> tuple[bytes, bytes]:
        """What it printed, up to the most that is read of any answer, and of what it wrote to
        stderr the last line, without what may be secret. Raises ``TimeoutExpired``."""
        said: dict[str, bytes] = {}

        def read(name: str, pipe: Any) -> None:
            said[name] = pipe.read(transport.MOST_BYTES + 1)
            if len(said[name]) > transport.MOST_BYTES:
                self.kill()
            pipe.close()

        pipes = {"stdout": self.stdout, "stderr": self.stderr}
        readers = [threading.Thread(target=read, args=row, daemon=True) for row in pipes.items()]
        for reader in readers:
            reader.start()
        end = time.monotonic() + seconds
        for reader in readers:
            reader.join(max(0.0, end - time.monotonic()))
            if reader.is_alive():
                raise subprocess.TimeoutExpired(self.args, seconds)
        self.wait(max(0.1, end - time.monotonic()))
        if max(map(len, said.values())) > transport.MOST_BYTES:
            raise ServiceError(
                f'the credential_process of profile "{self._profile}" printed more than 1 MiB',
                "Run it by hand to see more",
            )
        lines = foreign.lines(said["stderr"].decode(errors="replace"))
        return said["stdout"], "".join(lines[-1:]).encode()

    def _finish(self, seconds: float, variable: str) -> tuple[bytes, bytes]:
        try:
            return self._bounded(seconds)
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
        where = arguments.get("region_name") or region(profile)
        if service == "sts" and not where and profile.session.get_config_variable("region") == "":
            raise NoRegionError  # botocore would take an empty one, and sign nothing with it
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
