"""The doctor on caches and permissions, and what it puts right."""

import grp
import json
import os
import socket
import stat
from pathlib import Path

import pexpect
import pytest

from ssoenv.demo import home
from ssoenv.doctor import caches, reading
from tests import terminal
from tests.conftest import SSOENV, World

CORRUPT = {
    "empty": b"",
    "blank": b" \n",
    "cut off": b'{"Credentials": {"AccessKeyId": "AKIAIOSF',
    "binary": b"\0\xff\xfe",
    "a list": b"[]",
    "too deep": b"[" * 100_000,
    "no credentials": b"{}",
    "half": b'{"Credentials": {"AccessKeyId": "a"}}',
    "no end": b'{"accessToken": "secret-token"}',
    "bad end": b'{"accessToken": "secret-token", "expiresAt": "soon"}',
}
ENTRY = "0123456789abcdef0123456789abcdef01234567.json"


@pytest.fixture
def used(signed_in: World) -> World:
    """Signed in, with credentials in the cache, and nothing wrong."""
    assert signed_in.run("dev").code == 0
    result = signed_in.run("doctor", "--offline")
    assert (result.code, result.out) == (0, ""), result
    assert result.err == "ssoenv: nothing is wrong\n"
    return signed_in


def findings(world: World, *arguments: str, code: int = 1) -> list[dict]:
    result = world.run("doctor", "--offline", "--json", *arguments)
    assert result.code == code, result
    return json.loads(result.out)["findings"]


def moved(world: World) -> list[bytes]:
    folder = world.home / ".aws" / "ssoenv" / "moved-away"
    return sorted(path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize("kind", CORRUPT)
def test_corrupt_role_credentials_are_found_and_moved_away(used, kind):
    path = used.roles / ENTRY
    path.write_bytes(CORRUPT[kind])
    path.chmod(0o600)
    (found,) = findings(used)
    assert (found["check"], found["path"]) == ("corrupt-cache", str(path))
    assert found["repairable"]
    assert not found["repaired"]
    (found,) = findings(used, "--fix", code=0)
    assert found["repaired"]
    assert not path.exists()
    assert moved(used) == [CORRUPT[kind]]
    assert findings(used, code=0) == []


@pytest.mark.parametrize("name", ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"])
def test_the_mode_of_what_is_no_file_stays(used, name, tmp_path):
    """/dev/null stands in their place often; root could change its mode for the whole system."""
    path = tmp_path / "no file"
    os.mkfifo(path)
    path.chmod(0o666)
    result = used.run("doctor", "--offline", "--fix", **{name: str(path)})
    assert "chmod" not in result.out, result
    assert stat.S_IMODE(path.stat().st_mode) == 0o666


def test_a_socket_in_the_place_of_a_token_is_moved_away(used, monkeypatch):
    path = used.token_file()
    path.unlink()
    monkeypatch.chdir(path.parent)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path.name)
    (found,) = findings(used, "--fix", code=0)
    assert (found["check"], found["repaired"]) == ("corrupt-cache", True)
    assert not path.exists()


@pytest.mark.parametrize("kind", [kind for kind in CORRUPT if kind != "half"])
def test_corrupt_tokens_are_found(used, kind):
    used.token_file().write_bytes(CORRUPT[kind])
    (found,) = findings(used)
    assert (found["check"], found["path"]) == ("corrupt-cache", str(used.token_file()))
    assert "secret-token" not in json.dumps(found)


def test_what_is_no_cache_entry_is_left_alone(used):
    (used.roles / "session.db").write_bytes(b"SQLite format 3\0")
    (used.roles / "session.db").chmod(0o644)
    (used.tokens / "some-other-tool.json").write_text("not json")
    (used.tokens / "some-other-tool.json").chmod(0o600)
    (used.tokens / ENTRY).write_text('{"clientId": "c", "clientSecret": "s", "expiresAt": "x"}')
    (used.tokens / ENTRY).chmod(0o600)
    assert findings(used, code=0) == []


def test_a_folder_in_place_of_a_cache_file_is_moved_away(used):
    (used.roles / ENTRY).mkdir()
    assert [found["check"] for found in findings(used, "--fix", code=0)] == ["corrupt-cache"]
    assert not (used.roles / ENTRY).exists()


def test_secrets_that_others_may_read_are_made_private(used):
    (entry,) = used.roles.iterdir()
    entry.chmod(0o644)
    used.token_file().chmod(0o640)
    keys = used.home / ".aws" / "credentials"
    keys.write_text("[robot]\naws_access_key_id = AKIAX\naws_secret_access_key = s\n")
    keys.chmod(0o604)
    found = findings(used)
    assert [one["check"] for one in found] == ["permissions"] * 3
    assert {one["path"] for one in found} == {str(used.roles), str(used.tokens), str(keys)}
    findings(used, "--fix", code=0)
    for path in (entry, used.token_file(), keys):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert findings(used, code=0) == []


def test_a_config_without_keys_may_be_read_but_not_written_by_others(used):
    used.config.chmod(0o644)
    assert findings(used, code=0) == []
    used.config.chmod(0o666)
    (used.home / ".aws").chmod(0o777)
    assert {one["path"] for one in findings(used)} == {str(used.config), str(used.config.parent)}
    findings(used, "--fix", code=0)
    assert stat.S_IMODE(used.config.stat().st_mode) == 0o644
    assert stat.S_IMODE(used.config.parent.stat().st_mode) == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to any group: run as root")
def test_a_group_may_write_only_if_it_is_the_owners_own(used):
    group = next(entry for entry in grp.getgrall() if entry.gr_gid != os.getgid())
    used.config.chmod(0o664)
    os.chown(used.config, -1, group.gr_gid)
    assert [one["check"] for one in findings(used)] == ["permissions"]
    os.chown(used.config, -1, os.getgid())
    assert findings(used, code=0) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away: run as root")
def test_files_of_another_owner_are_found(used):
    os.chown(used.token_file(), 12345, 12345)
    (found,) = findings(used)
    assert found["check"] == "permissions"
    assert "sudo chown" in found["fix"]
    assert not found["repairable"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away: run as root")
def test_a_config_of_another_person_is_found_and_still_used(used):
    credentials = used.home / ".aws" / "credentials"
    credentials.write_text("[x]\nregion = eu-west-1\n")
    for path in (used.config, credentials):
        os.chown(path, 12345, 12345)
        path.chmod(0o644)
    found = findings(used)
    assert [(one["check"], one["path"]) for one in found] == [
        ("permissions", str(used.config)), ("permissions", str(credentials)),
    ]  # fmt: skip
    for one in found:
        assert "belongs to another user" in one["message"]
        name = Path(one["path"]).name
        assert one["fix"] == f'If it should be yours, run: sudo chown "$USER" ~/.aws/{name}'
        assert not one["repairable"]
    assert used.run("dev").code == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has files of root: run as root")
def test_a_config_of_root_is_fine(used, monkeypatch, tmp_path):
    config = tmp_path / "etc-aws-config"
    config.write_bytes(used.config.read_bytes())
    for path in [used.home, *used.home.rglob("*")]:
        os.chown(path, 12345, 12345)
    monkeypatch.setenv("HOME", str(used.home))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert list(caches.permissions(reading.Home({}))) == []


@pytest.mark.parametrize(("mode", "found"), [(0o777, True), (0o1777, False), (0o755, False)])
def test_a_folder_in_which_all_may_write_can_swap_the_config(used, tmp_path, mode, found):
    folder = tmp_path / "shared"
    folder.mkdir()
    config = folder / "config"
    config.write_bytes(used.config.read_bytes())
    folder.chmod(mode)
    result = used.run("doctor", "--offline", "--json", AWS_CONFIG_FILE=str(config))
    told = json.loads(result.out)["findings"]
    assert [(one["check"], one["path"]) for one in told] == (
        [("permissions", str(folder))] if found else []
    )


def test_file_systems_without_modes_are_known(tmp_path):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "60 22 0:44 / /mnt/c rw,noatime - 9p drvfs rw,aname=drvfs\n"
        "61 22 8:33 / /media/a\\040b rw - vfat /dev/sdc1 rw\nnonsense\n"
    )
    assert caches.devices_without_modes(str(mounts)) == {"0:44", "8:33"}
    assert caches.devices_without_modes(str(tmp_path / "none")) == frozenset()


def test_what_a_file_system_without_modes_shows_is_nobodys_fault(used, monkeypatch):
    used.config.chmod(0o777)
    monkeypatch.setenv("HOME", str(used.home))
    assert caches._mode(str(used.config)) == 0o777
    monkeypatch.setattr(caches, "_has_modes", lambda device: False)
    assert list(caches.permissions(reading.Home({}))) == []


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1), ("", 1)])
def test_on_a_terminal_it_asks_before_it_moves_anything(used, answer, code):
    path = used.roles / ENTRY
    path.write_bytes(b"{")
    path.chmod(0o600)
    child = terminal.spawn(SSOENV, ["doctor", "--offline"], used.environment(), used.home)
    child.expect_exact("[y/N] ")
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code
    assert path.exists() == (code == 1)


def test_nobody_is_asked_where_nobody_is(used):
    path = used.roles / ENTRY
    path.write_bytes(b"{")
    path.chmod(0o600)
    result = used.run("doctor", "--offline")
    assert result.code == 1
    assert "[y/N]" not in result.err
    assert path.exists()


def test_keys_that_ssoenv_wrote_are_no_fault(used):
    assert used.run("write", "dev").code == 0
    assert findings(used, code=0) == []


def test_the_aws_files_of_other_places_are_looked_at_too(used, tmp_path):
    other = tmp_path / "elsewhere"
    other.write_text("[dev]\nregion = eu-west-1\n")
    result = used.run("doctor", "--offline", "--json", AWS_CONFIG_FILE=str(other))
    (found,) = json.loads(result.out)["findings"]
    assert (found["check"], found["path"], found["line"]) == ("not-a-profile", str(other), 1)


def test_a_token_in_the_home_of_the_demo_is_fine(world):
    home.sign_in(str(world.home), world.idc)
    assert findings(world, code=0) == []
