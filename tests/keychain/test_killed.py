"""Saves that are killed in the middle: in a real keychain, and in one that takes little an item."""

import json
import os
import sys

import pytest

from ssoenv.cache.keychain_items import WINDOWS_LIMIT, Items
from tests.conftest import World
from tests.keychain.conftest import TOKEN, assert_no_secret_in_files, save
from tests.keychain.service import Service
from tests.signin.test_refresh import DUE

PROGRAM = os.path.join(os.path.dirname(__file__), "killed.py")


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_change_the_token_is_the_old_or_the_new_one(
    kept: World, service: Service, when: str
) -> None:
    """The next run works with either; no file ever has a part of it."""
    changes = 0
    while True:
        changes += 1
        old = save(kept, DUE)
        result = kept.command([sys.executable, PROGRAM, str(changes), when, "dev", "--refresh"])
        if result.code == 0:
            break
        assert result.code == -9, result
        held = json.loads(service.items()[TOKEN])
        is_new = held["accessToken"] != old["accessToken"]
        assert held == old or (is_new and kept.idc.live_session(held["accessToken"])), changes
        assert_no_secret_in_files(kept)
        assert kept.run("dev", "--refresh").code == 0
    assert changes == 5  # room, the token, the room's end, role keys, and none


class Killed(BaseException):
    """Ends a save as SIGKILL would: nobody catches it."""


class Locker:
    """As Windows' Credential Locker: 1,280 UTF-16 units an item. It kills whoever makes change
    number ``at``, ``before`` or after it is made."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.at = 0
        self.before = True

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get(service)

    def set_password(self, service: str, username: str, password: str) -> None:
        assert len(password.encode("utf-16-le")) <= 2560, "it does not take that"
        self._change(lambda: self.held.__setitem__(service, password))

    def delete_password(self, service: str, username: str) -> None:
        self._change(lambda: self.held.__delitem__(service))

    def _change(self, change):
        self.at -= 1
        if self.at == 0 and self.before:
            raise Killed
        change()
        if self.at == 0:
            raise Killed


@pytest.fixture
def locker(tmp_path, monkeypatch) -> Locker:
    monkeypatch.setenv("HOME", str(tmp_path))
    return Locker()


SIZES = [1, WINDOWS_LIMIT - 16, WINDOWS_LIMIT - 15, WINDOWS_LIMIT, 4000, 40_000]


@pytest.mark.parametrize("size", SIZES)
def test_a_text_of_any_size_is_kept_in_parts(locker: Locker, size: int) -> None:
    items = Items(locker, WINDOWS_LIMIT)
    items.write("one", "x" * size)
    items.write("another", "y")
    assert items.read("one") == "x" * size
    assert items.delete("one")
    assert items.read("one") is None
    assert not items.delete("one")
    assert items.delete("another")
    assert locker.held == {}


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(("old", "new"), [(4000, 9000), (9000, 4000), (5000, 5000)])
def test_a_killed_save_leaves_the_old_text_or_the_new_one_and_the_next_no_rest(
    locker: Locker, old: int, new: int, before: bool
) -> None:
    items = Items(locker, WINDOWS_LIMIT)
    items.write("one", "a" * old)
    at = 0
    while True:
        at += 1
        locker.at, locker.before = at, before
        try:
            items.write("one", "b" * new)
        except Killed:
            assert items.read("one") in ("a" * old, "b" * new)
            locker.at = 0
            for text in ("short", "a" * old):
                items.write("one", text)
                assert items.read("one") == text
                parts = -(-len(text) // (WINDOWS_LIMIT - 16))
                assert len(locker.held) == parts + 1, "something was left behind"
        else:
            break
    assert at > new // WINDOWS_LIMIT


def test_a_part_of_another_text_is_never_joined(locker: Locker) -> None:
    """Somebody takes a part away, or puts another one there."""
    items = Items(locker, WINDOWS_LIMIT)
    items.write("one", "a" * 4000)
    (part,) = [name for name in locker.held if name.endswith("1")]
    kept = locker.held[part]
    locker.held[part] = "0" * len(kept)
    assert items.read("one") is None
    del locker.held[part]
    assert items.read("one") is None
    items.write("one", "b" * 4000)
    assert items.read("one") == "b" * 4000


def test_a_reader_meets_a_writer(locker: Locker) -> None:
    """The index that it has read is old by the time that it reads the parts."""
    items = Items(locker, WINDOWS_LIMIT)
    items.write("one", "a" * 4000)
    real, index = locker.get_password, locker.held["one"]
    writers = iter("bc")

    def get(service: str, username: str) -> str | None:
        found = real(service, username)
        if service == "one" and (text := next(writers, None)):
            locker.get_password = real  # type: ignore[method-assign]
            Items(locker, WINDOWS_LIMIT).write("one", text * 4000)
            locker.get_password = get  # type: ignore[method-assign]
        return found

    locker.get_password = get  # type: ignore[method-assign]
    assert items.read("one") == "c" * 4000
    assert locker.held["one"] != index
