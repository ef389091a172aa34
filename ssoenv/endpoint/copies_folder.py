"""A private folder for the copies that a command with an endpoint reads, see ``file_copies``."""

import os
import stat
from collections.abc import Mapping

from ssoenv.errors import LocalFileError
from ssoenv.system import creation, files, locks, paths

CONFIG, CREDENTIALS, BOTO = "config", "credentials", "boto"

_FOLDER = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_DIRECTORY", 0)


def write(copies: Mapping[str, str]) -> "Folder":
    """Write ``copies``, name and text of each, into a new private folder.

    Raises ``LocalFileError``.
    """
    folder = None
    try:
        folder = Folder()
        for name, text in copies.items():
            path = os.path.join(folder.path, name)
            files.write_private(path, text.encode("utf-8", "surrogateescape"))
            if os.name == "posix":  # on Windows it could not be removed then
                os.chmod(path, stat.S_IRUSR)  # a change would be lost, so it is refused
    except OSError as error:
        if folder:
            folder.remove()
        raise LocalFileError(
            f"the files for the command cannot be written in {paths.display(paths.ours())} "
            f"({error.strerror or error})",
            "Free some disk space or fix its permissions, or run the command without --endpoint",
        ) from error
    return folder


class Folder:
    """A new folder in ``~/.aws/ssoenv/endpoint``, ours until ``remove``.

    Its owner holds a lock on it, which ends with the process; what a killed process left behind
    is removed when the next folder is made. Raises ``OSError``.
    """

    def __init__(self) -> None:
        base = paths.ours("endpoint")
        creation.make_private_folder(base)
        _remove_left_behind(base)
        while True:
            self.path = os.path.join(base, os.urandom(8).hex())
            try:
                creation.make_private_folder(self.path)
                if os.name != "posix":
                    return
                self._descriptor = os.open(self.path, _FOLDER)
            except FileNotFoundError:
                continue  # another process removed it before our lock, see ``_remove_left_behind``
            if locks.lock_if_possible(self._descriptor) and os.path.isdir(self.path):
                return
            os.close(self._descriptor)

    def remove(self) -> None:
        """Remove it with everything in it."""
        _remove(self.path)


def _remove_left_behind(base: str) -> None:
    """Remove the folders of processes that were killed."""
    if os.name != "posix":
        return
    for name in os.listdir(base):
        path = os.path.join(base, name)
        try:
            descriptor = os.open(path, _FOLDER)
        except OSError:
            continue
        try:
            if locks.try_lock(descriptor):
                _remove(path)
        except OSError:
            pass  # this file system has no locks
        finally:
            os.close(descriptor)


def _remove(path: str) -> None:
    try:
        for name in os.listdir(path):
            os.unlink(os.path.join(path, name))
        os.rmdir(path)
    except OSError:
        pass
