"""When a cached role is used, when it is fetched again, and what is done when that fails."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import SSOENV, World, assert_fails

CALL = "GetRoleCredentials"
WRITTEN = "%Y-%m-%dT%H:%M:%SZ"


def cached(shared_world: World) -> Path:
    """The entry of ``dev``, the only one there."""
    [path] = [path for path in shared_world.roles.iterdir() if path.suffix == ".json"]
    return path


def leave(shared_world: World, seconds: float, written: str = WRITTEN) -> str:
    """Make the cached entry of ``dev`` expire in ``seconds``; its access key id."""
    if not shared_world.roles.exists():
        assert shared_world.run("dev").code == 0
    path = cached(shared_world)
    entry = json.loads(path.read_text())
    end = time.gmtime(time.time() + seconds)
    entry["Credentials"]["Expiration"] = time.strftime(written, end)
    path.write_text(json.dumps(entry))
    key: str = entry["Credentials"]["AccessKeyId"]
    return key


def test_a_cached_role_costs_no_call(shared_world: World) -> None:
    for profile, calls in (("dev", [CALL]), ("legacy", [CALL]), ("prod", ["AssumeRole"])):
        before = len(shared_world.idc.calls)
        first = shared_world.variables(profile)
        assert [call.operation for call in shared_world.idc.calls[before:]] == calls
        before = len(shared_world.idc.calls)
        assert shared_world.variables(profile) == first
        assert shared_world.run("exec", profile, "--", "printenv", "AWS_ACCESS_KEY_ID").out == (
            first["AWS_ACCESS_KEY_ID"] + "\n"
        )
        assert len(shared_world.idc.calls) == before


def test_the_source_of_a_chain_is_cached_too(shared_world: World) -> None:
    """The AWS CLI asks for it again with every chained role; its entry does no harm there."""
    before = shared_world.idc.count(CALL)
    assert shared_world.run("prod").code == 0
    for path in shared_world.roles.iterdir():
        if "AssumedRoleUser" in path.read_text():
            path.unlink()
    assert shared_world.run("prod").code == 0
    assert shared_world.run("dev").code == 0
    assert shared_world.idc.count(CALL) == before + 1
    assert shared_world.run("prod", "--refresh").code == 0
    assert shared_world.idc.count(CALL) == before + 2


def test_cached_keys_of_a_source_that_sts_refuses_are_fetched_anew(shared_world: World) -> None:
    """Revoked sessions, say: cached keys would otherwise stand in the way until they expire."""
    assert shared_world.run("dev").code == 0
    shared_world.idc.keys.clear()
    before = shared_world.idc.count(CALL)
    assert shared_world.run("prod").code == 0
    assert shared_world.idc.count(CALL) == before + 1
    shared_world.idc.fault("AssumeRole", error="InvalidClientTokenId")
    calls = shared_world.idc.count("AssumeRole")
    assert_fails(shared_world.run("prod", "--refresh"), 5, "refused the keys")
    assert shared_world.idc.count("AssumeRole") == calls + 1


@pytest.mark.parametrize("written", [WRITTEN, "%Y-%m-%dT%H:%M:%SUTC", "%Y-%m-%dT%H:%M:%S+00:00"])
def test_15_minutes_are_enough_and_less_is_not(shared_world: World, written: str) -> None:
    old = leave(shared_world, 15 * 60 + 20, written)
    assert shared_world.variables("dev")["AWS_ACCESS_KEY_ID"] == old
    leave(shared_world, 15 * 60 - 5, written)
    before = shared_world.idc.count(CALL)
    new = shared_world.variables("dev")["AWS_ACCESS_KEY_ID"]
    assert new != old and shared_world.idc.count(CALL) == before + 1
    assert json.loads(cached(shared_world).read_text())["Credentials"]["AccessKeyId"] == new


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
    shared_world: World, options: list[str], left: float, calls: int
) -> None:
    old = leave(shared_world, left)
    before = shared_world.idc.count(CALL)
    for _ in range(2):  # the warm path must not know better
        leave(shared_world, left)
        assert shared_world.run("dev", *options).code == 0
    assert shared_world.idc.count(CALL) == before + 2 * calls
    assert (
        json.loads(cached(shared_world).read_text())["Credentials"]["AccessKeyId"] == old
    ) is not calls


FAILURES: dict[str, Callable[[World], object]] = {
    "error": lambda shared_world: shared_world.idc.fault(CALL, status=500),
    "denied": lambda shared_world: shared_world.idc.fault(CALL, status=403),
    "junk": lambda shared_world: shared_world.idc.fault(CALL, body=b"<html>"),
    "hang up": lambda shared_world: shared_world.idc.fault(CALL, hang_up=True),
    "hang": lambda shared_world: shared_world.idc.fault(CALL, hang=True),
    "signed out": lambda shared_world: shared_world.sign_out(),
}
CODES = {"error": 7, "denied": 5, "junk": 7, "hang up": 6, "hang": 6, "signed out": 4}


@pytest.mark.parametrize("failure", FAILURES)
def test_unexpired_ones_are_used_with_a_warning_when_there_are_no_new_ones(
    shared_world: World, failure: str
) -> None:
    old = leave(shared_world, 600)
    FAILURES[failure](shared_world)
    quickly = {"AWS_MAX_ATTEMPTS": "1", "SSOENV_TIMEOUT": "1.5"}
    run = shared_world.run("dev", **quickly)
    assert run.code == 0 and f"AWS_ACCESS_KEY_ID='{old}'" in run.out
    assert run.err.startswith("ssoenv: warning: using credentials that expire in 9m: ")
    assert run.err.count("\n") == 1
    assert_fails(shared_world.run("dev", "--refresh", **quickly), CODES[failure])
    leave(shared_world, -5)
    assert_fails(shared_world.run("dev", **quickly), CODES[failure])


def test_a_short_life_that_aws_gives_is_told(shared_world: World) -> None:
    shared_world.idc.role_lifetime, usual = 300, shared_world.idc.role_lifetime
    try:
        run = shared_world.run("dev")
    finally:
        shared_world.idc.role_lifetime = usual
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
        "an unpaired surrogate": "stale\ud800",
    }.items():
        held: dict[str, object] = {**STALE, field: value}
        whole = {"Credentials": {name: it for name, it in held.items() if it is not ...}}
        BROKEN[f"{field} {what}"] = json.dumps(whole).encode()


@pytest.mark.parametrize("defect", BROKEN)
def test_a_broken_entry_is_a_miss_that_heals(shared_world: World, defect: str) -> None:
    assert shared_world.run("dev").code == 0
    path = cached(shared_world)
    path.write_bytes(BROKEN[defect])
    before = shared_world.idc.count(CALL)
    healed = shared_world.run("dev")
    assert (healed.code, healed.err) == (0, "")
    assert "STALE" not in healed.out
    assert shared_world.run("dev").out == healed.out
    assert shared_world.idc.count(CALL) == before + 1
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
def test_what_is_no_file_is_a_miss_that_heals(shared_world: World, thing: str) -> None:
    assert shared_world.run("dev").code == 0
    path = cached(shared_world)
    path.unlink()
    THINGS[thing](path)
    before = shared_world.idc.count(CALL)
    healed = shared_world.run("dev", modes_bind=True)
    assert (healed.code, healed.err) == (0, "")
    assert shared_world.run("dev", modes_bind=True).out == healed.out
    assert shared_world.idc.count(CALL) == before + 1
    assert (
        thing != "link to a FIFO" or (shared_world.roles.parent / "fifo").is_fifo()
    )  # as a device
    assert thing != "folder" or [
        *shared_world.roles.glob("*/of somebody")
    ]  # moved away, not removed


def test_a_link_to_a_good_entry_is_followed(shared_world: World) -> None:
    """Some people keep these files elsewhere; the link stays one."""
    assert shared_world.run("dev").code == 0
    path = cached(shared_world)
    elsewhere = shared_world.home / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    before = shared_world.idc.count(CALL)
    assert shared_world.run("dev").code == 0
    assert shared_world.idc.count(CALL) == before
    assert shared_world.run("dev", "--refresh").code == 0
    assert path.is_symlink() and json.loads(elsewhere.read_text())["ProviderType"] == "sso"


def test_the_clis_own_database_and_other_files_are_left_alone(shared_world: World) -> None:
    shared_world.roles.mkdir(parents=True)
    strangers = {"session.db": b"SQLite format 3\0\xff", "x.json": b"{", "y.json": b"[]"}
    for name, content in strangers.items():
        (shared_world.roles / name).write_bytes(content)
    assert shared_world.run("dev").code == 0
    assert shared_world.run("prod").code == 0
    assert {name: (shared_world.roles / name).read_bytes() for name in strangers} == strangers


def test_a_cache_that_cannot_be_written_costs_a_warning(shared_world: World) -> None:
    shared_world.roles.mkdir(parents=True)
    shared_world.roles.chmod(0o500)
    run = shared_world.run("dev", modes_bind=True)
    assert run.code == 0 and run.out.startswith("{\nexport AWS_ACCESS_KEY_ID=")
    assert run.err.startswith("ssoenv: warning: role credentials could not be kept")
    assert "Permission denied" in run.err and run.err.count("\n") == 1
    shared_world.roles.rmdir()
    shared_world.roles.write_text("in the way")
    run = shared_world.run("prod")
    assert run.code == 0 and "could not be kept" in run.err
    assert shared_world.roles.read_text() == "in the way"


def test_a_full_disk_costs_a_warning_and_no_old_entry(shared_world: World) -> None:
    old = leave(shared_world, 600)
    run = shared_world.command(["sh", "-c", f"ulimit -f 0; exec {SSOENV} dev"])
    assert run.code == 0 and "could not be kept" in run.err
    assert json.loads(cached(shared_world).read_text())["Credentials"]["AccessKeyId"] == old
    assert len(list(shared_world.roles.iterdir())) == 1


def test_many_at_once_all_succeed_and_leave_one_good_entry(shared_world: World) -> None:
    results = shared_world.at_once(*[["dev"]] * 6)
    assert [result.code for result in results] == [0] * 6
    printed = {result.out for result in results}
    assert shared_world.run("dev").out in printed
    assert [path.name for path in shared_world.roles.iterdir()] == [cached(shared_world).name]
