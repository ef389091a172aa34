"""``SSOENV_STORE=none``: nothing is kept."""

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import World, assert_fails
from tests.endpoint.conftest import ask, eventually
from tests.keychain.conftest import assert_no_secret_in_files
from tests.signin.people import Browser, Person

_SHOW_AND_WAIT = """\
import json, os, pathlib, sys, time
shown = pathlib.Path(sys.argv[1])
shown.with_suffix(".new").write_text(json.dumps(dict(os.environ)))
shown.with_suffix(".new").rename(shown)
while not pathlib.Path(sys.argv[2]).exists():
    time.sleep(0.05)
"""


@pytest.fixture
def nothing_kept(world: World) -> World:
    world.environ["SSOENV_STORE"] = "none"
    world.idc.approval = "approve"
    return world


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return Browser(tmp_path / "browser")


def test_the_token_of_the_environment_will_do(nothing_kept: World) -> None:
    token = nothing_kept.idc.issue_token()["accessToken"]
    for _ in range(2):
        assert nothing_kept.run("dev", SSOENV_ACCESS_TOKEN=token).code == 0
    assert nothing_kept.idc.count("GetRoleCredentials") == 2
    assert not (nothing_kept.home / ".aws/cli").exists()
    assert_no_secret_in_files(nothing_kept)


def test_what_files_hold_is_not_used(nothing_kept: World) -> None:
    nothing_kept.sign_in()
    assert nothing_kept.run("dev", SSOENV_STORE="files").code == 0
    assert_fails(nothing_kept.run("dev"), 4, "not signed in")
    assert_fails(nothing_kept.run("dev", "--no-login"), 4, "not signed in")


def test_a_person_signs_in_for_this_one_run(nothing_kept: World, browser: Browser) -> None:
    for visits in (1, 2):
        person = Person(nothing_kept, "exec", "dev", "--", "env", **browser.environ)
        person.expect("AWS_SECRET_ACCESS_KEY=")
        assert person.end() == 0
        assert len(browser.visits) == visits
    assert_no_secret_in_files(nothing_kept)
    assert not (nothing_kept.home / ".aws/ssoenv/index").exists()


def test_there_is_nothing_to_login_for(nothing_kept: World) -> None:
    assert_fails(nothing_kept.run("login", "dev"), 3, "SSOENV_STORE=none", stdout="")
    nothing_kept.add_config("[default]\nssoenv_store = none\n")
    result = nothing_kept.run("login", "dev", SSOENV_STORE=None)
    assert_fails(result, 3, "ssoenv_store = none", stdout="")
    assert "kept for one run only" in nothing_kept.run("status", "dev").out
    assert nothing_kept.run("logout", "dev").code == 0


def test_an_endpoint_keeps_the_sign_in_and_renews(
    nothing_kept: World, browser: Browser, tmp_path: Path
) -> None:
    """Tokens and keys are so short-lived that each renewal spends a refresh token, which the last
    one brought: the endpoint remembers it."""
    world = nothing_kept
    world.idc.token_lifetime = 120
    world.idc.role_lifetime = 4
    shown, over = tmp_path / "shown", tmp_path / "over"
    command = [sys.executable, "-c", _SHOW_AND_WAIT, str(shown), str(over)]
    person = Person(world, "exec", "--endpoint", "dev", "--", *command, **browser.environ)
    try:
        eventually(shown.exists)
        environ = json.loads(shown.read_text())
        where = environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        token = environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        eventually(lambda: world.idc.count("CreateToken", "refresh_token") >= 3)
        answers = {one.status for one in world.idc.calls if one.operation == "CreateToken"}
        assert answers <= {200, None}  # None: one is under way
        world.idc.role_lifetime = 3600
        eventually(lambda: ask(where, token)[0] == 200)
        assert len(browser.visits) == 1
        assert_no_secret_in_files(world)
    finally:
        over.touch()
        assert person.end() == 0
