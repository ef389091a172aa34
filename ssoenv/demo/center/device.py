"""The device code flow: the terminal shows a code, a person approves it on a page elsewhere.

Source: RFC 8628.
"""

import secrets
import time
from dataclasses import dataclass

from ssoenv.demo.center import pages
from ssoenv.demo.center.clients import DEVICE, Client, Clients, text
from ssoenv.demo.center.wire import AwsError, Request, Response, json_response
from ssoenv.demo.center.world import World

_POLL_TOLERANCE = 0.1
_SLOW_DOWN = 5
_USER_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


@dataclass
class Device:
    """A device that waits for a person to approve its code. ``expires_at``: epoch seconds.
    ``interval``: seconds between polls. ``approved``: None until a person has decided."""

    client: Client
    user_code: str
    expires_at: float
    interval: float
    approved: bool | None = None
    polled_at: float | None = None


class Devices:
    """The sign-ins by device code that have not ended yet."""

    def __init__(self, world: World, clients: Clients) -> None:
        self._world = world
        self._clients = clients
        self._waiting: dict[str, Device] = {}

    def start(self, request: Request, url: str) -> Response:
        """POST /device_authorization. ``url``: of this server."""
        body = request.json()
        client = self._clients.authenticate(body, DEVICE)
        if _plain(text(body, "startUrl")) != _plain(self._world.start_url):
            raise AwsError("InvalidRequestException", "Invalid start url provided")
        letters = "".join(secrets.choice(_USER_CODE_LETTERS) for _ in range(8))
        user_code = f"{letters[:4]}-{letters[4:]}"
        device_code = secrets.token_urlsafe(64)
        device = Device(
            client,
            user_code,
            time.time() + self._world.device_code_lifetime,
            self._world.device_interval,
            {"approve": True, "deny": False}.get(self._world.approval),
        )
        with self._world.lock:
            self._waiting[device_code] = device
        return json_response(
            {
                "deviceCode": device_code,
                "userCode": user_code,
                "verificationUri": f"{url}/device",
                "verificationUriComplete": f"{url}/device?user_code={user_code}",
                "expiresIn": int(self._world.device_code_lifetime),
                "interval": self._world.device_interval,
            }
        )

    def page(self, request: Request) -> Response:
        """GET /device"""
        user_code = request.query.get("user_code", "").strip().upper()
        if not user_code:
            return pages.enter_code()
        with self._world.lock:
            found = [d for d in self._waiting.values() if d.user_code == user_code]
        if not found or found[0].expires_at <= time.time():
            return pages.message("This code is not known, or has expired.", 404)
        if found[0].approved is not None:
            return pages.decided(found[0].approved)
        return pages.approval(found[0].client.name, self._world.user, None, user_code)

    def decide(self, request: Request) -> Response:
        """POST /device: the person has pressed a button on the page."""
        form = request.form()
        approved = form.get("decision") == "approve"
        if not self.settle(approved, form.get("user_code", "")):
            return pages.message("This code is not known, or has expired.", 404)
        return pages.decided(approved)

    def settle(self, approved: bool, user_code: str | None = None) -> int:
        """Approve or deny one waiting device, or all. Returns how many there were."""
        with self._world.lock:
            undecided = [
                device
                for device in self._waiting.values()
                if device.approved is None
                and device.expires_at > time.time()
                and user_code in (None, device.user_code)
            ]
            for device in undecided:
                device.approved = approved
        return len(undecided)

    def redeem(self, client: Client, device_code: str) -> None:
        """Use up an approved device code. Raises ``AwsError`` if it is not approved yet, was
        denied, has expired, is not known, or is polled too fast."""
        now = time.monotonic()
        with self._world.lock:
            device = self._waiting.get(device_code)
            if device is None or device.client is not client:
                raise AwsError("InvalidGrantException", "Invalid device code provided")
            if device.expires_at <= time.time():
                raise AwsError("ExpiredTokenException", "The device code has expired")
            polled_at, device.polled_at = device.polled_at, now
            if device.approved is None:
                if polled_at is not None and now - polled_at < device.interval - _POLL_TOLERANCE:
                    device.interval += _SLOW_DOWN
                    raise AwsError("SlowDownException", "Polled faster than the interval")
                raise AwsError("AuthorizationPendingException", "Nobody has decided yet")
            del self._waiting[device_code]
        if not device.approved:
            raise AwsError("AccessDeniedException", "The request was denied")


def _plain(start_url: str) -> str:
    return start_url.partition("#")[0].rstrip("/")
