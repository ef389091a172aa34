"""``ssoenv init SHELL``: print the script that makes ssoenv at home in a shell."""

import argparse
import os
import shutil
import sys

from ssoenv import hints
from ssoenv.environment import shells
from ssoenv.errors import ServiceError, UsageError
from ssoenv.system import stdout
from ssoenv.terminal import tables
from ssoenv.terminal.folding import folded

_SCRIPTS = {
    "bash": ("ssoenv.bash", "completion/ssoenv.bash"),
    "zsh": ("ssoenv.zsh", "completion/_ssoenv"),
    "fish": ("ssoenv.fish", "completion/ssoenv.fish"),
    "powershell": ("ssoenv.ps1",),
    "nu": ("ssoenv.nu",),
    "elvish": ("ssoenv.elv",),
    "xonsh": ("ssoenv.xsh",),
    "tcsh": ("ssoenv.tcsh",),
    "direnv": ("use_ssoenv.sh",),
}

_EXAMPLES = """\
examples:
  eval "$(ssoenv init bash)"     in ~/.bashrc
  ssoenv init fish | source      in ~/.config/fish/config.fish
  ssoenv init powershell         its first lines say what to do with it

and then, in the shell:
  ssoenv use dev                 this shell acts as dev; "use -": as before that
  ssoenv off                     the shell gets back what it had
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "shell",
        nargs="?",
        metavar="SHELL",
        help=f"{', '.join(_SCRIPTS)} (default: the shell that asks)",
    )
    parser.add_argument("--path", action="store_true", help="print the path of the script instead")


def run(arguments: argparse.Namespace) -> int:
    found = scripts(arguments.shell)
    _check_for_a_command()
    if arguments.path:
        stdout.write(found[0] + "\n")
        return 0
    if _is_terminal():
        width = tables.columns()
        lines = _how_to(found[0]).splitlines()
        # A line to type stays whole.
        shown = [line if line[:4].isspace() else folded(line, width) for line in lines]
        stdout.write("\n".join(shown) + "\n")
        return 0
    stdout.write("\n".join(_read(path) for path in found))
    return 0


def _is_terminal() -> bool:
    try:
        return sys.stdout.isatty()
    except (AttributeError, ValueError):
        return False


def _how_to(path: str) -> str:
    """What a person does with the script: its own first lines, which a terminal is too small for
    more of."""
    head = _read(path).split("\n#\n# It defines")[0].split("\n# README.md")[0]
    lines = [line.removeprefix("#").removeprefix(" ") for line in head.splitlines()]
    text = "\n".join(lines).partition(". ")[2].rstrip()
    return f"{text}\n\nThe script that it loads: {path}"


def _check_for_a_command() -> None:
    """Raise ``UsageError`` if we are the single file ``ssoenv.pyz`` (see CONTRIBUTING) and the
    scripts, which run the command ``ssoenv``, would find none."""
    file = sys.argv[0]
    if file.endswith(".pyz") and os.path.isfile(file) and shutil.which("ssoenv") is None:
        install = f"install -m 755 {hints.quote(file)} ~/.local/bin/ssoenv"
        raise UsageError(
            "the script runs the command ssoenv, and there is none in a folder of PATH",
            "Install ssoenv by pip, pipx or uv" if os.name == "nt" else f"Make it one: {install}",
        )


def scripts(name: str | None) -> list[str]:
    """The files that make up the integration of a shell (None: the one that asks), or of direnv.

    Raises ``UsageError`` for a shell that has none.
    """
    if name is None:
        from ssoenv.environment.writer import shell_for

        try:
            shell = shell_for(None).name
        except UsageError as error:
            raise UsageError(error.message, f"Available: {', '.join(_SCRIPTS)}") from None
    else:
        found = shells.find(name)
        shell = found.name if found else name
    if shell not in _SCRIPTS:
        raise UsageError(f"{shell} has no integration script", f"Available: {', '.join(_SCRIPTS)}")
    return [os.path.join(_folder(), part) for part in _SCRIPTS[shell]]


def start_up_line(shell: str) -> str:
    """What a person types, or puts into a start-up file, to have the script of ``shell``: its own
    first lines say so. Empty for a shell that has none."""
    if shell not in _SCRIPTS:
        return ""
    head = _read(scripts(shell)[0]).partition("# It defines")[0]
    return "; ".join(line[6:] for line in head.splitlines() if line.startswith("#     "))


def _folder() -> str:
    """Where the scripts are: inside the installed package, or beside it in the repository."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(package, "shell")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "shell")


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except OSError as error:
        raise ServiceError(
            f"{path} cannot be read: {error.strerror}", "Reinstall ssoenv"
        ) from error
