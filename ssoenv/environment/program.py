"""Which shell a process is, by what the system says of its program."""

from ssoenv.environment import shells
from ssoenv.errors import UsageError, printable

# What stands behind the name of a program that is started by a wrapper (Nix, Guix, dpkg-divert)
# or has its version in its name: ".fish-wrapped", "zsh-5.9", "bash-static".
_DECORATION = r"[-.](un)?wrapped_*$|[-.](real|distrib|orig|bin|static)$|[-_.]?v?[0-9][\w.+~-]*$"

_INTERPRETERS = {"python", "pypy", "perl", "ruby", "node", "nodejs", "bun", "php", "lua", "guile"}
_WITH_VALUE = {"-W", "-X", "-L", "-E", "-r", "--library-path", "--preload", "--argv0"}

# They end in "sh" too, and their output is read elsewhere.
_NO_SHELLS = {"mosh", "rsh", "remsh", "krsh", "qrsh", "dsh", "pdsh", "clush", "tsh"}


def shell_of(words: list[str], executable: str = "") -> shells.Shell | None:
    """The shell that a process is, None if it is something else.

    ``words``: its arguments, the name it was called by first; ``executable``: the file that runs,
    if that is known. Where it is an interpreter, what it runs counts: xonsh is Python. Raises
    ``UsageError`` for what looks like a shell (its name ends in "sh") that ssoenv does not know.
    """
    if not words:
        return None
    # Some programs write a text of their own over their arguments: "xonsh --no-rc".
    called = [*_names(words[0]), *_names(words[0].partition(" ")[0])]
    if called[0].startswith("busybox") and len(words) > 1:  # many commands in one program
        return shell_of(words[1:])
    runs = [name for name in _names(executable) if not name.startswith("busybox")]
    for name in (*called, *runs):
        if shell := shells.find(name):
            return shell
    for name in (*called, *runs):
        if name in _INTERPRETERS or _is_loader(name):
            return shell_of(_run_by_interpreter(words))
    for name in (*called, *runs):
        if name.endswith("sh") and "." not in name and not _is_no_shell(name):
            raise UsageError(
                f'"{printable(name)}" asks, which is not a shell that ssoenv knows',
                f"Say who reads the output: --shell NAME, one of {', '.join(shells.SHELLS)}",
            )
    return None


def named(path: str) -> shells.Shell | None:
    """The shell that a program's path names, also under a wrapper's name or with a version."""
    return next(filter(None, map(shells.find, _names(path))), None)


def _names(path: str) -> list[str]:
    """The name of a program, then the same without each thing that wrappers and versions add."""
    import re

    name = path.replace("\\", "/").rpartition("/")[2].lower()
    name = name.removesuffix(" (deleted)").removesuffix(".exe").lstrip("-")
    names = [name, name.lstrip(".")]
    while (shorter := re.sub(_DECORATION, "", names[-1])) != names[-1]:
        names.append(shorter)
    return names


def _is_loader(name: str) -> bool:
    """Whether it runs another program's file: the dynamic linker, an emulator."""
    return (
        (name.startswith("ld") and ".so" in name) or name.startswith("qemu-") or name == "rosetta"
    )


def _is_no_shell(name: str) -> bool:
    return name.endswith("ssh") or name in _NO_SHELLS


def _run_by_interpreter(words: list[str]) -> list[str]:
    """The program that an interpreter was told to run, and its arguments; nothing for code that
    is an argument itself."""
    position = 1
    while position < len(words):
        word = words[position]
        if not word.startswith("-"):
            return words[position:]
        if word[:2] != "--" and word[-1] in "ce":
            return []
        if word[:2] != "--" and word[-1] == "m":
            return words[position + 1 :]
        position += 2 if word in _WITH_VALUE else 1
    return []
