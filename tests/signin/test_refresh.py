"""Refreshing a sign-in: at most once, by whoever comes first, without losing it."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable

import pytest

from ssoenv.demo import home
from tests import thorough
from tests.conftest import SSOENV, Result, World, need
from tests.signin.people import leftovers

EXPIRED = -60.0
DUE = 10 * 60.0  # not expired, but little enough that a refresh is due

MANY = 20


def start(world: World, command: list[str], **changes: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=world.environment(**changes),
        cwd=world.home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[bytes]) -> Result:
    out, err = process.communicate(timeout=120)
    return Result(subprocess.CompletedProcess(process.args, process.returncode, out, err))


def refreshes(world: World) -> int:
    return world.idc.count("CreateToken", "refresh_token")


def held(world: World) -> dict[str, str]:
    """What the token file of ``dev`` holds."""
    found: dict[str, str] = json.loads(world.token_file().read_text())
    return found


def asks_aws(*profiles: str) -> list[list[str]]:
    """Commands that need the token, whatever the role cache holds."""
    return [[SSOENV, profile, "--refresh"] for profile in profiles]


@pytest.mark.parametrize("round", range(3 if thorough.WANTED else 1))
def test_twenty_at_once_with_an_expired_token_refresh_once(world: World, round: int) -> None:
    """The refresh token is good for one use, so a second refresh would end the session."""
    world.sign_in(lifetime=EXPIRED)
    results = world.at_once(*[[name, "--refresh"] for name in ["dev", "prod"] * (MANY // 2)])
    assert [result.code for result in results] == [0] * MANY, results
    assert refreshes(world) == 1
    assert {result.err for result in results} == {""}
    assert leftovers(world) == []


TEN_OF_BOTO3 = """\
import boto3, os, sys
processes = []
for _ in range(10):
    processes.append(os.fork())
    if not processes[-1]:
        client = boto3.Session(profile_name="dev").client("sts")
        print("ready", flush=True)
        sys.stdin.read()
        try:
            client.get_caller_identity()
        except Exception:
            os._exit(1)
        os._exit(0)
print([os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in processes])
"""


def test_ten_of_ours_never_lose_to_ten_clients_that_take_no_lock(world: World) -> None:
    """boto3 spends the refresh token while ours try to: they find the new token that it saves."""
    world.sign_in(lifetime=EXPIRED)
    world.idc.fault("CreateToken", delay=2)
    theirs = start(world, [sys.executable, "-c", TEN_OF_BOTO3])
    assert theirs.stdout and theirs.stdin
    assert [theirs.stdout.readline() for _ in range(10)] == [b"ready\n"] * 10
    theirs.stdin.close()
    theirs.stdin = None
    assert world.idc.wait_for("CreateToken", 10)
    ours = [start(world, command) for command in asks_aws("dev")]
    assert world.idc.wait_for("CreateToken", 11)  # the first of ours is bound to be refused
    ours += [start(world, command) for command in asks_aws(*["dev"] * 9)]
    results = [finish(process) for process in ours]
    boto3 = json.loads(finish(theirs).out)
    assert [result.code for result in results] == [0] * 10, results
    assert len(boto3) == 10 and 0 in boto3, boto3


def test_a_token_with_time_left_is_not_refreshed(world: World) -> None:
    world.sign_in(lifetime=16 * 60)
    assert world.run("dev").code == 0
    assert refreshes(world) == 0


@pytest.mark.parametrize("lifetime", [EXPIRED, DUE])
def test_a_refresh_changes_only_what_it_must(world: World, lifetime: float) -> None:
    """Unknown fields survive; the file keeps its place and the AWS CLI's form."""
    world.sign_in(lifetime=lifetime)
    before = {**held(world), "someoneElses": {"field": [1, 2]}}
    world.token_file().write_text(json.dumps(before))
    assert world.run("dev").code == 0
    after = held(world)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"accessToken", "expiresAt", "refreshToken"}
    assert list(after) == list(before)


def test_an_answer_without_a_refresh_token_keeps_the_old_one(world: World) -> None:
    world.sign_in(lifetime=EXPIRED)
    old = held(world)["refreshToken"]
    world.idc.send_refresh_token = False
    assert world.run("dev").code == 0
    assert held(world)["refreshToken"] == old


@pytest.mark.parametrize(
    "missing", ["refreshToken", "clientId", "clientSecret", "registrationExpiresAt"]
)
def test_without_all_it_takes_nothing_is_spent(world: World, missing: str) -> None:
    world.sign_in(lifetime=EXPIRED)
    fields = held(world)
    del fields[missing]
    world.token_file().write_text(json.dumps(fields))
    result = world.run("dev")
    assert result.code == 4
    assert result.err == 'ssoenv: the sign-in to "demo" has expired. Run: ssoenv login dev\n'
    assert refreshes(world) == 0


def test_an_expired_registration_cannot_refresh(world: World) -> None:
    token = world.idc.issue_token(EXPIRED, registration_lifetime=-1)
    world.sign_in()
    world.sign_out()
    home.sign_in(str(world.home), world.idc, token=token)
    assert world.run("dev").code == 4
    assert refreshes(world) == 0


def refuse(world: World) -> None:
    world.idc.fault("CreateToken", error="InvalidGrantException")


def fall_over(world: World) -> None:
    world.idc.fault("CreateToken", status=503)


def babble(world: World) -> None:
    world.idc.fault("CreateToken", body=b"<html>log in to the Wi-Fi</html>")


def be_gone(world: World) -> None:
    world.idc.fault("CreateToken", hang_up=True)


@pytest.mark.parametrize(
    ("trouble", "code"), [(refuse, 4), (fall_over, 7), (babble, 7), (be_gone, 6)]
)
def test_when_a_refresh_fails_an_unexpired_token_still_serves(
    world: World, trouble: Callable[[World], None], code: int
) -> None:
    """And an expired one ends with the reason. Either way the file stays as it was."""
    for lifetime, expected in ((DUE, 0), (EXPIRED, code)):
        world.sign_in(lifetime=lifetime)
        before = world.token_file().read_bytes()
        trouble(world)
        result = world.run("dev", "--refresh")
        assert result.code == expected, result
        assert world.token_file().read_bytes() == before
        assert leftovers(world) == []


def test_a_refresh_without_an_answer_leaves_time_to_use_the_old_token(world: World) -> None:
    world.sign_in(lifetime=DUE)
    world.idc.fault("CreateToken", hang=True)
    result = world.run("dev", SSOENV_TIMEOUT="6")
    assert result.code == 0, result
    assert refreshes(world) == 1
    assert len(leftovers(world)) == 1  # that of the process which still waits for the answer


def test_a_token_that_the_portal_refuses_is_refreshed_once(world: World) -> None:
    """It has hours left, but somebody has ended it at Identity Center."""
    world.sign_in()
    world.idc.revoke(held(world)["accessToken"])
    assert world.run("dev").code == 0
    assert refreshes(world) == 1
    assert world.idc.count("GetRoleCredentials") == 2


def test_a_session_that_is_over_needs_a_sign_in(world: World) -> None:
    home.sign_in(str(world.home), world.idc)
    world.idc.revoke(held(world)["accessToken"], refresh_token_too=True)
    result = world.run("dev")
    assert (result.code, refreshes(world)) == (4, 1)
    assert result.err.endswith("Run: ssoenv login dev\n")


def test_what_another_terminal_signs_in_to_meanwhile_is_used(world: World) -> None:
    """Also where the token that was refused could not be refreshed."""
    world.sign_in(refreshable=False)
    world.idc.fault("GetRoleCredentials", status=401, times=1, delay=2)
    process = start(world, *asks_aws("dev"))
    assert world.idc.wait_for("GetRoleCredentials")
    world.sign_in(refreshable=False)
    result = finish(process)
    assert (result.code, result.err) == (0, "")


def test_a_symbolic_link_is_followed(world: World) -> None:
    """Somebody keeps their tokens on an encrypted disk."""
    world.sign_in(lifetime=EXPIRED)
    target = world.home / "elsewhere"
    target.mkdir()
    world.token_file().rename(target / "token")
    world.token_file().symlink_to(target / "token")
    assert world.run("dev").code == 0
    assert world.token_file().is_symlink()
    assert json.loads((target / "token").read_text())["expiresAt"] == held(world)["expiresAt"]
    assert refreshes(world) == 1
    assert world.run("dev", "--refresh").code == 0
    assert refreshes(world) == 1


def test_a_file_open_to_others_is_closed_with_a_word(world: World) -> None:
    world.sign_in(lifetime=EXPIRED)
    world.token_file().chmod(0o644)
    result = world.run("dev")
    assert result.code == 0
    assert "was readable by others; it is now private (0600)" in result.err
    assert stat.S_IMODE(world.token_file().stat().st_mode) == 0o600


HOLD = """\
import fcntl, os, sys, time
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""


def hold_lock(world: World) -> subprocess.Popen[bytes]:
    """A process that holds the token's lock."""
    lock = str(world.token_file()) + ".lock"
    process = start(world, [sys.executable, "-c", HOLD, lock])
    assert process.stdout
    assert process.stdout.readline() == b"held\n"
    return process


def test_when_the_holder_of_the_lock_is_killed_the_next_goes_on(world: World) -> None:
    world.sign_in(lifetime=EXPIRED)
    holder = hold_lock(world)
    ours = start(world, [SSOENV, "dev"], SSOENV_TIMEOUT="600")
    with pytest.raises(subprocess.TimeoutExpired):
        ours.wait(1)
    holder.kill()
    holder.communicate()
    assert finish(ours).code == 0
    assert refreshes(world) == 1


def test_a_lock_that_is_never_given_back_does_not_hold_us_for_ever(world: World) -> None:
    """An unexpired token still serves; an expired one ends with the reason, in good time."""
    world.sign_in(lifetime=DUE)
    holder = hold_lock(world)
    result = world.run("dev", SSOENV_TIMEOUT="5")
    assert result.code == 0
    assert "has held" in result.err
    world.sign_in(lifetime=EXPIRED)
    result = world.run("dev", "--refresh", SSOENV_TIMEOUT="5")
    assert result.code == 6, result  # a new sign-in would not help
    assert "Try again" in result.err
    assert "has held" in result.err
    assert refreshes(world) == 0
    holder.kill()
    holder.communicate()


def test_a_lock_that_leads_elsewhere_is_not_followed(world: World) -> None:
    world.sign_in(lifetime=EXPIRED)
    (world.tokens / (world.token_file().name + ".lock")).symlink_to(world.home / "victim")
    result = world.run("dev")
    assert result.code == 4
    assert "~/.aws/sso/cache" in result.err
    assert not (world.home / "victim").exists()
    assert refreshes(world) == 0


MOUNTS = {
    "read-only": "mount --bind {0} {0} && mount -o remount,ro,bind {0}",
    "full": "rm -rf {0}.kept && cp -a {0} {0}.kept && mount -t tmpfs -o size=8k none {0} "
    "&& cp -a {0}.kept/. {0}",
}


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: mount namespaces")
@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("lifetime", [EXPIRED, DUE])
def test_what_cannot_be_saved_is_not_spent(world: World, mount: str, lifetime: float) -> None:
    """On a really read-only, and on a really full, file system."""
    unshare = need("unshare", "util-linux")
    world.sign_in(lifetime=lifetime)
    alone = [unshare, "--mount"] if os.geteuid() == 0 else [unshare, "--mount", "--map-root-user"]
    prepare = MOUNTS[mount].format(world.tokens)
    if world.command([*alone, "sh", "-c", prepare]).code != 0:
        pytest.skip("needs the right to mount in a namespace of its own")
    before = world.token_file().read_bytes()
    result = world.command([*alone, "sh", "-c", f"{prepare} && exec {SSOENV} dev"])
    assert refreshes(world) == 0, result
    assert world.token_file().read_bytes() == before
    assert "could not be saved in ~/.aws/sso/cache" in result.err
    assert result.code == (4 if lifetime == EXPIRED else 0), result
    if lifetime == EXPIRED:
        assert result.err.endswith(". Make room there, or make it writable\n")
