"""What goes wrong on the way to AWS, in ssoenv's words: the network, TLS, proxies."""

import re
from collections.abc import Callable

from botocore import exceptions as aws
from botocore.exceptions import BotoCoreError

from ssoenv.aws import setting_source, transport
from ssoenv.aws.profile import Profile
from ssoenv.errors import NetworkError, SsoenvError
from ssoenv.system import paths, urls
from ssoenv.terminal import foreign

Kind = type[BotoCoreError] | tuple[type[BotoCoreError], ...]
Explanation = Callable[[BotoCoreError, Profile | None], SsoenvError]

_ONLINE = "Check the network, then try again"


def _network(sentence: str, hint: str) -> Explanation:
    def explanation(error: BotoCoreError, profile: Profile | None) -> SsoenvError:
        url = str(error.kwargs.get("endpoint_url") or error.kwargs.get("proxy_url") or "AWS")
        cause = error.kwargs.get("error")
        return NetworkError(
            sentence.format(
                host=urls.origin(url), cause=foreign.clean(cause), kind=type(cause).__name__
            ),
            _because_of(error, hint),
        )

    return explanation


def _because_of(error: BotoCoreError, hint: str) -> str:
    """``hint``, or what to do about the setting that the address of a call comes from."""
    service, session = str(error.kwargs.get("service", "")), error.kwargs.get("session")
    if general := setting_source.general_endpoint(service, session):
        return setting_source.way_out(general)
    if found := setting_source.endpoint(service, session):
        return f"{hint}. {found[0]} sends this call there"
    if special := setting_source.special_host(session):
        return (
            f"{special[0]} is {special[1]}, and not every service and region has such a host: "
            f"{setting_source.remove(special[0])}, or check the network"
        )
    return hint


def _tls(error: BotoCoreError, profile: Profile | None) -> SsoenvError:
    """No trust, which may be because of the file that says whom to trust."""
    found = setting_source.certificates(error.kwargs.get("session"))
    problem = setting_source.certificates_problem(found[1]) if found else ""
    if found and problem:
        return NetworkError(
            f"no trusted connection to {urls.origin(str(error.kwargs.get('endpoint_url')))}: "
            f"{found[0]} names {paths.display(found[1])}, which {problem}",
            f"Correct it, or {setting_source.remove(found[0])}",
        )
    hint = "Check the endpoint, AWS_CA_BUNDLE (ca_bundle) and the network's certificates"
    return _network("no trusted connection to {host}: {cause}", hint)(error, profile)


def _proxy(error: BotoCoreError, profile: Profile | None) -> SsoenvError:
    cause = str(error.kwargs.get("error"))
    refusal = re.search(r"Tunnel connection failed: (\d{3})", cause)
    if refusal and refusal[1] == "407":  # refused a tunnel
        return proxy_wants_a_password()
    name, value = transport.proxy_for("https://amazonaws.com") or ("", "")
    used = str(error.kwargs.get("proxy_url") or "")
    if transport.shown_proxy(value) != transport.shown_proxy(used):
        name, value = transport.proxy_for("http://amazonaws.com") or ("", used)
    said = f" ({name})" if name else ""
    shown = transport.shown_proxy(value or used)
    if refusal:
        return NetworkError(
            f"the proxy {shown}{said} refused the connection with status {refusal[1]}",
            "Ask whoever runs it to allow AWS, or name AWS's hosts in NO_PROXY",
        )
    return NetworkError(
        f"could not connect to the proxy {shown}{said}", f"Check the network, or unset {name}"
    )


def proxy_wants_a_password() -> NetworkError:
    return NetworkError(
        "the proxy asks for a name and a password",
        "Put them into its address: HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT",
    )


# From the special to the general: the first that fits explains.
KINDS: tuple[tuple[Kind, Explanation], ...] = (
    (aws.ProxyConnectionError, _proxy),
    (aws.SSLError, _tls),
    (aws.ConnectTimeoutError, _network("{host} could not be reached in time", _ONLINE)),
    (aws.ReadTimeoutError, _network("{host} did not answer in time", _ONLINE)),
    (aws.EndpointConnectionError, _network("could not connect to {host}", _ONLINE)),
    (
        aws.ConnectionClosedError,
        _network("{host} closed the connection without an answer", _ONLINE),
    ),
    (
        (aws.IncompleteReadError, aws.ResponseStreamingError),
        _network("the answer of {host} broke off", _ONLINE),
    ),
    (aws.ConnectionError, _network("could not connect to {host}", _ONLINE)),
    (
        aws.HTTPClientError,  # its words may hold a proxy's password, or a header with a token
        _network("the connection failed ({kind})", "Check the endpoint and proxy settings"),
    ),
)
