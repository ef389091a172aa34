"""Whatever stands in place of a sign-in: exit 4, and the very command to type."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ssoenv.demo import home
from tests.conftest import World, assert_fails

LOGIN = {"dev": "demo", "prod": "demo", "legacy": None}


def moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def token_file(town: World, profile: str) -> Path:
    return town.token_file(LOGIN[profile] or town.idc.start_url)


@pytest.mark.parametrize("profile", LOGIN)
def test_without_a_sign_in_the_command_to_type_is_named(town: World, profile: str) -> None:
    token_file(town, profile).unlink()
    assert_fails(town.run(profile), 4, "not signed in", f"Run: ssoenv login {profile}\n")


@pytest.mark.parametrize(
    ("name", "typed"), [("it's mine", "'it'\"'\"'s mine'"), ("--debug", "--profile=--debug")]
)
def test_a_profile_with_a_strange_name_can_be_typed_as_the_command_says(
    town: World, name: str, typed: str
) -> None:
    town.add_config(
        f'[profile "{name}"]\nsso_session = demo\nsso_account_id = 111122223333\n'
        "sso_role_name = Developer\n"
    )
    token_file(town, "dev").unlink()
    assert_fails(town.run(f"--profile={name}"), 4, f"Run: ssoenv login {typed}\n")


@pytest.mark.parametrize("profile", ["dev", "legacy"])
def test_an_expired_sign_in_is_said_to_have_expired(town: World, profile: str) -> None:
    town.sign_in(lifetime=-60, refreshable=False)
    calls = len(town.idc.calls)
    assert_fails(town.run(profile), 4, "has expired", f"ssoenv login {profile}\n")
    assert len(town.idc.calls) == calls


TEXTS: dict[str, object] = {
    "empty": b"",
    "truncated": b'{"accessToken": "a',
    "object": {},
    "list": [],
    "null": None,
    "number": 5,
    "binary": b"\x00\xff\xfe\x80",
    "nested": b"[" * 100_000,
    "no token": {"expiresAt": moment(3600)},
    "no expiry": {"accessToken": "a"},
    "token null": {"accessToken": None, "expiresAt": moment(3600)},
    "token empty": {"accessToken": "", "expiresAt": moment(3600)},
    "token number": {"accessToken": 5, "expiresAt": moment(3600)},
    "token list": {"accessToken": ["a"], "expiresAt": moment(3600)},
    "token with line break": {"accessToken": "a\r\nHost: b", "expiresAt": moment(3600)},
    "expiry null": {"accessToken": "a", "expiresAt": None},
    "expiry number": {"accessToken": "a", "expiresAt": 5},
    "expiry garbage": {"accessToken": "a", "expiresAt": "soon"},
    "expiry impossible": {"accessToken": "a", "expiresAt": "9999-99-99T99:99:99Z"},
}


@pytest.mark.parametrize("defect", TEXTS)
def test_a_broken_file_is_no_sign_in(town: World, defect: str) -> None:
    content = TEXTS[defect]
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    token_file(town, "dev").write_bytes(raw)
    calls = len(town.idc.calls)
    assert_fails(town.run("dev"), 4, "Run: ssoenv login dev\n")
    assert len(town.idc.calls) == calls


THINGS: dict[str, Callable[[Path], object]] = {
    "folder": lambda path: path.mkdir(),
    "FIFO": os.mkfifo,
    "circular link": lambda path: path.symlink_to(path),
    "link to nothing": lambda path: path.symlink_to("/no/such"),
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("thing", THINGS)
def test_what_is_no_file_is_no_sign_in(town: World, thing: str) -> None:
    path = token_file(town, "dev")
    path.unlink()
    THINGS[thing](path)
    assert_fails(town.run("dev"), 4, "Run: ssoenv login dev\n")


def test_a_folder_that_is_none_is_no_sign_in(town: World) -> None:
    for path in town.tokens.iterdir():
        path.unlink()
    town.tokens.rmdir()
    town.tokens.write_text("in the way")
    assert_fails(town.run("dev"), 4, "Run: ssoenv login dev\n")


@pytest.mark.parametrize(
    "written",
    [
        "%Y-%m-%dT%H:%M:%SZ",
        "%Y-%m-%dT%H:%M:%SUTC",
        "%Y-%m-%dT%H:%M:%S+00:00",
        "%Y-%m-%dT%H:%M:%S.5Z",
        "%Y-%m-%dT%H:%M:%S",
    ],
)
def test_every_way_to_write_the_expiry_is_read(town: World, written: str) -> None:
    token = town.idc.issue_token()
    token["expiresAt"] = time.strftime(written, time.gmtime(time.time() + 3600))
    home.sign_in(str(town.home), town.idc, token=token)
    assert town.run("dev").code == 0


def test_unknown_fields_are_no_defect(town: World) -> None:
    token: dict[str, object] = {**town.idc.issue_token(), "new": {"from": ["the", "future"]}}
    home.sign_in(str(town.home), town.idc, token=token)  # type: ignore[arg-type]
    assert town.run("dev").code == 0


def test_a_token_the_portal_no_longer_knows(town: World) -> None:
    token = home.sign_in(str(town.home), town.idc, token=town.idc.issue_token(refreshable=False))
    town.idc.revoke(token["accessToken"])
    assert_fails(town.run("dev"), 4, "no longer accepted", "Run: ssoenv login dev\n")
