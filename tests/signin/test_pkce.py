"""Proof Key for Code Exchange, and what Identity Center is asked in the browser."""

import base64
import hashlib
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssoenv.aws import clients
from ssoenv.cache.tokens import SignIn
from ssoenv.errors import ServiceError
from ssoenv.signin import browser, oidc
from ssoenv.signin.oidc import Oidc, Registration

VERIFIER_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


def test_the_example_of_rfc_7636_comes_out_right() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert oidc.challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@given(st.text(VERIFIER_LETTERS, min_size=43, max_size=128))
def test_a_challenge_is_the_unpadded_digest_of_its_verifier(verifier: str) -> None:
    challenge = oidc.challenge_of(verifier)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", challenge)
    assert base64.urlsafe_b64decode(challenge + "=") == hashlib.sha256(verifier.encode()).digest()


def test_verifiers_are_valid_and_never_the_same() -> None:
    made = {oidc.new_verifier() for _ in range(2000)}
    assert len(made) == 2000
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier) for verifier in made)


@given(
    client_id=st.text(min_size=1, max_size=40).filter(str.isprintable),
    state=st.text(VERIFIER_LETTERS, min_size=20, max_size=60),
    scopes=st.none() | st.lists(st.text(VERIFIER_LETTERS + ":", min_size=1), max_size=4),
)
def test_the_address_carries_every_part_unchanged(
    client_id: str, state: str, scopes: list[str] | None
) -> None:
    """Whatever the parts hold, the address is one that may be opened, and they come out of it."""
    wanted = SignIn(
        "s", "https://x.awsapps.com/start", "eu-west-1", scopes and tuple(scopes), store="files"
    )
    service = Oidc(wanted, SESSION)
    service.endpoint = lambda: "https://oidc.eu-west-1.amazonaws.com"  # type: ignore[method-assign]
    uri = "http://127.0.0.1:12345/oauth/callback"
    address = service.authorize_url(Registration(client_id, "", ""), uri, state, "c" * 43)
    assert browser.check(address, (service.endpoint(),)) == address
    assert urlsplit(address).path == "/authorize"
    assert parse_qs(urlsplit(address).query, strict_parsing=True) == {
        "response_type": ["code"],
        "client_id": [client_id],
        "redirect_uri": [uri],
        "state": [state],
        "code_challenge_method": ["S256"],
        "scopes": [" ".join(scopes or ["sso:account:access"])],
        "code_challenge": ["c" * 43],
    }


SESSION = clients.open_session()


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [
        ("us-east-1", "https://oidc.us-east-1.amazonaws.com"),
        ("cn-north-1", "https://oidc.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "https://oidc.us-gov-west-1.amazonaws.com"),
    ],
)
def test_the_endpoint_is_the_one_of_the_partition(
    region: str, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_SSO_OIDC", raising=False)
    assert (
        Oidc(SignIn("s", "https://x", region, store="files"), clients.open_session()).endpoint()
        == endpoint
    )


AWS = ("https://oidc.eu-west-1.amazonaws.com", "https://mycorp.awsapps.com/start")
MINIATURE = ("http://127.0.0.1:8080", "https://demo.awsapps.com/start")


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("https://oidc.eu-west-1.amazonaws.com/authorize?x=y", AWS),
        ("https://device.sso.eu-west-1.amazonaws.com/?user_code=AB-CD", AWS),
        ("https://device.sso.cn-north-1.amazonaws.com.cn/", AWS),
        ("https://mycorp.awsapps.com/start/#/device?user_code=AB-CD", AWS),
        ("https://ssoins-1234.portal.eu-west-1.app.aws/device", AWS),
        ("http://127.0.0.1:8080/device?user_code=AB-CD", MINIATURE),
    ],
)
def test_pages_of_aws_may_be_opened(address: str, hosts: tuple[str, ...]) -> None:
    assert browser.check(address, hosts) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "device",
        "http://oidc.eu-west-1.amazonaws.com/authorize",
        "http://127.0.0.1:8080/device",
        "https://evil.example/",
        "https://evil.example/?https://mycorp.awsapps.com",
        "https://mycorp.awsapps.com.evil.example/",
        "https://awsapps.com@evil.example/",
        "https://user:pw@mycorp.awsapps.com/",
        "https://evilawsapps.com/",
        "https://bucket.s3.amazonaws.com/",
        "https://device.sso.evil.amazonaws.com.evil.example/",
        "https://x.execute-api.us-east-1.amazonaws.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "--version",
        "https://mycorp.awsapps.com/ --new-window",
        "https://mycorp.awsapps.com/$(touch x)`x`",
        "https://mycorp.awsapps.com/\x1b]0;x\x07",
        "https://mycorp.awsapps.com/\n",
        "https://mycorp.awsapps.com:port/",
        "https://myc\u043erp.awsapps.com/",
        "https://[::1/",
        'https://mycorp.awsapps.com/"x',
    ],
)
def test_no_other_page_is_opened(address: str) -> None:
    with pytest.raises(ServiceError):
        browser.check(address, AWS)
