"""Patterns that pick some of many accounts and roles: ``prod-*``, ``4444*``, ``*ReadOnly``.

A pattern is a glob as in a shell (``*``, ``?``, ``[ab]``), for the whole of a name in whatever
case. An account is known by its id and by its name.
"""

from _collections_abc import Iterable


def fits(
    account_id: str | None,
    account_name: str | None,
    role_name: str | None,
    accounts: Iterable[str] = (),
    roles: Iterable[str] = (),
) -> bool:
    """Whether one of the patterns ``accounts`` fits the account's id or name, and one of ``roles``
    the role. No patterns: all fit. What is not known fits no pattern."""
    return _one_of(accounts, (account_id, account_name)) and _one_of(roles, (role_name,))


def excluded(
    account_id: str | None,
    account_name: str | None,
    role_name: str | None,
    patterns: Iterable[str],
) -> bool:
    """Whether one of ``patterns`` names the account, the role or, as ``ACCOUNT/ROLE``, both."""
    for pattern in patterns:
        if any(fits_name(pattern, name) for name in (account_id, account_name, role_name)):
            return True
        account, both, role = pattern.rpartition("/")
        if both and fits(account_id, account_name, role_name, (account,), (role,)):
            return True
    return False


def fits_name(pattern: str, name: str | None) -> bool:
    """Whether ``pattern`` fits the whole of ``name``, in whatever case; never where that is None
    or empty."""
    from fnmatch import fnmatchcase  # it loads re, which a warm answer does without

    return bool(name) and fnmatchcase((name or "").casefold(), pattern.strip().casefold())


def _one_of(patterns: Iterable[str], names: tuple[str | None, ...]) -> bool:
    patterns = tuple(patterns)
    return not patterns or any(fits_name(one, name) for one in patterns for name in names)
