"""Names for profiles that are made from accounts and roles, by a template.

A portal's account names may be any text; a profile's name is typed into shells and written into
a file that other programs read. So the value of ``{account_name}`` and the like is made of
ASCII letters, digits, ``.``, ``_`` and ``-`` alone.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable

from ssoenv.configure import template as templates
from ssoenv.configure.template import Part
from ssoenv.signin.accounts import Account
from ssoenv.system import urls

TEMPLATE = "{account_name}-{role_name}"

_LONGEST = 64

Role = tuple[Account, str]


def names(
    template: str, session: str, roles: Iterable[Role], taken: Collection[str]
) -> dict[tuple[str, str], str]:
    """(account id, role) → the name of its profile, for each of ``roles``.

    Names are unique and none is in ``taken``. They do not depend on the order of ``roles``: where
    two would have one name, both get their account's id, and only roles whose names differ in
    nothing that a name can hold are numbered, by their own names. Raises ``UsageError``.
    """
    parts = templates.parse(template)
    wanted: dict[str, list[tuple[str, str]]] = {}
    for account, role in sorted(roles, key=lambda one: (one[0].account_id, one[1])):
        name = _name(parts, session, account, role)
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


def is_of(name: str, template: str, session: str, role: Role) -> bool:
    """Whether ``template`` gives the role this name, alone or beside others of the same name."""
    plain = _name(templates.parse(template), session, *role)
    rest = name.removeprefix(plain) if name.startswith(plain) else None
    return rest is not None and bool(
        re.fullmatch(rf"(-{re.escape(role[0].account_id)})?(-\d+)?", rest)
    )


def _name(parts: list[Part], session: str, account: Account, role: str) -> str:
    values = {
        "account_name": account.name,
        "account_id": account.account_id,
        "role_name": role,
        "email": account.email,
        "session": session,
    }
    instead = {"role_name": "role", "session": "sso"}  # of a value without a usable letter
    words = [
        part
        if isinstance(part, str)
        else slug(part.value(values)) or instead.get(part.name, account.account_id)
        for part in parts
    ]
    return "".join(words).lstrip("-.") or account.account_id


def of_session(url: str, taken: Collection[str]) -> str:
    """A name that is not ``taken`` for a session that signs in at ``url``."""
    name = slug(urls.host_of(url).partition(".")[0]) or "sso"
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


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
