"""Which shell is asking, and how we know."""

import os
from _collections_abc import Iterator, Mapping

from ssoenv.environment import shells
from ssoenv.errors import UsageError

_DEPTH = 32


def detect(environ: Mapping[str, str]) -> tuple[str, str]:
    """The canonical name of the shell that will read our output, and where we know it from (for
    ``-v``): "SSOENV_SHELL", "$SHELL", "parent process" or "default".

    Raises ``UsageError`` if ``SSOENV_SHELL`` names a shell we do not know, or if the nearest
    process that looks like a shell is one: another shell's text would be none to it, and it might
    quote a secret in its complaint. Any other process is passed over.
    """
    if given := environ.get("SSOENV_SHELL"):
        return named(given, "SSOENV_SHELL").name, "SSOENV_SHELL"
    windows = os.name == "nt"
    # Git Bash, MSYS2 and Cygwin set SHELL; their processes look like anything to Windows.
    if windows and environ.get("MSYSTEM") and (login_shell := _login_shell(environ)):
        return login_shell.name, "$SHELL"
    if parent := _parent() or _ancestor():
        return parent.name, "parent process"
    if login_shell := _login_shell(environ):
        return login_shell.name, "$SHELL"
    return ("powershell" if windows else "sh"), "default"


def named(name: str, where: str) -> shells.Shell:
    """The shell that a person named in the option or variable ``where``. Raises ``UsageError``."""
    shell = shells.find(name)
    if shell is None:
        raise UsageError(
            f'{where}: "{name}" is not a shell that ssoenv knows',
            f"Known are {', '.join(shells.SHELLS)}",
        )
    return shell


def _login_shell(environ: Mapping[str, str]) -> shells.Shell | None:
    from ssoenv.environment import program

    return program.named(environ.get("SHELL", ""))


def _parent() -> shells.Shell | None:
    """The process that started us, if Linux says in one small file that it is a shell.

    That is nearly always so, and needs none of what ``_ancestor`` loads.
    """
    try:
        with open(f"/proc/{os.getppid()}/cmdline", "rb") as file:
            command = os.fsdecode(file.read().partition(b"\0")[0])
    except OSError:
        return None
    return None if command.endswith("busybox") else shells.find(command)


def _ancestor() -> shells.Shell | None:
    """The nearest shell among our ancestors. Raises ``UsageError`` if what is nearest looks like a
    shell and is unknown."""
    from ssoenv.environment import program

    try:
        for words, executable in _processes():
            if shell := program.shell_of(words, executable):
                return shell
        return None
    except OSError:
        return _by_shellingham()


def _processes() -> Iterator[tuple[list[str], str]]:
    """Our ancestors as Linux tells of them, the nearest first: arguments and executable file (empty
    if it is another person's). Raises ``OSError`` where there is no such /proc."""
    pid = os.getppid()
    for _ in range(_DEPTH):
        with open(f"/proc/{pid}/stat", "rb") as file:
            parent = int(file.read().rpartition(b")")[2].split()[1])
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = os.fsdecode(file.read()).split("\0")
        try:
            executable = os.readlink(f"/proc/{pid}/exe")
        except OSError:
            executable = ""
        yield words[:-1] or words, executable
        if parent == 0:
            return
        pid = parent


def _by_shellingham() -> shells.Shell | None:
    """The same by shellingham, which takes 11 ms to load and knows every other system."""
    from ssoenv.environment import program

    try:
        import shellingham

        _teach()
        return program.named(shellingham.detect_shell()[0])
    except UsageError:  # of ``program.shell_of``
        raise
    except Exception:
        # OSError where there is neither /proc nor ps, RuntimeError where it knows no way at all,
        # and whatever a strange process table makes of it: it is a guess, and there are others.
        return None


def _teach() -> None:
    """Have shellingham 1.5.4 judge by ``program.shell_of``, or leave it as it is if it is built
    otherwise.

    By itself it does not know mksh, yash, ksh93 and busybox, and answers with the shell those run
    in; and for a login shell ("-zsh") it answers with ``$SHELL``, whichever shell that is.
    """
    from ssoenv.environment import program

    def judge(*words: str) -> tuple[str, str] | None:
        shell = program.shell_of([*words])
        return (shell.name, words[0]) if shell else None

    class Names:
        def __contains__(self, name: str) -> bool:
            return judge(name) is not None

    try:
        if os.name == "posix":
            from shellingham import posix

            posix._get_shell = judge
        else:
            from shellingham import nt

            nt.SHELL_NAMES = Names()
    except (ImportError, AttributeError):
        pass
