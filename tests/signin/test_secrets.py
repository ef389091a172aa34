"""No secret leaves by any way but the product itself and the two caches."""

import base64
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Result, World
from tests.signin.people import Browser, Person

Run = Callable[[World, Browser], list[Result | Person]]


class Watch:
    """Looks at every process of this machine while it lasts."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.002):
            for entry in os.listdir("/proc"):
                if entry.isdecimal():
                    try:
                        with open(f"/proc/{entry}/cmdline", "rb") as file:
                            self.seen.add(file.read())
                    except OSError:
                        continue


def secrets_of(world: World) -> set[str]:
    """Every secret that the miniature has handed out or been given."""
    found: set[str] = set()
    for session in list(world.idc.sessions.values()):
        found |= {session.access_token, session.refresh_token or session.access_token}
    for keys in world.idc.keys.values():
        found |= {keys.secret_access_key, keys.session_token or keys.secret_access_key}
    for client in world.idc._oidc.clients._known.values():
        found.add(client.client_secret)
    for call in world.idc.calls:
        for name in ("code", "codeVerifier", "deviceCode", "refreshToken", "clientSecret"):
            found |= {call.params[name]} if name in call.params else set()
        token = call.headers.get("x-amz-sso_bearer_token")
        found |= {token} if token else set()
    return {secret for secret in found if len(secret) > 8}


def forms_of(secret: str) -> Iterator[bytes]:
    """A secret, and the pieces and disguises it may show in."""
    yield secret.encode()
    yield secret[:24].encode()
    yield base64.b64encode(secret.encode())[:24]
    yield json.dumps(secret)[1:-1].encode()


def sign_in_by_browser(world: World, browser: Browser) -> list[Result | Person]:
    return [
        world.run("login", "dev", "-v", "--debug", **browser.environ),
        world.run("login", "legacy", "--debug", **browser.environ),
    ]


def sign_in_by_code(world: World, browser: Browser) -> list[Result | Person]:
    return [world.run("login", "dev", "--device-code", "-v", "--debug")]


def sign_in_on_the_way(world: World, browser: Browser) -> list[Result | Person]:
    person = Person(world, "exec", "dev", "-v", "--debug", "--", "true", **browser.environ)
    assert person.end() == 0
    return [person]


def refresh(world: World, browser: Browser) -> list[Result | Person]:
    world.sign_in(lifetime=-60)
    world.token_file().chmod(0o644)
    return [
        world.run("exec", "dev", "-v", "--debug", "--", "true"),
        world.run("status", "dev", "--verify", "-v", "--debug"),
        world.run("logout", "dev", "-v", "--debug"),
    ]


def fail(operation: str, **how: object) -> Run:
    def run(world: World, browser: Browser) -> list[Result | Person]:
        world.sign_in(lifetime=-60)
        world.idc.fault(operation, **how)  # type: ignore[arg-type]
        return [
            world.run("exec", "dev", "-v", "--debug", "--", "true"),
            world.run("login", "dev", "-v", "--debug", **browser.environ),
            world.run("logout", "dev", "-v", "--debug"),
        ]

    return run


WAYS: dict[str, Run] = {
    "browser": sign_in_by_browser,
    "code": sign_in_by_code,
    "on the way": sign_in_on_the_way,
    "refresh": refresh,
    "refused": fail("CreateToken", error="InvalidGrantException"),
    "outage": fail("CreateToken", status=503),
    "babble": fail("CreateToken", body=b"<html>", after=True),
    "hang up": fail("CreateToken", hang_up=True, after=True),
    "no role": fail("GetRoleCredentials", status=403),
    "no logout": fail("Logout", status=500),
}


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: /proc")
@pytest.mark.parametrize("way", WAYS)
def test_secrets_stay_where_they_belong(
    approving: World, browser: Browser, tmp_path: Path, way: str
) -> None:
    """Not on stdout, stderr, the terminal or in --debug's tracebacks; not among the arguments of
    any process; in no file but the AWS CLI's two caches, whatever went wrong."""
    with Watch() as watch:
        ended = WAYS[way](approving, browser)
    secrets = secrets_of(approving)
    assert len(secrets) >= 3
    places: dict[str, bytes] = {f"argv: {line[:60]!r}": line for line in watch.seen}
    for number, one in enumerate(ended):
        shown = one.seen.encode() if isinstance(one, Person) else one.raw + one.err.encode()
        places[f"what run {number} showed"] = shown
    for path in tmp_path.rglob("*"):
        if path.is_file() and not {approving.tokens, approving.roles} & set(path.parents):
            places[str(path)] = path.read_bytes()
    for name, content in places.items():
        for secret in secrets:
            assert not any(form in content for form in forms_of(secret)), (name, content)
