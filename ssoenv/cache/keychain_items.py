"""Texts under names in a keychain, of any size.

Windows' Credential Locker takes 1,280 UTF-16 units an item, and a token has more. There a text is
kept in parts, and an index item says which. The parts are written first, beside the old ones, and
the index last: whoever is killed in between leaves the old text whole. What is no longer named is
then deleted, also what somebody before us was killed over.
"""

import contextlib
import os
from typing import Protocol

from ssoenv.system import locks, paths

WINDOWS_LIMIT = 1280  # CRED_MAX_CREDENTIAL_BLOB_SIZE, 5 * 512 bytes, in UTF-16 units

_USER = "ssoenv"  # one name for all: the item's own name tells them apart
_TRIES = 20  # of a reader that meets writers
_LOCK_SECONDS = 10.0


class Backend(Protocol):
    """What is used of a ``keyring.backend.KeyringBackend``."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


class Items:
    """The texts. ``limit``: how many UTF-16 units an item takes, None for any number; texts are
    ASCII then. Raises whatever ``backend`` does."""

    def __init__(self, backend: Backend, limit: int | None = None) -> None:
        self._backend = backend
        self._limit = limit

    def read(self, name: str) -> str | None:
        """The text, None if there is none."""
        if self._limit is None:
            return self._get(name)
        for _ in range(_TRIES):
            index = self._get(name)
            if index is None:
                return None
            text = self._joined(name, index)
            if text is not None:
                return text
            if self._get(name) == index:  # nobody has written meanwhile: a part is lost
                return None
        return None

    def write(self, name: str, text: str) -> None:
        """Replace the text: it is the old one or the new one, whatever happens."""
        if self._limit is None:
            self._backend.set_password(name, _USER, text)
            return
        if not text.isascii():
            raise ValueError("a text that is not ASCII")
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):  # a stale lock must not cost what was bought
                stack.enter_context(locks.Lock(paths.ours("keychain", "parts.lock"), _LOCK_SECONDS))
            self._write_in_parts(name, text)

    def delete(self, name: str) -> bool:
        """Delete the text; whether there was one."""
        there = self._remove(name)
        if self._limit is not None:
            for side in "ab":
                self._remove_parts(name, side, 0)
        return there

    def _write_in_parts(self, name: str, text: str) -> None:
        assert self._limit is not None
        old = (self._get(name) or "").split(" ")
        side = "b" if old[0] == "a" else "a"
        mark = os.urandom(8).hex()  # so that no reader joins parts of two texts
        size = self._limit - len(mark)
        parts = [text[at : at + size] for at in range(0, len(text), size)]
        for number, part in enumerate(parts):
            self._backend.set_password(f"{name}:{side}{number}", _USER, mark + part)
        self._backend.set_password(name, _USER, f"{side} {len(parts)} {mark}")
        self._remove_parts(name, side, len(parts))
        self._remove_parts(name, "b" if side == "a" else "a", 0)

    def _joined(self, name: str, index: str) -> str | None:
        """The text that ``index`` names, None if a part of it is missing or of another text."""
        side, _, rest = index.partition(" ")
        count, _, mark = rest.partition(" ")
        text = ""
        for number in range(int(count) if count.isdecimal() else 0):
            part = self._get(f"{name}:{side}{number}")
            if part is None or not part.startswith(mark):
                return None
            text += part.removeprefix(mark)
        return text or None

    def _remove_parts(self, name: str, side: str, first: int) -> None:
        """Delete the parts from number ``first`` on. They are written in order and deleted from the
        last on, so that none is behind one that is missing, whoever is killed."""
        end = first
        while self._get(f"{name}:{side}{end}") is not None:
            end += 1
        for number in reversed(range(first, end)):
            self._remove(f"{name}:{side}{number}")

    def _get(self, name: str) -> str | None:
        return self._backend.get_password(name, _USER)

    def _remove(self, name: str) -> bool:
        if self._get(name) is None:
            return False
        self._backend.delete_password(name, _USER)
        return True
