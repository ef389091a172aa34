"""Where tokens, registrations and role keys are kept.

``files`` are the AWS CLI's own. ``keyring`` is the system's keychain (see ``keychain``). ``none``
keeps nothing longer than this process lives. Whoever uses an entry does not know which store it is
in.
"""

import contextlib
import os
from typing import Any

from ssoenv.cache.entries import (
    FILES,
    KEYRING,
    NONE,
    STORES,
    Entry,
    Pending,
    PendingEntry,
    folder_of,
)
from ssoenv.errors import ConfigError, UsageError
from ssoenv.system import locks

SETTING, VARIABLE = "ssoenv_store", "SSOENV_STORE"


class _InMemory(Entry):
    """An entry that ends with this process."""

    __slots__ = ()

    store = NONE
    shared = False
    where = "this run's memory"
    place = where

    def read(self) -> bytes:
        try:
            return _memory[self._name]
        except KeyError:
            raise FileNotFoundError from None

    def write(self, content: bytes) -> None:
        _memory[self._name] = content

    def delete(self) -> None:
        if _memory.pop(self._name, None) is None:
            raise FileNotFoundError

    def pending(self, reserve: int) -> Pending:
        return PendingEntry(self.write)

    def lock(self, seconds: float) -> Any:
        return contextlib.nullcontext(locks.Lock("", 0))

    def left_behind(self) -> list[bytes]:
        return []

    def is_open_to_others(self) -> bool:
        return False

    @property
    def _name(self) -> str:
        return f"{self.kind} {self.key}"


_memory: dict[str, bytes] = {}


def entry(store: str, kind: str, key: str) -> Entry:
    """The entry ``key`` of a store. Raises ``ConfigError`` for a store that there is not: whoever
    mistypes one must not get files."""
    if store == FILES:
        return Entry(kind, key)
    if store == NONE:
        return _InMemory(kind, key)
    if store == KEYRING:
        from ssoenv.cache.keychain import KeychainEntry

        return KeychainEntry(kind, key)
    raise ConfigError(
        f'{SETTING} is "{store}", which is no store', f"Write {SETTING} = {' or '.join(STORES)}"
    )


def are_known(*stores: str) -> bool:
    """Whether there are such stores."""
    return set(stores) <= set(STORES)


def keys(store: str, kind: str) -> set[str]:
    """The keys of the entries that a store has, or may have."""
    if store == KEYRING:
        from ssoenv.cache import keychain

        return keychain.known_keys(kind)
    if store == NONE:
        return {name.removeprefix(f"{kind} ") for name in _memory if name.startswith(f"{kind} ")}
    try:
        names = os.listdir(folder_of(kind))
    except OSError:
        return set()
    return {name.removesuffix(".json") for name in names if name.endswith(".json")}


def by_variable() -> str | None:
    """The store that SSOENV_STORE names, None if it is not set. Raises ``UsageError``."""
    name = os.environ.get(VARIABLE)
    if name and name not in STORES:
        raise UsageError(
            f'{VARIABLE} is "{name}", which is no store', f"Set it to {' or '.join(STORES)}"
        )
    return name or None


def strictest(stores: set[str]) -> str:
    """That of ``stores`` which leaves the least behind; one that is not known goes before all."""
    return max(stores, key=lambda one: STORES.index(one) if one in STORES else len(STORES))


def in_memory() -> dict[str, str]:
    """All that ``none`` holds, for a process that takes over."""
    return {name: content.decode() for name, content in _memory.items()}


def take_over(memory: dict[str, str]) -> None:
    """Hold what another process held ``in_memory``."""
    _memory.update((name, content.encode()) for name, content in memory.items())
