"""``ssoenv accounts``: what a sign-in may use, as its portal lists it."""

import argparse
import json

from ssoenv.commands import signins
from ssoenv.errors import printable
from ssoenv.signin.accounts import Account
from ssoenv.terminal import messages, tables

_TITLES = ("ACCOUNT", "ID", "E-MAIL", "ROLES")

_EXAMPLES = """\
examples:
  ssoenv accounts
  ssoenv accounts --session corp --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    signins.add_choice(parser)
    parser.add_argument(
        "--no-login", action="store_true", help="never start a sign-in; fail instead"
    )
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--json", action="store_true", help="print JSON")
    chosen.add_argument("--names", action="store_true", help="print account names, one a line")


def run(arguments: argparse.Namespace) -> int:
    sign_in, session = signins.chosen(arguments)
    listed = signins.accounts_of(sign_in, session, arguments.no_login)
    found = [account for account in listed if not account.refused]
    if arguments.json:
        tables.show(json.dumps([_fields(account) for account in found], indent=2) + "\n")
    elif arguments.names:
        tables.show("".join(f"{printable(account.name)}\n" for account in found))
    elif found:
        rows = ((a.name, a.account_id, a.email, ", ".join(a.roles)) for a in found)
        tables.show(tables.table(_TITLES, rows, tables.columns(), ("E-MAIL",), flowing=True))
    else:
        messages.say(f'the sign-in to "{sign_in.label}" may use no account yet. Ask for access')
    return 0


def _fields(account: Account) -> dict[str, object]:
    return {
        "account_id": account.account_id,
        "account_name": account.name,
        "email": account.email,
        "roles": account.roles,
    }
