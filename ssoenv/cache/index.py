"""The warm path: answer from the role cache without asking botocore what the profile means.

Reading the config costs botocore's import (120 ms) and grows with the file. So when a profile
has been resolved once, an index entry without secrets keeps the outcome: which entry of the role
cache, which region. It holds as long as its fingerprint does: the version of ssoenv, and where
the config and credentials files are and what the file system says of them. (Variables that steer
calls, such as endpoints, have no say in either.) Anything else, and anything odd at all, is "I do
not know" (None), and botocore is asked again.
"""

import json
import os

from ssoenv import __version__
from ssoenv.cache import role_keys
from ssoenv.cache.role_keys import Credentials
from ssoenv.system import clock, files, paths

_TICK_NS = 20_000_000  # a file changed less than 0.02 s ago may change again in the same tick …
_COARSE_NS = 2_000_000_000  # … or 2 s, where the file system's clock only knows whole seconds


def credentials(profile: str, min_ttl: float = role_keys.REUSE_SECONDS) -> Credentials | None:
    """The credentials of ``profile`` if its entry is known and they are good for ``min_ttl``
    seconds, else None."""
    try:
        path = _path_of(profile)
        if not _only_ours(path):
            return None
        entry = files.read_object(path)
        key, region = entry["key"], entry["region"]
        if entry["fingerprint"] != fingerprint() or not isinstance(key, str):
            return None
        if region is not None and not isinstance(region, str):
            return None
        credentials = role_keys.read(key)
        if credentials is None or credentials.seconds_left() < min_ttl:
            return None
        if region is not None and role_keys.has_control_character(region):
            return None
        return credentials.named(profile, region)
    except (OSError, ValueError, KeyError):
        return None


class Snapshot:
    """A fingerprint, and when it was taken. Take it before the config is read."""

    __slots__ = ("fingerprint", "settled")

    def __init__(self) -> None:
        self.fingerprint = fingerprint()
        self.settled = _settled(self.fingerprint, clock.now())


def remember(profile: str, key: str, region: str | None, seen: Snapshot) -> None:
    """Keep that ``profile`` means the role cache's entry ``key``.

    Nothing is kept if the files have changed since they were ``seen``, or so shortly before that
    a further change might not show.
    """
    if not seen.settled or seen.fingerprint != fingerprint():
        return
    entry = {
        "profile": profile,
        "fingerprint": seen.fingerprint,
        "key": key,
        "region": region,
    }
    try:
        files.write_private(_path_of(profile), json.dumps(entry).encode())
    except OSError:
        pass  # only slower


def forget_all() -> None:
    """Drop the whole index (when signing out)."""
    try:
        for name in os.listdir(paths.ours("index")):
            os.unlink(paths.ours("index", name))
    except OSError:
        pass


def fingerprint() -> list[object]:
    """All that the meaning of a profile depends on, comparable and without secrets."""
    return [
        __version__,
        _identity(paths.config()),
        _identity(paths.credentials()),
    ]


def _identity(path: str) -> list[object]:
    """What changes whenever the file at ``path`` does; the inode and ctime show a swapped or
    rewritten file even if its size and mtime were put back."""
    try:
        found = os.stat(path)
    except OSError:
        return [path]
    return [
        path,
        found.st_dev,
        found.st_ino,
        found.st_mode,
        found.st_size,
        found.st_mtime_ns,
        found.st_ctime_ns,
    ]


def _settled(seen: list[object], now: float) -> bool:
    for identity in seen[1:]:
        changed = identity[-1] if isinstance(identity, list) and len(identity) > 1 else 0
        if isinstance(changed, int) and changed:
            margin = _TICK_NS if changed % 1_000_000_000 else _COARSE_NS
            if now * 1e9 - changed < margin:
                return False
    return True


def _path_of(profile: str) -> str:
    return paths.ours("index", profile.encode("utf-8", "surrogateescape").hex() + ".json")


def _only_ours(path: str) -> bool:
    """Whether nobody else can have written the entry (Windows: the home folder's rights)."""
    if os.name != "posix":
        return True
    found = os.stat(path)
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022
