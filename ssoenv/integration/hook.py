"""What the scripts in ``shell/`` ask of the program, beside the commands that people type.

``ssoenv --use --shell SHELL WORD…``: what ``ssoenv use`` does, see ``commands.use``.
``ssoenv --off --shell SHELL``: statements that give a shell back the variables it had.
``ssoenv --renew PROFILE --shell SHELL``: what the hooks run when keys are about to expire.
``ssoenv --complete …``: what a TAB completes, see ``completion``.
"""

import os
import sys
import time

from ssoenv.cache import index
from ssoenv.cache.role_keys import Credentials
from ssoenv.config import selection
from ssoenv.environment import shell_state, variables
from ssoenv.environment.variables import REMOVED, SET, Changes
from ssoenv.errors import NetworkError, SsoenvError, UsageError
from ssoenv.system import kept, locks, paths, stdout
from ssoenv.terminal import messages

UNDER_WAY = 75
"""Exit code: new keys have been asked for, and are not there yet (EX_TEMPFAIL in sysexits.h)."""

_LOOK, _AGAIN = "--look", "--again"
_WAIT, _WAIT_IF_EXPIRED = 1.0, 5.0  # seconds
_TICK = 0.05
_FOR_THE_LOCK = 0.5  # seconds: somebody may be having a look at it
_FOR_THE_KEYCHAIN = 0.5  # seconds: one that answers later is asked aside

# Isolated from PYTHONPATH and the current folder, which may hold modules of the same names as ours:
# it looks where this process does.
_PROGRAM = (
    "import os, sys; sys.path[:] = sys.argv.pop(1).split(os.pathsep);"
    " from ssoenv.integration import hook; hook.hold_lock(sys.argv.pop(1));"
    " from ssoenv.__main__ import main; main()"
)


def run(argv: list[str]) -> int:
    """Carry out one of the requests above; the exit code. Raises one of ``errors``."""
    if argv[0] == "--complete":
        from ssoenv.integration import completion

        return completion.run(argv[1:])
    if argv[0] == "--off" and len(argv) == 3 and argv[1] == "--shell":
        from ssoenv.environment.writer import Dialect

        state = shell_state.taken(os.environ)
        Dialect(argv[2], None).write(shell_state.to_leave(state, os.environ))
        return 0
    if argv[0] == "--renew" and len(argv) in (4, 5) and argv[2] == "--shell":
        how = "".join(argv[4:])
        if how in ("", _LOOK, _AGAIN):
            return renew(argv[1], argv[3], how)
    raise UsageError(f"{argv[0]} is for the scripts of: ssoenv init", "See: ssoenv init --help")


def renew(profile: str, shell: str, how: str = "") -> int:
    """Print what gives ``profile`` keys that are good for a while, never asking the person for
    anything and never making them wait for long: a second, or, where the keys in the environment
    have expired, five (SSOENV_HOOK_WAIT says another time). Only the keys change: a region that
    was chosen meanwhile stays. Returns the exit code.

    The work is done by a process of its own, one a profile at a time. It goes on when the time is
    over, and the exit code is then ``UNDER_WAY``: a refresh token, once sent, is spent, so its
    answer must be saved, however late it comes.

    ``how``: "--look" looks into the cache alone, without waiting (for a role that no profile names,
    that is a run of the program, once the attempt has ended); "--again" says nothing about
    what does not work, which has been said before, and waits for a second at most.
    """
    from ssoenv.environment.writer import Dialect, shell_for

    changes, status = _cached(profile), 0
    if changes is None:
        changes, status = _look(profile) if how == _LOOK else _ask_aside(profile, how == _AGAIN)
    if changes is None:
        stdout.write(shell_for(shell).failure)
        return status
    others = {*dict(kept.REGIONS), *kept.KEEPERS.values(), "SSOENV_GUARDED"}
    Dialect(shell, None).write([change for change in changes if change[0] not in others])
    return 0


def hold_lock(path: str) -> None:
    """Hold the lock of a profile until this process, the one aside, ends. It ends here, with
    ``UNDER_WAY``, if another one holds it."""
    try:
        locks.Lock(path, _FOR_THE_LOCK).__enter__()
    except locks.LockHeld:
        os._exit(UNDER_WAY)
    except OSError:
        pass  # where no lock can be, several may ask at once


def _look(profile: str) -> tuple[Changes | None, int]:
    """The changes that an attempt has brought meanwhile, and the exit code."""
    if _is_under_way(profile):
        return None, UNDER_WAY
    if (changes := _cached(profile)) is not None:  # it has ended just now
        return changes, 0
    return _ask_aside(profile, again=True) if _is_role(profile) else (None, NetworkError.exit_code)


def _cached(profile: str) -> Changes | None:
    """The changes for keys that are in the cache already; None if they must be asked for."""
    if _is_role(profile):
        return None  # the index knows profiles only
    found = index.credentials(profile, at_once=True)
    if found is None and os.path.isdir(paths.ours("keychain")):
        found = _from_keychain(profile)
    return None if found is None else variables.to_use(found, os.environ)


def _is_role(profile: str) -> bool:
    """Whether it is a role that no profile names."""
    return selection.is_role(selection.with_role(profile, os.environ))


def _from_keychain(profile: str) -> Credentials | None:
    """Keys that the index finds in the keychain, if that answers at once."""
    from ssoenv.system.deadline import Deadline

    try:
        return Deadline(_FOR_THE_KEYCHAIN).run(lambda: index.credentials(profile))
    except SsoenvError:
        return None


def _ask_aside(profile: str, again: bool) -> tuple[Changes | None, int]:
    """The changes that ``ssoenv env PROFILE``, run aside, brings in time, and the exit code. Its
    words go to stderr, except ``again``."""
    import json
    import subprocess

    wait = _patience(again)
    end = time.monotonic() + wait
    process = subprocess.Popen(
        [
            sys.executable,
            "-I",
            "-c",
            _PROGRAM,
            os.pathsep.join(sys.path),
            _lock_of(profile),
            "env",
            *_named(profile),
            "--format",
            "json",
            "--no-login",
            "--yes",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    status, text, words = UNDER_WAY, b"", b""
    try:
        text, words = process.communicate(timeout=wait)
        status = process.returncode
    except subprocess.TimeoutExpired:
        process.returncode = 0  # it goes on, and nobody waits for it
    while status == UNDER_WAY and time.monotonic() < end:  # another shell has asked
        time.sleep(_TICK)
        if (changes := _cached(profile)) is not None:
            return changes, 0
        if not _is_under_way(profile):
            break
    if status == UNDER_WAY and not again:
        problem = f'no new keys for "{profile}" within {wait:g} s, so the old ones stay for now'
        messages.say(str(NetworkError(problem, "The next command looks again")))
    for line in words.decode("utf-8", "replace").splitlines(keepends=True):
        # What went well goes unsaid.
        if (status and not again) or (not status and line.startswith(messages.WARNING)):
            messages.raw(line)
    if status:
        return None, status
    values: dict[str, str] = json.loads(text)
    changes = [(name, values.get(name)) for name, _ in SET]
    return changes + [(name, None) for name, _ in REMOVED], 0


def _named(profile: str) -> list[str]:
    """What names ``profile`` to ``ssoenv env``: for a role that no profile names, all that the
    shell keeps of it, or nothing where variables have the rest of it."""
    *_, account_id, role_name = (os.environ.get(name, "") for name in selection.ROLE_VARIABLES)
    named = selection.with_role(profile, os.environ)
    if named == selection.name_of_role(account_id, role_name):
        return []
    return [f"--profile={named}" if named.startswith("-") else named]


def _lock_of(profile: str) -> str:
    """The file whose lock is held while new keys for ``profile`` are asked for."""
    import hashlib

    named = "\n".join([paths.config(), *_named(profile)])
    digest = hashlib.sha256(named.encode("utf-8", "surrogateescape")).hexdigest()
    return paths.ours("renewals", digest[:32])


def _is_under_way(profile: str) -> bool:
    return locks.is_held(_lock_of(profile))


def _patience(again: bool) -> float:
    """How many seconds a command may be kept waiting."""
    try:
        seconds = float(os.environ.get("SSOENV_HOOK_WAIT", ""))
    except ValueError:
        seconds = 0
    if 0 < seconds < 3600:
        return seconds
    return _WAIT_IF_EXPIRED if not again and _have_expired() else _WAIT


def _have_expired() -> bool:
    end = os.environ.get("SSOENV_EXPIRES_AT", "")
    return end.isdecimal() and int(end[:15]) <= time.time()
