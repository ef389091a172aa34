"""Advisory locks between processes."""

import errno
import os
import stat

from ssoenv.system import creation


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

        creation.make_private_folder(os.path.dirname(self._path))
        creation.check_links(self._path)
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
            creation.make_private(path, descriptor)
    except FileNotFoundError:  # it was removed between the two calls
        descriptor = os.open(path, flags | os.O_CREAT, 0o600)
    except PermissionError:
        if os.name != "posix" or not os.path.lexists(path):  # then it is the folder that refuses
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


def is_held(path: str) -> bool:
    """Whether a process holds the lock at ``path`` now. Makes no file, and waits for nobody."""
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return False  # nobody has ever held it, or nobody can
    try:
        return not lock_if_possible(descriptor)
    finally:
        os.close(descriptor)


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
        # Windows has locks everywhere, and Wine's C library gives no reason for a failure.
        if os.name == "nt" or error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            return False
        raise
    return True


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
