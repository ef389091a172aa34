"""Names for profiles that are made from accounts and roles, by a template.

A portal's account names may be any text; a profile's name is typed into shells and written into
a file that other programs read. So the value of ``{account_name}`` and the like is made of
ASCII letters, digits, ``.``, ``_`` and ``-`` alone.
"""

import re
import string
import unicodedata
from collections.abc import Collection, Iterable

from ssoenv.errors import UsageError
from ssoenv.signin.accounts import Account

FIELDS = ("account_name", "account_id", "role_name", "email", "session")
TEMPLATE = "{account_name}-{role_name}"

_LONGEST = 64
_LITERAL = re.compile(r"[A-Za-z0-9._@+:/-]*")

Role = tuple[Account, str]


def check(template: str) -> None:
    """Raises ``UsageError`` for a template that cannot name profiles."""
    known = ", ".join(f"{{{field}}}" for field in FIELDS)
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError:
        parts = []
    if not any(field for _, field, _, _ in parts):
        raise UsageError(f'the template "{template}" names no field', f"Available: {known}")
    for literal, field, form, conversion in parts:
        if field is not None and (field not in FIELDS or form or conversion):
            raise UsageError(f'the template "{template}" has no such field', f"Available: {known}")
        if not _LITERAL.fullmatch(literal):
            raise UsageError(
                f'the template "{template}" holds what a profile name should not',
                "Between the fields, use letters, digits and . _ - @ + : /",
            )


def names(
    template: str, session: str, roles: Iterable[Role], taken: Collection[str]
) -> dict[tuple[str, str], str]:
    """(account id, role) → the name of its profile, for each of ``roles``.

    Names are unique and none is in ``taken``. They do not depend on the order of ``roles``: where
    two would have one name, both get their account's id, and only roles whose names differ in
    nothing that a name can hold are numbered, by their own names.
    """
    wanted: dict[str, list[tuple[str, str]]] = {}
    for account, role in sorted(roles, key=lambda one: (one[0].account_id, one[1])):
        name = _name(template, session, account, role)
        wanted.setdefault(name, []).append((account.account_id, role))
    used = {*taken, "default"}
    found: dict[tuple[str, str], str] = {}
    again: list[tuple[str, tuple[str, str]]] = []
    for name, claims in wanted.items():
        if len(claims) == 1 and name not in used:
            found[claims[0]] = name
            used.add(name)
        else:
            again += [(name, claim) for claim in claims]
    for name, claim in again:
        base = name if claim[0] in name else f"{name}-{claim[0]}"
        number, name = 1, base
        while name in used:
            number += 1
            name = f"{base}-{number}"
        found[claim] = name
        used.add(name)
    return found


def _name(template: str, session: str, account: Account, role: str) -> str:
    fields = {
        "account_name": slug(account.name) or account.account_id,
        "account_id": account.account_id,
        "role_name": slug(role) or "role",
        "email": slug(account.email) or account.account_id,
        "session": slug(session) or "sso",
    }
    return template.format(**fields).lstrip("-.") or account.account_id


def slug(text: str) -> str:
    """``text`` in letters that every shell and file takes as they are, or empty: accents are left
    out, runs of anything else become one ``-``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    # What has no ASCII form is left out, not replaced: "日本 prod" is prod.
    return re.sub(r"[^A-Za-z0-9._]+", "-", plain)[:_LONGEST].strip("-._")


def shown(text: str) -> str:
    """``text`` as a value in a config file that programs read in any encoding: ASCII, one line."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    kept = "".join(c if c.isprintable() else " " for c in plain)
    return " ".join(kept.split())[:_LONGEST].strip()
