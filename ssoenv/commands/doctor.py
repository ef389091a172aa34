"""``ssoenv doctor``: find what is wrong with files, caches, environment and network, say the fix.

Exit code 0 when nothing is wrong, 1 when something is.
"""

import argparse
import json
import os

from ssoenv.doctor import checks
from ssoenv.doctor.findings import Finding
from ssoenv.doctor.reading import Home
from ssoenv.terminal import messages, tables

_FINE, _WRONG = 0, 1

_EXAMPLES = """\
Exit code 1 if something is wrong.

examples:
  ssoenv doctor
  ssoenv doctor --fix --offline
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "--fix",
        action="store_true",
        help="repair without asking: move corrupt cache files away, make secrets private",
    )
    parser.add_argument("--offline", action="store_true", help="leave out what needs the network")
    parser.add_argument("--json", action="store_true", help="print JSON; asks no questions")


def run(arguments: argparse.Namespace) -> int:
    found = checks.examine(Home(os.environ), online=not arguments.offline)
    open_ones = list(found)
    if not arguments.json:
        tables.show("".join(_paragraph(finding) for finding in found))
    repairable = [finding for finding in found if finding.repair is not None]
    if repairable and (arguments.fix or (not arguments.json and _wants_repair(len(repairable)))):
        repaired = [finding for finding in repairable if _repair(finding)]
        open_ones = [finding for finding in found if finding not in repaired]
    if arguments.json:
        report = {
            "ok": not open_ones,
            "checks": len(checks.CHECKS) - (len(checks.ONLINE) if arguments.offline else 0),
            "findings": [_fields(finding, finding not in open_ones) for finding in found],
        }
        tables.show(json.dumps(report, indent=2) + "\n")
    elif not found:
        messages.say("nothing is wrong")
    elif open_ones:
        messages.say(f"{_count(open_ones)} to be put right")
    return _WRONG if open_ones else _FINE


def _paragraph(finding: Finding) -> str:
    place = finding.place()
    text = f"{place}: {finding.message}" if place else finding.message
    return tables.paragraph("", text, "    ") + tables.paragraph("  → ", finding.fix, "    ")


def _wants_repair(count: int) -> bool:
    if not messages.person_present():
        return False
    what = "one of these" if count == 1 else f"{count} of these"
    return messages.ask(f"ssoenv can put {what} right by itself. Do it? [y/N] ").lower() in (
        "y",
        "yes",
    )


def _repair(finding: Finding) -> bool:
    assert finding.repair is not None
    try:
        finding.repair()
    except OSError as error:
        messages.warn(f"{finding.place()} could not be put right: {error.strerror or error}")
        return False
    messages.say(f"{finding.place()}: done")
    return True


def _fields(finding: Finding, repaired: bool) -> dict[str, object]:
    return {
        "check": finding.check,
        "message": finding.message,
        "fix": finding.fix,
        "path": finding.path or None,
        "line": finding.line or None,
        "repairable": finding.repair is not None,
        "repaired": repaired,
    }


def _count(found: list[Finding]) -> str:
    return "one thing is" if len(found) == 1 else f"{len(found)} things are"
