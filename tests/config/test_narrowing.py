"""Patterns for accounts and roles."""

import pytest

from ssoenv.config import narrowing

PROD = ("444455556666", "Production (EU)", "ReadOnly")


@pytest.mark.parametrize(
    ("accounts", "roles", "fits"),
    [
        ((), (), True),
        (("444455556666",), (), True),
        (("4444*",), (), True),
        (("production*",), (), True),
        (("PRODUCTION (EU)",), ("readonly",), True),
        (("prod",), (), False),  # the whole name
        (("dev*", "*(eu)"), (), True),
        (("prod*",), ("Admin*", "Read?nly"), True),
        (("prod*",), ("Admin*",), False),
        (("dev*",), ("*",), False),
        (("[op]rod*",), (), True),
    ],
)
def test_patterns_for_accounts_and_roles(accounts, roles, fits):
    assert narrowing.fits(*PROD, accounts, roles) is fits


@pytest.mark.parametrize(
    ("pattern", "excluded"),
    [
        ("prod*", True),
        ("444455556666", True),
        ("Read*", True),
        ("prod*/Read*", True),
        ("4444*/*", True),
        ("prod*/Admin", False),
        ("dev/ReadOnly", False),
        ("", False),
    ],
)
def test_a_pattern_to_exclude_names_account_role_or_both(pattern, excluded):
    assert narrowing.excluded(*PROD, [pattern]) is excluded


def test_an_account_whose_name_has_a_slash_is_named_as_it_is():
    assert narrowing.excluded("111122223333", "data/prod", "Admin", ["data/prod"])
    assert narrowing.excluded("111122223333", "data/prod", "Admin", ["data/prod/Admin"])


def test_what_is_not_known_fits_no_pattern():
    assert narrowing.fits(None, None, None)
    assert not narrowing.fits(None, "", None, ("*",))
    assert not narrowing.excluded(None, None, None, ["*"])
