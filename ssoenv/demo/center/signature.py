"""Verification of Signature Version 4: which keys signed a request.

Verifying, instead of only reading the access key id, finds a secret key that was changed on its
way through a shell or a file.
Source: "Create a signed AWS API request", AWS Identity and Access Management User Guide.
"""

import calendar
import hashlib
import hmac
import re
import time
from urllib.parse import parse_qsl, quote, urlsplit

from ssoenv.demo.center.wire import AwsError, Request
from ssoenv.demo.center.world import Keys, World

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=(?P<key>\w+)/(?P<scope>(?P<day>\d{8})/[a-z0-9-]+"
    r"/(?P<service>[a-z0-9-]+)/aws4_request), *SignedHeaders=(?P<names>[a-z0-9;_-]+), *"
    r"Signature=(?P<signature>[0-9a-f]{64})",
    re.ASCII,
)
_CLOCK_SKEW = 15 * 60


def signer(world: World, request: Request) -> Keys:
    """The keys that signed ``request``. Raises ``AwsError`` as STS answers: 403 for a missing
    signature, an unknown or expired key, a wrong session token or a wrong signature."""
    authorization = request.headers.get("authorization")
    if not authorization:
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token")
    match = _AUTHORIZATION.fullmatch(authorization.strip())
    if match is None:
        raise AwsError("IncompleteSignature", "Authorization header cannot be parsed", 400)
    keys = world.keys.get(match["key"])
    token = request.headers.get("x-amz-security-token")
    if keys is None or token != keys.session_token:
        raise AwsError(
            "InvalidClientTokenId", "The security token included in the request is invalid."
        )
    if keys.expires_at is not None and keys.expires_at <= time.time():
        raise AwsError("ExpiredToken", "The security token included in the request is expired")
    _check_date(request.headers.get("x-amz-date", ""), match["day"])
    if match["service"] != "sts":
        raise AwsError(
            "SignatureDoesNotMatch", "Credential should be scoped to correct service: 'sts'."
        )
    expected = _signature(request, match, keys.secret_access_key)
    if not hmac.compare_digest(expected, match["signature"]):
        raise AwsError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method.",
        )
    return keys


def _check_date(date: str, day: str) -> None:
    try:
        then = calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise AwsError("IncompleteSignature", "X-Amz-Date cannot be parsed", 400) from None
    if abs(then - time.time()) > _CLOCK_SKEW or date[:8] != day:
        raise AwsError("SignatureDoesNotMatch", f"Signature expired: {date} is not now")


def _signature(request: Request, match: re.Match[str], secret: str) -> str:
    names = match["names"].split(";")
    pairs = sorted(parse_qsl(urlsplit(request.target).query, keep_blank_values=True))
    canonical = "\n".join(
        [
            request.method,
            request.path or "/",
            "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in pairs),
            *(f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in names),
            "",
            match["names"],
            hashlib.sha256(request.body).hexdigest(),
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    date = request.headers["x-amz-date"]
    text = f"AWS4-HMAC-SHA256\n{date}\n{match['scope']}\n{digest}"
    key = b"AWS4" + secret.encode()
    for part in match["scope"].split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
