"""Roles that no profile of the config names: by a start URL, a session or a profile that has the
rest, and a role on top of that.

A role is given by its fields, all texts: ``account_id`` and ``role_name`` with ``profile``,
``session``, or ``start_url`` and ``sso_region``; ``role_arn`` of another role, which is assumed
with the one that the other fields give; ``region`` of that role, where a person chose one. A shell
keeps them as one line (``line_of``), which means the same role wherever a profile's name may be
given.
"""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from botocore.session import Session

from ssoenv.aws import chain, clients, profile
from ssoenv.aws.profile import Profile
from ssoenv.cache.tokens import SignIn
from ssoenv.config import confirmation, selection
from ssoenv.errors import ConfigError

Role = Mapping[str, str]

_FIELDS = ("profile", "session", *selection.ROLE_FIELDS, "role_arn", "region")

_SIGN_IN = ("sso_session", "sso_start_url", "sso_region", "sso_registration_scopes")
# What a profile says of whose credentials it gives; the rest is how and where AWS is called.
_IDENTITY = (
    *(key for keys in chain.KINDS.values() for key in keys),
    *_SIGN_IN,
    "aws_secret_access_key",
    "aws_session_token",
    "credential_source",
    "duration_seconds",
    "external_id",
    "mfa_serial",
    "role_session_name",
    "source_profile",
    "sso_account_name",
    "ssoenv_oidc_audience",
)


def name_of(role: Role) -> str:
    """What a role is called instead of a profile: ROLE@ACCOUNT."""
    if "role_arn" in role:
        account_id, role_name = selection.arn_parts(role["role_arn"])
        return selection.name_of_role(account_id or "", role_name or "")
    return selection.name_of_role(role["account_id"], role["role_name"])


def line_of(role: Role) -> str:
    """All fields of a role in one line, its name first, with nothing that means something to a
    shell."""
    pairs = [f"{field}={quote(role[field], safe='')}" for field in _FIELDS if field in role]
    return f"{name_of(role)}{selection.ROLE_MARK}{'/'.join(pairs)}"


def of_line(line: str) -> dict[str, str]:
    """The fields of the role that ``line_of`` wrote down. Raises ``ConfigError`` for a line that
    it did not."""
    pairs = [pair.partition("=") for pair in line.partition(selection.ROLE_MARK)[2].split("/")]
    fields = {field: unquote(value) for field, _, value in pairs if value}
    whole = {"account_id", "role_name"} <= fields.keys() or {"profile", "role_arn"} <= fields.keys()
    if whole and fields.keys() <= set(_FIELDS) and name_of(fields) == selection.shown(line):
        return fields
    raise ConfigError(
        f'"{line}" is neither a profile nor what ssoenv keeps of a role',
        "Name a profile, or the role by --account-id and --role-name",
    )


def load(name: str) -> Profile:
    """The meaning of a profile, or of a role's line. Raises as ``profile.load`` does."""
    return of(of_line(name)) if selection.is_role(name) else profile.load(name)


def of(role: Role) -> Profile:
    """A role, as a profile called ROLE@ACCOUNT.

    It is what the AWS CLI makes of a profile with the same settings, cache keys included.
    Raises ``ConfigError`` for a config that cannot be read, or does not have what it builds on.
    """
    name = name_of(role)
    session = clients.open_session(name)
    config = profile.full_config(session)
    base = role.get("profile")
    if base is not None:
        profile.load(base, session)  # its settings are checked
    common = _common(base, config)
    settings: dict[str, str]
    if "role_arn" in role:
        source = base or ""
        if "account_id" in role:
            source = f"{name} (source)"
            config["profiles"][source] = {**common, **_through_sign_in(role, config)}
        settings = {"role_arn": role["role_arn"], "source_profile": source}
    else:
        settings = _through_sign_in(role, config)
    region = {"region": role["region"]} if "region" in role else {}
    config["profiles"][name] = {**common, **settings, **region}
    clients.set_patience(session)
    known = profile.describe(name, config, session)
    if known.sign_in is not None:
        known.sign_in.profile = base or ""  # for messages: no config has the role
    return known


def sign_in_of(role: Role) -> tuple[SignIn, Session]:
    """The sign-in of a role whose account is not known yet, and a session to ask for it. Raises
    ``ConfigError``."""
    known = of({**role, "account_id": "0" * 12, "role_name": "-"})
    assert known.sign_in is not None
    return known.sign_in, known.session


def completed(role: Role) -> dict[str, str]:
    """``role`` with the account and the role's name that its ``profile`` has, where only one of
    them is given. Raises ``ConfigError``."""
    base = role.get("profile")
    if base is None or not {"account_id", "role_name"} & role.keys():
        return dict(role)
    found = profile.load(base)
    section = found.session.get_scoped_config()
    if found.kind == "chain" or not {"sso_session", "sso_start_url"} & section.keys():
        names, _ = chain.follow(base, found.session.full_config["profiles"])
        hint = f'Name "{names[-1]}", which it builds on' if len(names) > 1 else "Name another one"
        raise ConfigError(f'profile "{base}" does not itself sign in through Identity Center', hint)
    given = {"account_id": found.account_id, "role_name": found.role_name}
    known = {key: value for key, value in given.items() if value}
    return {**known, **role}


def _through_sign_in(role: Role, config: Mapping[str, Any]) -> dict[str, str]:
    """The settings of a profile that has the role through its sign-in. Raises ``ConfigError``."""
    if "session" in role:
        profile.session_sign_in(role["session"], config)
        where = {"sso_session": role["session"]}
    elif "profile" in role:
        section = config["profiles"][role["profile"]]
        where = {key: section[key] for key in _SIGN_IN if key in section}
    else:
        where = {"sso_start_url": role["start_url"], "sso_region": role["sso_region"]}
    return {**where, "sso_account_id": role["account_id"], "sso_role_name": role["role_name"]}


def _common(base: str | None, config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of profile ``base`` that count for any role."""
    if base is None:
        return {}
    section = config["profiles"][base]
    common = {key: value for key, value in section.items() if key not in _IDENTITY}
    if confirmation.by_variable(base, os.environ):
        common[confirmation.SETTING] = "true"
    return common
