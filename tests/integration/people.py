"""Real shells as people use them: a start-up file with the line that ``ssoenv init`` tells of, a
prompt that shows ``ssoenv_prompt``, a terminal."""

import os
import re
import shlex
import shutil
from pathlib import Path

from ssoenv.commands import init
from tests.conftest import SSOENV, World
from tests.integration.terminal import Terminal
from tests.shells.programs import PROGRAMS, Program

CHILD = """#!/bin/sh
tag=$1; shift; line="($tag)"
for name in "$@"; do
  eval "line=\\"\\$line \\${$name-gone}\\""
done
echo "$line"
"""

COUNT = """#!/bin/sh
echo "$*" >> {log}
exec {program} "$@"
"""


class Shell:
    """One shell: its program, the start-up file, and how things are said in its language.

    ``startup`` loads the integration and sets the prompt up; ``status`` prints the exit status of
    the last command with "status " before it.
    """

    program: Program
    command: tuple[str, ...] = ()
    file = ""
    startup = ""
    status = "echo status $?"
    trace = ""  # what makes the shell show its commands
    quoted = "my\\ prod"  # how TAB writes a name with a space
    precmd_only = False

    @property
    def name(self) -> str:
        """The name of the program."""
        return self.program.name

    @property
    def label(self) -> str:
        """The name in test ids."""
        return self.program.name

    def set_up(self, home: Path, first: str = "", last: str = "") -> None:
        """Write the start-up file, with these lines before and after ours."""
        path = home / self.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{first}\n{self.startup}\n{last}\n")


class Bash(Shell):
    program = PROGRAMS["bash"]
    trace = "set -xv"
    command = ("--noprofile", "--rcfile", "{home}/.bashrc", "-i")
    file = ".bashrc"
    startup = "eval \"$(ssoenv init bash)\"\nPS1='[$ssoenv_prompt]> '"


class OldBash(Bash):
    program = PROGRAMS["bash32"]
    name = "bash"


class Zsh(Shell):
    program = PROGRAMS["zsh"]
    trace = "set -xv"
    command = ("-i",)
    file = ".zshrc"
    startup = (
        "autoload -Uz compinit; compinit -u\nsetopt prompt_subst\n"
        "eval \"$(ssoenv init zsh)\"\nPROMPT='[$ssoenv_prompt]> '"
    )


class Fish(Shell):
    program = PROGRAMS["fish"]
    trace = "set -g fish_trace 1"
    command = ("-i",)
    file = ".config/fish/config.fish"
    startup = (
        "ssoenv init fish | source\n"
        'function fish_prompt; echo "["(ssoenv_prompt)"]> "; end\nfunction fish_greeting; end'
    )
    status = "echo status $status"


class Nu(Shell):
    program = PROGRAMS["nu"]
    command = ("--config", "{home}/config.nu", "--env-config", os.devnull)
    file = "config.nu"
    startup = (
        "source ssoenv.nu\n$env.PROMPT_COMMAND = {|| $'[(ssoenv_prompt)]' }\n"
        "$env.PROMPT_INDICATOR = '> '\n$env.PROMPT_COMMAND_RIGHT = ''\n"
        "$env.config.show_banner = false"
    )
    status = "print $'status ($env.LAST_EXIT_CODE)'"
    quoted = '"my prod"'

    def set_up(self, home: Path, first: str = "", last: str = "") -> None:
        shutil.copy(init.scripts("nu")[0], home / "ssoenv.nu")
        super().set_up(home, first, last)


class Elvish(Shell):
    program = PROGRAMS["elvish"]
    file = ".config/elvish/rc.elv"
    startup = (
        "eval (ssoenv init elvish | slurp) &on-end={|ns|\n"
        "  set edit:prompt = { put '['($ns[ssoenv_prompt~])']> ' }\n}\n"
        "set edit:rprompt = { }"
    )
    status = ""
    quoted = "'my prod'"


class Xonsh(Shell):
    program = PROGRAMS["xonsh"]
    command = ("--rc", "{home}/rc.xsh", "-i")
    file = "rc.xsh"
    startup = (
        "execx($(ssoenv init xonsh))\n$PROMPT = '[{ssoenv_prompt}]> '\n$COMPLETIONS_CONFIRM = False"
    )
    status = "echo status @(__xonsh__.last.rtn)"
    quoted = "'my prod'"


class Tcsh(Shell):
    program = PROGRAMS["tcsh"]
    trace = "set echo verbose"
    file = ".tcshrc"
    startup = "source \"`ssoenv init tcsh --path`\"\nset prompt = '[%$ssoenv_prompt]> '"
    status = "echo status $status"
    quoted = ""  # its completion knows no such names
    precmd_only = True


class PowerShell(Shell):
    program = PROGRAMS["pwsh"]
    trace = "Set-PSDebug -Trace 2"
    command = ("-NoLogo", "-NoProfile", "-NoExit", "-File", "{home}/profile.ps1")
    file = "profile.ps1"
    startup = (
        "ssoenv init powershell | Out-String | Invoke-Expression\n"
        'function prompt { "[$(ssoenv_prompt)]> " }'
    )
    status = '"status $LASTEXITCODE"'
    quoted = "'my prod'"


BASH, OLD_BASH, ZSH, FISH, TCSH = Bash(), OldBash(), Zsh(), Fish(), Tcsh()
SHELLS = (BASH, OLD_BASH, ZSH, FISH, Nu(), Elvish(), Xonsh(), TCSH, PowerShell())


class Person:
    """Somebody with a home, a shell and a terminal. ``calls`` are the runs of the program."""

    def __init__(
        self,
        world: World,
        shell: Shell,
        first: str = "",
        last: str = "",
        columns: int = 120,
        **environ: str,
    ) -> None:
        self.world = world
        self.shell = shell
        bin = world.home / "bin"
        self._log = world.home / "calls"
        if not (bin / "ssoenv").exists():
            bin.mkdir(exist_ok=True)
            count = COUNT.format(log=shlex.quote(str(self._log)), program=shlex.quote(SSOENV))
            for name, text in (("ssoenv", count), ("child", CHILD)):
                (bin / name).write_text(text)
                (bin / name).chmod(0o755)
        program = shell.program.path()
        shell.set_up(world.home, first, last)
        arguments = [argument.format(home=world.home) for argument in shell.command]
        path = f"{bin}:{world.environ['PATH']}"
        environ = {"SSOENV_HOOK_WAIT": "30", **environ}  # tests run on busy machines
        self.terminal = Terminal(
            [program, *arguments],
            world.environment(PATH=path, TERM="xterm", SSOENV_SHELL=None, SHELL=program, **environ),
            str(world.home),
            columns,
        )
        self.see = self.terminal.see

    def __enter__(self) -> "Person":
        self.wait_for_prompt()
        return self

    def __exit__(self, *_: object) -> None:
        self.terminal.__exit__()

    def wait_for_prompt(self) -> None:
        """Some shells lose what is typed before they have shown their prompt."""
        prompt = re.compile(r"(^|\n)\[[^]]*\][>|] ?$")
        self.terminal.until(lambda screen: prompt.search(screen) is not None, "a prompt")

    def enter(self, line: str) -> None:
        """Type a line at the prompt and press Enter."""
        self.wait_for_prompt()
        self.terminal.type(line)
        self.see(f"> {line}")  # or the prompt before it would pass for the one after it
        self.terminal.press("Enter")

    def complete(self, line: str, expected: str) -> None:
        """Type a line and press Tab, see ``expected`` there, and clear the line again."""
        self.wait_for_prompt()
        self.terminal.type(line)
        self.terminal.press("Tab")
        if "COMPLETING" in self.see(expected):  # Elvish's list of candidates
            self.terminal.press("Escape")
            self.terminal.until(lambda screen: "COMPLETING" not in screen, "the list gone")
        self.terminal.press("C-u")

    def put(self, name: str, value: str) -> None:
        self.enter(self.shell.program.export(name, value))

    def shown(self, tag: str, *names: str) -> str:
        """What a child of the shell has in these variables ("gone" if unset)."""
        self.enter(" ".join(("child", tag, *names)))
        screen = self.see(f"({tag}) ")
        return screen.split(f"({tag}) ", 1)[1].splitlines()[0].strip()

    @property
    def calls(self) -> list[str]:
        """The arguments of each run of the program, but for completion."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [line for line in lines if not line.startswith("--complete")]

    def forget_keys(self) -> None:
        """Empty the role cache, so that new keys must be asked for; and let the shell believe
        that those it has are at their end."""
        for path in self.world.roles.iterdir():
            path.unlink()
        self.put("SSOENV_EXPIRES_AT", "1")
