"""SSO-OIDC: client registrations, and the three grants for a token.

Sources: RFC 6749 for the grants; the SSO-OIDC API reference for names of parameters and errors.
"""

import time

from ssoenv.demo.center.authorize import Authorizations
from ssoenv.demo.center.clients import CODE, DEVICE, REFRESH, Clients, text
from ssoenv.demo.center.device import Devices
from ssoenv.demo.center.wire import AwsError, Request, Response, json_response
from ssoenv.demo.center.world import SCOPE, World


class Oidc:
    """The service. ``url``: of this server."""

    def __init__(self, world: World) -> None:
        self.url = ""
        self.clients = Clients(world)
        self.authorizations = Authorizations(world, self.clients)
        self.devices = Devices(world, self.clients)
        self._world = world

    def register_client(self, request: Request) -> Response:
        """POST /client/register"""
        client = self.clients.register(request.json())
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

    def start_device_authorization(self, request: Request) -> Response:
        """POST /device_authorization"""
        return self.devices.start(request, self.url)

    def create_token(self, request: Request) -> Response:
        """POST /token"""
        world, body = self._world, request.json()
        grant = text(body, "grantType")
        if grant not in (CODE, DEVICE, REFRESH):
            raise AwsError("UnsupportedGrantTypeException", "The grant type is not supported")
        client = self.clients.authenticate(body, grant)
        if grant == CODE:
            self.authorizations.redeem(client, body)
        elif grant == DEVICE:
            self.devices.redeem(client, text(body, "deviceCode"))
        elif not world.use_refresh_token(text(body, "refreshToken"), client.client_id):
            raise AwsError("InvalidGrantException", "Invalid refresh token provided")
        refreshable = (
            REFRESH in client.grants and SCOPE in client.scopes and world.send_refresh_token
        )
        session = world.open_session(client.client_id, world.token_lifetime, refreshable)
        answer: dict[str, object] = {
            "accessToken": session.access_token,
            "tokenType": "Bearer",
            "expiresIn": int(world.token_lifetime),
        }
        if session.refresh_token:
            answer["refreshToken"] = session.refresh_token
        return json_response(answer, Cache_Control="no-store")
