"""Becoming the child process: its pid, terminal and exit status are ours, for it replaces us."""

import errno
import os
import sys
from _collections_abc import Mapping, Sequence

from ssoenv.cache.role_keys import Credentials
from ssoenv.environment import variables
from ssoenv.environment.variables import Changes
from ssoenv.errors import CommandNotFound, ExecFailed, NotExecutable


def find(words: Sequence[str]) -> str:
    """The file of the program that ``words``, a command, begin with, by PATH as a shell would look
    it up.

    Raises ``CommandNotFound``, ``NotExecutable``.
    """
    command = words[0]
    if os.name == "nt":
        import shutil

        found = shutil.which(command)
        if found is None:
            raise CommandNotFound(f'there is no command "{command}"')
        return found
    if not command:
        raise CommandNotFound("the command is empty", "Name a command after --, or none at all")
    if os.sep in command:
        candidates = [command]
    else:
        candidates = [os.path.join(folder or ".", command) for folder in _path()]
    refused = ""
    for path in candidates:
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
        if os.path.exists(path):
            refused = refused or path
    if refused:
        why = "is a folder" if os.path.isdir(refused) else "is not executable"
        raise NotExecutable(f'"{refused}" {why}', "Name a program, or a script with chmod +x")
    raise CommandNotFound(f'there is no command "{command}"', _hint(words))


def _path() -> list[str]:
    return os.environ.get("PATH", os.defpath).split(os.pathsep)


def shell() -> list[str]:
    """The command that starts the person's own shell; on Windows, the one that asks."""
    if os.name == "nt":
        return [_shell_that_asks() or os.environ.get("COMSPEC") or "cmd.exe"]
    return [os.environ.get("SHELL") or "/bin/sh"]


def _shell_that_asks() -> str | None:
    # Git Bash, MSYS2 and Cygwin name theirs; their processes look like anything to Windows.
    if os.environ.get("MSYSTEM") and os.environ.get("SHELL"):
        return os.environ["SHELL"]
    import shellingham

    try:
        path: str = shellingham.detect_shell()[1]
    except OSError:  # there is none
        return None
    return path


def become_as(credentials: Credentials, path: str, command: Sequence[str]) -> int:
    """``become`` with the variables for ``credentials``."""
    return become(path, command, variables.to_use(credentials, os.environ))


def become(path: str, command: Sequence[str], changes: Changes) -> int:
    """Run ``command``, whose file is ``path``, with ``changes`` made to the environment.

    Does not return where a process can be replaced; on Windows, returns the exit code.
    """
    if os.name == "nt":
        return _run(path, command, changes)
    _restore_what_python_changed()
    environment = environment_with(changes)
    arguments = [os.fsencode(argument) for argument in command]
    try:
        os.execve(path, arguments, environment)
    except OSError as error:
        # A script without #!, which shells run with sh, unless it is not text at all.
        if error.errno == errno.ENOEXEC and not is_binary(path):
            _exec_or_explain("/bin/sh", [b"sh", os.fsencode(path), *arguments[1:]], environment)
        raise explained(path, error) from error


def _exec_or_explain(path: str, arguments: list[bytes], environment: dict[bytes, bytes]) -> None:
    try:
        os.execve(path, arguments, environment)
    except OSError as error:
        raise explained(path, error) from error


def is_binary(path: str) -> bool:
    """Whether the file is no script, which ``sh`` could run."""
    try:
        with open(path, "rb") as file:
            start = file.read(256)
    except OSError:  # executable, but not readable
        return True
    return start.startswith(b"\x7fELF") or b"\0" in start


def explained(path: str, error: OSError) -> ExecFailed | NotExecutable | CommandNotFound:
    """What it means that the system does not run ``path``."""
    if error.errno == errno.E2BIG:
        return ExecFailed("the command line and environment are too long for this system")
    if error.errno == errno.ENOENT:  # the file is there: what is not is its interpreter
        return CommandNotFound(f'the interpreter that "{path}" asks for does not exist')
    return NotExecutable(f'"{path}" cannot be run: {error.strerror}')


def _restore_what_python_changed() -> None:
    """Python ignores SIGPIPE and SIGXFSZ, and a child would inherit that. Whether our own caller
    ignored them before, nobody can know any more: the child gets the default."""
    import _signal  # type: ignore[import-not-found]  # signal would load enum, 3 ms

    for name in ("SIGPIPE", "SIGXFSZ"):
        if hasattr(_signal, name):
            _signal.signal(getattr(_signal, name), _signal.SIG_DFL)


def environment_with(changes: Changes) -> dict[bytes, bytes]:
    """The environment of a child: the one we were given, with ``changes``. Not on Windows."""
    environment = _original_environment()
    for name, value in changes:
        if value is None:
            environment.pop(os.fsencode(name), None)
        else:
            environment[os.fsencode(name)] = os.fsencode(value)
    return environment


def _original_environment() -> dict[bytes, bytes]:
    """The environment we were given: in the C locale, Python sets LC_CTYPE for itself."""
    environment = dict(os.environb)
    if b"LC_CTYPE" in environment and sys.platform == "linux":
        try:
            with open("/proc/self/environ", "rb") as file:
                given = file.read().split(b"\0")
        except OSError:
            return environment
        if not any(line.startswith(b"LC_CTYPE=") for line in given):
            del environment[b"LC_CTYPE"]
    return environment


def _run(path: str, command: Sequence[str], changes: Changes) -> int:
    """Windows: wait for the child; console events reach it directly, so we only outlive them."""
    import signal
    import subprocess

    line = windows_line(path, command)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    environment: Mapping[str, str] = variables.applied(changes, os.environ)
    try:
        status = subprocess.run(line, env=environment, check=False).returncode
    except OSError as error:
        raise NotExecutable(f'"{path}" cannot be run: {error.strerror}') from error
    return status if status < 2**31 else status - 2**32  # os._exit takes a signed number


def windows_line(path: str, command: Sequence[str]) -> str | list[str]:
    """What Windows is given to run ``command``, whose file is ``path``. Raises ``NotExecutable``
    for arguments that a batch file cannot get."""
    from ssoenv.system import batch

    if not batch.is_batch_file(path):
        return [path, *command[1:]]
    try:
        return batch.command_line(path, command[1:])
    except ValueError as problem:
        raise NotExecutable(
            f'"{path}" is a batch file, to which no argument with {problem} can be given',
            "Run the program that it calls",
        ) from None


def _hint(words: Sequence[str]) -> str:
    """What somebody may have meant with a command that is not there."""
    from ssoenv import hints

    first = words[0]
    if first[:1] == "-":
        return "Options of the command come after --, its name first"
    name, equals, _ = first.partition("=")
    if equals and name.isidentifier():
        return f"To set a variable for it, type behind --: env {hints.command(words)}"
    if len(first.split()) > 1:
        line = hints.quote(" ".join(words))
        return f"For a line that a shell reads, type behind --: sh -c {line}"
    if first in _BUILTINS:
        line = hints.quote(hints.command(words))
        return f"It is a part of the shell, so type behind --: sh -c {line}"
    if os.sep in first:
        return "Check its spelling, and the folder you are in"
    path = os.environ.get("SHELL", "")
    if os.path.basename(path) in ("bash", "zsh", "fish"):
        line = hints.quote(hints.command(words))
        alias = f"{os.path.basename(path)} -ic {line}"
        return f"Check its spelling, and PATH; if it is an alias or a function, type: {alias}"
    return "Check its spelling, and PATH"


_BUILTINS = (
    *(".", "alias", "bg", "cd", "command", "eval", "exec", "exit", "export", "fg", "for"),
    *("hash", "if", "jobs", "read", "set", "shift", "source", "trap", "type", "ulimit", "umask"),
    *("unalias", "unset", "wait", "while"),
)
