"""FIFOs and devices where ssoenv's own files should be: nothing waits for them, and nothing of ours
is made beside them. (The devices are the tests' own: who tries this with /dev/null may lose it.)"""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import World


def device(path: Path) -> None:
    """One like /dev/null."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("needs root, to make a device")


def link_to_device(path: Path) -> None:
    """As in ``~/.aws/credentials -> /dev/null``."""
    folder = path.parent / "devices"
    folder.mkdir()
    device(folder / "null")
    path.symlink_to(folder / "null")


def place_of(world: World, which: str) -> Path:
    return world.token_file() if which == "token" else world.home / ".aws" / which


def run_all(world: World) -> None:
    """Every command that writes. What comes of it is for other tests: none waits, none breaks."""
    world.idc.approval = "approve"
    for arguments in (
        ["dev"],
        ["write", "dev"],
        ["configure", "--session", "demo", "--all", "--yes"],
        ["login", "dev", "--device-code"],
        ["profiles"],
        ["doctor", "--offline"],
        ["logout", "dev"],
        ["logout", "--all"],
    ):
        result = world.run(*arguments, SSOENV_TIMEOUT="5", SSOENV_LOGIN_TIMEOUT="3")
        assert "bug in ssoenv" not in result.err, result


@pytest.mark.parametrize("make", [device, link_to_device])
@pytest.mark.parametrize("which", ["credentials", "config", "token"])
def test_a_device_stays_and_gets_no_neighbours(
    signed_in: World, make: Callable[[Path], None], which: str
) -> None:
    path = place_of(signed_in, which)
    path.unlink(missing_ok=True)
    make(path)
    aim = path.resolve()
    run_all(signed_in)
    assert stat.S_ISCHR(aim.lstat().st_mode)
    beside = [name for name in os.listdir(aim.parent) if name.startswith(aim.name + ".")]
    assert beside == []


@pytest.mark.parametrize("which", ["credentials", "config"])
def test_a_fifo_in_place_of_a_file_gets_no_lock_beside_it(signed_in: World, which: str) -> None:
    path = place_of(signed_in, which)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    run_all(signed_in)
    assert stat.S_ISFIFO(path.lstat().st_mode)
    assert not path.with_name(path.name + ".lock").exists()


@pytest.mark.parametrize("ending", [".lock", ".0123456789ab.ssoenv-tmp"])
@pytest.mark.parametrize("which", ["credentials", "config", "token"])
def test_a_fifo_named_like_a_file_of_ours_holds_nobody_up(
    signed_in: World, which: str, ending: str
) -> None:
    path = place_of(signed_in, which)
    os.mkfifo(path.with_name(path.name + ending))
    signed_in.sign_in(lifetime=-5)
    run_all(signed_in)
    if "tmp" in ending:
        signed_in.sign_in(lifetime=-5)
        assert signed_in.run("dev", "--refresh").code == 0


@pytest.mark.parametrize("place", ["ssoenv/endpoint", "ssoenv/index", "ssoenv/login", "cli/cache"])
def test_a_fifo_in_a_folder_of_ours_holds_nobody_up(signed_in: World, place: str) -> None:
    folder = signed_in.home / ".aws" / place
    folder.mkdir(parents=True, mode=0o700)
    for name in ("x", "0" * 40 + ".json", b"dev".hex(), b"dev".hex() + ".plain"):
        os.mkfifo(folder / name)
    assert signed_in.run("exec", "--endpoint", "dev", "--", "true").code == 0
    assert signed_in.run("dev").code == 0
    assert signed_in.run("dev", "--refresh").code == 0
    run_all(signed_in)
