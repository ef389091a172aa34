"""``ssoenv demo``: the whole tool at work, with no AWS account."""

import os
import signal

from ssoenv.commands import init
from ssoenv.demo import stage, tour
from ssoenv.environment import child, shells
from ssoenv.system import stdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

_EXAMPLES = """\
examples:
  ssoenv demo             a tour; takes a few seconds
  ssoenv demo --shell     a shell in that world, to try things
"""


def add_arguments(parser: "argparse.ArgumentParser") -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "--shell",
        action="store_true",
        help="no tour: start your own shell in that world; all is removed when you leave",
    )


def run(arguments: "argparse.Namespace") -> int:
    try:
        with stage.open_stage() as world:
            return play(world) if arguments.shell else tour.run(world)
    except stage.Ended as ended:
        # Cleaned up; now die as whoever sent the signal expects.
        signal.signal(ended.number, signal.SIG_DFL)
        os.kill(os.getpid(), ended.number)
        return 128 + ended.number


def play(world: stage.Stage) -> int:
    """The person's own shell in ``world``; its exit code."""
    command = child.shell()
    child.find(command)
    world.sign_in()
    shell = shells.find(command[0])
    if shell and shell.name == "nu":
        # It reads no program's output when it starts, only files.
        with open(init.scripts("nu")[0], encoding="utf-8") as file:
            world.write(".config/nushell/ssoenv.nu", file.read())
    if shell and os.name == "posix" and init.start_up_line(shell.name):
        lines = ["ssoenv use dev", stage.WHOAMI, "ssoenv use prod", "ssoenv use -", "ssoenv off"]
    else:
        line = shell.line.replace("PROFILE", "dev") if shell else "ssoenv exec dev"
        lines = [line, stage.WHOAMI]
    typed = "".join(f"    {line}\n" for line in lines)
    stdout.write(
        f"You are in a throw-away home, {world.folder}, signed in to Identity Center in\n"
        f"miniature at {world.idc.url}. The profiles are dev, legacy and prod. Try:\n\n"
        f"{typed}"
        f"    ssoenv exec prod -- {stage.WHOAMI}\n"
        "    ssoenv pord\n\n"
        "All of it is removed when you leave: exit\n\n"
    )
    return world.run_shell(command)
