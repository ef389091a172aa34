"""Creating files and folders: private, and of the right owner.

What root creates takes the owner of the folder that it is in, so that ``sudo -E ssoenv …`` leaves
nothing in somebody's home that they cannot read or replace; and root follows no symbolic link of
another user there, since whoever can set one could have root write anywhere.
"""

import errno
import os
import stat


def make_private_folder(path: str) -> None:
    """Make ``path`` and its missing parents, each 0700; what exists stays as it is. Raises
    ``OSError``."""
    check_links(path)
    if os.path.isdir(path):
        return
    make_private_folder(os.path.dirname(path) or os.curdir)
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


def make_private(path: str, descriptor: int) -> None:
    """Make a file that was created a moment ago 0600, whatever the umask, and give it to the
    owner of its folder. Raises ``OSError``; the file is then removed and closed."""
    if os.name != "posix":
        return
    try:
        os.fchmod(descriptor, 0o600)
        _give_to_owner_of(os.path.dirname(path) or os.curdir, descriptor)
    except BaseException:
        os.close(descriptor)
        os.unlink(path)
        raise


def change_mode(path: str, mode: int) -> None:
    """``os.chmod``, which as root changes nothing behind a link of another user."""
    if os.name != "posix" or os.geteuid() != 0:
        os.chmod(path, mode)
        return
    check_links(path)
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = os.open(os.path.realpath(path), flags)
    try:
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)


def check_links(path: str) -> None:
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


def _give_to_owner_of(folder: str, descriptor: int) -> None:
    """Give the file or folder that root has just created to the owner of ``folder``, which it is
    in. Raises ``OSError``."""
    if os.geteuid() == 0:
        found = os.stat(folder)
        if found.st_uid != 0:
            os.fchown(descriptor, found.st_uid, found.st_gid)
