"""ssoenv's credentials for boto3 and botocore programs, renewed while they run.

import ssoenv

s3 = ssoenv.session("dev").client("s3")
"""

import datetime
from typing import Any

import boto3
import botocore.session
from botocore.credentials import (
    CredentialProvider,
    CredentialResolver,
    Credentials,
    RefreshableCredentials,
)

from ssoenv import api
from ssoenv.cache.role_keys import REUSE_SECONDS


class Provider(CredentialProvider):  # type: ignore[misc]  # botocore has no types
    """A provider for botocore's chain, with the credentials of ``profile`` (by default those of
    ``ssoenv.resolve``), asked for again before they expire.

        core = botocore.session.get_session()
        core.get_component("credential_provider").insert_before("env", ssoenv.Provider("dev"))
    """

    METHOD = "ssoenv"
    CANONICAL_NAME = "Ssoenv"

    def __init__(self, profile: str | None = None) -> None:
        super().__init__()
        self._profile = profile

    def load(self) -> Credentials:
        """botocore's credentials. Raises what ``ssoenv.resolve`` does."""
        keys = api.resolve(self._profile)
        if keys.expiration is None:
            return Credentials(
                keys.access_key_id,
                keys.secret_access_key,
                keys.session_token,
                method=self.METHOD,
                account_id=keys.account_id,
            )
        return RefreshableCredentials.create_from_metadata(
            _metadata(keys), refresh_using=self._renewed, method=self.METHOD
        )

    def _renewed(self) -> dict[str, str | None]:
        return _metadata(api.resolve(self._profile, min_ttl=REUSE_SECONDS))


def session(profile: str | None = None, *, region: str | None = None) -> Any:
    """A ``boto3.Session`` that acts as ``profile`` whatever else the environment says.

    Its settings (region, retries, endpoints) are the profile's. Raises what ``ssoenv.resolve``
    does.
    """
    keys = api.resolve(profile, region=region)
    core = botocore.session.Session()
    if keys.profile in core.available_profiles:  # else a role that no config names
        core = botocore.session.Session(profile=keys.profile)
    provider = Provider(profile)
    core.register_component("credential_provider", CredentialResolver([provider]))
    return boto3.Session(botocore_session=core, region_name=keys.region)


def _metadata(keys: api.Credentials) -> dict[str, str | None]:
    assert keys.expiration is not None
    end = datetime.datetime.fromtimestamp(keys.expiration, datetime.timezone.utc)
    return {
        "access_key": keys.access_key_id,
        "secret_key": keys.secret_access_key,
        "token": keys.session_token,
        "expiry_time": end.isoformat(),
        "account_id": keys.account_id,
    }
