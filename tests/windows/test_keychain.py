"""Sign-ins in Windows' Credential Locker, which takes 1,280 characters an item."""

import json
import sys

import pytest

from tests.windows.conftest import Person

pytest.importorskip("keyring", reason="needs the library keyring: pip install 'ssoenv[keyring]'")

KEY = "89e495e7941cf9e40e6980d14a16bf023ccd4c91"  # sha1 of "demo"
SAVE = f"""\
import sys
from ssoenv.cache import stores
stores.entry("keyring", "token", "{KEY}").write(sys.stdin.buffer.read())
"""
SHOW = f"""\
from ssoenv.cache import stores
print(stores.entry("keyring", "token", "{KEY}").read().decode())
"""


@pytest.fixture
def keychain(person: Person) -> Person:
    person.run("logout", "--all")
    person.environ["SSOENV_STORE"] = "keyring"
    return person


def save(person: Person, lifetime: float) -> dict[str, str]:
    """Put a token file of more than 4,000 characters into the Locker, as if somebody had signed in;
    what it is."""
    token = {**person.idc.issue_token(lifetime=lifetime), "padding": "x" * 4000}
    path = person.script("token.json", json.dumps(token))
    program = f"import sys; sys.stdin = open({path!r})\n{SAVE}"
    result = person.command(sys.executable, "-c", program)
    assert result.code == 0, result
    return token


def held(person: Person) -> dict[str, str]:
    result = person.command(sys.executable, "-c", SHOW)
    assert result.code == 0, result
    found: dict[str, str] = json.loads(result.out)
    return found


def test_a_token_of_4000_characters_is_kept_refreshed_and_deleted(keychain: Person) -> None:
    before = save(keychain, -60)
    assert held(keychain) == before
    for _ in range(2):
        result = keychain.run("dev", "--format", "json")
        assert result.code == 0, result
    after = held(keychain)
    assert after["refreshToken"] != before["refreshToken"]
    assert after["padding"] == before["padding"]
    assert not keychain.roles.exists()
    keys = json.loads(result.out)
    secrets = [after["accessToken"], after["refreshToken"], keys["AWS_SECRET_ACCESS_KEY"]]
    for path in (keychain.home / ".aws").rglob("*"):
        if path.is_file():
            content = path.read_text("utf-8", "replace")
            assert not [secret for secret in secrets if secret in content], path
    assert keychain.run("logout", "dev").code == 0
    assert keychain.command(sys.executable, "-c", SHOW).code != 0
    result = keychain.run("dev")
    assert result.code == 4, result
