"""Which shell is asking, and how we know."""

import os
from _collections_abc import Mapping

from ssoenv.environment import shells
from ssoenv.errors import UsageError


def detect(environ: Mapping[str, str]) -> tuple[str, str]:
    """The canonical name of the shell that will read our output, and where we know it from (for
    ``-v``): "SSOENV_SHELL", "$SHELL", "parent process" or "default".

    Raises ``UsageError`` if ``SSOENV_SHELL`` names a shell we do not know. A shell that was found
    but is unknown is passed over.
    """
    if given := environ.get("SSOENV_SHELL"):
        return named(given, "SSOENV_SHELL").name, "SSOENV_SHELL"
    login_shell = shells.find(environ.get("SHELL", ""))
    windows = os.name == "nt"
    # Git Bash, MSYS2 and Cygwin set SHELL; their processes look like anything to Windows.
    if windows and login_shell and environ.get("MSYSTEM"):
        return login_shell.name, "$SHELL"
    if parent := _parent() or _ancestor():
        return parent.name, "parent process"
    if login_shell:
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


def _parent() -> shells.Shell | None:
    """The process that started us, if Linux says in one small file that it is a shell.

    That is nearly always so, and shellingham, which knows every other way, takes 11 ms to load.
    """
    try:
        with open(f"/proc/{os.getppid()}/cmdline", "rb") as file:
            command = os.fsdecode(file.read().partition(b"\0")[0])
    except OSError:
        return None
    return shells.find(command)


def _ancestor() -> shells.Shell | None:
    """The nearest shell among our ancestors, by shellingham."""
    try:
        import shellingham

        _teach()
        return shells.find(shellingham.detect_shell()[0])
    except Exception:
        # OSError where there is neither /proc nor ps, RuntimeError where it knows no way at all,
        # and whatever a strange process table makes of it: it is a guess, and there are others.
        return None


def _teach() -> None:
    """Make up for two gaps in shellingham 1.5.4, or leave it as it is if it is built otherwise.

    It does not know mksh, yash, ksh93 and busybox, and answers with the shell those run in. And
    for a login shell ("-zsh") it answers with ``$SHELL``, whichever shell that is.
    """
    try:
        from shellingham import _core

        for shell in shells.SHELLS.values():
            _core.SHELL_NAMES.update((shell.name, *shell.aliases))
        if os.name == "posix":
            from shellingham import posix

            posix._get_login_shell = lambda command: (command, command)
    except (ImportError, AttributeError):
        pass
