"""A refresh token has been sent and its answer is on the way: whatever happens to the command, the
answer is saved."""

import signal
import threading
import time

import pytest

from tests.conftest import SSOENV, World
from tests.signin.test_refresh import EXPIRED, held, refreshes, start

GIVE_UP_SECONDS = 30.0


def wait_for(world: World, token: dict[str, str]) -> None:
    """Until the file holds another token than ``token``."""
    give_up = time.monotonic() + GIVE_UP_SECONDS
    changed = threading.Event()
    while held(world) == token and time.monotonic() < give_up:
        changed.wait(0.05)
    assert held(world)["refreshToken"] != token["refreshToken"]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_command_and_the_answer_is_saved(world: World, name: str) -> None:
    world.sign_in(lifetime=EXPIRED)
    before = held(world)
    world.idc.fault("CreateToken", delay=2, times=1)
    process = start(world, [SSOENV, "dev", "--refresh"])
    give_up = time.monotonic() + GIVE_UP_SECONDS
    asked = threading.Event()
    while not refreshes(world) and time.monotonic() < give_up:
        asked.wait(0.02)
    process.send_signal(getattr(signal, name))
    process.communicate(timeout=60)
    assert process.returncode in (-getattr(signal, name), 128 + getattr(signal, name))
    wait_for(world, before)
    assert world.run("dev", "--refresh").code == 0
    assert refreshes(world) == 1


@pytest.mark.parametrize("again", [False, True])
def test_an_answer_that_comes_after_a_sign_out_does_not_undo_it(world: World, again: bool) -> None:
    """Nor a new sign-in: who signs out or in waits some seconds for the lock, not for ever."""
    world.sign_in(lifetime=EXPIRED)
    world.idc.fault("CreateToken", delay=3, times=1)
    assert world.run("dev", "--refresh", SSOENV_TIMEOUT="1").code == 6
    assert list(world.tokens.glob("*.ssoenv-tmp"))  # still on its way
    world.token_file().unlink()
    if again:
        world.sign_in()
    meant = held(world) if again else None
    give_up = time.monotonic() + GIVE_UP_SECONDS
    ended = threading.Event()
    while list(world.tokens.glob("*.ssoenv-tmp")) and time.monotonic() < give_up:
        ended.wait(0.05)
    assert refreshes(world) == 1
    assert world.token_file().exists() == again
    assert meant is None or held(world) == meant


def test_an_answer_after_the_deadline_is_saved(world: World) -> None:
    world.sign_in(lifetime=EXPIRED)
    before = held(world)
    world.idc.fault("CreateToken", delay=4, times=1)
    assert world.run("dev", "--refresh", SSOENV_TIMEOUT="2").code == 6
    wait_for(world, before)
    assert world.run("dev", "--refresh").code == 0
    assert refreshes(world) == 1


def test_a_refresh_is_sent_once_however_slow_the_answer(world: World) -> None:
    """botocore would send it again after ten seconds, and the refresh token would be used up."""
    world.sign_in(lifetime=EXPIRED)
    world.idc.fault("CreateToken", delay=11, times=1)
    assert world.run("dev", "--refresh").code == 0
    assert refreshes(world) == 1


@pytest.mark.parametrize("end", ['"soon"', "-1", "null", "[]"])
def test_a_new_refresh_token_is_kept_although_the_rest_of_the_answer_is_of_no_use(
    world: World, end: str
) -> None:
    world.sign_in(lifetime=EXPIRED)
    before = held(world)
    body = f'{{"accessToken": "a", "refreshToken": "new", "expiresIn": {end}}}'
    world.idc.fault("CreateToken", status=200, body=body.encode(), times=1)
    assert world.run("dev", "--refresh").code == 7
    after = held(world)
    assert after == {**before, "refreshToken": "new"}


def test_a_refused_refresh_is_remembered(world: World) -> None:
    """So that ``ssoenv status dev || ssoenv login dev`` signs in."""
    world.sign_in(lifetime=EXPIRED)
    assert world.run("status", "dev").code == 0
    world.idc.fault("CreateToken", error="InvalidGrantException", times=1)
    assert world.run("dev", "--refresh").code == 4
    assert world.run("status", "dev").code == 4
    assert "needs sign-in" in world.run("profiles", "dev").out
