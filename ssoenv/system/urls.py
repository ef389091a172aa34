"""URLs as they are judged, compared and shown."""

import re
from urllib.parse import urlsplit

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_USER = re.compile(r"^([a-z]+://)?[^/?#]*@", re.IGNORECASE)


def host_of(url: str) -> str:
    """The host of ``url`` in lower case, empty if it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_private(url: str) -> bool:
    """Whether nobody on the way can read what is sent there: https, or http on this machine."""
    scheme, host = url.partition(":")[0].lower(), host_of(url)
    return bool(host) and (scheme == "https" or (scheme == "http" and host in _LOOPBACK))


def plain(url: str) -> str:
    """A start URL without what browsers put behind it."""
    return url.partition("#")[0].rstrip("/")


def same(one: str, other: str) -> bool:
    """Whether two start URLs lead to the same portal, however they are spelled."""
    return _comparable(one) == _comparable(other)


def _comparable(url: str) -> str:
    """``url`` as ``plain``, with scheme and host in lower case: paths may differ by case."""
    found = re.match(r"[^:/?#]+://[^/?#]*", plain(url))
    return found[0].lower() + plain(url)[found.end() :] if found else plain(url)


def shown(url: str) -> str:
    """``url`` without what may be secret in it: user and password, query."""
    return _USER.sub(r"\1", url).partition("?")[0]


def origin(url: str) -> str:
    """Scheme and host of ``url``, as ``shown``."""
    return re.sub(r"^([a-z]+://)?([^/#]*).*", r"\1\2", shown(url), flags=re.IGNORECASE | re.DOTALL)


def is_region(text: str) -> bool:
    """Whether ``text`` has the form of a region as in AWS's host names: eu-central-1,
    us-gov-west-1; or of botocore's substitutes for one: aws-global, fips-us-gov-west-1, local."""
    form = r"(fips-)?[a-z]+(-[a-z]+)*-[0-9]+(-fips)?|(aws-[a-z-]*)?global|local(host)?"
    return re.fullmatch(form, text) is not None
