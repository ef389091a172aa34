"""HTTP requests and answers, and the three forms in which AWS's services report an error."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

PORTAL, OIDC, STS = "portal", "oidc", "sts"

STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"

# The HTTP status of an error code, and the code of a status, where none is given.
_STATUS = {
    "UnauthorizedException": 401,
    "InvalidClientException": 401,
    "ForbiddenException": 403,
    "AccessDenied": 403,
    "InvalidClientTokenId": 403,
    "ExpiredToken": 403,
    "MissingAuthenticationToken": 403,
    "SignatureDoesNotMatch": 403,
    "ResourceNotFoundException": 404,
    "TooManyRequestsException": 429,
    "InternalServerException": 500,
    "InternalFailure": 500,
    "ServiceUnavailable": 503,
}
_CODE = {
    401: "UnauthorizedException",
    403: "ForbiddenException",
    404: "ResourceNotFoundException",
    429: "TooManyRequestsException",
    500: "InternalServerException",
    503: "ServiceUnavailable",
}
# For OIDC, the OAuth word in the body (RFC 6749 section 5.2, RFC 8628 section 3.5), where
# ``oauth_word`` does not derive it.
_OAUTH_WORD = {
    "InternalServerException": "server_error",
    "InvalidRedirectUriException": "invalid_redirect_uri",
    "InvalidClientMetadataException": "invalid_client_metadata",
}


class AwsError(Exception):
    """An error of the service. ``code``: AWS's name for it. ``status``: the HTTP status."""

    def __init__(
        self,
        code: str,
        message: str,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status if status is not None else _STATUS.get(code, 400)
        self.headers = dict(headers or {})


def error_for_status(status: int) -> str:
    """The error code that usually comes with an HTTP status."""
    if status in _CODE:
        return _CODE[status]
    return "InternalServerException" if status >= 500 else "InvalidRequestException"


@dataclass(frozen=True)
class Request:
    """One HTTP request. Header names are in lower case; a repeated parameter keeps its last
    value."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    path: str = field(init=False)
    query: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.target)
        object.__setattr__(self, "path", parts.path)
        object.__setattr__(self, "query", dict(parse_qsl(parts.query, keep_blank_values=True)))

    def form(self) -> dict[str, str]:
        """The body as a form; empty if it is not one."""
        kind = self.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises ``AwsError`` if it is not one."""
        try:
            value = json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise AwsError("InvalidRequestException", "The body is not a JSON object")
        return value


@dataclass
class Response:
    """One HTTP answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def json_response(value: object, status: int = 200, **headers: str) -> Response:
    """``value`` as AWS's JSON services send it."""
    named = {"Content-Type": "application/json", "x-amzn-RequestId": secrets.token_hex(16)}
    named.update({name.replace("_", "-"): text for name, text in headers.items()})
    return Response(status, json.dumps(value).encode(), named)


def xml_response(document: str, status: int = 200) -> Response:
    """``document`` as STS sends it."""
    return Response(status, document.encode(), {"Content-Type": "text/xml"})


def error_response(service: str, error: AwsError) -> Response:
    """``error`` in the form of ``service``."""
    if service == STS:
        kind = "Sender" if error.status < 500 else "Receiver"
        answer = xml_response(
            f'<ErrorResponse xmlns="{STS_NAMESPACE}">\n  <Error>\n    <Type>{kind}</Type>\n'
            f"    <Code>{escape(error.code)}</Code>\n"
            f"    <Message>{escape(error.message)}</Message>\n  </Error>\n"
            f"  <RequestId>{secrets.token_hex(16)}</RequestId>\n</ErrorResponse>\n",
            error.status,
        )
    elif service == OIDC:
        answer = json_response(
            {"error": oauth_word(error.code), "error_description": error.message},
            error.status,
            x_amzn_errortype=error.code,
        )
    else:
        answer = json_response(
            {"message": error.message, "__type": f"com.amazonaws.switchboard.portal#{error.code}"},
            error.status,
            x_amzn_errortype=error.code,
        )
    answer.headers.update(error.headers)
    return answer


def oauth_word(code: str) -> str:
    """``AuthorizationPendingException`` → ``authorization_pending``."""
    if code in _OAUTH_WORD:
        return _OAUTH_WORD[code]
    name = code.removesuffix("Exception")
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
