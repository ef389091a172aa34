"""Worlds whose sign-ins are kept in a real Secret Service."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import World
from tests.keychain.service import Service
from tests.signin.people import Browser
from tests.signin.test_secrets import secrets_of

TOKEN = "ssoenv:token:89e495e7941cf9e40e6980d14a16bf023ccd4c91"  # sha1 of "demo"
_SAVE = """\
import sys
from ssoenv.cache import stores
stores.entry("keyring", "token", sys.argv[1]).write(sys.stdin.buffer.read())
"""


@pytest.fixture
def service(world: World, tmp_path: Path) -> Iterator[Service]:
    """The Secret Service of ``world``, unlocked, with nothing in it."""
    pytest.importorskip("secretstorage", reason="needs Linux and: pip install 'ssoenv[keyring]'")
    found = Service(world.home, tmp_path / "run")
    world.environ |= found.environ
    yield found
    found.stop()


@pytest.fixture
def kept(world: World, service: Service) -> World:
    """A world whose session ``demo`` is kept in the keychain, by a setting. Nobody is signed in."""
    text = world.config.read_text()
    setting = "[sso-session demo]\nssoenv_store = keyring\n"
    world.config.write_text(text.replace("[sso-session demo]\n", setting))
    world.idc.approval = "approve"
    return world


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return Browser(tmp_path / "browser")


def save(world: World, lifetime: float) -> dict[str, str]:
    """Put a token that is good for ``lifetime`` seconds into the keychain, as if somebody had
    signed in; what it is."""
    token = world.idc.issue_token(lifetime=lifetime)
    content = json.dumps(token).encode()
    command = [sys.executable, "-c", _SAVE, TOKEN.rpartition(":")[2]]
    result = world.command(command, input=content)
    assert result.code == 0, result
    return token


def assert_no_secret_in_files(world: World) -> None:
    """Search every file below the home for every secret that there has been."""
    secrets = [secret.encode() for secret in secrets_of(world)]
    assert secrets
    for path in world.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [secret for secret in secrets if secret in content], path
