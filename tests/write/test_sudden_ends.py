"""``ssoenv write`` killed, or out of disk space, at every step: the file is the old or the new. And
files that other programs have written by half."""

import re
from pathlib import Path

import pytest

from ssoenv.config import editor
from tests import thorough
from tests.conftest import SSOENV, World, need
from tests.write.test_write import THEIRS, keys_in, path_of, role_of, start_watch

# What touches the file system on the way; each call of each of them is hit in turn.
STEPS = ("write", "fsync", "ftruncate", "rename", "flock", "fchmod")


@pytest.fixture
def ready(signed_in: World) -> World:
    """Role credentials are cached, and the file is somebody else's."""
    assert signed_in.run("write", "dev").code == 0
    path_of(signed_in).write_bytes(THEIRS)
    return signed_in


def traced(world: World, inject: str = "") -> tuple[int, str, list[str]]:
    """Run the command under strace: its exit code, what it said, and the steps it took."""
    log = world.home / "trace"
    command = [need("strace", "strace"), "-f", "-qq", "-o", str(log)]
    command += ["-e", "trace=" + ",".join(STEPS)]
    if inject:
        command += ["-e", inject]
    result = world.command([*command, SSOENV, "write", "dev"])
    assert result.out == ""
    steps = re.findall(r"^\d+ +(\w+)\(", log.read_text(), re.MULTILINE)
    return result.code, result.err, steps


def points(world: World) -> list[tuple[str, int]]:
    """Every step, and which call of its kind it is."""
    code, _, steps = traced(world)
    assert code == 0
    assert {"write", "fsync", "ftruncate", "rename", "flock"} <= set(steps)
    return [(step, n + 1) for step in STEPS for n in range(steps.count(step))]


def is_new(world: World) -> bool:
    """Whether the file is the new one; it must be that or the old one, whole."""
    content = path_of(world).read_bytes()
    if content == THEIRS:
        return False
    assert content.startswith(THEIRS)
    assert role_of(world, keys_in(world)["dev"]) == "Developer"
    return True


def left_over(world: World) -> list[Path]:
    return [path for path in path_of(world).parent.iterdir() if "tmp" in path.name]


def test_a_write_that_is_killed_leaves_the_old_file_or_the_new(ready: World) -> None:
    outcomes = set()
    for step, number in thorough.half(points(ready)):
        path_of(ready).write_bytes(THEIRS)
        code, _, _ = traced(ready, f"inject={step}:signal=KILL:when={number}")
        assert code != 0, (step, number)
        outcomes.add(is_new(ready))
        # The next writer neither waits for the dead one nor leaves its temporary file about.
        assert editor.edit(str(path_of(ready)), lambda document: document.add_section("next"))
        assert left_over(ready) == []
    assert outcomes == {False, True}


def test_a_write_for_which_there_is_no_space_leaves_the_old_file_and_says_so(ready: World) -> None:
    told = 0
    for step, number in points(ready):
        if step in ("flock", "fchmod"):
            continue
        path_of(ready).write_bytes(THEIRS)
        code, said, _ = traced(ready, f"inject={step}:error=ENOSPC:when={number}")
        if not is_new(ready):
            assert code == 8, (step, number, said)
            assert "~/.aws/credentials cannot be written: No space left on device" in said
            told += 1
        assert left_over(ready) == []
    assert told >= 4


@pytest.mark.parametrize("file", ["config", "credentials"])
def test_a_file_that_is_half_written_does_not_end_a_watch(signed_in: World, file: str) -> None:
    signed_in.idc.role_lifetime = 62
    process = start_watch(signed_in, "dev", "--min-ttl", "60s")
    assert process.stderr.readline().startswith("ssoenv: wrote dev")
    assert process.stderr.readline().startswith("ssoenv: watching")
    signed_in.config.with_name(file).write_text("[half")
    assert process.stderr.readline().startswith(f"ssoenv: warning: ~/.aws/{file}")
    process.terminate()
    assert "ssoenv: stopped" in process.communicate(timeout=30)[1]
    assert process.returncode == 0
