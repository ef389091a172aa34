# ssoenv for xonsh (0.19 and later). Put this line at the end of ~/.xonshrc:
#
#     execx($(ssoenv init xonsh))
#
# It defines: ssoenv use, ssoenv off; the field {ssoenv_prompt} for $PROMPT; completion; and a hook
# that renews keys before a command runs. README.md beside this file tells more.

import os as _ssoenv_os
import subprocess as _ssoenv_subprocess
import sys as _ssoenv_sys
import time as _ssoenv_time

from xonsh.completers.completer import add_one_completer as _ssoenv_add_completer
from xonsh.completers.tools import RichCompletion as _SsoenvCompletion
from xonsh.completers.tools import contextual_command_completer_for as _ssoenv_completer_for
from xonsh.procs.specs import SpecAttrDecoratorAlias as _SsoenvAttributes

# What the shell remembers between commands, also when this file is read again.
_ssoenv = __xonsh__.ctx.setdefault(
    "_ssoenv", {"kept": "", "seen": "", "due": 0.0, "next": 0.0, "told": None, "hook": None}
)


def _ssoenv_ask(*arguments, quiet=False, **variables):
    """Run the program, with more ``variables``: its exit status and what it printed."""
    program = __xonsh__.commands_cache.locate_binary("ssoenv")
    if not program:
        return 127, ""
    finished = _ssoenv_subprocess.run(
        [program, *arguments],
        env={**__xonsh__.env.detype(), **variables},
        stdout=_ssoenv_subprocess.PIPE,
        stderr=_ssoenv_subprocess.DEVNULL if quiet else None,
        encoding="utf-8",
        errors="surrogateescape",
    )
    return finished.returncode, finished.stdout


def _ssoenv_say(text, stream=None):
    print(text, file=stream or _ssoenv_sys.stdout, flush=True)


@aliases.return_command
def _ssoenv_alias(args, decorators):
    """What "ssoenv …" runs: one of our two commands, else the program as it is. xonsh replaces
    "~" and variables in words that an alias returns, once more, so the words go past it."""
    program = __xonsh__.commands_cache.locate_binary("ssoenv") or "ssoenv"
    command, attribute = [program, *args], "alias"
    if args[:1] in (["use"], ["off"]):
        command, attribute = [f"_ssoenv_{args[0]}", *args[1:]], "cmd"
    elif args[:1] == ["login"]:
        _ssoenv["seen"] = ""  # the hook may try again
    decorators.append(_SsoenvAttributes({attribute: command}))
    return command[:1]


def _ssoenv_change(*arguments):
    """Make the changes that the program writes; its exit status."""
    status, script = _ssoenv_ask(*arguments, SSOENV_SHELL_STATE=_ssoenv["kept"])
    if not status:
        execx(script, glbs=__xonsh__.ctx)
        _ssoenv["kept"] = str(__xonsh__.env.pop("SSOENV_SHELL_STATE"))
    return status


@aliases.unthreadable
def _ssoenv_use(args):
    if "-h" in args or "--help" in args:
        _ssoenv_say(_ssoenv_ask("--use", "--help")[1].rstrip())
        return 0
    return _ssoenv_change("--use", "--shell", "xonsh", *args)


@aliases.unthreadable
def _ssoenv_off(args):
    if args:
        _ssoenv_say("usage: ssoenv off\nGive this shell back the variables it had before.")
        return 0 if args[0] in ("-h", "--help") else 2
    return _ssoenv_change("--off", "--shell", "xonsh")


def _ssoenv_end():
    """The end of the keys in epoch seconds, or None."""
    text = str(${...}.get("SSOENV_EXPIRES_AT", ""))
    return int(text) if text.isdecimal() and len(text) < 16 else None


def _ssoenv_prompt():
    """What a prompt may show: "dev 42m", or None if no profile is in use."""
    profile = str(${...}.get("SSOENV_PROFILE", ""))
    if not profile:
        return None
    profile = "".join(c if c.isprintable() else "?" for c in profile)
    end = _ssoenv_end()
    if end is None:
        return profile
    left = end - int(_ssoenv_time.time())
    hours, minutes = left // 3600, left // 60 % 60
    if left <= 0:
        return profile + " expired"
    if left < 60:
        return f"{profile} {left}s"
    if not hours:
        return f"{profile} {minutes}m"
    return f"{profile} {hours}h {minutes}m" if minutes else f"{profile} {hours}h"


# The hook. Five minutes before keys expire, or halfway there if they are given for less than ten,
# they are renewed before the next command. New keys are asked for at most once a minute; while the
# answer is on its way, each command has a look whether it has come.
def _ssoenv_precommand(cmd, **_):
    end, now = _ssoenv_end(), _ssoenv_time.time()
    if end is None or str(${...}.get("SSOENV_AUTO_REFRESH", "")) in ("0", "False"):
        return
    if end != _ssoenv["seen"]:
        _ssoenv["seen"], _ssoenv["next"] = end, 0.0
        _ssoenv["due"] = now if end <= now else max(end - 300, (end + now) / 2)
    profile = str(${...}.get("SSOENV_PROFILE", ""))
    if now < _ssoenv["due"] or cmd.lstrip().startswith("ssoenv") or not profile:
        return
    if ${...}.get("AWS_PROFILE") or ${...}.get("AWS_DEFAULT_PROFILE"):
        return  # whoever names a profile by hand has left the one in use
    # A problem is told once while the keys are good, and once when they no longer are.
    told, how = (end, end <= now), []
    if now < _ssoenv["next"]:
        how = ["--look"]
    else:
        how = ["--again"] if told == _ssoenv["told"] else []
        _ssoenv["next"], _ssoenv["told"] = now + 60, told
    status, script = _ssoenv_ask("--renew", profile, "--shell", "xonsh", *how)
    if not status:
        execx(script, glbs=__xonsh__.ctx)
    elif status != 75:  # 75: the answer is on its way, look again before the next command
        _ssoenv["due"] = _ssoenv["next"]


@_ssoenv_completer_for("ssoenv")
def _ssoenv_complete(context):
    words = [argument.value for argument in context.args[1 : context.arg_index]]
    _, text = _ssoenv_ask("--complete", "use off", *words, context.prefix, quiet=True)
    found = set()
    for line in text.splitlines():
        word, _, description = line.partition("\t")
        if not word:
            return None  # a file or another command: the shell's own completers know those
        if context.opening_quote:
            word = context.opening_quote + word + context.opening_quote
        elif not word.replace("-", "").replace("=", "").isalnum():
            word = repr(word)
        replaced = len(context.raw_prefix)
        found.add(_SsoenvCompletion(word, replaced, description=description, append_space=True))
    return found


aliases["ssoenv"] = _ssoenv_alias
aliases["_ssoenv_use"] = _ssoenv_use
aliases["_ssoenv_off"] = _ssoenv_off
__xonsh__.env["PROMPT_FIELDS"]["ssoenv_prompt"] = _ssoenv_prompt
_ssoenv_add_completer("ssoenv", _ssoenv_complete, "start")
if _ssoenv["hook"]:
    events.on_precommand.discard(_ssoenv["hook"])
_ssoenv["hook"] = events.on_precommand(_ssoenv_precommand)
