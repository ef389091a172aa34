"""The question before a profile that is to be confirmed is used: a guard for production.

Who asks for keys again does not get it: the hook, ``write --watch``, an endpoint,
``credential-process``, and a shell that acts as the profile already.
"""

import argparse
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ssoenv.errors import UsageError, printable
from ssoenv.terminal import colour, messages

if TYPE_CHECKING:
    from ssoenv.aws.profile import Profile


def ask(profiles: Iterable["Profile"], arguments: argparse.Namespace, *, by_hand: bool) -> None:
    """Have the person confirm those of ``profiles`` that are guarded, unless ``--yes`` says it.

    ``by_hand``: whether they were given on the command line; the one that this shell uses already
    needs no confirmation otherwise. Raises ``UsageError`` where nobody can be asked,
    ``KeyboardInterrupt`` if the answer is not yes.
    """
    if arguments.yes:
        return
    in_use = None if by_hand else os.environ.get("SSOENV_PROFILE")
    guarded = [one for one in profiles if one.confirm and one.name != in_use]
    if not guarded:
        return
    if not messages.person_present():
        names = ", ".join(f'"{one.name}"' for one in guarded)
        raise UsageError(
            f"{names} asks before it is used, and there is no terminal to ask on",
            "If it is meant, add --yes",
        )
    red = colour.RED if colour.is_wanted(sys.stderr) else None
    shown = ", ".join(_shown(one, red) for one in guarded)
    if messages.ask(f"Use {shown}? [y/N] ").lower() not in ("y", "yes"):
        messages.say("not used")
        raise KeyboardInterrupt
    arguments.yes = True  # a run that begins again, once the keychain is unlocked, does not ask


def _shown(profile: "Profile", red: int | None) -> str:
    who = [profile.role_name, profile.account_id and f"in {profile.account_id}"]
    details = printable(" ".join(part for part in who if part))
    return colour.painted(printable(profile.name), red) + (f" ({details})" if details else "")
