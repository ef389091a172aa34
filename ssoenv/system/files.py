"""Private atomic files and locks: the one way ssoenv reads and writes what it keeps.

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


def make_private_folder(path: str) -> None:
    """Make ``path`` and its missing parents, each 0700; what exists stays as it is."""
    if os.path.isdir(path):
        return
    make_private_folder(os.path.dirname(path) or os.curdir)
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        if not os.path.isdir(path):
            raise
    else:
        os.chmod(path, 0o700)  # the umask may have taken bits that the owner needs


def write_private(path: str, content: bytes) -> None:
    """Replace the file at ``path`` (or what a symbolic link there points to) with ``content``.

    Raises ``OSError``; the old file is then untouched.
    """
    with PendingFile(path) as pending:
        pending.commit(content)


def remove(path: str) -> None:
    """Remove a file. Raises ``OSError``."""
    _while_in_use(lambda: os.unlink(path), 5)


class PendingFile:
    """A new version of a private file, prepared beside the old one.

    ``reserve`` bytes are written and synced at once, so that a full disk is found before
    something that can be spent only once has been spent for the content. Leaving the context
    without ``commit`` removes it. What a killed process left behind is removed by the next
    writer of the same file: the owner of a temporary file holds a lock on it, the dead do not.
    """

    def __init__(self, path: str, reserve: int = 0) -> None:
        self.path = _destination(path)
        make_private_folder(os.path.dirname(self.path))
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
    """The content of a temporary file, which is removed; None if its writer lives."""
    descriptor = os.open(temp, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    try:
        if not try_lock(descriptor):
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


class Lock:
    """An advisory lock between processes, in a file that is never removed.

    The system drops it when its holder ends, however that ends. Raises ``TimeoutError`` when
    another process holds it for ``seconds``, ``OSError`` when the lock file cannot be had.
    """

    def __init__(self, path: str, seconds: float) -> None:
        self._path = path
        self._seconds = seconds

    def __enter__(self) -> None:
        import time

        make_private_folder(os.path.dirname(self._path))
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        self._descriptor = os.open(self._path, flags, 0o600)
        if os.name == "posix" and os.fstat(self._descriptor).st_mode & 0o600 != 0o600:
            os.fchmod(self._descriptor, 0o600)  # the umask took bits that the owner needs
        give_up = time.monotonic() + self._seconds
        while not lock_if_possible(self._descriptor):
            if time.monotonic() >= give_up:
                self.__exit__()
                raise TimeoutError(f"another process has held {self._path} for too long")
            time.sleep(0.02)

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def _destination(path: str) -> str:
    """What a link at ``path`` leads to, if that is a file or nothing yet. Otherwise ``path``: it
    is the link that must give way, not the folder or device behind it.

    Raises ``OSError`` for a device, such as /dev/null in place of a credentials file.
    """
    target = os.path.realpath(path)
    if os.path.lexists(target) and not os.path.isfile(target):
        target = path
    try:
        mode = os.lstat(target).st_mode
    except OSError:
        return target
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise OSError(errno.EINVAL, "it is a device", path)
    return target


def _new_temp(path: str) -> tuple[str, int]:
    """A fresh temporary file beside ``path``, locked by us, and its descriptor."""
    for _ in range(100):
        temp = f"{path}.{os.urandom(6).hex()}{_TEMP}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        descriptor = os.open(temp, flags, 0o600)
        try:
            if os.name != "posix":
                return temp, descriptor
            os.fchmod(descriptor, 0o600)
            # A sweep may have taken our file for a dead one in the moment before the lock.
            if lock_if_possible(descriptor) and os.fstat(descriptor).st_nlink:
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


def lock_if_possible(descriptor: int) -> bool:
    """As ``try_lock``, but go on unlocked where there are no locks, as AWS's own tools do."""
    try:
        return try_lock(descriptor)
    except OSError:
        return True


def try_lock(descriptor: int) -> bool:
    """Whether we now hold the lock; False if another process does. Raises ``OSError`` where the
    file system has no locks."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # 0: Wine's C library gives no reason.
        if error.errno in (0, errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            return False
        raise
    return True


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
