"""``ssoenv logout``: sign out, here and at Identity Center."""

import argparse
import os

from ssoenv.commands import request, signins
from ssoenv.environment import shells
from ssoenv.errors import UsageError
from ssoenv.signin import signout
from ssoenv.terminal import messages

_EXAMPLES = """\
examples:
  ssoenv logout dev
  ssoenv logout --all
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    signins.add_choice(parser)
    parser.add_argument("--all", action="store_true", help="end every sign-in on this machine")


def run(arguments: argparse.Namespace) -> int:
    try:
        if arguments.all:
            named = (request.profile_argument(arguments), arguments.session, arguments.start_url)
            if any(name is not None for name in named):
                raise UsageError(
                    "--all takes no profile, no session and no start URL",
                    "Leave one of the two out",
                )
            count = signout.sign_out_everywhere(signins.open_config()[0])
            signed_out = f"signed out of {count} sign-in{'' if count == 1 else 's'}"
            messages.say(signed_out if count else "there was no sign-in to end")
        else:
            sign_in, session = signins.chosen(arguments)
            ended = signout.sign_out(sign_in, session)
            outcome = "signed out of" if ended else "you were not signed in to"
            labels = [f'"{one.label}"' for one in ended or [sign_in]]
            messages.say(f"{outcome} {' and '.join(labels)}")
    finally:
        _mention_this_shell()
    return 0


def _mention_this_shell() -> None:
    """No program can take the variables out of the shell that called it."""
    if os.environ.get("SSOENV_PROFILE") and os.environ.get("AWS_SESSION_TOKEN"):
        from ssoenv.environment import detect

        try:
            line = shells.SHELLS[detect.detect(os.environ)[0]].line.replace("PROFILE", "--unset")
        except UsageError:
            line = "exit"
        messages.say(f"this shell still holds keys. To drop them, type: {line}")
