"""Which profiles are meant where there may be several: names, patterns, or all; narrowed by
``--account``, ``--role`` and ``--session``."""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ssoenv.aws import other_tools, profile
from ssoenv.aws.profile import Profile
from ssoenv.config import narrowing
from ssoenv.errors import ConfigError, UsageError

_OF_ROLES = ("sso", "chain")


def may_be_pattern(word: str) -> bool:
    """Whether it has a character that stands for others, as in a shell."""
    return any(one in word for one in "*?[")


def is_pattern(word: str, known: Iterable[str]) -> bool:
    """Whether it means several profiles: a name of ``known`` means that one."""
    return may_be_pattern(word) and word not in known


def are_profiles(words: Sequence[str]) -> bool:
    """Whether each of ``words`` is a profile of the config or a pattern."""
    try:
        known = profile.names()
    except ConfigError:
        return False  # which is said when the profile is used
    return all(word in known or is_pattern(word, known) for word in words)


def names(
    words: Sequence[str], arguments: argparse.Namespace, config: Mapping[str, Any]
) -> list[str]:
    """The profiles that ``words`` mean, or ``arguments.all``, each once, in the order of the words
    and then of ``config``, as botocore reads it. Names that no profile has are kept as they are.

    Raises ``ConfigError`` where there is none, and for a pattern that fits none; ``UsageError`` for
    options that narrow down what needs none.
    """
    known = {name: profile.describe(name, config) for name in config["profiles"]}
    if arguments.all and words:
        raise UsageError("--all takes no profile", "Leave one of the two out")
    several = arguments.all or len(words) > 1 or any(is_pattern(word, known) for word in words)
    if is_narrowed(arguments) and not several:
        raise UsageError(
            "--account, --role and --session narrow down several profiles",
            "Add --all, or name a pattern",
        )
    found: dict[str, None] = {}
    for word in words:
        found.update(dict.fromkeys(_meant(word, known, config)))
    if arguments.all:
        found = dict.fromkeys(name for name, one in known.items() if one.kind in _OF_ROLES)
        if not found:
            raise ConfigError("no profile of the config has a role", "Make some: ssoenv configure")
    if not is_narrowed(arguments):
        return list(found)
    left = [name for name in found if name in known and _fits(known[name], config, arguments)]
    if not left:
        raise ConfigError(
            f"none of the {len(found)} profiles fits --account, --role and --session",
            "ssoenv profiles shows the account and role of each",
        )
    return left


def is_narrowed(arguments: argparse.Namespace) -> bool:
    """Whether an option leaves profiles out."""
    return bool(arguments.account or arguments.role or arguments.session)


def _meant(word: str, known: dict[str, Profile], config: Mapping[str, Any]) -> list[str]:
    """The profiles that ``word`` means. A pattern leaves out those that only hand over the keys of
    another one that it fits: as that one, the command is run already."""
    if not is_pattern(word, known):
        return [word]
    found = [
        name
        for name, one in known.items()
        if one.kind != "none" and narrowing.fits_name(word, name)
    ]
    if not found:
        raise ConfigError(f'no profile fits "{word}"', "ssoenv profiles lists them")
    fitting = frozenset(found)
    return [
        name for name in found if other_tools.lender_of(name, config["profiles"]) not in fitting
    ]


def _fits(one: Profile, config: Mapping[str, Any], arguments: argparse.Namespace) -> bool:
    options = vars(arguments)
    account_name = config["profiles"][one.name].get("sso_account_name")
    session = one.sign_in.session_name if one.sign_in else None
    return narrowing.fits(
        one.account_id, account_name, one.role_name, options["account"], options["role"]
    ) and (not options["session"] or narrowing.fits_name(options["session"], session))
