"""The warm path: answer from the role cache without asking botocore what the profile means.

Reading the config costs botocore's import (120 ms) and grows with the file. So when a profile
has been resolved once, an index entry without secrets keeps the outcome: which entry of the role
cache, which region. It holds as long as its fingerprint does: the version of ssoenv, and where
the config and credentials files are and what the file system says of them. (Variables that steer
calls, such as endpoints, have no say in either.) Where the profile's keys are in the keychain, the
entry says so, and they are read there. Anything else, and anything odd at all, is "I do
not know" (None), and botocore is asked again.
"""

import os

from ssoenv import __version__
from ssoenv.cache import role_keys
from ssoenv.cache.role_keys import Credentials
from ssoenv.errors import KeychainLocked
from ssoenv.system import clock, files, paths

_TICK_NS = 20_000_000  # a file changed less than 0.02 s ago may change again in the same tick …
_COARSE_NS = 2_000_000_000  # … or 2 s, where the file system's clock only knows whole seconds
_NOTICE = "notice"
_CONFIRM = "confirm"
_STORE = "SSOENV_STORE"
_KEYRING = "keyring"


def credentials(
    profile: str,
    min_ttl: float = role_keys.REUSE_SECONDS,
    *,
    with_notice: bool = False,
    confirmed: bool = True,
    at_once: bool = False,
) -> Credentials | None:
    """The credentials of ``profile`` if its entry is known and they are good for ``min_ttl``
    seconds, else None. Raises ``KeychainError`` where they are in a keychain that does not give
    them. ``with_notice``: None also where the full way has a notice to give. Unless
    ``confirmed``: None also where the profile's setting has a person asked first. ``at_once``: None
    also where a keychain would have to be asked."""
    try:
        path = _path_of(profile)
        if not only_ours(path):
            return None
        fingerprint, key, region, notice, confirm, *store = files.read(path).decode().split("\n")
        if fingerprint != Snapshot().fingerprint or notice not in ("", _NOTICE):
            return None
        if confirm not in ("", _CONFIRM) or (confirm and not confirmed):
            return None
        if (notice and with_notice) or store not in ([], [_KEYRING]):
            return None
        if store and at_once:
            return None
        found = role_keys.read(key, store[0] if store else role_keys.FILES)
        if found is None or found.seconds_left() < min_ttl:
            return None
        if role_keys.has_control_character(region):
            return None
        found.guarded = bool(confirm)
        return found.named(profile, region or None)
    except (OSError, ValueError):
        return None
    except KeychainLocked:  # the full way knows whether a person is here
        return None


class Snapshot:
    """What the file system says of the config and credentials files. Take it before they are read.

    ``fingerprint``: a line of text, with all that the meaning of a profile depends on, and without
    secrets. ``settled``: whether a later change of a file would change it.
    """

    __slots__ = ("fingerprint", "settled")

    def __init__(self) -> None:
        now = clock.now() * 1e9
        self.settled = True
        facts = [__version__]
        if os.environ.get(_STORE):
            facts.append(ascii(os.environ[_STORE]))
        for path in (paths.config(), paths.credentials()):
            facts.append(ascii(path))
            try:
                found = os.stat(path)
            except OSError:
                continue
            # The inode and ctime show a swapped or rewritten file even if its size and mtime were
            # put back.
            facts += map(
                str,
                (
                    found.st_dev,
                    found.st_ino,
                    found.st_mode,
                    found.st_size,
                    found.st_mtime_ns,
                    found.st_ctime_ns,
                ),
            )
            margin = _TICK_NS if found.st_ctime_ns % 1_000_000_000 else _COARSE_NS
            self.settled = self.settled and now - found.st_ctime_ns >= margin
        self.fingerprint = " ".join(facts)


def remember(
    profile: str,
    key: str,
    region: str | None,
    seen: Snapshot,
    *,
    has_notice: bool = False,
    confirm: bool = False,
    store: str = role_keys.FILES,
) -> None:
    """Keep that ``profile`` means the role cache's entry ``key``, in ``store``. ``has_notice``:
    whether there is a notice that a person has not been given yet. ``confirm``: whether its setting
    has a person asked before it is used.

    Nothing is kept if the files have changed since they were ``seen``, or so shortly before that
    a further change might not show.
    """
    if not seen.settled or seen.fingerprint != Snapshot().fingerprint:
        return
    # This needs no parser: that would take 4 ms.
    words = [_NOTICE if has_notice else "", _CONFIRM if confirm else ""]
    words += [store] if store != role_keys.FILES else []
    _write(_path_of(profile), "\n".join((seen.fingerprint, key, region or "", *words)))


def is_first_notice(seen: Snapshot) -> bool:
    """Whether no notice has been given since the files changed. From now on one has."""
    path = paths.ours("index", "notice")  # no profile's entry: those have hexadecimal names
    try:
        if files.read(path).decode() == seen.fingerprint:
            return False
    except (OSError, UnicodeError):
        pass
    _write(path, seen.fingerprint)
    return True


def _write(path: str, entry: str) -> None:
    try:
        files.write_private(path, entry.encode())
    except (OSError, UnicodeError):
        pass  # only slower


def forget_all() -> None:
    """Drop the whole index (when signing out)."""
    from ssoenv.system import creation  # not on the warm path

    try:
        creation.check_links(paths.ours("index"))
        for name in os.listdir(paths.ours("index")):
            os.unlink(paths.ours("index", name))
    except OSError:
        pass


def path_of_plain(profile: str) -> str:
    """The file that says how to renew the credentials of ``profile``: ``credentials.plain``'s."""
    return f"{_path_of(profile)}.plain"


def _path_of(profile: str) -> str:
    return paths.ours("index", profile.encode("utf-8", "surrogateescape").hex())


def only_ours(path: str) -> bool:
    """Whether nobody else can have written the entry (Windows: the home folder's rights)."""
    if os.name != "posix":
        return True
    found = os.stat(path)
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022
