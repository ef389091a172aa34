"""The table, second half: what can be wrong on the way, and at AWS."""

import json

import botocore

from tests.faults.fault import FALSE, Fault
from tests.faults.scene import Do
from tests.faults.ways import (
    DUE,
    EXPIRED,
    all_of,
    answers,
    drips,
    endless,
    folder,
    holds,
    keys_left,
    page,
    portal,
    proxy,
    resets,
    says,
    setting,
    stays_silent,
    token_left,
    variable,
    wants_tls,
)

LOG_IN = "Run: ssoenv login dev\n"
SLOW = ("AWS did not answer within 0.3 seconds", "SSOENV_TIMEOUT")
PORTAL_PAGE = "A proxy or a network's log-in page may have answered"
ROLE = 'role "Developer" in account 111122223333'
DEPLOY = 'role "Deploy" in account 444455556666'
IMPATIENT = variable(SSOENV_TIMEOUT="0.3")
UNTRUSTED = ("no trusted connection to https://127.0.0.1", "AWS_CA_BUNDLE")
PASSWORD = "the proxy asks for a name and a password"
OLD = tuple(map(int, botocore.__version__.split(".")[:2])) < (1, 41)  # it compares lengths
CUT = (6, "without an answer") if OLD else (7, PORTAL_PAGE)
NO_PROXY = "could not connect to the proxy http://127.0.0.1:1"
PROD = "ssoenv prod"


def through(address: str) -> Do:
    """A proxy on the way to a portal with TLS."""
    return variable(AWS_ENDPOINT_URL_SSO="{tls}", HTTPS_PROXY=address)


def keys_with(**changes: object) -> bytes:
    """A good answer of the portal, with ``changes`` (``...`` takes a field away)."""
    fields: dict[str, object] = {
        "accessKeyId": "ASIAEXAMPLE",
        "secretAccessKey": "secret",
        "sessionToken": "token",
        "expiration": 4102444800000,  # in 2100: names of tests must not change
        **changes,
    }
    held = {name: value for name, value in fields.items() if value is not ...}
    return json.dumps({"roleCredentials": held}).encode()


def sts_keys_with(**changes: str | None) -> bytes:
    """A good answer of STS, with ``changes`` (None takes a field away)."""
    fields = {
        "AccessKeyId": "ASIAEXAMPLE",
        "SecretAccessKey": "secret",
        "SessionToken": "token",
        "Expiration": "2100-01-01T00:00:00Z",
        **changes,
    }
    held = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items() if text is not None)
    return sts(f"<Credentials>{held}</Credentials>")


def sts(text: str) -> bytes:
    return (
        '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<AssumeRoleResult>{text}</AssumeRoleResult></AssumeRoleResponse>"
    ).encode()


# fmt: off

NETWORKS = [
    Fault("refused", variable(AWS_ENDPOINT_URL_SSO="http://127.0.0.1:1"),
          6, "could not connect to http://127.0.0.1:1. Check the network"),
    Fault("refused by STS", variable(AWS_ENDPOINT_URL_STS="http://127.0.0.1:1"),
          6, "could not connect to http://127.0.0.1:1", PROD, FALSE, "keys"),
    Fault("no such port", variable(AWS_ENDPOINT_URL_SSO="http://127.0.0.1:99999"),
          3, ("AWS_ENDPOINT_URL_SSO", "not a URL")),
    Fault("no such scheme", variable(AWS_ENDPOINT_URL_SSO="ftp://127.0.0.1"),
          3, ("AWS_ENDPOINT_URL_SSO", "not a URL")),
    Fault("DNS: no such host", variable(AWS_ENDPOINT_URL_SSO="https://no-such-host.invalid"),
          6, ("could not connect to", ".invalid")),
    Fault("DNS: a name that is none", variable(AWS_ENDPOINT_URL_SSO="http://a..b"),
          3, "Invalid endpoint: http://a..b"),
    Fault("TLS: nobody vouches for it", portal(wants_tls, "https"),
          6, (*UNTRUSTED, "certificate")),
    Fault("TLS to a port without", variable(AWS_ENDPOINT_URL_SSO="{tls}"), 6, (*UNTRUSTED, "SSL")),
    Fault("TLS: hung up in the handshake", portal(lambda c: c.recv(99), "https"), 6),
    Fault("TLS: silence", all_of(portal(stays_silent, "https"), IMPATIENT), 6, SLOW),
    *(
        Fault(f"TLS: a bundle that is {what}", all_of(
            put("bundle"), variable(AWS_ENDPOINT_URL_SSO="{tls}", AWS_CA_BUNDLE="{home}/bundle")),
            6, ("no trusted", "AWS_CA_BUNDLE"))
        for what, put in {
            "missing": lambda path: lambda scene: None, "a folder": folder,
            "no bundle": lambda path: holds(path, "junk"), "empty": lambda path: holds(path, ""),
        }.items()
    ),
    Fault("proxy: for a token that is not encrypted", variable(
        HTTP_PROXY="http://ana:hunter2@127.0.0.1:1"), 3, ("HTTP_PROXY would send", "NO_PROXY")),
    Fault("a token that is not encrypted", variable(AWS_ENDPOINT_URL_SSO="http://portal.invalid"),
          3, ("AWS_ENDPOINT_URL_SSO is http://portal.invalid", "unencrypted", "https")),
    Fault("proxy: SOCKS", through("socks5://ana:hunter2@h:1"), 6, ("HTTPS_PROXY", "SOCKS")),
    Fault("proxy: a # in its password", through("http://ana:hunter2#@h:1"), 6, "write %2F"),
    Fault("an answer without end", portal(endless), 7, "longer than 1 MiB"),
    Fault("a CA file that is gone", all_of(
        portal(wants_tls, "https"), variable(AWS_CA_BUNDLE="/gone.pem")),
        6, ("AWS_CA_BUNDLE names /gone.pem", "No such file", "unset AWS_CA_BUNDLE")),
    Fault("another endpoint for all services", variable(
        AWS_ENDPOINT_URL="http://127.0.0.1:1", AWS_ENDPOINT_URL_SSO=None),
        6, ("could not connect", "unset AWS_ENDPOINT_URL")),
    Fault("an endpoint of another scheme", variable(AWS_ENDPOINT_URL_SSO="htps://x.invalid"), 3,
        ("AWS_ENDPOINT_URL_SSO is", "htps://x.invalid", "not a URL")),
    Fault("an empty AWS_CA_BUNDLE", variable(AWS_CA_BUNDLE=""), 3, "AWS_CA_BUNDLE is empty"),
    Fault("AWS_MAX_ATTEMPTS that is no number", variable(AWS_MAX_ATTEMPTS="many"),
          3, ('AWS_MAX_ATTEMPTS is "many"', "unset AWS_MAX_ATTEMPTS")),
    Fault("proxy: not there, for TLS", variable(
        AWS_ENDPOINT_URL_SSO="{tls}", HTTPS_PROXY="http://ana:hunter2@127.0.0.1:1"), 6, NO_PROXY),
    Fault("proxy: no such port", variable(HTTP_PROXY="http://ana:hunter2@h:99999"), 6),
    Fault("proxy: no address", variable(HTTP_PROXY="::::"), 6),
    Fault("proxy: wants a password, for TLS", all_of(variable(AWS_ENDPOINT_URL_SSO="{tls}"), proxy(
        page("407 Proxy Authentication Required"), "HTTPS_PROXY")), 6, PASSWORD),
    *(
        Fault(f"proxy: refuses a tunnel with {status}", all_of(
            proxy(page(status), "HTTPS_PROXY"), variable(AWS_ENDPOINT_URL_SSO="{tls}")),
            6, ("refused the connection with status " + status[:3], "HTTPS_PROXY"))
        for status in ("403 Forbidden", "502 Bad Gateway", "504 Gateway Timeout")
    ),
    Fault("proxy: silent", all_of(proxy(stays_silent, "HTTPS_PROXY"),
          variable(AWS_ENDPOINT_URL_SSO="{tls}"), IMPATIENT), 6, SLOW),
    Fault("hang: the portal", all_of(answers("GetRoleCredentials", hang=True), IMPATIENT), 6, SLOW),
    Fault("hang: STS", all_of(answers("AssumeRole", hang=True), IMPATIENT),
          6, SLOW, PROD, FALSE, "keys"),
    Fault("hang: in the middle of an answer", all_of(portal(drips), IMPATIENT), 6, SLOW),
    Fault("hung up", answers("GetRoleCredentials", hang_up=True), 6, "closed the connection"),
    Fault("hung up by STS", answers("AssumeRole", hang_up=True),
          6, "closed the connection", PROD, FALSE, "keys"),
    Fault("reset", portal(resets), 6),
    Fault("another kind of server", portal(says(b"SSH-2.0-x\r\n" * 9)), 6, "closed the connection"),
    Fault("garbage", portal(says(b"\0\xff" * 999)), 6),
    Fault("headers without end", portal(says(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 99999)), 6),
    Fault("a header without end", portal(says(b"HTTP/1.1 200 OK\r\nA: " + b"b" * 99999)), 6),
    Fault("an answer cut short", portal(says(
        b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{")), *CUT),
    Fault("chunks that are none", portal(says(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{")), 6),
    Fault("not packed as it says", portal(page("200 OK", "Content-Encoding: gzip")),
          7, PORTAL_PAGE),
    *(
        Fault(f"redirect {status}", portal(page(f"{status} Elsewhere", "Location: http://a/")),
              7, ("redirection", PORTAL_PAGE))
        for status in (301, 302, 303, 307, 308)
    ),
    Fault("redirect to itself", portal(page("302 Found", "Location: /")), 7, "redirection"),
    Fault("captive portal: a page", portal(page("200 OK")), 7, ("is a web page", PORTAL_PAGE)),
    Fault("captive portal: a page for STS", answers("AssumeRole", body=b"<html><br>Welcome"),
          7, ("AssumeRole is a web page", PORTAL_PAGE), PROD, FALSE, "keys"),
    Fault("captive portal: an empty page", portal(page("200 OK", body=b"")), 7, "is empty"),
    Fault("captive portal: 204", portal(says(b"HTTP/1.1 204 No Content\r\n\r\n")), 7, "is empty"),
    Fault("captive portal: 511", portal(page("511 Network Authentication Required")), 7, "511"),
    Fault("captive portal: a page for a renewal", all_of(
        EXPIRED, answers("CreateToken", body=b"<html>Welcome")), 7, "answer to CreateToken"),
]


def _portal(code: int, says: str | tuple[str, ...], **fault: object) -> Fault:
    what = " ".join(f"{name} {str(value)[:200]}" for name, value in fault.items())
    return Fault(f"GetRoleCredentials: {what}", answers("GetRoleCredentials", **fault), code, says)


def _sts(code: int, says: str, **fault: object) -> Fault:
    what = " ".join(f"{name} {str(value)[-270:]}" for name, value in fault.items())
    return Fault(f"AssumeRole: {what}", answers("AssumeRole", **fault),
                 code, says, PROD, FALSE, "keys")


def _renewal(code: int, says: str | tuple[str, ...], **fault: object) -> Fault:
    what = " ".join(f"{name} {str(value)[:50]}" for name, value in fault.items())
    return Fault(f"CreateToken, expired: {what}", all_of(EXPIRED, answers("CreateToken", **fault)),
                 code, says)


ANSWERS = [
    _portal(7, ("refused GetRoleCredentials with status 400", "sso_account_id"), status=400),
    *(
        Fault(f"GetRoleCredentials: status 401 body {body!r}, whatever is done", answers(
            "GetRoleCredentials", status=401, body=body),
            4, ("refused the access token", LOG_IN), disk="token")
        for body in (b"", b"<html>Welcome", b'{"message":"no"}')
    ),
    Fault("GetRoleCredentials: status 401 before the sign-in is renewed", answers(
        "GetRoleCredentials", status=401, times=1), 0, disk="keys token"),
    _portal(5, (f"you may not use {ROLE}", "ask for access", "ssoenv accounts dev"), status=403),
    _portal(5, f"does not know {ROLE}", status=404),
    _portal(7, ("slow down", "Try again in a minute"), status=429),
    _portal(7, ("problem of its own", "answered 500"), status=500),
    *(_portal(7, ("problem of its own", str(status)), status=status) for status in (502, 503, 504)),
    *(
        _portal(5, f"you may not use {ROLE}", status=403, body=body)
        for body in (b"", b"<html>Welcome</html>", b'{"message":"no"}', b"junk",
                     b'{"message":{"a":1}}')
    ),
    *(
        _portal(7, "status 403 and nothing readable", status=403, body=body)
        for body in (b"[]", b"5", b"null", b"[" * 100_000, b'{"__type":5,"message":5}')
    ),
    *(
        _portal(7, "500. Try again" if body == b"{}" else "500", status=500, body=body)
        for body in (b"{}", b"[]", b'{"__type":5,"message":5}', b'{"message":{"a":1}}', b"\xff")
    ),
    *(
        _portal(7, ("the answer to GetRoleCredentials", said), body=body)
        for body, said in {
            b"": "is empty", b"  \n": "is empty", b"<html>Welcome</html>": "is a web page",
            b"{}": "holds no credentials", b'{"roleCredentials":null}': "holds no credentials",
            b'{"roleCredentials":{}}': "holds no credentials",
            b'{"roleCredentials":[]}': "cannot be understood",
            b'{"roleCredentials":': "holds no credentials", b"null": "is not one that AWS gives",
            b"[]": "is not one that AWS gives", b"5": "is not one that AWS gives",
            b"\xff\xfe\0": "is not one that AWS gives",
            b"[" * 100_000: "is not one that AWS gives",
        }.items()
    ),
    *(
        _portal(7, "cannot be understood" if (field, value) == ("expiration", "")
                else f"lacks {field}", body=keys_with(**{field: value}))
        for field in ("accessKeyId", "secretAccessKey", "sessionToken", "expiration")
        for value in (..., None, "")
    ),
    *(
        _portal(7, f"{field} is not a string", body=keys_with(**{field: value}))
        for field in ("accessKeyId", "sessionToken")
        for value in (5, True, ["x"], {"x": "y"})
    ),
    *(
        _portal(7, f"{field} holds control characters", body=keys_with(**{field: f"Welcome{bad}"}))
        for field, bads in {
            "accessKeyId": "\n", "secretAccessKey": "\n", "sessionToken": "\n\0\x1b\x7f\x9b\ud800",
        }.items()
        for bad in bads
    ),
    *(
        _portal(7, "the answer to GetRoleCredentials", body=keys_with(expiration=moment))
        for moment in (10**30, -1, 316516204800000, [1], "soon", 1e400)
    ),
    _portal(7, ("have already expired", "clock"), body=keys_with(expiration=946684800000)),
    Fault("GetRoleCredentials in a chain: control characters", answers(
        "GetRoleCredentials", body=keys_with(sessionToken="Welcome\n")),
        7, "sessionToken holds control characters", PROD),
    Fault("GetRoleCredentials in a chain: refused", answers("GetRoleCredentials", status=403),
          5, f"you may not use {ROLE}", PROD),
    Fault("keys with a short life", setting("role_lifetime", 300),
          0, "warning: AWS gave credentials that expire in 4m"),
    _sts(5, f"you may not assume {DEPLOY}", status=401),
    _sts(5, f"you may not assume {DEPLOY}", error="AccessDenied"),
    _sts(5, "refused the keys", error="ExpiredToken"),
    _sts(5, "Check this machine's clock", error="SignatureDoesNotMatch"),
    _sts(3, "[profile prod]", error="ValidationError"),
    _sts(7, "slow down", error="Throttling"),
    _sts(7, "AWS STS refused AssumeRole with status 404", status=404),
    _sts(7, "slow down", status=429),
    *(_sts(7, "AWS STS has a problem of its own", status=status) for status in (500, 503)),
    _sts(7, "AssumeRole is empty", body=b""),
    _sts(7, "AssumeRole cannot be understood", body=b"{}"),
    _sts(7, "AssumeRole holds no credentials", body=sts("")),
    _sts(7, "AssumeRole lacks AccessKeyId", body=sts_keys_with(AccessKeyId=None)),
    _sts(7, "lacks SecretAccessKey", body=sts_keys_with(SecretAccessKey="")),
    _sts(7, "lacks SessionToken", body=sts_keys_with(SessionToken="")),
    _sts(7, "SessionToken holds control", body=sts_keys_with(SessionToken="a&#10;b")),
    _sts(7, "lacks Expiration", body=sts_keys_with(Expiration=None)),
    _sts(7, "AssumeRole cannot be understood", body=sts_keys_with(Expiration="soon")),
    _sts(7, "already expired", body=sts_keys_with(Expiration="2001-01-01T00:00:00Z")),
    Fault("CreateToken, expired: refused", all_of(
        EXPIRED, answers("CreateToken", error="InvalidGrantException")),
        4, ("has expired", LOG_IN), "ssoenv env dev", FALSE),
    *(_renewal(7, "Try again in a minute", status=status) for status in (429, 500, 503)),
    _renewal(6, "closed the connection", hang_up=True),
    *(
        _renewal(7, "the answer to CreateToken is not one that Identity Center gives", body=body)
        for body in (b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"accessToken": "a',
                     b'{"accessToken": "a"}', b'{"accessToken": "", "expiresIn": 9}',
                     b'{"accessToken": 5, "expiresIn": 9}', b'{"accessToken": "a", "expiresIn": 0}',
                     b'{"accessToken": "a\\n", "expiresIn": 9}',
                     b'{"accessToken": "a", "expiresIn": 1e300}')
    ),
    *(
        Fault(f"CreateToken, due: {fault}", all_of(DUE, answers("CreateToken", **fault)), 0)
        for fault in ({"status": 500}, {"hang_up": True}, {"body": b"<html>"})
    ),
    *(
        Fault(f"ListAccounts: {str(body)[:50]}", answers("ListAccounts", body=body),
              7, "the answer to ListAccounts", "ssoenv configure --all --yes --session demo")
        for body in (b"", b"<html>Welcome", b"[]", b"null", b"\xff", b"[" * 100_000,
                     b'{"accountList": 5}', b'{"accountList": [5]}',
                     b'{"accountList": [{"accountId": "../.."}]}')
    ),
    *(
        Fault(f"RegisterClient: {str(body)[:50]}", answers("RegisterClient", body=body),
              7, "the answer to RegisterClient", "ssoenv login dev --device-code --force")
        for body in (b"", b"<html>Welcome", b"[]", b"null", b"\xff", b"[" * 100_000, b"{}",
                     b'{"clientId": "a", "clientSecret": "b", "clientSecretExpiresAt": 1e99}')
    ),
    *(
        Fault(f"Logout: {str(fault)[:50]}", answers("Logout", **fault), code, says,
              "ssoenv logout dev", disk="token")
        for fault, code, says in [
            ({"status": 401}, 0, "signed out of"), ({"status": 500}, 7, "could not be told"),
            ({"hang_up": True}, 6, "could not be told"), ({"body": b"<html>"}, 0, "signed out"),
            ({"body": b"[]"}, 0, "signed out"), ({"body": b"[" * 100_000}, 0, "signed out"),
            ({"status": 403, "body": b"[]"}, 7, "could not be told"),
        ]
    ),
    Fault("a token that the portal does not know", token_left(3600, False, accessToken="other"),
          4, ("no longer accepted", LOG_IN)),
    Fault("9 minutes left, and an answer that is none", all_of(
        keys_left(600), answers("GetRoleCredentials", body=b"<html>Welcome")),
        0, "warning: using credentials that expire in 9m: the answer to", disk=""),
]
