"""Sign-ins beyond the table's rows: how a login is to be typed, and which files are good."""

import time

import pytest

from ssoenv.demo import home
from tests.conftest import World, assert_fails


@pytest.mark.parametrize("profile", ["dev", "prod", "legacy"])
def test_without_a_sign_in_the_command_to_type_is_named(shared_world: World, profile: str) -> None:
    shared_world.sign_out()
    assert_fails(shared_world.run(profile), 4, "not signed in", f"Run: ssoenv login {profile}\n")


@pytest.mark.parametrize(
    ("name", "typed"), [("it's mine", "'it'\"'\"'s mine'"), ("--debug", "--profile=--debug")]
)
def test_a_profile_with_a_strange_name_can_be_typed_as_the_command_says(
    shared_world: World, name: str, typed: str
) -> None:
    shared_world.add_config(
        f'[profile "{name}"]\nsso_session = demo\nsso_account_id = 111122223333\n'
        "sso_role_name = Developer\n"
    )
    shared_world.sign_out()
    assert_fails(shared_world.run(f"--profile={name}"), 4, f"Run: ssoenv login {typed}\n")


@pytest.mark.parametrize("profile", ["dev", "legacy"])
def test_an_expired_sign_in_is_said_to_have_expired(shared_world: World, profile: str) -> None:
    shared_world.sign_in(lifetime=-60, refreshable=False)
    calls = len(shared_world.idc.calls)
    assert_fails(shared_world.run(profile), 4, "has expired", f"ssoenv login {profile}\n")
    assert len(shared_world.idc.calls) == calls


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
def test_every_way_to_write_the_expiry_is_read(shared_world: World, written: str) -> None:
    token = shared_world.idc.issue_token()
    token["expiresAt"] = time.strftime(written, time.gmtime(time.time() + 3600))
    home.sign_in(str(shared_world.home), shared_world.idc, token=token)
    assert shared_world.run("dev").code == 0
