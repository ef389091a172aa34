"""Checks of the way to AWS: proxies, and the portals themselves, whose clock is compared."""

import email.utils
import functools
import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from ssoenv.aws import clients, explain, sign_in_settings, transport
from ssoenv.doctor.findings import Finding
from ssoenv.doctor.reading import Home
from ssoenv.errors import SsoenvError
from ssoenv.system import clock
from ssoenv.system.deadline import Deadline

_SECONDS = 12.0
_PROXY_SECONDS = 4.0
_SKEW_SECONDS = 300  # what AWS's signatures allow
_MOST_REGIONS = 4


def proxies(home: Home) -> Iterator[Finding]:
    """Proxies that are not URLs, or at which nobody answers."""
    tried: set[str] = set()
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        value = home.environ.get(name)
        if not value or value in tried:
            continue
        tried.add(value)
        if why := transport.proxy_problem(value):
            yield Finding(f"{name} {why}", f"Correct or unset {name}")
            continue
        try:
            parts = urlsplit(value if "://" in value else f"http://{value}")
            host, port = (
                parts.hostname or "",
                parts.port or (443 if parts.scheme == "https" else 80),
            )
        except ValueError:
            host, port = "", 0
        if not host:
            yield Finding(f"{name} is not the URL of a proxy", f"Correct or unset {name}")
            continue
        try:
            socket.create_connection((host, port), _PROXY_SECONDS).close()
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            yield Finding(
                f"{name} names a proxy at {host}:{port} that cannot be reached: {why}",
                f"Correct or unset {name}",
            )


def reachable(home: Home) -> Iterator[Finding]:
    """Identity Center in every region that the config names: whether it answers, and whether its
    clock and ours agree. It is asked with a token that nobody has, so that it learns nothing."""
    config = home.understood or {}
    ways = {
        (sign_in.region, json.dumps(sign_in_settings.of_network(names, config)[0], sort_keys=True))
        for sign_in, names in sign_in_settings.sign_ins(config).items()
    }
    for region, way in sorted(ways)[:_MOST_REGIONS]:
        home.session.settings = json.loads(way)
        try:
            status, date = Deadline(min(_SECONDS, Deadline().seconds)).run(
                functools.partial(_ask, home, region)
            )
            yield from _judged(region, status, date)
        except SsoenvError as error:
            yield Finding(
                f"Identity Center in {region} cannot be asked: {error.message}",
                error.hint or "Check the network",
            )


def unclear(home: Home) -> Iterator[Finding]:
    """Network settings that the profiles of one sign-in do not have in common."""
    config = home.understood or {}
    for sign_in, names in sign_in_settings.sign_ins(config).items():
        keys = sign_in_settings.of_network(names, config)[1]
        if keys:
            message, _, fix = sign_in_settings.why_unclear(sign_in, keys).partition(". ")
            yield Finding(message, fix, home.config.path)


def _ask(home: Home, region: str) -> tuple[int, str]:
    """The HTTP status of the portal's answer, and its ``Date``. Raises one of ``errors``."""
    with explain.explained("ListAccounts"):
        portal = clients.client(home.session, "sso", region)
        try:
            answer = portal.list_accounts(accessToken="doctor")
        except ClientError as error:
            answer = error.response
    details = answer.get("ResponseMetadata", {})
    return details.get("HTTPStatusCode", 0), details.get("HTTPHeaders", {}).get("date", "")


def _judged(region: str, status: int, date: str) -> Iterator[Finding]:
    if status not in (401, 403, 429):
        yield Finding(
            f"Identity Center in {region} answers with status {status} where it should say 401: "
            "something else may answer in its place",
            "Check proxies, endpoint URLs and whether the network wants you to log in",
        )
        return
    try:
        skew = clock.now() - email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError):
        return
    if abs(skew) > _SKEW_SECONDS:
        direction = "ahead of" if skew > 0 else "behind"
        yield Finding(
            f"this machine's clock is {clock.in_words(abs(skew))} {direction} AWS's: signatures "
            "are refused, and lifetimes are wrong",
            "Set the clock, e.g. by turning on network time",
            check="clock-skew",
        )
