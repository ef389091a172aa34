"""A temporary environment for the demo: a home folder, Identity Center in miniature, and programs
on PATH. It is removed at the end, also after a signal."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ssoenv.demo import home
from ssoenv.demo.center.identity_center import IdentityCenter
from ssoenv.terminal import messages

WHOAMI = "whoami-aws"
_WHOAMI_SOURCE = """\
# A substitute for a tool that knows nothing of SSO: it reads keys from the environment.
import os, sys
import botocore.session

if "AWS_ACCESS_KEY_ID" not in os.environ:
    sys.exit("whoami-aws: there are no AWS keys in my environment")
session = botocore.session.Session()
print(session.create_client("sts").get_caller_identity()["Arn"])
print("region", session.get_config_variable("region"))
"""

# Besides AWS_* and SSOENV_*: variables that make shells read the person's own files, or programs
# write to the person's own folders.
_PERSONAL = {
    "BASH_ENV",
    "BOTO_CONFIG",
    "ENV",
    "HISTFILE",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "ZDOTDIR",
}
# The start-up files of shells: what README tells of, and a prompt that shows it.
_STARTUP = {
    ".bashrc": (
        'eval "$(ssoenv init bash)"\n'
        "PS1='(ssoenv demo) ${ssoenv_prompt:+[$ssoenv_prompt] }\\w \\$ '\n"
    ),
    ".zshrc": (
        "autoload -Uz compinit && compinit -u\nsetopt prompt_subst\n"
        'eval "$(ssoenv init zsh)"\n'
        "PROMPT='(ssoenv demo) ${ssoenv_prompt:+[$ssoenv_prompt] }%~ %# '\n"
    ),
    ".config/fish/config.fish": (
        "set -g fish_greeting\nssoenv init fish | source\nfunction fish_prompt\n"
        "    echo '(ssoenv demo) ['(ssoenv_prompt)'] > '\nend\n"
    ),
    ".config/powershell/profile.ps1": (
        "ssoenv init powershell | Out-String | Invoke-Expression\n"
        'function prompt { "(ssoenv demo) [$(ssoenv_prompt)] > " }\n'
    ),
    ".config/nushell/config.nu": (
        "source ssoenv.nu\n$env.config.show_banner = false\n"
        "$env.PROMPT_COMMAND_RIGHT = ''\n"
        "$env.PROMPT_COMMAND = {|| $'(char lp)ssoenv demo(char rp) [(ssoenv_prompt)] ' }\n"
    ),
    ".config/elvish/rc.elv": (
        "eval (ssoenv init elvish | slurp) &on-end={|ns|\n"
        "  set edit:prompt = { put '(ssoenv demo) ['($ns[ssoenv_prompt~])'] > ' }\n}\n"
        "set edit:rprompt = { }\n"
    ),
    ".xonshrc": (
        "execx($(ssoenv init xonsh))\n$PROMPT = '(ssoenv demo) {ssoenv_prompt:[{}] }{cwd} @ '\n"
    ),
    ".tcshrc": (
        'source "`ssoenv init tcsh --path`"\n'
        "set prompt = '(ssoenv demo) [%$ssoenv_prompt] %~ %# '\n"
    ),
}
_BROWSER_SOURCE = "import sys, urllib.request as web; web.urlopen(sys.argv[1], timeout=60).read()"


class Ended(BaseException):
    """We received signal ``number``, which ends a program."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Stage:
    """The demo's environment. ``folder``: its home folder. ``environment``: the variables of the
    programs that run in it."""

    def __init__(self, folder: str, idc: IdentityCenter) -> None:
        self.folder = folder
        self.idc = idc
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "SSOENV_")) and name not in _PERSONAL
        }
        self.environment.update(home.write_home(folder, idc))
        self.environment["AWS_EC2_METADATA_DISABLED"] = "true"
        # A proxy cannot reach our loopback address.
        direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
        for name in ("no_proxy", "NO_PROXY"):
            self.environment[name] = f"{direct},127.0.0.1" if direct else "127.0.0.1"
        programs = os.path.join(folder, "bin")
        os.mkdir(programs)
        _install(programs)
        path = self.environment.get("PATH", os.defpath)
        self.environment["PATH"] = programs + os.pathsep + path
        for name, text in _STARTUP.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        """Write the file ``name``, in the home folder."""
        _write(os.path.join(self.folder, name), text)

    def add_browser(self) -> None:
        """Install a browser in which a sign-in is approved at once."""
        programs = os.path.join(self.folder, "bin")
        _command(programs, "demo-browser", [sys.executable, "-c", _BROWSER_SOURCE])
        self.environment["BROWSER"] = "demo-browser"
        self.idc.approval = "approve"

    def sign_in(self) -> None:
        """Write the token files, as if a person had signed in with a browser."""
        home.sign_in(self.folder, self.idc)
        home.sign_in(self.folder, self.idc, None)

    def run(self, line: str) -> tuple[str, int]:
        """Run a command line in this environment. Returns what it wrote to stdout and stderr, and
        its exit code. If we are interrupted, it and its children are ended first."""
        words = shlex.split(line)
        program = shutil.which(words[0], path=self.environment["PATH"]) or words[0]
        # In its own session it has no terminal to ask questions on, and only we receive Ctrl-C,
        # and then end all of its processes.
        with subprocess.Popen(
            [program, *words[1:]],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            try:
                written, _ = process.communicate()
            except BaseException:
                _kill_session(process)
                raise
        return written.decode("utf-8", "replace"), process.returncode

    def run_shell(self, command: list[str]) -> int:
        """Let a person use ``command``, a shell, in this environment, until they leave it. Returns
        its exit code; 128 + N after signal N."""
        # Ctrl-C is for the shell. (A handler, not SIG_IGN, which the shell would inherit.)
        before = signal.signal(signal.SIGINT, lambda number, frame: None)
        process = subprocess.Popen(command, env=self.environment, cwd=self.folder)
        try:
            status = process.wait()
        except BaseException:
            _end_shell(process)
            raise
        finally:
            signal.signal(signal.SIGINT, before)
        return status if status >= 0 else 128 - status


@contextmanager
def open_stage() -> Iterator[Stage]:
    """Make the environment and remove it at the end, also after Ctrl-C, SIGTERM or SIGHUP, which
    raise ``KeyboardInterrupt`` and ``Ended``."""
    with _first_signal_raises():
        folder = tempfile.mkdtemp(prefix="ssoenv-demo-")
        idc = IdentityCenter()
        try:
            with idc:
                yield Stage(os.path.realpath(folder), idc)
        finally:
            _remove(folder)


@contextmanager
def _first_signal_raises() -> Iterator[None]:
    """Raise an exception for the first signal only, so that later ones do not stop the removal."""
    received: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        if received:
            return
        received.append(number)
        raise KeyboardInterrupt if number == signal.SIGINT else Ended(number)

    before = {}
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # A signal that was ignored when we started (nohup) stays ignored.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        received.append(0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _install(folder: str) -> None:
    """Put ``ssoenv`` and ``whoami-aws`` into ``folder``."""
    _command(folder, WHOAMI, _program(folder, "whoami_aws.py", _WHOAMI_SOURCE))
    name = "ssoenv.exe" if os.name == "nt" else "ssoenv"
    started = os.path.abspath(sys.argv[0])
    if os.path.basename(started) == name and os.path.isfile(started):
        _command(folder, "ssoenv", [started])
    else:
        main = "from ssoenv.__main__ import main\n\nmain()\n"
        _command(folder, "ssoenv", _program(folder, "run_ssoenv.py", main))


def _program(folder: str, name: str, source: str) -> list[str]:
    """The command that runs ``source`` with the modules that we have ourselves, wherever these
    come from."""
    path = os.path.join(folder, name)
    _write(path, f"import sys\n\nsys.path[:] = {sys.path!r}\n{source}")
    return [sys.executable, path]


def _command(folder: str, name: str, command: list[str]) -> None:
    """Make ``name`` in ``folder`` a program that runs ``command``."""
    path = os.path.join(folder, name)
    if os.name == "nt":
        _write(path + ".cmd", f"@{subprocess.list2cmdline(command)} %*\r\n")
    elif len(command) == 1:
        os.symlink(command[0], path)
    else:
        _write(path, f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        os.chmod(path, 0o700)


def _write(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that was started in its own session, with its children."""
    if os.name == "nt":
        process.kill()
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()


def _end_shell(process: subprocess.Popen[bytes]) -> None:
    """End a shell. Interactive shells ignore SIGTERM; a terminal that closes sends SIGHUP, which
    bash can miss while it starts."""
    for _ in range(10):
        process.send_signal(getattr(signal, "SIGHUP", signal.SIGTERM))
        try:
            process.wait(0.2)
            return
        except subprocess.TimeoutExpired:
            continue
    process.kill()
    process.wait()


def _remove(folder: str) -> None:
    # A program that a person left running there may be writing while we remove.
    for _ in range(5):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
    messages.warn(f"{folder} could not be removed")
