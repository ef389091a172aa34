"""The authorization code flow: a browser arrives, a person decides, it is redirected back.

Sources: RFC 6749 section 4.1, RFC 7636 (PKCE), RFC 8252 section 7.3 (any port on loopback).
"""

import base64
import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from ssoenv.demo.center import pages
from ssoenv.demo.center.clients import CODE, Body, Client, Clients, is_loopback_callback, text
from ssoenv.demo.center.wire import AwsError, Request, Response
from ssoenv.demo.center.world import World


@dataclass
class Authorization:
    """One request of a browser for authorization. ``expires_at``: epoch seconds."""

    client: Client
    redirect_uri: str
    state: str
    challenge: str
    expires_at: float


class Authorizations:
    """The sign-ins by browser that have not ended yet."""

    def __init__(self, world: World, clients: Clients) -> None:
        self._world = world
        self._clients = clients
        self._undecided: dict[str, Authorization] = {}
        self._codes: dict[str, Authorization] = {}

    def authorize(self, request: Request) -> Response:
        """GET /authorize. An error is a page where the redirect URI cannot be trusted, otherwise a
        redirect (RFC 6749 section 4.1.2.1)."""
        query = request.query
        client = self._clients.find(query.get("client_id", ""))
        if client is None:
            return pages.message("This application is not known here.", 400)
        redirect_uri = query.get("redirect_uri", "")
        if not (client.redirect_uris and is_loopback_callback(redirect_uri)):
            return pages.message("This application may not use this redirect URI.", 400)
        state, challenge = query.get("state", ""), query.get("code_challenge", "")
        # AWS's own spelling is "scopes"; standard clients say "scope".
        scopes = (query.get("scopes") or query.get("scope", "")).split()
        error = ""
        if query.get("response_type") != "code" or CODE not in client.grants:
            error = "unsupported_response_type"
        elif not (
            state
            and query.get("code_challenge_method") == "S256"
            and re.fullmatch(r"[\w-]{43}", challenge, re.ASCII)
        ):
            error = "invalid_request"
        elif not set(scopes) <= set(client.scopes):
            error = "invalid_scope"
        if error:
            return _back(redirect_uri, {"error": error, "state": state})
        authorization = Authorization(
            client, redirect_uri, state, challenge, time.time() + self._world.code_lifetime
        )
        if self._world.approval != "page":
            return self._decided(authorization, self._world.approval == "approve")
        request_id = secrets.token_urlsafe(24)
        with self._world.lock:
            self._undecided[request_id] = authorization
        return pages.approval(client.name, self._world.user, request_id)

    def decide(self, request: Request) -> Response:
        """POST /authorize: the person has pressed a button on the page."""
        form = request.form()
        with self._world.lock:
            authorization = self._undecided.pop(form.get("request", ""), None)
        if authorization is None or authorization.expires_at <= time.time():
            return pages.message("This request is no longer open. Start again.", 400)
        return self._decided(authorization, form.get("decision") == "approve")

    def redeem(self, client: Client, body: Body) -> None:
        """Use up the code of a CreateToken request. Raises ``AwsError`` if it is not valid."""
        code, verifier = text(body, "code"), text(body, "codeVerifier")
        redirect_uri = text(body, "redirectUri")
        with self._world.lock:
            # One attempt only: a code with a wrong verifier may have been stolen.
            authorization = self._codes.pop(code, None)
        if (
            authorization is None
            or authorization.client is not client
            or authorization.redirect_uri != redirect_uri
            or authorization.expires_at <= time.time()
            or not re.fullmatch(r"[\w.~-]{43,128}", verifier, re.ASCII)
            or not hmac.compare_digest(_challenge(verifier), authorization.challenge)
        ):
            raise AwsError("InvalidGrantException", "Invalid grant provided")

    def _decided(self, authorization: Authorization, approved: bool) -> Response:
        if not approved:
            return _back(
                authorization.redirect_uri, {"error": "access_denied", "state": authorization.state}
            )
        code = secrets.token_urlsafe(48)
        with self._world.lock:
            self._codes[code] = authorization
        return _back(authorization.redirect_uri, {"code": code, "state": authorization.state})


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _back(redirect_uri: str, parameters: dict[str, str]) -> Response:
    return Response(302, b"", {"Location": f"{redirect_uri}?{urlencode(parameters)}"})
