"""Entries in the system's keychain. None of what they hold is in a file, at any time.

A keychain cannot be asked for a list, so ``~/.aws/ssoenv/keychain`` has an empty file for each
entry that may be there, and the locks. The keychain is asked within the time that AWS has, too;
what does not answer, or is locked, is an error: there is no second place.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ssoenv.cache.entries import KEYRING, Entry, Pending, PendingEntry
from ssoenv.errors import KeychainError, NetworkError, SsoenvError
from ssoenv.system import files, locks, paths
from ssoenv.system.deadline import Deadline, for_a_person

if TYPE_CHECKING:
    from ssoenv.cache.keychain_items import Items

T = TypeVar("T")

_ROOM = 4096  # characters that are written for a try; a token of the real service has as many
_FOLDER = "keychain"


class KeychainEntry(Entry):
    """See ``entries.Entry``."""

    __slots__ = ()

    store = KEYRING
    place = "the keychain"

    @property
    def where(self) -> str:
        return f"keychain, item {self._item}"

    def read(self) -> bytes:
        text = _in_time(lambda: _items().read(self._item))
        if text is None:
            raise FileNotFoundError
        return text.encode()

    def write(self, content: bytes) -> None:
        self._note()
        _in_time(lambda: _items().write(self._item, content.decode()))

    def delete(self) -> None:
        def work() -> bool:
            items = _items()
            items.delete(f"{self._item}:try")
            return items.delete(self._item)

        there = _in_time(work)
        try:
            os.unlink(self._ours)
        except OSError:
            pass
        if not there:
            raise FileNotFoundError

    def pending(self, reserve: int) -> Pending:
        """Room is made sure of by writing something as large."""
        name = f"{self._item}:try"
        self._note()
        _in_time(lambda: _items().write(name, "-" * min(reserve, _ROOM)))

        def end() -> None:
            try:
                _in_time(lambda: _items().delete(name))
            except KeychainError:
                pass  # nothing secret is in it, and the next one writes over it

        return PendingEntry(self.write, end)

    def lock(self, seconds: float) -> locks.Lock:
        return locks.Lock(f"{self._ours}.lock", seconds)

    def left_behind(self) -> list[bytes]:
        return []

    def is_open_to_others(self) -> bool:
        return False

    @property
    def _item(self) -> str:
        return f"ssoenv:{self.kind}:{self.key}"

    @property
    def _ours(self) -> str:
        return paths.ours(_FOLDER, f"{self.kind}-{self.key}")

    def _note(self) -> None:
        """Keep that there may be such an item from now on."""
        try:
            if not os.path.exists(self._ours):
                files.write_private(self._ours, b"")
        except OSError:
            pass  # where the home is read-only, logout goes by the config alone


def known_keys(kind: str) -> set[str]:
    """The keys of the entries that may be in the keychain."""
    try:
        names = os.listdir(paths.ours(_FOLDER))
    except OSError:
        return set()
    start = f"{kind}-"
    found = [name for name in names if name.startswith(start) and not name.endswith(".lock")]
    return {name.removeprefix(start) for name in found}


def check() -> None:
    """Raise ``KeychainError`` if the keychain cannot be used now."""
    _in_time(lambda: _items().read("ssoenv:check"))


def unlock() -> None:
    """Let the system ask the person to unlock the keychain. Raises ``KeychainError``."""
    from ssoenv.cache import keychain_backend

    _in_time(keychain_backend.unlock, Deadline(for_a_person()))


def _items() -> "Items":
    from ssoenv.cache import keychain_backend

    return keychain_backend.items()


def _in_time(work: Callable[[], T], deadline: Deadline | None = None) -> T:
    """``work()``, or ``KeychainError`` for whatever goes wrong in it."""
    deadline = deadline or Deadline()
    try:
        return deadline.run(work)
    except NetworkError as error:
        raise KeychainError(
            f"the keychain did not answer within {deadline.seconds:g} seconds",
            "It may be waiting for somebody to unlock it: do so and try again "
            "(SSOENV_TIMEOUT=SECONDS waits longer)",
        ) from error
    except SsoenvError:
        raise
    except Exception as error:
        from ssoenv.cache import keychain_backend

        raise KeychainError(
            f"the keychain failed ({type(error).__name__}: {error})", keychain_backend.how_to_help()
        ) from error
