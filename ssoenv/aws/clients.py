"""botocore as ssoenv uses it: sessions and clients that wait seconds, not minutes."""

import os
from typing import Any

from botocore import UNSIGNED
from botocore.config import Config
from botocore.configprovider import ConstantProvider
from botocore.credentials import CredentialResolver
from botocore.exceptions import BotoCoreError
from botocore.loaders import Loader
from botocore.session import Session

from ssoenv import __version__
from ssoenv.aws import setting_source, transport
from ssoenv.system import paths

_CONNECT_SECONDS = 5
_READ_SECONDS = 10
_TRIES = 3


class FewServices(Loader):  # type: ignore[misc]  # botocore has no types
    """botocore's loader of service data, for the three services that ssoenv calls and
    the one that renews what ``aws login`` saved.

    Making a client would list the folders of all 400 services twice (17 ms) and read a document
    of all their old endpoints (8 ms), which says nothing of these that the rules beside their
    own models do not say better.
    """

    def list_available_services(self, type_name: str) -> list[str]:
        return ["sso", "sso-oidc", "sts", "signin"]

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        if name == "endpoints":
            # The path says that this is botocore's own: only then does it go by the rules.
            return {"version": 3, "partitions": []}, self.BUILTIN_DATA_PATH
        found: tuple[Any, str] = super().load_data_with_path(name)
        return found


class OurSession(Session):  # type: ignore[misc]  # botocore has no types
    """A session whose clients send through ``transport.Http``."""

    def create_client(self, service_name: str, *arguments: Any, **options: Any) -> Any:
        """As botocore's. Raises ``ConfigError`` for a setting that it refuses, by its name."""
        setting_source.check_region(options.get("region_name"))
        try:
            made = super().create_client(service_name, *arguments, **options)
        except (BotoCoreError, ValueError, AttributeError) as error:
            refused = setting_source.refused(service_name, self, error)
            if refused is None:
                raise
            raise refused from error
        transport.guard(made, self)
        return made


class SharedSession(OurSession):
    """A session for another profile that goes by ``first``'s reading of the files and models."""

    def __init__(self, profile: str | None, first: Session) -> None:
        super().__init__(profile=profile)
        self._first = first
        self.register_component("data_loader", first.get_component("data_loader"))

    @property
    def full_config(self) -> Any:
        return self._first.full_config


class UnnamedSession(OurSession):
    """A session for no profile, where botocore would go by AWS_PROFILE or [default]. ``settings``
    are what it goes by instead."""

    def __init__(self) -> None:
        super().__init__()
        self.settings: dict[str, Any] = {}
        store = self.get_component("config_store")
        store.set_config_provider("profile", ConstantProvider(None))

    def get_scoped_config(self) -> dict[str, Any]:
        return self.settings


def open_session(profile: str | None = None, beside: Session | None = None) -> Session:
    """A botocore session for ``profile`` (None: for no profile at all). Reads no file yet.

    ``beside``: a session that has read the files, so that they are not read again.
    """
    if beside is not None:
        session = SharedSession(profile, beside)
    else:
        session = UnnamedSession() if profile is None else OurSession(profile=profile)
    session.user_agent_extra = f"ssoenv/{__version__}"
    if paths.led_away():
        session.set_config_variable("config_file", paths.config())
        session.set_config_variable("credentials_file", paths.credentials())
    if beside is None and not os.environ.get("AWS_DATA_PATH"):  # a person's own models
        session.register_component("data_loader", FewServices())
    # botocore would look for credentials for every client, down to EC2's metadata service, even
    # for calls that are not signed; ssoenv hands them to the clients that need them.
    session.register_component("credential_provider", CredentialResolver([]))
    session.register("provide-client-params", transport.remember_secrets)
    session.set_default_client_config(_patience({}))
    return session


def set_patience(session: Session) -> None:
    """Apply ssoenv's time limits, and its retries unless the profile or the environment has
    settings of its own. Reads the config: call it once the profile is known to exist."""
    session.set_default_client_config(_patience(session.get_scoped_config()))


def client(
    session: Session, service: str, region: str, within: float | None = None, **resolved: Any
) -> Any:
    """A client for the calls of Identity Center, whose requests carry tokens, not signatures.

    ``within``: seconds that a call may wait for its answer, which it then asks for only once.
    ``resolved``: the ``endpoint_url`` and ``verify`` of another client, in place of what the
    session and the environment say.
    """
    limits: dict[str, Any] = {}
    if within is not None:
        limits["connect_timeout"] = min(_CONNECT_SECONDS, within)
        limits["read_timeout"] = within
        limits["retries"] = {"mode": "standard", "total_max_attempts": 1}
    if resolved:  # botocore refuses these beside an endpoint that is given
        limits["use_fips_endpoint"] = limits["use_dualstack_endpoint"] = False
    config = Config(signature_version=UNSIGNED, region_name=region, **limits)
    return session.create_client(service, config=config, **resolved)


def _patience(section: dict[str, Any]) -> Config:
    limits: dict[str, Any] = {
        "connect_timeout": _CONNECT_SECONDS,
        "read_timeout": _READ_SECONDS,
    }
    theirs = {"retry_mode", "max_attempts"} & section.keys()
    if not theirs and not {"AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS"} & os.environ.keys():
        limits["retries"] = {"mode": "standard", "total_max_attempts": _TRIES}
    return Config(**limits)
