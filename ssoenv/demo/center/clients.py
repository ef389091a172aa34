"""SSO-OIDC's client registrations, and reading the parameters of a request strictly."""

import hmac
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any

from ssoenv.demo.center.wire import AwsError
from ssoenv.demo.center.world import World

CODE = "authorization_code"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH = "refresh_token"

Body = dict[str, Any]


@dataclass
class Client:
    """A registered client. ``expires_at``: epoch seconds."""

    client_id: str
    client_secret: str
    name: str
    expires_at: float
    grants: list[str]
    redirect_uris: list[str]
    scopes: list[str]


class Clients:
    """The registered clients."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[str, Client] = {}

    def register(self, body: Body) -> Client:
        """A new registration, as requested. Raises ``AwsError``."""
        name = text(body, "clientName")
        if text(body, "clientType") != "public":
            raise AwsError("InvalidClientMetadataException", "clientType must be public")
        grants = texts(body, "grantTypes") or [REFRESH]
        if not set(grants) <= {CODE, DEVICE, REFRESH}:
            raise AwsError("UnsupportedGrantTypeException", "A grant type is not supported")
        if grants == [REFRESH]:  # aws-sso-cli registers so, and signs in by device code
            grants.append(DEVICE)
        redirect_uris = texts(body, "redirectUris")
        if CODE in grants and not redirect_uris:
            raise AwsError("InvalidRequestException", "redirectUris is required")
        if not all(is_loopback_callback(uri) for uri in redirect_uris):
            raise AwsError("InvalidRedirectUriException", "A redirect URI is not allowed")
        scopes = texts(body, "scopes")
        if any(not re.fullmatch(r"[\x21-\x7e]+", scope) for scope in scopes):
            raise AwsError("InvalidScopeException", "A scope is not valid")
        return self.add(name, grants, redirect_uris, scopes)

    def add(
        self,
        name: str,
        grants: list[str],
        redirect_uris: list[str],
        scopes: list[str],
        lifetime: float | None = None,
    ) -> Client:
        """A new registration, valid for ``lifetime`` seconds."""
        seconds = self._world.registration_lifetime if lifetime is None else lifetime
        client = Client(
            secrets.token_urlsafe(24),
            "eyJraWQiOiJkZW1vIn0." + secrets.token_urlsafe(300),
            name,
            time.time() + seconds,
            grants,
            redirect_uris,
            scopes,
        )
        with self._world.lock:
            self._known[client.client_id] = client
        return client

    def find(self, client_id: str) -> Client | None:
        """The client of that id, if its registration has not expired."""
        with self._world.lock:
            client = self._known.get(client_id)
        return client if client and client.expires_at > time.time() else None

    def authenticate(self, body: Body, grant: str | None = None) -> Client:
        """The client of a request, if the request has its secret and, when given, the client may
        use ``grant``. Raises ``AwsError``."""
        client_id, client_secret = text(body, "clientId"), text(body, "clientSecret")
        client = self.find(client_id)
        if client is None or not hmac.compare_digest(
            client.client_secret.encode(), client_secret.encode("utf-8", "surrogatepass")
        ):
            raise AwsError("InvalidClientException", "Invalid client provided")
        if grant is not None and grant not in client.grants:
            raise AwsError("UnauthorizedClientException", "The client may not use this grant")
        return client


def text(body: Body, name: str) -> str:
    """A required parameter. Raises ``AwsError`` if it is missing, empty or not a string."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise AwsError("InvalidRequestException", f"{name} is required and must be a string")
    return value


def texts(body: Body, name: str) -> list[str]:
    """An optional list of strings. Raises ``AwsError`` if it is anything else."""
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise AwsError("InvalidRequestException", f"{name} must be a list of strings")
    return value


def is_loopback_callback(uri: str) -> bool:
    """Whether ``uri`` is the callback on 127.0.0.1, with or without a port."""
    match = re.fullmatch(r"http://127\.0\.0\.1(?::(\d{1,5}))?/oauth/callback", uri, re.ASCII)
    return match is not None and int(match[1] or 80) < 65536
