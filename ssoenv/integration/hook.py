"""What the scripts in ``shell/`` ask of the program, beside the commands that people type.

``ssoenv --before --shell SHELL``: statements that give a shell back the variables it has now.
``ssoenv --renew PROFILE --shell SHELL``: what the hooks run when keys are about to expire.
``ssoenv --complete …``: what a TAB completes, see ``completion``.
"""

import os
import sys
from collections.abc import Mapping

from ssoenv.cache import index
from ssoenv.config import selection
from ssoenv.environment import variables
from ssoenv.environment.variables import REMOVED, SET, Changes
from ssoenv.errors import NetworkError, UsageError
from ssoenv.system import kept, stdout
from ssoenv.terminal import messages

# Isolated from PYTHONPATH and the current folder, which may hold modules of the same names as ours:
# it looks where this process does.
_PROGRAM = (
    "import os, sys; sys.path[:] = sys.argv.pop(1).split(os.pathsep);"
    " from ssoenv.__main__ import main; main()"
)


def run(argv: list[str]) -> int:
    """Carry out one of the requests above; the exit code. Raises one of ``errors``."""
    if argv[0] == "--complete":
        from ssoenv.integration import completion

        return completion.run(argv[1:])
    if argv[0] == "--before" and len(argv) == 3 and argv[1] == "--shell":
        from ssoenv.environment.writer import Dialect

        Dialect(argv[2], None).write(before(os.environ))
        return 0
    if argv[0] == "--renew" and len(argv) == 4 and argv[2] == "--shell":
        return renew(argv[1], argv[3])
    raise UsageError(f"{argv[0]} is for the scripts of: ssoenv init", "See: ssoenv init --help")


def before(environ: Mapping[str, str]) -> Changes:
    """The changes that undo a ``to_use`` whatever profile it is for: each variable of the table
    as it is now. Where a profile is in use, that is what its own undoing would leave."""
    if environ.get("SSOENV_PROFILE"):
        return variables.to_undo(environ)
    keepers: Changes = [(keeper, None) for keeper in kept.KEEPERS.values()]
    return [(name, environ.get(name)) for name, _ in (*SET, *REMOVED)] + keepers


def renew(profile: str, shell: str) -> int:
    """Print what gives ``profile`` keys that are good for a while, never asking the person for
    anything and never making them wait for more than a second (SSOENV_HOOK_WAIT). Only the keys
    change: a region that was chosen meanwhile stays.

    The work is done by a process of its own, which goes on when the time is over: a refresh
    token, once sent, is spent, so its answer must be saved, however late it comes. The next
    attempt then finds new keys in the cache. Raises ``NetworkError`` when the time is over.
    """
    from ssoenv.environment.writer import Dialect, shell_for

    is_role = selection.is_role(selection.with_role(profile, os.environ))
    answer = None if is_role else index.credentials(profile, at_once=True)
    if answer is not None:
        changes = variables.to_use(answer, os.environ)
    else:
        status, values = _ask_aside(profile)
        if status:
            stdout.write(shell_for(shell).failure)
            return status
        changes = [(name, values.get(name)) for name, _ in SET]
        changes += [(name, None) for name, _ in REMOVED]
    others = {*dict(kept.REGIONS), *kept.KEEPERS.values()}
    Dialect(shell, None).write([change for change in changes if change[0] not in others])
    return 0


def _ask_aside(profile: str) -> tuple[int, dict[str, str]]:
    """Exit code and variables of ``ssoenv env PROFILE``, run aside; its words go to stderr.
    Raises ``NetworkError``."""
    import json
    import subprocess

    # A role that no profile names has a name of ours; the environment knows the rest of it.
    *_, account_id, role_name = (os.environ.get(name, "") for name in selection.ROLE_VARIABLES)
    named = [selection.with_role(profile, os.environ)]
    if named == [selection.name_of_role(account_id, role_name)]:
        named = []
    path = os.pathsep.join(sys.path)
    process = subprocess.Popen(
        [
            sys.executable,
            "-I",
            "-c",
            _PROGRAM,
            path,
            "env",
            *named,
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
    try:
        text, words = process.communicate(timeout=_patience())
    except subprocess.TimeoutExpired as error:
        raise NetworkError(
            f'no new keys for "{profile}" within {error.timeout:g} s, so the old ones stay for now',
            "The next commands will try again",
        ) from None
    for line in words.decode("utf-8", "replace").splitlines(keepends=True):
        if process.returncode or line.startswith(messages.WARNING):  # what went well goes unsaid
            messages.raw(line)
    return process.returncode, json.loads(text) if process.returncode == 0 else {}


def _patience() -> float:
    """How many seconds a command may be kept waiting."""
    try:
        seconds = float(os.environ.get("SSOENV_HOOK_WAIT", ""))
    except ValueError:
        return 1.0
    return seconds if 0 < seconds < 3600 else 1.0
