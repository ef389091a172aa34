"""Real shells, each driven through the very line that people are told to type.

``ssoenv`` is a stub on PATH that prints a prepared text: what is tested is the text, the line and
the shell. A test writes a script in the shell's own language, runs it in one process, and looks
at the environment as a child of that shell sees it (the commands ``child`` and ``state``).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pexpect

from ssoenv.environment import shells
from tests.shells.programs import PROGRAMS

STUB = """#!/bin/sh
read -r n < "$LAB/calls"
echo $((n + 1)) > "$LAB/calls"
if [ -e "$LAB/cut" ]; then head -c "$n" "$LAB/output"; else cat "$LAB/output"; fi
read -r status < "$LAB/status"
exit "$status"
"""

CHILD = """#!{python} -IS
import json, os
environment = {{k.decode("latin-1"): v.decode("latin-1") for k, v in os.environb.items()}}
with open(os.environ["LAB"] + "/children", "a") as file:
    file.write(json.dumps(environment) + "\\n")
"""

STATE = """#!/bin/sh
printf '%s\\n' "${A-gone}|${B-gone}|${C-gone}" | tr '\\n' '\\036' >> "$LAB/states"
echo >> "$LAB/states"
"""


PROMPT = "READY:"
RAW_BYTES = "".join(map(chr, range(0xDC80, 0xDD00)))
"""Bytes that are not UTF-8, as Python carries them."""


class Way:
    """One way to start one shell: its row in the table, its program, options and first lines.

    The templates say things in the shell's language: ``both`` runs LINE and, if that succeeded,
    THEN; ``guarded`` runs LINE and then THEN whatever LINE did, in a shell that LINE may end;
    ``function`` calls LINE inside a function.
    ``refuses`` holds the characters that the shell cannot take.
    """

    guarded = "(trap state EXIT; LINE\n) || :"
    both = "LINE && THEN"
    function = "f() {\nLINE\n}\nf"
    suffix = ""
    prompt = ""
    locale = "C.UTF-8"
    stop_on_error = "set -e"
    refuses = ""

    def __init__(self, row: str, *command: str, setup: str = "", label: str = "") -> None:
        self.row = shells.SHELLS[row]
        self.program = PROGRAMS[command[0]]
        self.options = command[1:]
        self.setup = setup
        self.label = label or " ".join(command)

    def line(self) -> str:
        return self.row.line.replace("PROFILE", "dev")

    def say(self, template: str, **words: str) -> str:
        """A template with its upper-case words filled in; ``LINE`` is the documented line."""
        for word, text in {"LINE": self.line(), **words}.items():
            template = template.replace(word, text)
        return template


class FishWay(Way):
    guarded = "LINE; THEN"
    both = "LINE; and THEN"
    function = "function f; LINE; end; f"
    stop_on_error = ""


class YashWay(Way):
    refuses = RAW_BYTES


class CshWay(Way):
    guarded = "LINE\nTHEN"  # only at a prompt does a C shell go on after a syntax error
    prompt = "set prompt=RE''ADY:"
    function = ""
    stop_on_error = ""
    refuses = "\n"


class PowerShellWay(Way):
    guarded = "try { LINE } catch {}\nTHEN"
    both = "LINE; if ($?) { THEN }"
    function = "function f { LINE }\nf"
    suffix = ".ps1"
    stop_on_error = "$ErrorActionPreference = 'Stop'"
    refuses = RAW_BYTES


class NuWay(Way):
    guarded = "try { LINE } catch { }\nTHEN"
    both = "LINE\nTHEN"
    function = "def --env f [] { LINE }\nf"
    suffix = ".nu"
    stop_on_error = ""
    refuses = RAW_BYTES


class ElvishWay(Way):
    guarded = "try { LINE } catch e { }\nTHEN"
    both = "LINE\nTHEN"
    function = "fn f { LINE }\nf"
    suffix = ".elv"
    stop_on_error = ""
    refuses = RAW_BYTES


class RcWay(Way):
    guarded = "LINE\nTHEN"  # only at a prompt does rc go on after a syntax error
    prompt = "prompt=(RE^ADY: '')"
    function = "fn f { LINE }\nf"
    stop_on_error = "flag e +"
    refuses = RAW_BYTES + "\1\2"


class XonshWay(Way):
    guarded = "try:\n    LINE\nexcept BaseException:\n    pass\nTHEN"
    both = "LINE\nTHEN"
    function = "def f():\n    LINE\nf()"
    suffix = ".xsh"
    stop_on_error = ""


WAYS = (
    Way("bash", "bash", "--norc"),
    Way("bash", "bash", "--posix", "-eu"),
    Way("bash", "bash", "--norc", setup="set -o history -o histexpand", label="bash with history"),
    Way("zsh", "zsh", "-f"),
    Way("zsh", "zsh", "-f", "-o", "rcquotes", "-o", "cshjunkiehistory"),
    Way("zsh", "zsh", "-f", "-o", "shwordsplit", "-o", "globsubst", "-o", "extendedglob"),
    Way("zsh", "zsh", "-f", setup="emulate ksh", label="zsh emulating ksh"),
    Way("zsh", "zsh", "-f", setup="emulate sh; set -eu", label="zsh emulating sh, -eu"),
    Way("sh", "dash"),
    Way("sh", "dash", "-eu"),
    Way("sh", "busybox", "sh"),
    Way("ksh", "ksh93"),
    Way("mksh", "mksh"),
    YashWay("yash", "yash", "--norcfile"),
    FishWay("fish", "fish", "-N"),
    CshWay("tcsh", "tcsh", "-f"),
    CshWay("tcsh", "tcsh", "-f", setup="set backslash_quote", label="tcsh with backslash_quote"),
    CshWay("tcsh", "bsd-csh", "-f"),
    PowerShellWay("powershell", "pwsh", "-NoProfile", "-File"),
    NuWay("nu", "nu", "-n"),
    ElvishWay("elvish", "elvish", "-norc"),
    RcWay("rc", "rc"),
    XonshWay("xonsh", "xonsh", "--no-rc"),
)


class Lab:
    """A folder with the stubs, in which shells are run with next to no environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name, text in (
            ("ssoenv", STUB),
            ("child", CHILD.format(python=sys.executable)),
            ("state", STATE),
        ):
            path = self.bin / name
            path.write_text(text)
            path.chmod(0o755)

    def run(
        self,
        way: Way,
        script: str,
        *,
        output: str,
        status: int = 0,
        cut: bool = False,
        environ: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run ``script`` in the shell, where ``ssoenv`` prints ``output`` and exits with
        ``status``. ``cut``: the first call prints nothing of it, the second one byte, and so on.
        """
        self.prepare(output, status, cut)
        path = self.folder / f"script{way.suffix}"
        path.write_text(f"{way.setup}\n{script}\n")
        return subprocess.run(
            [way.program.path(), *way.options, str(path)],
            env=self.environ(way) | (environ or {}),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
        )

    def type(
        self, way: Way, script: str, *, output: str, status: int = 0, cut: bool = False
    ) -> str:
        """Like ``run``, but type the script, line by line, at the prompt of the interactive shell
        in a pseudo-terminal. Returns what a person would have seen."""
        self.prepare(output, status, cut)
        shell = pexpect.spawn(
            way.program.path(),
            list(way.options),
            env=self.environ(way) | {"PS1": PROMPT},
            cwd=self.folder,
            dimensions=(24, 1000),
            timeout=60,
            encoding="utf-8",
        )
        shell.delaybeforesend = None
        seen = ""
        if way.prompt:
            shell.sendline(way.prompt)
        for line in (way.setup, *script.splitlines(), "exit"):
            shell.expect_exact(PROMPT)
            seen += shell.before
            shell.sendline(line)
        shell.expect(pexpect.EOF)
        shell.close()
        return seen + shell.before

    def prepare(self, output: str, status: int, cut: bool) -> None:
        for name in ("children", "states", "cut"):
            (self.folder / name).unlink(missing_ok=True)
        if cut:
            (self.folder / "cut").touch()
        (self.folder / "calls").write_text("0\n")
        (self.folder / "status").write_text(f"{status}\n")
        (self.folder / "output").write_bytes(output.encode("utf-8", "surrogateescape"))

    def environ(self, way: Way) -> dict[str, str]:
        return {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "LAB": str(self.folder),
            "LC_ALL": way.locale,
            "TERM": "dumb",
        }

    def children(self) -> list[dict[str, str]]:
        """The environments that the ``child`` commands saw, as Python would read them."""
        try:
            lines = (self.folder / "children").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [
            {_text(name): _text(value) for name, value in json.loads(line).items()}
            for line in lines
        ]

    def states(self) -> list[str]:
        """What the ``state`` commands saw: the variables A, B and C, joined by ``|``."""
        lines = (self.folder / "states").read_text("latin-1").split("\n")[:-1]
        return [_text(line).removesuffix("\x1e") for line in lines]


def _text(latin: str) -> str:
    return latin.encode("latin-1").decode("utf-8", "surrogateescape")
