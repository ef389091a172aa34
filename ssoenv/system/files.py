"""Private atomic files: the one way ssoenv reads and writes what it keeps.

A private file is 0600 from its first moment whatever the umask, in a folder that is 0700 if it
had to be made. It is replaced, never edited: a reader, or a machine that loses power, sees the
old content or the new one.
"""

import errno
import os
import stat
from _collections_abc import Callable, Iterator  # see quick_json

from ssoenv.system import quick_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")

_MOST = 4 << 20  # bytes; no cache file that ssoenv reads is near this size
_TEMP = ".ssoenv-tmp"
_YOUNG_SECONDS = 10.0
_DEVICE = "it is a device"


def read(path: str, most: int | None = _MOST) -> bytes:
    """The content of a regular file. ``most``: bytes that it may have, None for any number.

    Raises ``OSError`` for anything else that may be there: nothing, a folder, a FIFO (which
    is not waited for), a file that may not be read or is larger.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = _while_in_use(lambda: os.open(path, flags), 0.2)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        if most is not None and found.st_size > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        content = b""
        while part := os.read(descriptor, _MOST):
            content += part
        return content
    finally:
        os.close(descriptor)


def read_object(path: str) -> dict[str, object]:
    """The JSON object in a file, as AWS's tools read theirs: UTF-8, no mark. Empty for anything
    else that may be there."""
    try:
        found = quick_json.loads(read(path).decode())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def write_private(path: str, content: bytes) -> None:
    """Replace the file at ``path`` (or what a symbolic link there points to) with ``content``.

    Raises ``OSError``; the old file is then untouched.
    """
    with PendingFile(path) as pending:
        pending.commit(content)


def remove(path: str) -> None:
    """Remove a file; of a symbolic link, the regular file that it leads to as well, but no device.
    Raises ``OSError``."""
    from ssoenv.system import creation  # not on the warm path

    creation.check_links(path)
    if os.path.islink(path):
        target = os.path.realpath(path)
        if os.path.isfile(target):
            _while_in_use(lambda: os.unlink(target), 5)
    elif _is_device(os.lstat(path).st_mode):
        raise OSError(errno.EINVAL, _DEVICE, path)
    _while_in_use(lambda: os.unlink(path), 5)


class PendingFile:
    """A new version of a private file, prepared beside the old one.

    ``reserve`` bytes are written and synced at once, so that a full disk is found before
    something that can be spent only once has been spent for the content. Leaving the context
    without ``commit`` removes it. What a killed process left behind is removed by the next
    writer of the same file: the owner of a temporary file holds a lock on it, the dead do not.
    """

    def __init__(self, path: str, reserve: int = 0) -> None:
        from ssoenv.system import creation  # not on the warm path

        self.path = destination(path)
        creation.make_private_folder(os.path.dirname(self.path))
        if os.path.isdir(self.path) and not os.path.islink(self.path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), self.path)
        sweep(self.path)
        self._temp, self._descriptor = _new_temp(self.path)
        try:
            if reserve:
                _write_all(self._descriptor, b"\0" * reserve)
                os.fsync(self._descriptor)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> "PendingFile":
        return self

    def commit(self, content: bytes) -> None:
        """Make ``content`` the file. Raises ``OSError``; the old file is then untouched."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        _write_all(self._descriptor, content)
        os.ftruncate(self._descriptor, len(content))
        os.fsync(self._descriptor)
        if os.name == "nt":  # Windows cannot rename an open file
            self._close()
        _while_in_use(lambda: os.replace(self._temp, self.path), 5)
        _sync_folder(os.path.dirname(self.path))

    def __exit__(self, *_: object) -> None:
        self._close()
        _unlink(self._temp)  # it has another name by now if it was committed

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def sweep(path: str, in_turn: bool = False) -> list[bytes]:
    """Remove new versions of the file at ``path`` whose writers died before it was replaced, and
    return what they held, padding of zero bytes removed. ``in_turn``: we hold the lock that all
    writers of this file take."""
    found = []
    for temp in _temps(os.path.realpath(path)):
        try:
            content = _taken_on_windows(temp, in_turn) if os.name == "nt" else _taken(temp)
        except OSError:
            continue  # no locks here: nobody can tell the dead from the living
        if content is not None:
            found.append(content.rstrip(b"\0"))
    return found


def _taken(temp: str) -> bytes | None:
    """The content of a temporary file, which is removed; None if its writer lives, or if it is not
    a regular file: a FIFO would keep us waiting for ever."""
    from ssoenv.system import locks  # not on the warm path

    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(temp, flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode) or not locks.try_lock(descriptor):
            return None
        content = os.read(descriptor, _MOST)
        _unlink(temp)
        return content
    finally:
        os.close(descriptor)


def _taken_on_windows(temp: str, in_turn: bool) -> bytes:
    """As ``_taken``, without locks, which would keep the writer itself from writing. What is open
    cannot be removed there; what is young may be closed, but not renamed yet."""
    import time

    content = read(temp)
    if in_turn or time.time() - os.stat(temp).st_mtime > _YOUNG_SECONDS:
        _unlink(temp)
    return content


def destination(path: str) -> str:
    """The file to replace: what a link at ``path`` leads to, if that is a file or nothing yet.
    Otherwise ``path``: it is the link that must give way, not the folder or device behind it.

    Raises ``OSError`` for a device, such as /dev/null in place of a credentials file, and for a
    link that root must not follow.
    """
    from ssoenv.system import creation  # not on the warm path

    creation.check_links(path)
    target = os.path.realpath(path)
    if os.path.lexists(target) and not os.path.isfile(target):
        target = path
    try:
        mode = os.lstat(target).st_mode
    except OSError:
        return target
    if _is_device(mode):
        raise OSError(errno.EINVAL, _DEVICE, path)
    return target


def _is_device(mode: int) -> bool:
    return stat.S_ISCHR(mode) or stat.S_ISBLK(mode)


def _new_temp(path: str) -> tuple[str, int]:
    """A fresh temporary file beside ``path``, locked by us, and its descriptor."""
    from ssoenv.system import creation, locks  # not on the warm path

    for _ in range(100):
        temp = f"{path}.{os.urandom(6).hex()}{_TEMP}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        descriptor = os.open(temp, flags, 0o600)
        creation.make_private(temp, descriptor)
        try:
            if os.name != "posix":
                return temp, descriptor
            # A sweep may have taken our file for a dead one in the moment before the lock.
            if locks.lock_if_possible(descriptor) and os.fstat(descriptor).st_nlink:
                return temp, descriptor
        except BaseException:
            os.close(descriptor)
            _unlink(temp)
            raise
        os.close(descriptor)
        _unlink(temp)
    raise OSError(errno.EAGAIN, "temporary files keep disappearing", path)


def _temps(path: str) -> Iterator[str]:
    folder, name = os.path.split(path)
    for entry in os.listdir(folder):
        if entry.startswith(name + ".") and entry.endswith(_TEMP):
            yield os.path.join(folder, entry)


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _sync_folder(path: str) -> None:
    """Make a rename durable. Some file systems cannot sync a folder; that is ignored."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:  # as on Windows
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def _while_in_use(action: "Callable[[], T]", seconds: float) -> "T":
    """What ``action`` returns. On Windows a file that another process has open can be neither
    replaced nor removed, and one that is being replaced cannot be opened: try again for so long.
    """
    if os.name != "nt":
        return action()
    import time

    give_up = time.monotonic() + seconds
    while True:
        try:
            return action()
        except PermissionError:
            if time.monotonic() >= give_up:
                raise
            time.sleep(0.01)


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
