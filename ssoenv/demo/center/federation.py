"""The console's sign-in: a token for credentials, and the page that a browser opens with it.

Source: "Enable custom identity broker access to the AWS console", AWS Identity and Access
Management User Guide.
"""

import hmac
import json
import re
import secrets
import time
from urllib.parse import urlsplit

from ssoenv.demo.center import pages
from ssoenv.demo.center.wire import AwsError, Request, Response, json_response
from ssoenv.demo.center.world import Keys, World

_TOKEN_LIFETIME = 15 * 60


class Federation:
    """The sign-in tokens that were issued. ``durations``: the requested duration of each console
    session, in seconds, None if the request had none; in order."""

    def __init__(self, world: World) -> None:
        self.durations: list[int | None] = []
        self._world = world
        self._tokens: dict[str, tuple[Keys, float]] = {}

    def get_signin_token(self, request: Request) -> Response:
        """POST /federation with Action=getSigninToken. All wrong credentials get 400, as at AWS."""
        form = request.form()
        if form.get("Action") != "getSigninToken":
            raise AwsError("InvalidRequestException", "Action must be getSigninToken")
        keys = self._keys(form.get("Session", ""))
        text = form.get("SessionDuration")
        if text is not None and not (
            re.fullmatch(r"\d{3,5}", text, re.ASCII) and 900 <= int(text) <= 43200
        ):
            raise AwsError("InvalidRequestException", "SessionDuration is out of range")
        token = secrets.token_urlsafe(300)
        with self._world.lock:
            self.durations.append(None if text is None else int(text))
            self._tokens[token] = (keys, time.time() + _TOKEN_LIFETIME)
        return json_response({"SigninToken": token})

    def login(self, request: Request) -> Response:
        """GET /federation?Action=login: what the browser shows instead of the console."""
        with self._world.lock:
            keys, expires_at = self._tokens.get(request.query.get("SigninToken", ""), (None, 0.0))
        destination = urlsplit(request.query.get("Destination", ""))
        if request.query.get("Action") != "login" or keys is None or expires_at <= time.time():
            return pages.message("This sign-in is not known, or has expired.", 400)
        if destination.scheme != "https" or not (destination.hostname or "").startswith("console."):
            return pages.message("This destination is not the console.", 400)
        return pages.message(
            f"Here the console would open for {keys.arn}, at {destination.geturl()}"
        )

    def _keys(self, session: str) -> Keys:
        try:
            given = json.loads(session)
            known = self._world.keys.get(given["sessionId"])
            secret, token = str(given["sessionKey"]), given["sessionToken"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise AwsError(
                "InvalidRequestException", "Session is not valid JSON with three strings"
            ) from None
        if (
            known is None
            or known.session_token is None
            or token != known.session_token
            or not hmac.compare_digest(secret.encode(), known.secret_access_key.encode())
            or (known.expires_at or 0) <= time.time()
        ):
            raise AwsError("InvalidRequestException", "The credentials are not valid")
        return known
