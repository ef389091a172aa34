"""What must hold for any bytes at all: of a file, or of an answer.

Each oracle takes bytes, shows them to the program within this process and raises
``AssertionError`` if it does not either say what is wrong in one line, with one of the documented
exit codes, or come to what botocore or json themselves make of them. Other exceptions are
tracebacks that a person would see. ``HOME`` is a home with the demo's profiles, signed in.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.credentials import create_credential_resolver
from botocore.exceptions import BotoCoreError

from ssoenv.aws import cache_key, profile
from ssoenv.aws.clients import client, open_session
from ssoenv.cache import entries, index, role_keys, tokens
from ssoenv.cache.role_keys import Credentials
from ssoenv.config import editor
from ssoenv.credentials import fetch
from ssoenv.environment import shells, variables
from ssoenv.errors import BUG, SsoenvError
from ssoenv.signin.oidc import DEVICE, Oidc
from ssoenv.signin.refresh import own
from tests.aws import probe
from tests.faults.scene import CONFIG, CREDENTIALS, ENTRY, KEY, TOKEN


def path(name: str) -> str:
    return os.path.join(os.environ["HOME"], name)


def put(name: str, content: bytes) -> None:
    with open(path(name), "wb") as file:
        file.write(content)


def get(name: str) -> bytes:
    with open(path(name), "rb") as file:
        return file.read()


def refusal(work: Callable[[], Any]) -> tuple[Any, SsoenvError | None]:
    """What ``work`` returns, or the well-formed error that it raises."""
    try:
        return work(), None
    except SsoenvError as error:
        assert 2 <= error.exit_code <= 8 and error.exit_code != BUG
        line = error.line()
        assert line.startswith("ssoenv: ") and line.isprintable(), line
        return None, error


# Config and credentials files


def config(content: bytes, keys: bytes | None = None, names: tuple[str, ...] = ("dev", "x")) -> int:
    """Whatever the config says, ssoenv means the identity that botocore means, or none. Returns
    how many it understood."""
    put(CONFIG, content)
    if keys is None:
        if os.path.exists(path(CREDENTIALS)):
            os.unlink(path(CREDENTIALS))
    else:
        put(CREDENTIALS, keys)
    understood = 0
    for name in names:
        ours, error = refusal(lambda name=name: _ours(name))
        if error is None:
            assert ours == botocores(name), (name, ours)
            understood += ours is not None
    return understood


def _ours(name: str) -> str | None:
    """Which identity ssoenv takes a profile for: an entry of the role cache, or static keys."""
    found = profile.load(name)
    if found.kind not in ("sso", "chain"):
        section = found.session.get_scoped_config()
        if {"credential_process", "web_identity_token_file"} & section.keys():
            return None  # nothing runs here, and nobody is asked
        return fetch.credentials(found).credentials.access_key_id
    key = probe.key_of(found)
    assert key in (None, cache_key.key_of(found, found.session.full_config["profiles"][name]))
    return key


class _Asked(BaseException):
    pass


class _Recorder:
    """A cache that only wants to know the key."""

    def __contains__(self, key: str) -> bool:
        raise _Asked(key)


def botocores(name: str) -> str | None:
    """The same, by botocore's own chain of providers."""
    session = botocore.session.Session(profile=name)
    try:
        resolver = create_credential_resolver(session, cache=_Recorder())
        found = resolver.load_credentials()
        return found.get_frozen_credentials().access_key if found else None
    except _Asked as asked:
        return str(asked)
    except (BotoCoreError, ValueError):
        return None


def edit(content: bytes) -> None:
    """Editing any file keeps what others wrote, and can be undone to the byte."""
    put(CREDENTIALS, content)

    def add(document: editor.Document) -> None:
        section = document.section("mine") or document.add_section("mine")
        section.set({"aws_access_key_id": "A", "region": "b"})

    changed, error = refusal(lambda: editor.edit(path(CREDENTIALS), add))
    after = get(CREDENTIALS)
    if error is not None or not changed:
        assert after == content
        return
    before = editor.Document(content, CREDENTIALS)
    now = editor.Document(after, CREDENTIALS)
    assert now.section("mine").settings()["aws_access_key_id"] == "A"
    kept = {section.name: section.settings() for section in now.sections}
    for section in before.sections:
        assert section.name == "mine" or kept[section.name] == section.settings()
    if before.section("mine") is None:
        assert after.startswith(content)


# Caches


def token_file(content: bytes) -> None:
    put(TOKEN, content)
    key = os.path.basename(TOKEN).removesuffix(".json")
    found = tokens.read(entries.Entry(entries.TOKEN, key))
    if found is None:
        return
    assert found.text == json.loads(content)["accessToken"]
    assert found.text.isascii() and found.text.isprintable()
    assert isinstance(found.refreshable(), bool)
    assert isinstance(found.seconds_left(), float)


def key_file(content: bytes) -> None:
    put(KEY, content)
    found = role_keys.read(os.path.basename(KEY).removesuffix(".json"), role_keys.FILES)
    if found is not None:
        held = json.loads(content)["Credentials"]
        whole_answer(found.named("dev", "eu-central-1"), held["AccessKeyId"])


def index_file(content: bytes, key: str) -> None:
    """Any index is known to be wrong, or leads to the keys of dev."""
    put(ENTRY, content)
    os.chmod(path(ENTRY), 0o600)
    found = index.credentials("dev")
    if found is not None:
        assert found.access_key_id == key
        whole_answer(found, key)


def whole_answer(answer: Credentials, key: str) -> None:
    """It can be printed for a shell, and a child can have it."""
    assert answer.access_key_id == key
    changes = variables.to_use(answer, {})
    text = shells.SHELLS["bash"].render(changes)
    assert text.encode().endswith(b"\n}\n") and f"AWS_ACCESS_KEY_ID='{key}'" in text
    for name, value in changes:
        os.fsencode(f"{name}={value}")


# Answers


class _Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.body


def answered(session: Any, operation: str, status: int, body: bytes) -> None:
    """Let ``session`` get this answer, from no server at all."""

    def answer(request: Any, **_: Any) -> AWSResponse:
        headers = {"content-type": "application/json", "content-length": str(len(body))}
        return AWSResponse(request.url, status, headers, _Raw(body))

    session.register(f"before-send.*.{operation}", answer)
    if operation == "CreateToken":
        Refresher.session = session


class Refresher:
    """``aws.clients`` for a refresh: its session is the one that was last told what to answer."""

    session: Any = None
    client = staticmethod(client)

    @classmethod
    def open_session(cls) -> Any:
        return cls.session


GOOD = {"accessKeyId": "ASIAGOOD", "secretAccessKey": "s", "sessionToken": "t"}


def portal(status: int, body: bytes) -> None:
    """GetRoleCredentials is answered so."""
    found = profile.load("dev")
    answered(found.session, "GetRoleCredentials", status, body)
    answered(found.session, "CreateToken", 400, b'{"error": "invalid_grant"}')
    got, error = refusal(lambda: fetch.credentials(found, refresh=True))
    if error is None:
        assert status < 300
        held = json.loads(body)["roleCredentials"]
        _same(got.credentials, [held[name] for name in GOOD])


def sts(status: int, body: bytes) -> None:
    """AssumeRole is answered so."""
    found = profile.load("prod")
    good = json.dumps({"roleCredentials": {**GOOD, "expiration": 4102444800000}}).encode()
    answered(found.session, "GetRoleCredentials", 200, good)
    answered(found.session, "AssumeRole", status, body)
    got, error = refusal(lambda: fetch.credentials(found, refresh=True))
    if error is None:
        assert status < 300
        texts = {
            one.tag.rpartition("}")[2]: one.text for one in ElementTree.fromstring(body).iter()
        }
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        _same(got.credentials, [texts[name] for name in names])


def _same(got: Credentials, held: list[Any]) -> None:
    assert [got.access_key_id, got.secret_access_key, got.session_token] == held
    assert got.seconds_left() > 0
    whole_answer(got.named("x", None), held[0])


def renewal(status: int, body: bytes) -> None:
    """CreateToken is answered so when an expired sign-in is to be renewed."""
    found = profile.load("dev")
    before = get(TOKEN)
    shutil.rmtree(path(".aws/ssoenv/refused"), ignore_errors=True)  # a token refused before
    answered(found.session, "CreateToken", status, body)
    got, error = refusal(lambda: own(found.sign_in, path(TOKEN), found.session))
    if error is None:
        held = json.loads(body)
        assert status < 300 and got.text == held["accessToken"]
        assert json.loads(get(TOKEN))["accessToken"] == got.text
    elif get(TOKEN) != before:  # all that is of use in the answer is the new refresh token
        held = json.loads(body)
        assert status < 300 and json.loads(get(TOKEN)) == {
            **json.loads(before),
            "refreshToken": held["refreshToken"],
        }
    put(TOKEN, before)
    assert not [name for name in os.listdir(os.path.dirname(path(TOKEN))) if "tmp" in name]


def sign_in(operation: str, status: int, body: bytes) -> None:
    """A step of a sign-in by device code is answered so."""
    wanted = profile.load("dev").sign_in
    session = open_session()
    good = {"clientId": "a", "clientSecret": "b", "clientSecretExpiresAt": 4102444800}
    answered(session, operation, status, body)
    answered(session, "RegisterClient", 200, json.dumps(good).encode())

    def ask() -> Any:
        from ssoenv.signin.flow import _explained
        from ssoenv.signin.oidc import Refused

        service = Oidc(wanted, session)
        try:
            return service.start_device(service.registration(DEVICE))
        except Refused as refused:
            raise _explained(refused, wanted) from refused

    refusal(ask)
