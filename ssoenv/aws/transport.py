"""How requests leave and how answers come in: where a token may go, through which proxy, and how
much of an answer is read.

``guard`` puts ``Http`` between a client of botocore and its connections, so that the rules hold
whoever set the address: the environment, the config, or botocore's own data.
"""

import os
from typing import Any
from urllib.parse import urlsplit

from botocore import exceptions as aws
from botocore.httpsession import URLLib3Session
from botocore.session import Session
from botocore.utils import get_environ_proxies
from urllib3 import exceptions as lib
from urllib3.util import parse_url

from ssoenv.aws import setting_source
from ssoenv.errors import ConfigError, NetworkError, ServiceError
from ssoenv.system import urls
from ssoenv.terminal import foreign

MOST_BYTES = 1 << 20  # of an answer; no honest one is near

_PRIVATE = "Use an https address, or one of this machine that is named in NO_PROXY"
_CARRY_TOKENS = ("sso", "sso-oidc", "signin")  # services; of STS, calls with these parameters:
_TOKENS_OF_STS = (b"WebIdentityToken=", b"SAMLAssertion=")
_SECRETS = (
    "accessToken",
    "clientSecret",
    "refreshToken",
    "code",
    "codeVerifier",
    "deviceCode",
    "WebIdentityToken",
)


class Http:
    """botocore's connections under our rules. ``session`` and ``service`` say whose settings
    apply.

    ``send`` raises botocore's exceptions, each with the session and service in its ``kwargs``;
    ``ConfigError`` for an address that a token may not go to, ``NetworkError`` for a proxy that
    cannot be one, ``ServiceError`` for an answer without end.
    """

    def __init__(self, connections: URLLib3Session, service: str, session: Session | None) -> None:
        self._connections = connections
        self._service = service
        self._session = session

    def send(self, request: Any) -> Any:
        """The answer to a prepared request of botocore, read to its end."""
        check_proxy(request.url)
        if self._carries_a_token(request):
            name = setting_source.endpoint(self._service, self._session)
            check_private(request.url, name[0] if name else "the endpoint")
        whole = not request.stream_output
        request.stream_output = True  # else botocore reads the answer, however long it is
        try:
            answer = self._connections.send(request)
            if whole:
                answer._content = _read(answer, request)
        except aws.BotoCoreError as error:
            error.kwargs["service"], error.kwargs["session"] = self._service, self._session
            raise
        finally:
            request.stream_output = not whole
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def _carries_a_token(self, request: Any) -> bool:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        of_sts = isinstance(body, bytes) and any(name in body for name in _TOKENS_OF_STS)
        return self._service in _CARRY_TOKENS or of_sts


def guard(client: Any, session: Session) -> None:
    """Let ``client``, one of ``session``, send through ``Http``."""
    endpoint = client._endpoint
    service = client.meta.service_model.service_name
    endpoint.http_session = Http(endpoint.http_session, service, session)


def remember_secrets(params: Any, **_: Any) -> None:
    """For botocore's event ``provide-client-params``: what a call sends that nobody should read
    if the answer repeats it."""
    for name in _SECRETS:
        value = params.get(name) if isinstance(params, dict) else None
        if isinstance(value, str):
            foreign.remember_secret(value)


def _read(answer: Any, request: Any) -> bytes:
    """The content of an answer. Raises botocore's exceptions and ``ServiceError``."""
    parts: list[bytes] = []
    size = 0
    try:
        for part in answer.raw.stream(1 << 16):
            parts.append(part)
            size += len(part)
            if size > MOST_BYTES:
                answer.raw.close()
                raise ServiceError(
                    f"the answer of {urls.origin(request.url)} is longer than 1 MiB and was not "
                    "read to its end",
                    "A proxy or another program may have answered in place of AWS",
                )
    except lib.ReadTimeoutError as error:
        raise aws.ReadTimeoutError(endpoint_url=request.url, error=error) from error
    except lib.ProtocolError as error:
        raise aws.ConnectionClosedError(
            error=error, request=request, endpoint_url=request.url
        ) from error
    except lib.HTTPError as error:
        raise aws.HTTPClientError(error=error) from error
    return b"".join(parts)


def check_private(url: str, name: str) -> None:
    """Raise ``ConfigError`` unless only the receiver reads what is sent to ``url``: https, or
    this machine with no proxy on the way. ``name``: the setting that the URL comes from."""
    if why := not_private(url):
        raise ConfigError(f"{name} is {urls.origin(url)}: {why}", _PRIVATE)


def not_private(url: str) -> str:
    """Why a token must not be sent to ``url``; empty if it may."""
    if not url.lower().startswith("http:"):
        return ""  # https; there is nothing else that botocore can send to
    if not urls.is_private(url):
        return "a token would travel there unencrypted"
    if proxy := proxy_for(url):
        return f"{proxy[0]} would send a token for this machine to a proxy, unencrypted"
    return ""


def proxy_for(url: str) -> tuple[str, str] | None:
    """The proxy that botocore uses for ``url``: the name of the variable, and its value."""
    scheme = urlsplit(url).scheme.lower()
    value = get_environ_proxies(url).get(scheme)
    if not value:
        return None
    for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY"):
        if os.environ.get(name) == value:
            return name, value
    return "the system's proxy setting", value


def check_proxy(url: str) -> None:
    """Raise ``NetworkError`` if the proxy for ``url`` is one that botocore cannot use."""
    proxy = proxy_for(url)
    if proxy is None:
        return
    name, value = proxy
    user = (value.partition("://")[2] or value).rpartition("@")[0]
    foreign.remember_secret(user.partition(":")[2])
    if why := proxy_problem(value):
        raise NetworkError(f"{name} {why}", f"Correct it, or unset {name}")


def proxy_problem(value: str) -> str:
    """What is wrong with the address of a proxy, for a sentence that begins with its variable;
    empty if botocore can use it. Repeats nothing that may be a password."""
    scheme, there, rest = value.partition("://")
    if there and scheme.lower().startswith("socks"):
        return "names a SOCKS proxy, which AWS's Python tools cannot use: name an HTTP proxy"
    if there and scheme not in ("http", "https"):
        return f'is not the address of an HTTP proxy: it begins with "{foreign.clean(scheme, 40)}"'
    address = value if there else "http://" + value.removeprefix("//")
    rest = rest if there else value.removeprefix("//")
    authority = rest[: min([rest.find(c) for c in "/?#" if c in rest], default=len(rest))]
    if "@" in rest and "@" not in authority:
        return "has /, ? or # in its user name or password: write %2F, %3F or %23"
    port = authority.rpartition("@")[2].rpartition("]")[2].partition(":")[2]
    if port and not (port.isascii() and port.isdecimal() and int(port) < 65536):
        return "has a port that is not a number up to 65535"
    try:
        host = parse_url(address).host
    except lib.HTTPError:
        host = None
    return "" if host else "is not the address of a proxy, such as http://HOST:PORT"


def shown_proxy(value: str) -> str:
    """The address of a proxy without user name and password."""
    scheme, there, rest = value.partition("://")
    rest = rest if there else value
    return f"{scheme if there else 'http'}://{rest.rpartition('@')[2]}"
