"""The person's browser: whether one can be here, which address may be shown, opening it."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from urllib.parse import urlsplit

from ssoenv.errors import ServiceError, UsageError
from ssoenv.system import batch, urls

# Where AWS keeps its sign-in pages, in its partitions. Not all of amazonaws.com: anybody can have
# a host there.
_AWS_PAGE = re.compile(
    r"device\.sso(-fips)?\.[a-z0-9-]+\.(amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|api\.aws)"
    r"|(.+\.)?(awsapps\.com|awsapps\.cn|app\.aws|portal\.amazonaws\.com|portal\.amazonaws\.com\.cn"
    r"|portal\.amazonaws\.eu|app\.amazonwebservices\.com\.cn|api\.amazonwebservices\.eu)"
)

# Runs in a process of its own: browsers may take their time to end, and write to stdout, which is
# somebody's eval. On POSIX it is nobody's child, since the command that ``ssoenv exec`` becomes
# must not inherit one. The address comes through stdin: that of the console is as good as a
# sign-in, and is on a command line only where a browser takes it there.
_OPEN = """\
import json, os, subprocess, sys, webbrowser
address, commands = json.load(sys.stdin)
if hasattr(os, "fork") and os.fork():
    os._exit(0)
for command in commands:
    try:
        if subprocess.call(command) == 0:
            break
    except OSError:
        pass
if not commands:
    webbrowser.open_new_tab(address)
"""

# What opens an address in the Windows around WSL, the best first: each is one argument there, and
# neither cmd nor PowerShell takes a character of it for its own (``is_plain``).
_WINDOWS = {
    "wslview": ["%s"],
    "powershell.exe": ["-NoProfile", "-NonInteractive", "-Command", "Start-Process '%s'"],
    "rundll32.exe": ["url.dll,FileProtocolHandler", "%s"],
}


def why_none() -> str | None:
    """Why no browser of the person can reach this machine's loopback address, or None if one
    probably can."""
    environ = os.environ
    if environ.get("BROWSER") or environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        return None
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return "this is an SSH session without a display"
    if os.name == "posix" and sys.platform not in ("darwin", "cygwin"):
        if _windows_of_wsl(""):
            return None
        return "there is no display here"
    return None


def open_address(address: str, chosen: list[str] | None = None) -> None:
    """Open ``address``, which ``check`` has passed or which is ours, without waiting for the
    browser. ``chosen``: the command to open it with. Failing is silent: the address is also on the
    terminal."""
    commands = [_runnable(chosen)] if chosen else _chosen(address)
    if not commands and (windows := _windows_of_wsl(address)):
        commands = [windows]
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", _OPEN],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps([address, commands]).encode())
        process.stdin.close()
        if os.name == "posix":
            process.wait(5)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return


def _chosen(address: str) -> list[list[str] | str]:
    """The commands that $BROWSER asks for, to be tried in this order. It is read here because
    Python's webbrowser takes a choice without %s for the name of a program, blanks and all."""
    windows = os.name == "nt"
    commands: list[list[str] | str] = []
    for choice in os.environ.get("BROWSER", "").split(os.pathsep):
        try:
            words = shlex.split(choice, posix=not windows)
        except ValueError:  # an open quote
            continue
        if words[-1:] == ["&"]:
            words.pop()
        if not words:
            continue
        if "%s" not in choice:
            words.append("%s")
        if windows:
            words = [word.strip('"') for word in words]
            words[0] = shutil.which(words[0]) or words[0]
        commands.append(_runnable([word.replace("%s", address) for word in words]))
    return commands


def _runnable(words: list[str]) -> list[str] | str:
    """``words`` as a process is started with them."""
    return batch.command_line(words[0], words[1:]) if batch.is_batch_file(words[0]) else words


def _windows_of_wsl(address: str) -> list[str] | None:
    """The command that opens ``address`` in the browser of the Windows around WSL; None if there
    is none."""
    if "WSL_DISTRO_NAME" not in os.environ:
        return None
    for program, words in _WINDOWS.items():
        if found := shutil.which(program):
            return [found, *(word.replace("%s", address) for word in words)]
    return None


def command_of(template: str, url: str, profile: str) -> list[str]:
    """The command of ``template`` with ``{url}`` and ``{profile}`` in it; without ``{url}``, it
    comes last. Raises ``UsageError`` if there is no such program."""
    try:
        words = shlex.split(template, posix=os.name != "nt")
    except ValueError:
        words = []
    program = shutil.which(words[0].strip('"')) if words else None
    if program is None:
        wrong = f'there is no browser "{words[0]}"' if words else "the browser is not a command"
        raise UsageError(wrong, "Give one such as: --browser 'firefox --profile {profile} {url}'")
    if "{url}" not in template:
        words.append("{url}")
    values = {"{url}": url, "{profile}": profile}
    rest = [re.sub(r"\{url\}|\{profile\}", lambda found: values[found[0]], w) for w in words[1:]]
    return [program, *(word.strip('"') if os.name == "nt" else word for word in rest)]


def check(address: str, hosts: tuple[str, ...]) -> str:
    """``address``, if a person may be sent there: https at one of ``hosts`` (those of URLs that
    the config names) or at AWS; http only on this machine, and only if a host of ``hosts`` is.

    Raises ``ServiceError``: the address came over the network and is not what it should be.
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        parts.port  # noqa: B018 - raises ValueError for a port that is none
    except (ValueError, TypeError, AttributeError):
        host = ""
    if not host or "@" in parts.netloc or not is_plain(address):
        raise ServiceError("Identity Center named a sign-in page whose address is not valid")
    known = {urls.host_of(url) for url in hosts}
    if not urls.is_private(address) or (parts.scheme == "http" and host not in known):
        raise ServiceError(
            f"the sign-in page at {host} is not https, so it is not opened",
            "Check the endpoint URLs in the AWS config and the environment",
        )
    if host not in known and not _AWS_PAGE.fullmatch(host):
        raise ServiceError(
            f"Identity Center named a sign-in page at {host}, which is not AWS's; it is not opened",
            "Check the start URL, and whether a proxy changes answers",
        )
    return address


def is_plain(address: str) -> bool:
    """Whether ``address`` holds only what a URL is made of: nothing that a shell, a terminal or
    a browser's command line would take for something else."""
    return (
        isinstance(address, str)
        and address.isascii()
        and address.isprintable()
        and not any(c in address for c in " \"'<>\\^`{|}")
    )
