"""``ssoenv profiles``: every profile, what it is and whether it can be used right now."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from ssoenv.config import listing
from ssoenv.errors import printable
from ssoenv.system import clock
from ssoenv.terminal import colour, messages, tables
from ssoenv.terminal.tables import Coloured

if TYPE_CHECKING:
    from ssoenv.credentials.state import Row

_TITLES = ("PROFILE", "KIND", "ACCOUNT", "ROLE", "REGION", "SESSION", "STATE")
_OPTIONAL = ("KIND", "SESSION", "REGION")
_COLOURS = {
    "keys": colour.GREEN,
    "signed-in": colour.GREEN,
    "renews-itself": colour.GREEN,
    "sign-in-needed": colour.YELLOW,
    "incomplete": colour.RED,
}

_EXAMPLES = """\
examples:
  ssoenv profiles
  ssoenv profiles prod admin     those that hold both words
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="only profiles that hold every WORD, in name, account, role, region, state, …",
    )
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--json", action="store_true", help="print JSON")
    chosen.add_argument("--names", action="store_true", help="print names only, one a line")


def run(arguments: argparse.Namespace) -> int:
    if arguments.names and not arguments.words:
        tables.show_names(listed.name for listed in listing.profiles())
        return 0
    from ssoenv.credentials import state

    found = [row for row in state.rows() if _holds(row, arguments.words)]
    if arguments.json:
        tables.show(json.dumps([_fields(row) for row in found], indent=2) + "\n")
    elif arguments.names:
        tables.show_names(row.profile.name for row in found)
    elif found:
        tables.show(tables.table(_TITLES, map(_cells, found), tables.columns(), _OPTIONAL))
    elif arguments.words:
        messages.say(f"no profile holds {' and '.join(map(printable, arguments.words))}")
    else:
        messages.say(str(listing.none()))
    return 0


def _cells(row: "Row") -> tuple[str, ...]:
    one = row.profile
    return (
        Coloured(one.name, colour.RED if one.confirm else None),
        row.kind,
        one.account_id or "",
        one.role_name or "",
        one.region or "",
        one.sign_in.label if one.sign_in else "",
        Coloured(_words(row), _COLOURS.get(row.state)),
    )


def _words(row: "Row") -> str:
    return row.words() + (", asks first" if row.profile.confirm else "")


def _holds(row: "Row", words: list[str]) -> bool:
    text = " ".join((*_cells(row), row.account_name)).casefold()
    return all(word.casefold() in text for word in words)


def _fields(row: "Row") -> dict[str, Any]:
    """A profile as ``--json`` prints it. Moments are ISO 8601, durations seconds."""
    one = row.profile
    sign_in = one.sign_in
    token, keys = row.token, row.credentials
    ends = token is not None and token.expiration != float("inf")
    return {
        "profile": one.name,
        "kind": row.kind,
        "account_id": one.account_id,
        "account_name": row.account_name or None,
        "role_name": one.role_name,
        "region": one.region,
        "state": row.state,
        "asks_first": one.confirm,
        "sign_in": sign_in
        and {
            "session": sign_in.session_name,
            "start_url": sign_in.start_url,
            "region": sign_in.region,
            "expires_at": clock.zulu(token.expiration) if token and ends else None,
            "seconds_left": round(token.seconds_left()) if token and ends else None,
            "renews_itself": token is not None and token.refreshable(),
        },
        "credentials": None
        if keys is None or keys.expiration is None
        else {
            "expires_at": clock.zulu(keys.expiration),
            "seconds_left": round(keys.seconds_left()),
        },
    }
