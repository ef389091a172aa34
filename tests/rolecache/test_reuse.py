"""When a cached role is used, when it is fetched anew, and what is done when that fails."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import SSOENV, World, assert_fails, bound_by_modes

CALL = "GetRoleCredentials"
WRITTEN = "%Y-%m-%dT%H:%M:%SZ"


def cached(town: World) -> Path:
    """The entry of ``dev``, the only one there."""
    [path] = [path for path in town.roles.iterdir() if path.suffix == ".json"]
    return path


def leave(town: World, seconds: float, written: str = WRITTEN) -> str:
    """Make the cached entry of ``dev`` expire in ``seconds``; its access key id."""
    if not town.roles.exists():
        assert town.run("dev").code == 0
    path = cached(town)
    entry = json.loads(path.read_text())
    end = time.gmtime(time.time() + seconds)
    entry["Credentials"]["Expiration"] = time.strftime(written, end)
    path.write_text(json.dumps(entry))
    key: str = entry["Credentials"]["AccessKeyId"]
    return key


def test_a_cached_role_costs_no_call(town: World) -> None:
    for profile, calls in (("dev", [CALL]), ("legacy", [CALL]), ("prod", ["AssumeRole"])):
        before = len(town.idc.calls)
        first = town.variables(profile)
        assert [call.operation for call in town.idc.calls[before:]] == calls
        before = len(town.idc.calls)
        assert town.variables(profile) == first
        assert town.run("exec", profile, "--", "printenv", "AWS_ACCESS_KEY_ID").out == (
            first["AWS_ACCESS_KEY_ID"] + "\n"
        )
        assert len(town.idc.calls) == before


def test_the_source_of_a_chain_is_cached_too(town: World) -> None:
    """The AWS CLI asks for it again with every chained role; its entry does no harm there."""
    before = town.idc.count(CALL)
    assert town.run("prod").code == 0
    for path in town.roles.iterdir():
        if "AssumedRoleUser" in path.read_text():
            path.unlink()
    assert town.run("prod").code == 0
    assert town.run("dev").code == 0
    assert town.idc.count(CALL) == before + 1
    assert town.run("prod", "--refresh").code == 0
    assert town.idc.count(CALL) == before + 2


def test_cached_keys_of_a_source_that_sts_refuses_are_fetched_anew(town: World) -> None:
    """Revoked sessions, say: cached keys would otherwise stand in the way until they expire."""
    assert town.run("dev").code == 0
    town.idc.keys.clear()
    before = town.idc.count(CALL)
    assert town.run("prod").code == 0
    assert town.idc.count(CALL) == before + 1
    town.idc.fault("AssumeRole", error="InvalidClientTokenId")
    calls = town.idc.count("AssumeRole")
    assert_fails(town.run("prod", "--refresh"), 5, "refused the keys")
    assert town.idc.count("AssumeRole") == calls + 1


@pytest.mark.parametrize("written", [WRITTEN, "%Y-%m-%dT%H:%M:%SUTC", "%Y-%m-%dT%H:%M:%S+00:00"])
def test_15_minutes_are_enough_and_less_is_not(town: World, written: str) -> None:
    old = leave(town, 15 * 60 + 20, written)
    assert town.variables("dev")["AWS_ACCESS_KEY_ID"] == old
    leave(town, 15 * 60 - 5, written)
    before = town.idc.count(CALL)
    new = town.variables("dev")["AWS_ACCESS_KEY_ID"]
    assert new != old and town.idc.count(CALL) == before + 1
    assert json.loads(cached(town).read_text())["Credentials"]["AccessKeyId"] == new


@pytest.mark.parametrize(
    ("options", "left", "calls"),
    [
        (["--min-ttl", "30m"], 1700, 1),
        (["--min-ttl", "30m"], 1900, 0),
        (["--min-ttl", "1h"], 3500, 1),
        (["--min-ttl", "60"], 300, 0),
        (["--min-ttl", "60s"], 30, 1),
        (["--min-ttl", "0"], 30, 0),
        (["--refresh"], 3600, 1),
        ([], 3600, 0),
    ],
)
def test_how_much_must_be_left_can_be_chosen(
    town: World, options: list[str], left: float, calls: int
) -> None:
    old = leave(town, left)
    before = town.idc.count(CALL)
    for _ in range(2):  # the warm path must not know better
        leave(town, left)
        assert town.run("dev", *options).code == 0
    assert town.idc.count(CALL) == before + 2 * calls
    assert (json.loads(cached(town).read_text())["Credentials"]["AccessKeyId"] == old) is not calls


FAILURES: dict[str, Callable[[World], object]] = {
    "error": lambda town: town.idc.fault(CALL, status=500),
    "denied": lambda town: town.idc.fault(CALL, status=403),
    "junk": lambda town: town.idc.fault(CALL, body=b"<html>"),
    "hang up": lambda town: town.idc.fault(CALL, hang_up=True),
    "hang": lambda town: town.idc.fault(CALL, hang=True),
    "signed out": lambda town: town.token_file().unlink(),
}
CODES = {"error": 7, "denied": 5, "junk": 7, "hang up": 6, "hang": 6, "signed out": 4}


@pytest.mark.parametrize("failure", FAILURES)
def test_unexpired_ones_are_used_with_a_warning_when_there_are_no_new_ones(
    town: World, failure: str
) -> None:
    old = leave(town, 600)
    FAILURES[failure](town)
    quickly = {"AWS_MAX_ATTEMPTS": "1", "SSOENV_TIMEOUT": "1.5"}
    run = town.run("dev", **quickly)
    assert run.code == 0 and f"AWS_ACCESS_KEY_ID='{old}'" in run.out
    assert run.err.startswith("ssoenv: warning: using credentials that expire in 9m: ")
    assert run.err.count("\n") == 1
    assert_fails(town.run("dev", "--refresh", **quickly), CODES[failure])
    leave(town, -5)
    assert_fails(town.run("dev", **quickly), CODES[failure])


def test_a_short_life_that_aws_gives_is_told(town: World) -> None:
    town.idc.role_lifetime, usual = 300, town.idc.role_lifetime
    try:
        run = town.run("dev")
    finally:
        town.idc.role_lifetime = usual
    assert run.code == 0 and "warning: AWS gave credentials that expire in 4m" in run.err


BROKEN: dict[str, bytes] = {
    "empty": b"",
    "truncated": b'{"ProviderType": "sso", "Credentials": {"AccessKeyId": "ASIA',
    "object": b"{}",
    "list": b"[]",
    "null": b"null",
    "number": b"5",
    "text": b'"text"',
    "binary": b"SQLite format 3\0\xff\xfe",
    "nested": b"[" * 100_000,
    "no credentials": b'{"ProviderType": "sso"}',
    "credentials null": b'{"Credentials": null}',
    "credentials list": b'{"Credentials": []}',
    "credentials empty": b'{"Credentials": {}}',
}
STALE = {
    "AccessKeyId": "ASIASTALE",
    "SecretAccessKey": "stale",
    "SessionToken": "stale",
    "Expiration": "2999-01-01T00:00:00Z",
}
for encoding in ("utf-8-sig", "utf-16"):  # the AWS CLI stumbles over these
    BROKEN[encoding] = json.dumps({"Credentials": STALE}).encode(encoding)
for field in STALE:
    for what, value in {
        "missing": ...,
        "null": None,
        "list": [1],
        "number": 1,
        "bad": "\n",
        "half a character": "stale\ud800",
    }.items():
        held: dict[str, object] = {**STALE, field: value}
        whole = {"Credentials": {name: it for name, it in held.items() if it is not ...}}
        BROKEN[f"{field} {what}"] = json.dumps(whole).encode()


@pytest.mark.parametrize("defect", BROKEN)
def test_a_broken_entry_is_a_miss_that_heals(town: World, defect: str) -> None:
    assert town.run("dev").code == 0
    path = cached(town)
    path.write_bytes(BROKEN[defect])
    before = town.idc.count(CALL)
    healed = town.run("dev")
    assert (healed.code, healed.err) == (0, "")
    assert "STALE" not in healed.out
    assert town.run("dev").out == healed.out
    assert town.idc.count(CALL) == before + 1
    assert path.read_bytes() != BROKEN[defect]


def a_folder(path: Path) -> None:
    path.mkdir()
    (path / "of somebody").write_text("precious")


THINGS: dict[str, Callable[[Path], object]] = {
    "folder": a_folder,
    "FIFO": os.mkfifo,
    "circular link": lambda path: path.symlink_to(path),
    "link to nothing": lambda path: path.symlink_to(path.with_suffix(".elsewhere")),
    "link to a folder": lambda path: path.symlink_to(path.parent),
    "link to a FIFO": lambda path: (
        os.mkfifo(path.parent.parent / "fifo"),
        path.symlink_to("../fifo"),
    ),
    "unreadable": lambda path: path.touch(mode=0),
}


@pytest.mark.parametrize("thing", THINGS)
def test_what_is_no_file_is_a_miss_that_heals(town: World, thing: str) -> None:
    assert town.run("dev").code == 0
    path = cached(town)
    path.unlink()
    THINGS[thing](path)
    before = town.idc.count(CALL)
    command = [*bound_by_modes(), SSOENV, "dev"]
    healed = town.command(command)
    assert (healed.code, healed.err) == (0, "")
    assert town.command(command).out == healed.out
    assert town.idc.count(CALL) == before + 1
    assert thing != "link to a FIFO" or (town.roles.parent / "fifo").is_fifo()  # as a device
    assert thing != "folder" or [*town.roles.glob("*/of somebody")]  # moved away, not removed


def test_a_link_to_a_good_entry_is_followed(town: World) -> None:
    """Some people keep these files elsewhere; the link stays one."""
    assert town.run("dev").code == 0
    path = cached(town)
    elsewhere = town.home / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    before = town.idc.count(CALL)
    assert town.run("dev").code == 0
    assert town.idc.count(CALL) == before
    assert town.run("dev", "--refresh").code == 0
    assert path.is_symlink() and json.loads(elsewhere.read_text())["ProviderType"] == "sso"


def test_the_clis_own_database_and_other_files_are_left_alone(town: World) -> None:
    town.roles.mkdir(parents=True)
    strangers = {"session.db": b"SQLite format 3\0\xff", "x.json": b"{", "y.json": b"[]"}
    for name, content in strangers.items():
        (town.roles / name).write_bytes(content)
    assert town.run("dev").code == 0
    assert town.run("prod").code == 0
    assert {name: (town.roles / name).read_bytes() for name in strangers} == strangers


def test_a_cache_that_cannot_be_written_costs_a_warning(town: World) -> None:
    town.roles.mkdir(parents=True)
    town.roles.chmod(0o500)
    run = town.command([*bound_by_modes(), SSOENV, "dev"])
    assert run.code == 0 and run.out.startswith("{\nexport AWS_ACCESS_KEY_ID=")
    assert run.err.startswith("ssoenv: warning: role credentials could not be kept")
    assert "Permission denied" in run.err and run.err.count("\n") == 1
    town.roles.rmdir()
    town.roles.write_text("in the way")
    run = town.run("prod")
    assert run.code == 0 and "could not be kept" in run.err
    assert town.roles.read_text() == "in the way"


def test_a_full_disk_costs_a_warning_and_no_old_entry(town: World) -> None:
    old = leave(town, 600)
    run = town.command(["sh", "-c", f"ulimit -f 0; exec {SSOENV} dev"])
    assert run.code == 0 and "could not be kept" in run.err
    assert json.loads(cached(town).read_text())["Credentials"]["AccessKeyId"] == old
    assert len(list(town.roles.iterdir())) == 1


def test_many_at_once_all_succeed_and_leave_one_good_entry(town: World) -> None:
    processes = [
        subprocess.Popen([SSOENV, "dev"], env=town.environment(), stdout=subprocess.PIPE)
        for _ in range(6)
    ]
    printed = {process.communicate()[0].decode() for process in processes}
    assert [process.returncode for process in processes] == [0] * 6
    assert town.run("dev").out in printed
    assert [path.name for path in town.roles.iterdir()] == [cached(town).name]
