"""SSO-OIDC as a sign-in uses it: registrations, the authorization code flow, the device flow.

Names and contents of the files are the AWS CLI's, so that the two share registrations. Sources:
RFC 6749, RFC 7636 (PKCE), RFC 8628 (device codes), and the AWS CLI v2 for the files.
"""

import base64
import contextlib
import hashlib
import json
import secrets
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.session import Session

from ssoenv.aws import clients, explain
from ssoenv.aws.profile import DEFAULT_SCOPES
from ssoenv.cache import entries, stores, tokens
from ssoenv.cache.entries import Entry
from ssoenv.cache.tokens import SignIn
from ssoenv.system import clock
from ssoenv.system.deadline import Deadline

CLIENT_NAME = "ssoenv"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
CODE = "authorization_code"

_CALLBACK = "http://127.0.0.1/oauth/callback"  # RFC 8252: a loopback URI is registered portless
# What SSO-OIDC says to a client whose registration it does not know any more, or not for this use.
FORGOTTEN = ("InvalidClientException", "UnauthorizedClientException")

_REUSE_SECONDS = 15 * 60  # the AWS CLI, too, does not reuse a registration with less time left


class Refused(Exception):
    """SSO-OIDC said no; ``code`` is AWS's name for why."""

    def __init__(self, code: str, error: ClientError) -> None:
        super().__init__(code)
        self.code = code
        self.error = error


class Registration:
    """This program as Identity Center knows it. Compare, never print: it holds a secret."""

    __slots__ = ("client_id", "client_secret", "expires_at")

    def __init__(self, client_id: str, client_secret: str, expires_at: str) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.expires_at = expires_at


class Device:
    """A device code that waits for a person. Times in seconds."""

    __slots__ = ("code", "complete_uri", "interval", "lifetime", "uri", "user_code")

    def __init__(self, answer: dict[str, Any]) -> None:
        self.code = _text(answer, "deviceCode")
        self.user_code = _text(answer, "userCode")
        self.uri = _text(answer, "verificationUri")
        self.complete_uri = _text(answer, "verificationUriComplete")
        self.lifetime = _seconds(answer, "expiresIn", 600)
        self.interval = _seconds(answer, "interval", 5)


class Oidc:
    """SSO-OIDC for one sign-in.

    Its methods raise ``Refused`` where the service says no in its own words, else
    ``NetworkError``, ``ServiceError`` or, for a region or endpoint that is none, ``ConfigError``
    as making one does; those that save raise ``OSError`` and ``KeychainError``.
    """

    def __init__(self, sign_in: SignIn, session: Session) -> None:
        self._sign_in = sign_in
        with explain.explained("RegisterClient"):
            self._client = clients.client(session, "sso-oidc", sign_in.region)

    def registration(self, grant: str) -> Registration:
        """The registration for ``grant``, from the cache where one is.

        For ``CODE`` it is one that can refresh tokens, also for a legacy profile, to which the AWS
        CLI gives only the device flow.
        """
        kept = registration_entry(self._sign_in)
        registration = _read_registration(kept, grant)
        if registration is not None:
            return registration
        scopes = list(self._sign_in.scopes or ())
        request: dict[str, Any] = {"clientName": CLIENT_NAME, "clientType": "public"}
        if grant == CODE:
            scopes = scopes or list(DEFAULT_SCOPES)
            request["grantTypes"] = [CODE, "refresh_token"]
            request["redirectUris"] = [_CALLBACK]
            request["issuerUrl"] = self._sign_in.start_url
        if scopes:
            request["scopes"] = scopes
        answer = self._call("RegisterClient", self._client.register_client, **request)
        try:
            end = clock.zulu(answer["clientSecretExpiresAt"])
            entry: dict[str, Any] = {
                "clientId": _text(answer, "clientId"),
                "clientSecret": _text(answer, "clientSecret"),
                "expiresAt": end,
            }
        except (KeyError, ValueError, TypeError, OverflowError, OSError):
            raise explain.bad_answer("RegisterClient") from None
        if scopes:
            entry["scopes"] = scopes
        if grant == CODE:
            entry["grantTypes"] = request["grantTypes"]
        kept.write(json.dumps(entry).encode())
        return Registration(entry["clientId"], entry["clientSecret"], end)

    def endpoint(self) -> str:
        """Scheme and host of the service, as botocore finds them for this session and region."""
        parts = urlsplit(self.base_url())
        return f"{parts.scheme}://{parts.netloc}"

    def base_url(self) -> str:
        """The URL that the paths of operations are added to, as botocore finds it."""
        found: list[str] = []

        def stop(params: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
            found.append(params["url"])
            return AWSResponse(None, 200, {}, None), {}

        events = self._client.meta.events
        events.register("before-call", stop)
        try:
            with explain.explained("RegisterClient"):
                self._client.register_client(clientName=CLIENT_NAME, clientType="public")
        finally:
            events.unregister("before-call", stop)
        return found[0].removesuffix("/client/register")

    def authorize_url(
        self, registration: Registration, redirect_uri: str, state: str, challenge: str
    ) -> str:
        """The page where a person lets us in, for a PKCE ``challenge``."""
        query = {
            "response_type": "code",
            "client_id": registration.client_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "code_challenge_method": "S256",
            "scopes": " ".join(self._sign_in.scopes or DEFAULT_SCOPES),  # AWS's name, with an s
            "code_challenge": challenge,
        }
        return f"{self.endpoint()}/authorize?{urlencode(query, quote_via=quote, safe='')}"

    def redeem_code(
        self, registration: Registration, code: str, verifier: str, redirect_uri: str
    ) -> tokens.AccessToken:
        """The token for an authorization code."""
        return self._create_token(
            registration, CODE, code=code, codeVerifier=verifier, redirectUri=redirect_uri
        )

    def start_device(self, registration: Registration) -> Device:
        """A new device code."""
        answer = self._call(
            "StartDeviceAuthorization",
            self._client.start_device_authorization,
            clientId=registration.client_id,
            clientSecret=registration.client_secret,
            startUrl=self._sign_in.start_url,
        )
        try:
            return Device(answer)
        except ValueError:
            raise explain.bad_answer("StartDeviceAuthorization") from None

    def redeem_device(self, registration: Registration, device: Device) -> tokens.AccessToken:
        """The token for a device code, once somebody has let it in."""
        return self._create_token(registration, DEVICE, deviceCode=device.code)

    def _create_token(
        self, registration: Registration, grant: str, **details: str
    ) -> tokens.AccessToken:
        answer = self._call(
            "CreateToken",
            self._client.create_token,
            grantType=grant,
            clientId=registration.client_id,
            clientSecret=registration.client_secret,
            **details,
        )
        fields = {
            "startUrl": self._sign_in.start_url,
            "region": self._sign_in.region,
            "accessToken": "",
            "expiresAt": "",
            "clientId": registration.client_id,
            "clientSecret": registration.client_secret,
            "registrationExpiresAt": registration.expires_at,
        }
        try:
            return tokens.from_answer(answer, fields)
        except ValueError:
            raise explain.bad_answer("CreateToken") from None

    def forget(self, client_id: object) -> None:
        """Make the registration of ``client_id`` anew next time."""
        forget_registration(registration_entry(self._sign_in), client_id)

    def _call(self, operation: str, call: Any, **request: Any) -> dict[str, Any]:
        with explain.explained(operation):
            try:
                answer = Deadline().run(lambda: call(**request))
            except ClientError as error:
                code = str((error.response.get("Error") or {}).get("Code", ""))
                status = (error.response.get("ResponseMetadata") or {}).get("HTTPStatusCode", 0)
                if not code.endswith("Exception") or status >= 500 or status == 429:
                    raise
                answer = Refused(code, error)
        if isinstance(answer, Refused):
            if answer.code in FORGOTTEN:
                self.forget(request.get("clientId"))
            raise answer
        if not isinstance(answer, dict):
            raise explain.bad_answer(operation)
        return answer


def registration_entry(sign_in: SignIn) -> Entry:
    """The entry of the registration, whichever its grant, under the AWS CLI's key."""
    args = {
        "tool": "botocore",
        "startUrl": sign_in.start_url,
        "region": sign_in.region,
        "scopes": None if sign_in.scopes is None else list(sign_in.scopes),
        "session_name": sign_in.session_name,
    }
    text = json.dumps(args, sort_keys=True).encode()
    key = hashlib.sha1(text, usedforsecurity=False).hexdigest()
    return stores.entry(sign_in.store, entries.TOKEN, key)


def forget_registration(kept: Entry, client_id: object) -> None:
    """Remove the registration in the entry ``kept`` if it is that of ``client_id``: Identity
    Center does not know it any more, and would refuse every sign-in with it."""
    with contextlib.suppress(*entries.FAILURES):
        if kept.read_object().get("clientId") == client_id:
            kept.delete()


def is_registration(entry: Entry) -> bool:
    """Whether ``entry`` holds a registration, of ssoenv or of the AWS CLI."""
    if len(entry.key) != 2 * hashlib.sha1(usedforsecurity=False).digest_size:
        return False  # of another tool, which has names of its own
    fields = entry.read_object()
    return "clientId" in fields and "clientSecret" in fields and "accessToken" not in fields


def new_verifier() -> str:
    """A PKCE code verifier: 64 random characters (RFC 7636 section 4.1 asks for 43 to 128)."""
    return secrets.token_urlsafe(48)


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a code verifier (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _read_registration(kept: Entry, grant: str) -> Registration | None:
    """The registration in an entry, if it is whole, made for ``grant`` and good for a while."""
    entry = kept.read_object()
    try:
        if (CODE in (entry.get("grantTypes") or ())) != (grant == CODE):
            return None
        end = entry["expiresAt"]
        if clock.epoch(end) - clock.now() < _REUSE_SECONDS:
            return None
        return Registration(_text(entry, "clientId"), _text(entry, "clientSecret"), end)
    except (ValueError, TypeError, KeyError):
        return None


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError(f"no {name} in the answer")
    return value


def _seconds(answer: dict[str, Any], name: str, default: int) -> int:
    value = answer.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or not 0 < value < 86400:
        raise ValueError(f"no {name} in the answer")
    return value
