"""The tour: each step says why, shows a command line, and runs that very line."""

import os
import re
import sys
from dataclasses import dataclass

from ssoenv.demo.stage import WHOAMI, Stage
from ssoenv.system import stdout

_LONG_WORD = re.compile(r"[A-Za-z0-9+/]{200,}=*")
_LONG_QUERY = re.compile(r"(\?[^\s&]+)&\S{40,}")
_SHOWN = 24


@dataclass(frozen=True)
class Step:
    """``expected``: the exit code. ``posix``: it needs a POSIX shell."""

    text: str
    line: str
    expected: int = 0
    posix: bool = False


BEFORE = [
    Step("A home with three profiles, as an AWS administrator would hand them out.",
         "cat .aws/config", posix=True),
    Step("Nobody is signed in yet. ssoenv says so, and what to type; a script would stop here.",
         "ssoenv dev", expected=4),
    Step("So the person signs in; here a program agrees for the browser. `aws` shares the files.",
         "ssoenv login dev"),
]  # fmt: skip
AFTER = [
    Step("Now ssoenv prints lines for the shell that asks. Nothing is set until it reads them.",
         "ssoenv dev"),
    Step("So the shell reads them, and a tool that has never heard of SSO works.",
         f"""sh -c 'eval "$(ssoenv dev)" && {WHOAMI}'""", posix=True),
    Step("Or one command gets the variables, and the shell stays as it was.",
         f"ssoenv exec legacy -- {WHOAMI}"),
    Step("A role on top of another role, in another account and region.",
         f"ssoenv exec prod -- {WHOAMI}"),
    Step("What is not a shell can be served too.",
         "ssoenv prod --format dotenv"),
    Step("A typing error is answered in one line, with the next step.",
         "ssoenv pord", expected=3),
]  # fmt: skip


def run(stage: Stage) -> int:
    """Show every step on stdout. Returns 0, or 1 if a step had another exit code than expected."""
    _print(
        "This is ssoenv at work, with no AWS account. Identity Center in miniature listens on\n"
        f"{stage.idc.url}, and all files are in a throw-away home, {stage.folder}.\n"
        "Each line after $ is really run. Session tokens are shortened to fit the screen.\n"
    )
    stage.add_browser()
    as_expected = [_show(stage, step) for step in BEFORE]
    stage.sign_in()  # from here on every profile is signed in, also legacy with its start URL
    as_expected += [_show(stage, step) for step in AFTER]
    if not all(as_expected):
        _print("\nA step did not end as expected: please report the output above.\n")
        return 1
    _print(
        "\nThis was the tour; its files are removed now. To try commands yourself:\n"
        "    ssoenv demo --shell\n"
    )
    return 0


def shortened(text: str) -> str:
    """``text`` with what is too long for a screen cut: session tokens, sign-in addresses."""
    text = _LONG_QUERY.sub(r"\1...", text)
    return _LONG_WORD.sub(lambda found: found[0][:_SHOWN] + "...", text)


def _show(stage: Stage, step: Step) -> bool:
    if step.posix and os.name != "posix":
        return True
    _print(f"\n# {step.text}\n{_strong('$ ' + step.line)}\n")
    written, status = stage.run(step.line)
    _print(shortened(written))
    if status != 0:
        _print(f"(exit code {status})\n")
    return status == step.expected


def _strong(text: str) -> str:
    plain = not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.name == "nt"
    return text if plain else f"\033[1m{text}\033[0m"


def _print(text: str) -> None:
    stdout.write(text)
