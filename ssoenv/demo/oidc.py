"""SSO-OIDC: client registrations and the three ways to a token.

Sources: RFC 6749 (authorization code, refresh), RFC 7636 (PKCE), RFC 8628 (device code), and the
SSO-OIDC API reference for the names of parameters and errors.
"""

import base64
import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from ssoenv.demo import pages
from ssoenv.demo.wire import AwsError, Request, Response, json_response
from ssoenv.demo.world import SCOPE, World

CODE, DEVICE, REFRESH = (
    "authorization_code",
    "urn:ietf:params:oauth:grant-type:device_code",
    "refresh_token",
)
CALLBACK = "/oauth/callback"
_POLL_TOLERANCE = 0.1
_SLOW_DOWN = 5
_USER_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


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


@dataclass
class Authorization:
    """A person was sent to /authorize. The code exists once the person has approved."""

    client: Client
    redirect_uri: str
    state: str
    challenge: str
    expires_at: float


@dataclass
class Device:
    """A device waits for a person to approve its code. ``approved``: None while undecided."""

    client: Client
    user_code: str
    expires_at: float
    interval: float
    approved: bool | None = None
    polled_at: float | None = field(default=None)


class Oidc:
    """The state of all sign-ins under way."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.url = ""
        self._clients: dict[str, Client] = {}
        self._asked: dict[str, Authorization] = {}
        self._codes: dict[str, Authorization] = {}
        self._devices: dict[str, Device] = {}

    # Registration

    def register_client(self, request: Request) -> Response:
        """POST /client/register"""
        body = request.json()
        name = _text(body, "clientName")
        if _text(body, "clientType") != "public":
            raise AwsError("InvalidClientMetadataException", "clientType must be public")
        grants = _texts(body, "grantTypes") or [DEVICE, REFRESH]
        if not set(grants) <= {CODE, DEVICE, REFRESH}:
            raise AwsError("UnsupportedGrantTypeException", "A grant type is not supported")
        redirect_uris = _texts(body, "redirectUris")
        if CODE in grants and not redirect_uris:
            raise AwsError("InvalidRequestException", "redirectUris is required")
        if not all(_is_loopback_callback(uri) for uri in redirect_uris):
            raise AwsError("InvalidRedirectUriException", "A redirect URI is not allowed")
        scopes = _texts(body, "scopes")
        if any(not re.fullmatch(r"[\x21-\x7e]+", scope) for scope in scopes):
            raise AwsError("InvalidScopeException", "A scope is not valid")
        client = self.add_client(name, grants, redirect_uris, scopes)
        return json_response(
            {
                "clientId": client.client_id,
                "clientSecret": client.client_secret,
                "clientIdIssuedAt": int(time.time()),
                "clientSecretExpiresAt": int(client.expires_at),
                "authorizationEndpoint": f"{self.url}/authorize",
                "tokenEndpoint": f"{self.url}/token",
            }
        )

    def add_client(
        self,
        name: str,
        grants: list[str],
        redirect_uris: list[str],
        scopes: list[str],
        lifetime: float | None = None,
    ) -> Client:
        """A new registration, good for ``lifetime`` seconds."""
        seconds = self.world.registration_lifetime if lifetime is None else lifetime
        client = Client(
            secrets.token_urlsafe(24),
            "eyJraWQiOiJkZW1vIn0." + secrets.token_urlsafe(300),
            name,
            time.time() + seconds,
            grants,
            redirect_uris,
            scopes,
        )
        with self.world.lock:
            self._clients[client.client_id] = client
        return client

    # Authorization code: a browser comes, a person decides, the browser is sent back

    def authorize(self, request: Request) -> Response:
        """GET /authorize. What cannot be trusted to be sent back gets a page, the rest a
        redirect (RFC 6749 section 4.1.2.1)."""
        query = request.query
        with self.world.lock:
            client = self._clients.get(query.get("client_id", ""))
        redirect_uri = query.get("redirect_uri", "")
        if client is None or client.expires_at <= time.time():
            return pages.message("This application is not known here.", 400)
        if not _matches_registered(redirect_uri, client.redirect_uris):
            return pages.message("This application may not be sent there.", 400)
        state = query.get("state", "")
        if query.get("response_type") != "code" or CODE not in client.grants:
            return _back(redirect_uri, {"error": "unsupported_response_type", "state": state})
        challenge = query.get("code_challenge", "")
        if (
            query.get("code_challenge_method") != "S256"
            or not re.fullmatch(r"[\w-]{43}", challenge, re.ASCII)
            or not state
        ):
            return _back(redirect_uri, {"error": "invalid_request", "state": state})
        # AWS's own spelling is "scopes"; standard clients say "scope".
        if not set((query.get("scopes") or query.get("scope", "")).split()) <= set(client.scopes):
            return _back(redirect_uri, {"error": "invalid_scope", "state": state})
        asked = Authorization(
            client, redirect_uri, state, challenge, time.time() + self.world.code_lifetime
        )
        if self.world.approval != "page":
            return self._decided(asked, self.world.approval == "approve")
        request_id = secrets.token_urlsafe(24)
        with self.world.lock:
            self._asked[request_id] = asked
        return pages.approval(client.name, self.world.user, request_id)

    def decide_authorization(self, request: Request) -> Response:
        """POST /authorize: the person has pressed a button on the page."""
        form = request.form()
        with self.world.lock:
            asked = self._asked.pop(form.get("request", ""), None)
        if asked is None or asked.expires_at <= time.time():
            return pages.message("This request is no longer open. Start again.", 400)
        return self._decided(asked, form.get("decision") == "approve")

    def _decided(self, asked: Authorization, approved: bool) -> Response:
        if not approved:
            return _back(asked.redirect_uri, {"error": "access_denied", "state": asked.state})
        code = secrets.token_urlsafe(48)
        with self.world.lock:
            self._codes[code] = asked
        return _back(asked.redirect_uri, {"code": code, "state": asked.state})

    # Device code: a person types the device's code into a page elsewhere

    def start_device_authorization(self, request: Request) -> Response:
        """POST /device_authorization"""
        body = request.json()
        client = self._client(body)
        if DEVICE not in client.grants:
            raise AwsError("UnauthorizedClientException", "The client may not use device codes")
        if _plain(_text(body, "startUrl")) != _plain(self.world.start_url):
            raise AwsError("InvalidRequestException", "Invalid start url provided")
        letters = "".join(secrets.choice(_USER_CODE_LETTERS) for _ in range(8))
        user_code = f"{letters[:4]}-{letters[4:]}"
        device_code = secrets.token_urlsafe(64)
        decided = {"approve": True, "deny": False}.get(self.world.approval)
        device = Device(
            client,
            user_code,
            time.time() + self.world.device_code_lifetime,
            self.world.device_interval,
            decided,
        )
        with self.world.lock:
            self._devices[device_code] = device
        return json_response(
            {
                "deviceCode": device_code,
                "userCode": user_code,
                "verificationUri": f"{self.url}/device",
                "verificationUriComplete": f"{self.url}/device?user_code={user_code}",
                "expiresIn": int(self.world.device_code_lifetime),
                "interval": self.world.device_interval,
            }
        )

    def device_page(self, request: Request) -> Response:
        """GET /device"""
        user_code = request.query.get("user_code", "")
        if not user_code:
            return pages.enter_code()
        device = self._device_by_user_code(user_code)
        if device is None:
            return pages.message("This code is not known, or no longer good.", 404)
        if device.approved is not None:
            return pages.decided(device.approved)
        return pages.approval(device.client.name, self.world.user, None, user_code)

    def decide_device(self, request: Request) -> Response:
        """POST /device: the person has pressed a button on the page."""
        form = request.form()
        approved = form.get("decision") == "approve"
        if not self.settle_devices(approved, form.get("user_code", "")):
            return pages.message("This code is not known, or no longer good.", 404)
        return pages.decided(approved)

    def settle_devices(self, approved: bool, user_code: str | None = None) -> int:
        """Approve or deny one waiting device, or all. Returns how many there were."""
        with self.world.lock:
            waiting = [
                device
                for device in self._devices.values()
                if device.approved is None
                and device.expires_at > time.time()
                and user_code in (None, device.user_code)
            ]
            for device in waiting:
                device.approved = approved
        return len(waiting)

    def _device_by_user_code(self, user_code: str) -> Device | None:
        with self.world.lock:
            for device in self._devices.values():
                if device.user_code == user_code and device.expires_at > time.time():
                    return device
        return None

    # Tokens

    def create_token(self, request: Request) -> Response:
        """POST /token"""
        body = request.json()
        grant = _text(body, "grantType")
        if grant not in (CODE, DEVICE, REFRESH):
            raise AwsError("UnsupportedGrantTypeException", "The grant type is not supported")
        client = self._client(body)
        if grant not in client.grants:
            raise AwsError("UnauthorizedClientException", "The client may not use this grant")
        if grant == CODE:
            self._redeem_code(client, body)
        elif grant == DEVICE:
            self._redeem_device_code(client, _text(body, "deviceCode"))
        elif not self.world.use_refresh_token(_text(body, "refreshToken"), client.client_id):
            raise AwsError("InvalidGrantException", "Invalid refresh token provided")
        refreshable = (
            REFRESH in client.grants and SCOPE in client.scopes and self.world.send_refresh_token
        )
        session = self.world.open_session(client.client_id, self.world.token_lifetime, refreshable)
        answer: dict[str, object] = {
            "accessToken": session.access_token,
            "tokenType": "Bearer",
            "expiresIn": int(self.world.token_lifetime),
        }
        if session.refresh_token:
            answer["refreshToken"] = session.refresh_token
        return json_response(answer, Cache_Control="no-store")

    def _redeem_code(self, client: Client, body: dict[str, Any]) -> None:
        code, verifier = _text(body, "code"), _text(body, "codeVerifier")
        redirect_uri = _text(body, "redirectUri")
        with self.world.lock:
            # One try: a code that was offered with a wrong verifier may have been stolen.
            asked = self._codes.pop(code, None)
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            asked is None
            or asked.client is not client
            or asked.redirect_uri != redirect_uri
            or asked.expires_at <= time.time()
            or not re.fullmatch(r"[\w.~-]{43,128}", verifier, re.ASCII)
            or not hmac.compare_digest(challenge, asked.challenge)
        ):
            raise AwsError("InvalidGrantException", "Invalid grant provided")

    def _redeem_device_code(self, client: Client, device_code: str) -> None:
        now = time.monotonic()
        with self.world.lock:
            device = self._devices.get(device_code)
            if device is None or device.client is not client:
                raise AwsError("InvalidGrantException", "Invalid device code provided")
            polled_at, device.polled_at = device.polled_at, now
            if device.expires_at <= time.time():
                raise AwsError("ExpiredTokenException", "The device code has expired")
            if device.approved is None:
                if polled_at is not None and now - polled_at < device.interval - _POLL_TOLERANCE:
                    device.interval += _SLOW_DOWN
                    raise AwsError("SlowDownException", "Polled faster than the interval")
                raise AwsError("AuthorizationPendingException", "Nobody has decided yet")
            del self._devices[device_code]
        if not device.approved:
            raise AwsError("AccessDeniedException", "The request was denied")

    def _client(self, body: dict[str, Any]) -> Client:
        client_id, client_secret = _text(body, "clientId"), _text(body, "clientSecret")
        with self.world.lock:
            client = self._clients.get(client_id)
        if (
            client is None
            or not hmac.compare_digest(client.client_secret.encode(), client_secret.encode())
            or client.expires_at <= time.time()
        ):
            raise AwsError("InvalidClientException", "Invalid client provided")
        return client


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise AwsError("InvalidRequestException", f"{name} is required and must be a string")
    return value


def _texts(body: dict[str, Any], name: str) -> list[str]:
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise AwsError("InvalidRequestException", f"{name} must be a list of strings")
    return value


def _is_loopback_callback(uri: str) -> bool:
    match = re.fullmatch(rf"http://127\.0\.0\.1(?::(\d{{1,5}}))?{CALLBACK}", uri, re.ASCII)
    return match is not None and int(match[1] or 80) < 65536


def _matches_registered(uri: str, registered: list[str]) -> bool:
    """Whether ``uri`` is a registered one on any port (RFC 8252 section 7.3)."""
    if not _is_loopback_callback(uri):
        return False
    return any(urlsplit(uri).path == urlsplit(known).path for known in registered)


def _plain(start_url: str) -> str:
    return start_url.partition("#")[0].rstrip("/")


def _back(redirect_uri: str, parameters: dict[str, str]) -> Response:
    return Response(302, b"", {"Location": f"{redirect_uri}?{urlencode(parameters)}"})
