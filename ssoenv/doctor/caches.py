"""Checks of the caches in the home folder, and of who may read and write there."""

import errno
import functools
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from typing import Any

from ssoenv.aws import sign_in_settings
from ssoenv.aws.lines import File
from ssoenv.cache import entries, role_keys, tokens
from ssoenv.doctor.findings import Finding
from ssoenv.doctor.reading import Home
from ssoenv.errors import KeychainError, SignInNeeded
from ssoenv.signin.stored import token_of
from ssoenv.system import clock, creation, files, paths

_MOUNTS = "/proc/self/mountinfo"
_WITHOUT_MODES = {
    "9p", "cifs", "drvfs", "exfat", "fuse.vmhgfs-fuse", "fuseblk", "msdos", "ntfs", "ntfs3",
    "prl_fs", "smb3", "vboxsf", "vfat",
}  # fmt: skip
_ENTRY = re.compile(r"[0-9a-f]{40}\.json")  # what AWS's tools look up there


def corrupt(home: Home) -> Iterator[Finding]:
    """Cache files that AWS's tools cannot use. The AWS CLI fails on them again and again."""
    for folder, judge in ((tokens.folder(), _token_problem), (role_keys.folder(), _role_problem)):
        for name in _entries(folder):
            if _ENTRY.fullmatch(name):
                path = os.path.join(folder, name)
                problem = _problem(path, judge)
                if problem:
                    yield Finding(
                        f"this cache file {problem}, which stops the AWS CLI",
                        "Rename it, or run: ssoenv doctor --fix",
                        path,
                        repair=functools.partial(_move_away, path),
                    )


def other_sign_ins(home: Home) -> Iterator[Finding]:
    """Token files that hold the sign-in to another start URL than the config has for their name."""
    for sign_in in sign_in_settings.sign_ins(home.understood or {}):
        try:
            token_of(sign_in)
        except KeychainError:
            continue  # another check says so
        except SignInNeeded as problem:
            entry = tokens.entry_of(sign_in)
            place = entry.path if entry.store == entries.FILES else ""
            yield Finding(problem.message, problem.hint, place)


def _problem(path: str, judge: Any) -> str:
    try:
        content = files.read(path)
    except FileNotFoundError:
        return ""
    except PermissionError:
        return "cannot be read"
    except OSError as error:
        return "is far too large" if error.errno == errno.EFBIG else "is not a file"
    if not content.strip():
        return "is empty"
    try:
        entry = json.loads(content)
    except (ValueError, RecursionError):
        return "is not JSON"
    if not isinstance(entry, dict):
        return "holds something else than it should"
    found: str = judge(entry)
    return found


def _token_problem(entry: dict[str, Any]) -> str:
    if "accessToken" not in entry:
        return "" if "clientId" in entry else "holds no access token"
    try:
        clock.epoch(entry["expiresAt"])
    except (KeyError, ValueError, TypeError):
        return "holds an access token without its end"
    return ""


def _role_problem(entry: dict[str, Any]) -> str:
    return "" if role_keys.parse(entry) is not None else "holds no whole credentials"


def _move_away(path: str) -> None:
    """Keep it, private, where no tool looks. Raises ``OSError``."""
    folder = paths.ours("moved-away")
    creation.check_links(os.path.dirname(path))
    creation.make_private_folder(folder)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = os.path.join(folder, f"{stamp}-{os.urandom(2).hex()}-{os.path.basename(path)}")
    os.rename(path, target)
    mode = os.lstat(target).st_mode
    # Of a link it would be another file's mode; root cannot open a socket to change its mode.
    if os.name == "posix" and (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        creation.change_mode(target, 0o700 if stat.S_ISDIR(mode) else 0o600)


def permissions(home: Home) -> Iterator[Finding]:
    """Secrets that others may read, settings that others may write, files of other owners."""
    if os.name != "posix":
        return
    base = paths.aws()
    owned = [base]
    for folder in (tokens.folder(), role_keys.folder(), paths.ours()):
        inside = [os.path.join(folder, name) for name in _entries(folder)]
        owned += [folder, *inside]
        yield from _loose(folder, [path for path in inside if not path.endswith((".db", ".lock"))])
        yield from _writable(folder)
    yield from _writable(base)
    for file in (home.config, home.credentials):
        if _mode(file.path) & 0o077 and _holds_secrets(file):
            yield Finding(
                "others may read this file, and it holds keys",
                f"Run: chmod 600 {paths.display(file.path)}",
                file.path,
                repair=functools.partial(creation.change_mode, file.path, 0o600),
            )
        else:
            yield from _writable(file.path)
        yield from _of_another(file.path)
        folder = os.path.dirname(os.path.realpath(file.path))
        if folder != os.path.realpath(base) and not _mode(folder) & stat.S_ISVTX:
            yield from _writable(folder)  # who may write there may put another file in its place
    foreign = [path for path in owned if _owner(path) not in (None, _person())]
    if foreign:
        yield Finding(
            f"{_count(foreign)} of somebody else (did you run aws with sudo?), so it may not be "
            "possible to write there",
            f'Run: sudo chown -R "$USER" {paths.display(base)}',
            foreign[0],
        )


def _loose(folder: str, inside: list[str]) -> Iterator[Finding]:
    loose = [path for path in inside if _is_file(path) and _mode(path) & 0o077]
    if loose:

        def repair() -> None:
            for path in loose:
                creation.change_mode(path, 0o600)

        yield Finding(
            f"others may read {_count(loose)} in this folder, which may hold secrets",
            f"Run: chmod 600 {paths.display(folder)}/*",
            folder,
            repair=repair,
        )


def _writable(path: str) -> Iterator[Finding]:
    mode = _mode(path)
    if mode & (0o002 if _is_own_group(path) else 0o022):
        yield Finding(
            "others may write here, and so decide who you are for AWS",
            f"Run: chmod go-w {paths.display(path)}",
            path,
            repair=functools.partial(creation.change_mode, path, mode & ~0o022),
        )


def _of_another(path: str) -> Iterator[Finding]:
    """A file of another person; root may change every file anyway."""
    owner = _owner(path)
    if owner not in (None, 0, os.geteuid(), _person()):
        yield Finding(
            "this file belongs to another user, who can decide who you are for AWS",
            f'If it should be yours, run: sudo chown "$USER" {paths.display(path)}',
            path,
        )


def _is_own_group(path: str) -> bool:
    """Whether the group of ``path`` is that of its owner alone, as Linux systems give everybody
    one: what it may do is then no concern. Where in doubt, it is not."""
    if os.name != "posix":
        return True
    import grp
    import pwd

    try:
        found = os.stat(path)
        owner, group = pwd.getpwuid(found.st_uid), grp.getgrgid(found.st_gid)
    except (OSError, KeyError):
        return False
    alone = set(group.gr_mem) <= {owner.pw_name}
    return owner.pw_gid == found.st_gid and owner.pw_name == group.gr_name and alone


def _holds_secrets(file: File) -> bool:
    secret = ("aws_secret_access_key", "aws_session_token")
    return any(key in secret for section in file.sections for key, _, _ in section.settings)


def _count(found: list[str]) -> str:
    return "one file" if len(found) == 1 else f"{len(found)} files"


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False


def _mode(path: str) -> int:
    """The mode of the file or folder at ``path``, 0 where there is none or no such thing as a mode.
    A device, such as /dev/null in the place of a config, is everybody's: its mode must stay."""
    try:
        found = os.stat(path)
    except OSError:
        return 0
    is_ours = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
    return stat.S_IMODE(found.st_mode) if is_ours and _has_modes(found.st_dev) else 0


def _owner(path: str) -> int | None:
    """Likewise its owner's id, or None."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_uid if _has_modes(found.st_dev) else None


def _person() -> int | None:
    """Whose files should be here: ours, or for root (``sudo -E``) those of the home's owner."""
    return os.geteuid() or _owner(os.path.dirname(paths.aws()))


def _has_modes(device: int) -> bool:
    """Whether the file system on ``device`` keeps owners and modes of its own. Others show the same
    for every file, often that all may do everything (Windows' disks in WSL, shares, sticks)."""
    return f"{os.major(device)}:{os.minor(device)}" not in devices_without_modes(_MOUNTS)


@functools.cache
def devices_without_modes(mounts: str) -> frozenset[str]:
    """The devices (MAJOR:MINOR) of the file systems without modes, from a ``mountinfo`` file as
    proc(5) describes it; none where the system has none."""
    try:
        with open(mounts, encoding="utf-8", errors="replace") as file:
            lines = [line.split() for line in file]
    except OSError:
        return frozenset()
    kinds = {words[2]: words[words.index("-") + 1] for words in lines if "-" in words[6:-1]}
    return frozenset(device for device, kind in kinds.items() if kind in _WITHOUT_MODES)


def _entries(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
