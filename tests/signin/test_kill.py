"""A token save that is killed, or fails, at any point."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import thorough
from tests.conftest import SSOENV, World, need
from tests.signin.people import leftovers
from tests.signin.test_refresh import DUE, EXPIRED, held, refreshes

ROOT = Path(__file__).parents[2]


class Saver:
    """See ``saver.py``."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.signin.saver"],
            env=world.environment(PYTHONPATH=None),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def refresh(self, mode: str, at: int) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{mode} {at}\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def calls(self, lifetime: float) -> list[str]:
        """The calls of one refresh that goes well, not the first: that makes the lock's file."""
        for _ in range(2):
            self.world.sign_in(lifetime=lifetime)
            answer = self.refresh("count", 0)
        made: list[str] = answer["made"]
        assert made.count("write") == 2  # the reserve, and the content
        assert made.count("replace") == 1
        return made


@pytest.fixture
def saver(world: World) -> Iterator[Saver]:
    found = Saver(world)
    yield found
    found.process.communicate()


def is_good(world: World, text: str) -> bool:
    return world.idc.live_session(text) is not None


@pytest.mark.parametrize("lifetime", [DUE, EXPIRED])
def test_killed_at_any_call_the_file_is_the_old_or_the_new_one(
    saver: Saver, lifetime: float
) -> None:
    """The next run works, and clears away what the dead one left. Only who dies with the new
    token in memory, before it was written anywhere, takes an expired sign-in along."""
    world = saver.world
    calls = saver.calls(lifetime)
    in_memory = (calls.index("answer") + 1, calls.index("ftruncate"))
    for at in thorough.half(range(1, len(calls) + 1)):
        # A note of a refusal would be read, too: calls that were not counted.
        shutil.rmtree(world.home / ".aws" / "ssoenv" / "refused", ignore_errors=True)
        world.sign_in(lifetime=lifetime)
        old = held(world)
        assert saver.refresh("kill", at)["status"] == -9
        after = held(world)
        assert after == old or is_good(world, after["accessToken"]), at
        following = saver.refresh("count", 0)
        if lifetime == DUE or not in_memory[0] <= at <= in_memory[1]:
            assert is_good(world, following["token"]), (at, calls[at - 1], following)
        else:
            assert following["said"].endswith("Run: ssoenv login dev"), at
        assert leftovers(world) == [], at


FAILURES = [(DUE, "ENOSPC"), (EXPIRED, "EROFS"), (DUE, "EROFS"), (EXPIRED, "ENOSPC")]


@pytest.mark.parametrize(("lifetime", "error"), FAILURES[: 4 if thorough.WANTED else 2])
def test_failing_at_any_call_nothing_is_lost_that_could_be_kept(
    saver: Saver, error: str, lifetime: float
) -> None:
    """The file is the old or the new one; no temporary file stays; an unexpired token serves; and
    an error before the refresh token is spent spends nothing."""
    world = saver.world
    calls = saver.calls(lifetime)
    reserved = calls.index("fsync") + 1
    for at in thorough.half(range(1, len(calls) + 1)):
        world.sign_in(lifetime=lifetime)
        old, spent = held(world), refreshes(world)
        ended = saver.refresh(error, at)
        after = held(world)
        assert after == old or is_good(world, after["accessToken"]), at
        assert ended["status"] == 0
        assert leftovers(world) == [] or calls[at - 1] == "unlink", at
        if ended["token"]:
            assert is_good(world, ended["token"]), at
        else:
            assert lifetime == EXPIRED
            helps = ("Run: ssoenv login dev", "Make room there, or make it writable")
            assert ended["said"].endswith(helps), ended
            assert at <= reserved
            assert refreshes(world) == spent, (at, calls[at - 1])
        if refreshes(world) > spent and at <= reserved:
            assert after["accessToken"] == ended["token"], (at, calls[at - 1])


POINTS = ["flock:1", "fsync:1", "fsync:3", "ftruncate:1", "rename:1"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: strace")
@pytest.mark.parametrize("point", POINTS)
def test_killed_by_the_system_at_a_call_of_the_whole_command(world: World, point: str) -> None:
    """The same with the real command and real system calls."""
    strace = need("strace", "strace")
    call, when = point.split(":")
    world.sign_in(lifetime=DUE)
    old = held(world)
    inject = f"inject={call}:signal=KILL:when={when}"
    killed = world.command(
        [
            strace,
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            f"trace={call}",
            "-e",
            inject,
            SSOENV,
            "dev",
        ],
        PYTHONDONTWRITEBYTECODE="1",
    )
    if "ptrace" in killed.err:
        pytest.skip("needs the right to trace processes")
    assert killed.code in (-9, 137), killed
    assert killed.out == ""
    after = held(world)
    assert after == old or is_good(world, after["accessToken"])
    assert world.run("dev", "--refresh").code == 0  # and so it writes each file again
    assert leftovers(world) == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: strace")
@pytest.mark.parametrize("point", ["fsync:1:ENOSPC", "fsync:1:EROFS", "rename:1:EROFS"])
def test_refused_by_the_system_at_a_call_of_the_whole_command(world: World, point: str) -> None:
    strace = need("strace", "strace")
    call, when, error = point.split(":")
    world.sign_in(lifetime=DUE)
    old = held(world)
    inject = f"inject={call}:error={error}:when={when}"
    result = world.command(
        [
            strace,
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            f"trace={call}",
            "-e",
            inject,
            SSOENV,
            "dev",
        ],
        PYTHONDONTWRITEBYTECODE="1",
    )
    if "ptrace" in result.err:
        pytest.skip("needs the right to trace processes")
    assert result.code == 0, result
    assert "could not be saved in ~/.aws/sso/cache" in result.err
    assert held(world) == old
    assert refreshes(world) == (0 if call == "fsync" else 1)
    assert leftovers(world) == []
