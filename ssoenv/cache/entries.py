"""What is kept: tokens, registrations, role keys. An ``Entry`` is one of them, whichever store it
is in; here it is a file of the AWS CLI, which it shares with us. The others are in ``stores``.
"""

import contextlib
import os
from collections.abc import Callable
from typing import Any, Protocol

from ssoenv.errors import KeychainError
from ssoenv.system import files, locks, paths, quick_json

FILES, KEYRING, NONE = STORES = "files", "keyring", "none"  # the later, the less is left behind

TOKEN, ROLE = KINDS = "token", "role"
"""The kinds of entries; a registration is kept as tokens are, under a key of its own."""

FAILURES = (OSError, KeychainError)
"""What an entry raises if it cannot be read, written or deleted."""


class Pending(Protocol):
    """A new version of an entry for which there is room. Leaving the context without ``commit``
    drops it."""

    def __enter__(self) -> "Pending": ...

    def __exit__(self, *_: object) -> None: ...

    def commit(self, content: bytes) -> None: ...


class Entry:
    """A thing that is kept: ``kind`` is one of the constants above, ``key`` 40 hexadecimal digits,
    as botocore makes them.

    ``where`` says where it is: a path, or words. ``shared``: whether other processes see it. All
    that it does may raise one of ``FAILURES``; ``read`` and ``delete`` raise ``FileNotFoundError``
    if nothing is kept.
    """

    __slots__ = ("key", "kind")

    store = FILES
    shared = True

    def __init__(self, kind: str, key: str) -> None:
        self.kind = kind
        self.key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entry) and self.packed() == other.packed()

    def __hash__(self) -> int:
        return hash(self.packed())

    def packed(self) -> tuple[str, str, str]:
        """The arguments of ``entry`` that make it again in another process."""
        return (self.store, self.kind, self.key)

    @property
    def path(self) -> str:
        """The AWS CLI's file for it."""
        folder = folder_of(self.kind)
        return os.path.join(folder, self.key + ".json")

    @property
    def where(self) -> str:
        return self.path

    @property
    def place(self) -> str:
        """What a message says of where it is kept."""
        return paths.display(os.path.dirname(self.where))

    def read(self) -> bytes:
        return files.read(self.path)

    def read_object(self) -> dict[str, Any]:
        """The JSON object that is kept, empty for anything else. Raises ``KeychainError``."""
        try:
            found = quick_json.loads(self.read().decode())
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, content: bytes) -> None:
        files.write_private(self.path, content)

    def delete(self) -> None:
        """Remove it, and what a save that was killed left of it."""
        try:
            files.remove(self.path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                files.sweep(self.path, in_turn=True)

    def pending(self, reserve: int) -> Pending:
        """A new version, with room for ``reserve`` bytes."""
        return files.PendingFile(self.path, reserve=reserve)

    def lock(self, seconds: float) -> locks.Lock:
        """The lock of all who change it. See ``locks.Lock``."""
        return locks.Lock(files.destination(self.path) + ".lock", seconds)

    def left_behind(self) -> list[bytes]:
        """What saves that were killed had prepared. Removes it; the lock is held."""
        return files.sweep(self.path, in_turn=True)

    def is_open_to_others(self) -> bool:
        """Whether other users may read it."""
        try:
            return os.name == "posix" and bool(os.stat(self.path).st_mode & 0o077)
        except OSError:
            return False


class PendingEntry:
    """A new version of an entry that ``write`` saves; ``end`` is called in any case."""

    def __init__(
        self, write: Callable[[bytes], None], end: Callable[[], None] = lambda: None
    ) -> None:
        self.commit = write
        self._end = end

    def __enter__(self) -> "PendingEntry":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()


def folder_of(kind: str) -> str:
    """The AWS CLI's folder for a kind of entries; AWS has no variable that moves it."""
    return paths.aws("sso", "cache") if kind == TOKEN else paths.aws("cli", "cache")
