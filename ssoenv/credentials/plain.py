"""The hourly renewal of a plain SSO role with one GET, without botocore.

Every hook, ``credential-process`` and ``eval`` pays for a renewal once an hour, before the command
that was typed, and two thirds of that time is the import of botocore. So a full run keeps what
botocore resolved for a profile with an SSO role: the URL of its GetRoleCredentials, the bundle of
certificates, the User-Agent, and a fingerprint of everything that affects them. While that holds
and the access token is good, the same GET is sent by the standard library.

Only an answer with status 200 that holds whole credentials counts. Anything else, and anything
odd, is None: the full way starts, with its own words, retries and exit codes. A refresh token is
never spent here.
"""

import hashlib
import http.client
import os
import ssl
import sys
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ssoenv.cache import role_keys, tokens
from ssoenv.cache.index import Snapshot, path_of_plain
from ssoenv.cache.role_keys import REUSE_SECONDS, Credentials
from ssoenv.cache.tokens import SignIn
from ssoenv.system import clock, deadline, files, paths, quick_json, urls

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 10.0
_LONGEST_ANSWER = 1 << 20  # bytes; an honest one has about 2 KiB
_PAUSE_SECONDS = 1.0  # after a 429 without Retry-After
_END_OF_TIME = 253402300800  # epoch seconds of the year 10000

WITHOUT_A_SAY = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCOUNT_ID",
)
"""What ssoenv itself sets. None of them changes how the portal is asked, in the region of the
sign-in and with its token."""


def credentials(
    profile: str,
    min_ttl: float = REUSE_SECONDS,
    *,
    with_notice: bool = False,
    confirmed: bool = True,
) -> Credentials | None:
    """New credentials of ``profile`` with ``min_ttl`` seconds left, also saved in the role cache;
    None if only the full way can tell. It then has what is left of the deadline. ``with_notice``,
    ``confirmed``: see ``index.credentials``."""
    began = time.monotonic()
    try:
        return deadline.Deadline().run(lambda: _renew(profile, min_ttl, with_notice, confirmed))
    except Exception:
        return None  # whatever it was, the full way meets it again and names it
    finally:
        deadline.spend(time.monotonic() - began)


def remember(
    profile: str,
    key: str,
    region: str | None,
    sign_in: SignIn,
    request: tuple[str, str],
    bundle: str,
    seen: Snapshot,
    has_notice: bool,
    confirm: bool,
    others: Iterable[SignIn] = (),
    store: str = role_keys.FILES,
) -> None:
    """Keep how the credentials of ``profile`` were asked for.

    ``request``: URL and User-Agent of the GetRoleCredentials that gave them. ``bundle``: the file
    or folder of certificates that botocore trusted. ``seen``: from before the config was read.
    ``has_notice``, ``confirm``: see ``index.remember``. ``others``: the other names of ``sign_in``.
    ``store``: that of the keys.
    """
    url, user_agent = request
    query = urlsplit(url)
    if query.username or not seen.settled or not urls.is_private(url):
        return
    import botocore

    library = os.path.dirname(botocore.__file__)
    try:
        fingerprint = _fingerprint(seen, library, bundle)
    except OSError:
        return  # certificates that are not there, which only https would need
    entry: dict[str, str | int | None] = {
        "fingerprint": fingerprint,
        "key": key,
        "region": region,
        "session_name": sign_in.session_name,
        "start_url": sign_in.start_url,
        "sso_region": sign_in.region,
        "url": url,
        "user_agent": user_agent,
        "library": library,
        "bundle": bundle,
        "has_notice": int(has_notice),
        "confirm": int(confirm),
        "others": " ".join(f"{tokens.entry_of(one).key}.json" for one in others),
    }
    if store != role_keys.FILES or sign_in.store != role_keys.FILES:
        entry |= {"store": store, "token_store": sign_in.store}
    try:
        files.write_private(path_of_plain(profile), quick_json.dumps(entry).encode())
    except OSError:
        pass  # only slower


def _fingerprint(seen: Snapshot, library: str, bundle: str) -> str:
    """Everything that affects where and how the portal is asked, as hexadecimal digits: variables
    may hold secrets."""
    facts: list[object] = [seen.fingerprint, sys.prefix]
    facts += [
        (name, value)
        for name, value in sorted(os.environ.items())
        if name == "REQUESTS_CA_BUNDLE"
        or (name.startswith(("AWS_", "BOTO")) and name not in WITHOUT_A_SAY)
    ]
    # A newer botocore or a certifi that comes or goes changes the folder that they lie in.
    for path in (os.path.dirname(library), os.path.join(library, "__init__.py"), bundle):
        found = os.stat(path)
        facts.append((path, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns))
    return hashlib.sha256(repr(facts).encode("utf-8", "surrogateescape")).hexdigest()


def _renew(profile: str, min_ttl: float, with_notice: bool, confirmed: bool) -> Credentials | None:
    """Raises anything."""
    entry = files.read_object(path_of_plain(profile))
    library, bundle = str(entry["library"]), str(entry["bundle"])
    if _has_own_models() or entry["fingerprint"] != _fingerprint(Snapshot(), library, bundle):
        return None
    if (with_notice and entry.get("has_notice")) or (entry["confirm"] and not confirmed):
        return None
    key, region = str(entry["key"]), entry["region"]
    owner = (profile, None if region is None else str(region))
    store, token_store = (str(entry.get(n, role_keys.FILES)) for n in ("store", "token_store"))
    cached = role_keys.read(key, store)
    if cached is not None and cached.seconds_left() >= min_ttl:  # only the index was unusable
        cached.guarded = bool(entry["confirm"])
        return cached.named(*owner)
    url = str(entry["url"])
    if tokens.given() or _may_have_a_proxy(url) or not role_keys.can_write(key, store):
        return None
    session_name = entry["session_name"]
    sign_in = SignIn(
        None if session_name is None else str(session_name),
        str(entry["start_url"]),
        str(entry["sso_region"]),
        store=token_store,
    )
    others = [name.removesuffix(".json") for name in str(entry["others"]).split()]
    token = tokens.live(sign_in, others)
    if token is None:
        return None
    content = _get(url, token.text, str(entry["user_agent"]), bundle)
    found = None if content is None else _parsed(content, url)
    if found is None or found.seconds_left() < min_ttl:
        return None
    role_keys.entry_of(key, store).write(_as_botocore_saves(found))
    found.guarded = bool(entry["confirm"])
    return found.named(*owner)


def _has_own_models() -> bool:
    return bool(os.environ.get("AWS_DATA_PATH")) or os.path.exists(paths.aws("models"))


def _may_have_a_proxy(url: str) -> bool:
    """By botocore's rule, which is that of ``urllib``; elsewhere than on Linux the system's
    settings count, too."""
    if sys.platform == "linux":
        names = [name for name in os.environ if name.lower().endswith("_proxy")]
        if all(name.lower() == "no_proxy" or not os.environ[name] for name in names):
            return False
    from urllib.request import getproxies, proxy_bypass

    where = urlsplit(url)
    return where.scheme in getproxies() and not proxy_bypass(where.netloc)


def _get(url: str, token: str, user_agent: str, bundle: str) -> bytes | None:
    """The body of an answer with status 200, else None. Raises anything."""
    where = urlsplit(url)
    connection: http.client.HTTPConnection
    if where.scheme == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and host name
        is_folder = os.path.isdir(bundle)
        context.load_verify_locations(
            cafile=None if is_folder else bundle, capath=bundle if is_folder else None
        )
        connection = http.client.HTTPSConnection(
            where.netloc, timeout=_CONNECT_SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection(where.netloc, timeout=_CONNECT_SECONDS)
    try:
        connection.connect()
        connection.sock.settimeout(_READ_SECONDS)
        headers = {"x-amz-sso_bearer_token": token, "User-Agent": user_agent}
        connection.request("GET", f"{where.path}?{where.query}", headers=headers)
        answer = connection.getresponse()
        content = answer.read(_LONGEST_ANSWER + 1)
        if answer.status == 429:
            time.sleep(_pause(answer.getheader("Retry-After")))
        if answer.status != 200 or len(content) > _LONGEST_ANSWER:
            return None
        return content
    finally:
        connection.close()


def _pause(retry_after: str | None) -> float:
    """Seconds to wait after a 429, so that the full way is not refused as well."""
    is_number = retry_after is not None and retry_after.isdecimal()
    return float(retry_after) if retry_after is not None and is_number else _PAUSE_SECONDS


def _parsed(content: bytes, url: str) -> Credentials | None:
    """Whole credentials, by the same checks as ``answers.check_answer``, else None."""
    answer: Any = quick_json.loads(content.decode())["roleCredentials"]
    end = answer["expiration"]
    if isinstance(end, bool) or not isinstance(end, int | float):
        return None
    if not 0 <= end / 1000 < _END_OF_TIME or not answer["sessionToken"]:
        return None
    (account_id,) = parse_qs(urlsplit(url).query)["account_id"]
    return Credentials(
        answer["accessKeyId"],
        answer["secretAccessKey"],
        answer["sessionToken"],
        int(end / 1000),
        account_id,
    )


def _as_botocore_saves(found: Credentials) -> bytes:
    """The content of the role cache's file, as botocore and the AWS CLI write it."""
    assert found.expiration is not None
    keys = {
        "AccessKeyId": found.access_key_id,
        "SecretAccessKey": found.secret_access_key,
        "SessionToken": found.session_token,
        "Expiration": clock.zulu(found.expiration),
        "AccountId": found.account_id,
    }
    return f'{{"ProviderType": "sso", "Credentials": {quick_json.dumps(keys)}}}'.encode()
