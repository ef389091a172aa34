"""Private atomic files and locks: the one way ssoenv reads and writes what it keeps.

A private file is 0600 from its first moment whatever the umask, in a folder that is 0700 if it
had to be made. It is replaced, never edited: a reader, or a machine that loses power, sees the
old content or the new one.

What root creates takes the owner of the folder that it is in, so that ``sudo -E ssoenv …`` leaves
nothing in somebody's home that they cannot read or replace; and root follows no symbolic link of
another user there, since whoever can set one could have root write anywhere.
"""

import errno
import os
import stat
from collections.abc import Iterator

_MOST = 4 << 20  # no file that ssoenv reads whole is near this size
_TEMP = ".ssoenv-tmp"


def read(path: str) -> bytes:
    """The content of a regular file.

    Raises ``OSError`` for anything else that may stand there: nothing, a folder, a FIFO (which
    is not waited for), a file that may not be read or is absurdly large.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        if found.st_size > _MOST:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        content = b""
        while part := os.read(descriptor, _MOST):
            content += part
        return content
    finally:
        os.close(descriptor)


def read_object(path: str) -> dict[str, object]:
    """The JSON object in a file, as AWS's tools read theirs: UTF-8, no mark. Empty for anything
    else that may stand there."""
    import json

    try:
        found = json.loads(read(path).decode())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def make_private_folder(path: str) -> None:
    """Make ``path`` and its missing parents, each 0700; what exists stays as it is."""
    if os.path.isdir(path):
        return
    make_private_folder(os.path.dirname(path) or os.curdir)
    _check_links(path)
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        if not os.path.isdir(path):
            raise
        return
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        os.fchmod(descriptor, 0o700)  # the umask may have taken bits that the owner needs
        _give_to_owner_of(os.path.dirname(path) or os.curdir, descriptor)
    except OSError:
        os.rmdir(path)
        raise
    finally:
        os.close(descriptor)


def _give_to_owner_of(folder: str, descriptor: int) -> None:
    """Give the file or folder that root has just created to the owner of ``folder``, which it is
    in. Raises ``OSError``."""
    if os.geteuid() == 0:
        found = os.stat(folder)
        if found.st_uid != 0:
            os.fchown(descriptor, found.st_uid, found.st_gid)


def _check_links(path: str) -> None:
    """Raise ``PermissionError`` where root would follow a symbolic link of another user on the
    way to ``path``, ``path`` itself included."""
    if os.name != "posix" or os.geteuid() != 0:
        return
    path = os.path.abspath(path)
    for _ in range(40):  # links to links
        here, step = "/", ""
        for step in path.strip("/").split("/"):
            here = os.path.join(here, step)
            try:
                found = os.lstat(here)
            except OSError:
                return
            if stat.S_ISLNK(found.st_mode):
                if found.st_uid != 0:
                    raise PermissionError(
                        errno.EPERM, "root does not follow the symbolic link of another user", here
                    )
                rest = path[len(here) :].lstrip("/")
                target = os.path.join(os.path.dirname(here), os.readlink(here), rest)
                path = os.path.normpath(target)
                break
        else:
            return


def write_private(path: str, content: bytes) -> None:
    """Replace the file at ``path`` (or what a symbolic link there points to) with ``content``.

    Raises ``OSError``; the old file is then untouched.
    """
    with PendingFile(path) as pending:
        pending.commit(content)


class PendingFile:
    """A new version of a private file, prepared beside the old one.

    ``reserve`` bytes are written and synced at once, so that a full disk is found before
    something that can be spent only once has been spent for the content. Leaving the context
    without ``commit`` removes it. What a killed process left behind is removed by the next
    writer of the same file: the owner of a temporary file holds a lock on it, the dead do not.
    """

    def __init__(self, path: str, reserve: int = 0) -> None:
        self.path = destination(path)
        make_private_folder(os.path.dirname(self.path))
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
        os.replace(self._temp, self.path)
        _sync_folder(os.path.dirname(self.path))

    def __exit__(self, *_: object) -> None:
        self._close()
        _unlink(self._temp)  # it has another name by now if it was committed

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def sweep(path: str) -> list[bytes]:
    """Remove new versions of the file at ``path`` whose writers died before it was replaced, and
    return what they held, padding of zero bytes removed."""
    found = []
    for temp in _temps(os.path.realpath(path)):
        flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            descriptor = os.open(temp, flags)
        except OSError:
            continue
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                abandoned = False  # somebody else's; a FIFO would keep us waiting for ever
                continue
            abandoned = try_lock(descriptor)
            if abandoned:
                found.append(os.read(descriptor, _MOST).rstrip(b"\0"))
            if abandoned and os.name == "posix":
                _unlink(temp)
        except OSError:
            continue  # no locks here: nobody can tell the dead from the living
        finally:
            os.close(descriptor)
        if abandoned and os.name == "nt":
            _unlink(temp)
    return found


class LockHeld(TimeoutError):
    """Another process holds a lock. ``holder`` describes it where the system tells, else is
    empty."""

    def __init__(self, path: str) -> None:
        self.holder = _holder(path)
        who = self.holder or "another process"
        super().__init__(f"{who} has held {path} for too long")


class Lock:
    """An advisory lock between processes, in a file that is never removed.

    The system drops it when its holder ends, however that ends, and all who inherited its
    ``descriptor`` have ended. Raises ``LockHeld`` when another process holds it for ``seconds``,
    ``OSError`` when the lock file cannot be had.
    """

    def __init__(self, path: str, seconds: float) -> None:
        self.descriptor = -1
        self._path = path
        self._seconds = seconds

    def __enter__(self) -> "Lock":
        import time

        make_private_folder(os.path.dirname(self._path))
        _check_links(self._path)
        self.descriptor = _open_lock(self._path)
        give_up = time.monotonic() + self._seconds
        while not lock_if_possible(self.descriptor):
            if time.monotonic() >= give_up:
                self.release()
                raise LockHeld(self._path)
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let go of the lock. Who has inherited the descriptor still holds it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def _open_lock(path: str) -> int:
    """The descriptor of the lock file at ``path``, created if it is missing. Raises ``OSError``."""
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        try:
            descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            descriptor = os.open(path, flags)
        else:
            _make_ours(path, descriptor)
    except FileNotFoundError:  # it was removed between the two calls
        descriptor = os.open(path, flags | os.O_CREAT, 0o600)
    except PermissionError:
        if os.name != "posix":
            raise
        descriptor = _open_instead_of_foreign(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", path)
    return descriptor


def _open_instead_of_foreign(path: str, flags: int) -> int:
    """The descriptor of a new lock file at ``path`` in place of one that another user (root, with
    ``sudo -E``) left in a folder of ours and that we may not open. Raises ``OSError``."""
    import fcntl

    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # one at a time, or two would hold two files of one name
        try:
            return os.open(path, flags)
        except PermissionError:
            ours = os.geteuid()
            if os.fstat(folder).st_uid != ours or os.lstat(path).st_uid == ours:
                raise
        os.unlink(path)
        return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    finally:
        os.close(folder)


def _make_ours(path: str, descriptor: int) -> None:
    """Make a file that was created a moment ago private, whatever the umask, and its owner the
    folder's. Raises ``OSError``; the file is then removed and closed."""
    if os.name != "posix":
        return
    try:
        os.fchmod(descriptor, 0o600)
        _give_to_owner_of(os.path.dirname(path) or os.curdir, descriptor)
    except BaseException:
        os.close(descriptor)
        _unlink(path)
        raise


def _holder(path: str) -> str:
    """Which other process holds the lock at ``path``: ``process 123 (ssoenv), which is stopped``.
    Empty where the system does not tell (all but Linux), or not to us."""
    try:
        sought = os.stat(path)
        pids = [pid for pid in os.listdir("/proc") if pid.isdecimal()]
    except OSError:
        return ""
    for pid in pids:
        try:
            for number in os.listdir(f"/proc/{pid}/fd"):
                if not os.path.samestat(os.stat(f"/proc/{pid}/fd/{number}"), sought):
                    continue
                with open(f"/proc/{pid}/fdinfo/{number}", encoding="utf-8") as information:
                    if "FLOCK" not in information.read():
                        continue
                with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                    name, _, rest = file.read().partition("(")[2].rpartition(")")
                stopped = ", which is stopped" if rest.split()[:1] == ["T"] else ""
                return f"process {pid} ({name}{stopped})"
        except OSError:
            continue  # it has ended, or is somebody else's
    return ""


def destination(path: str) -> str:
    """The file to replace: what a link at ``path`` leads to, if that is a file or nothing yet.
    Otherwise ``path``: it is the link that must give way, not the folder or device behind it.

    Raises ``OSError`` for a device, such as /dev/null in place of a credentials file, and for a
    link that root must not follow.
    """
    _check_links(path)
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
        _make_ours(temp, descriptor)
        try:
            if os.name != "posix":
                return temp, descriptor
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
        if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            return False
        raise
    return True


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _sync_folder(path: str) -> None:
    """Make a rename durable. Some file systems cannot sync a folder; the rename stands anyway."""
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


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
