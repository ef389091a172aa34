"""Profiles that other tools made, and the role of Identity Center that each of them means.

Granted, aws-sso-cli, aws-sso-util and aws-vault keep a profile's role in settings of their own, or
in the command of its ``credential_process``; AWS's own tools see no sign-in there.
"""

import os
import re
import shlex
from collections.abc import Mapping
from typing import Any

from ssoenv.config import aws_sso_cli
from ssoenv.errors import ConfigError

GRANTED = "Granted"
AWS_SSO_CLI = "aws-sso-cli"
AWS_SSO_UTIL = "aws-sso-util"
AWS_VAULT = "aws-vault"

_HOW = "To make an SSO profile of it, run: ssoenv configure --import"

_PROGRAMS = {
    "granted": GRANTED,
    "dgranted": GRANTED,
    "aws-sso": AWS_SSO_CLI,
    "aws-sso-util": AWS_SSO_UTIL,
    "aws-sso-credential-process": AWS_SSO_UTIL,
    "aws-vault": AWS_VAULT,
}
_PREFIX = "granted_"
_INCLUDE = "include_profile"
_ROLE = ("sso_account_id", "sso_role_name")
_WHERE = ("sso_start_url", "sso_region")
_ARN = re.compile(r"arn:[a-z-]+:iam::(?P<account>\d{12}):role/(?:.*/)?(?P<role>[^/]+)")
_DEEPEST = 10  # profiles that name one another

Profiles = Mapping[str, Mapping[str, Any]]


def tool_of(settings: Mapping[str, Any]) -> str:
    """Which of these tools a profile with ``settings`` needs, or an empty text."""
    if any(key.startswith(f"{_PREFIX}sso_") for key in settings):
        return GRANTED
    words = _words(settings)
    program = os.path.basename(words[0]).removesuffix(".exe") if words else ""
    if _INCLUDE in settings and not program:
        return AWS_VAULT
    return _PROGRAMS.get(program, "")


def is_theirs(key: str) -> bool:
    """Whether a setting means nothing to AWS's own tools."""
    return key.startswith(_PREFIX) or key in (_INCLUDE, "common_fate_generated_from")


def is_complete(settings: Mapping[str, Any]) -> bool:
    """Whether a profile names its role so that AWS's own tools see it."""
    where = "sso_session" in settings or all(settings.get(key) for key in _WHERE)
    own = not any(is_theirs(key) for key in settings)
    return own and where and all(settings.get(key) for key in _ROLE)


def role_of(name: str, profiles: Profiles, sessions: Profiles) -> dict[str, str]:
    """The role that profile ``name`` of one of these tools means, as settings of an SSO profile:
    ``sso_start_url``, ``sso_region``, ``sso_account_id``, ``sso_role_name``, and whatever else it
    takes from profiles that it includes. ``sessions``: those of the config.

    Raises ``ConfigError`` where it does not mean any, with the reason.
    """
    found = _meant(name, profiles, sessions, _DEEPEST)
    missing = [key for key in (*_WHERE, *_ROLE) if not found.get(key)]
    if missing:
        raise ConfigError(f"it does not say its {missing[0]}")
    return found


def why_no_sign_in(name: str, config: Mapping[str, Any]) -> ConfigError | None:
    """Why nobody can sign in for profile ``name`` of ``config``, if it is one of these tools'."""
    tool = tool_of(config["profiles"].get(name, {}))
    if not tool:
        return None
    try:
        role_of(name, config["profiles"], config.get("sso_sessions", {}))
    except ConfigError as problem:
        return ConfigError(
            f'profile "{name}" is one of {tool}, and no SSO profile can be made of it',
            f"The reason: {problem.message}",
        )
    return ConfigError(
        f'profile "{name}" is one of {tool}, which keeps its sign-in to itself',
        _HOW,
    )


def advice(name: str, config: Mapping[str, Any]) -> str:
    """What to do if profile ``name`` of ``config`` is one of these tools' and fails without it, or
    an empty text."""
    theirs = why_no_sign_in(name, config)
    return _HOW if theirs is not None and theirs.hint == _HOW else ""


def _meant(name: str, profiles: Profiles, sessions: Profiles, deep: int) -> dict[str, str]:
    if name not in profiles or not deep:
        raise ConfigError(f'there is no profile "{name}"' if deep else "it names itself")
    settings = _with_included(name, profiles, deep)
    for key in [key for key in settings if key.startswith(_PREFIX)]:
        settings[key.removeprefix(_PREFIX)] = settings.pop(key)
    session = sessions.get(settings.get("sso_session", ""), {})
    settings |= {key: value for key, value in session.items() if isinstance(value, str)}
    if all(settings.get(key) for key in (*_WHERE, *_ROLE)):
        return settings
    tool, words = tool_of(profiles[name]), _words(settings)
    if tool == AWS_SSO_CLI:
        return settings | _of_aws_sso_cli(words)
    if tool == AWS_SSO_UTIL:
        settings |= _of_options(words)
    other = _named(words, profiles)
    if tool and other and other != name:
        inner = _meant(other, profiles, sessions, deep - 1)
        return inner | {key: value for key, value in settings.items() if key not in inner}
    if tool and not any(key.startswith("sso_") for key in settings):
        raise ConfigError("it is not one of Identity Center")
    return settings


def _with_included(name: str, profiles: Profiles, deep: int) -> dict[str, str]:
    """The settings of a profile, and those of the ones that it includes (aws-vault)."""
    settings = {key: value for key, value in profiles[name].items() if isinstance(value, str)}
    included = settings.pop(_INCLUDE, "")
    if included in profiles and deep:
        more = _with_included(included, profiles, deep - 1)
        settings = {key: more[key] for key in more if key != "credential_process"} | settings
    return settings


def _of_aws_sso_cli(words: list[str]) -> dict[str, str]:
    """What ``aws-sso -S NAME process --arn ARN`` means."""
    role = _ARN.fullmatch(_option(words, "--arn", "-a"))
    url, region = aws_sso_cli.sign_in(_option(words, "--sso", "-S") or None)
    if not url or not region:
        raise ConfigError("the config.yaml of aws-sso-cli does not say where it signs in")
    found = {"sso_start_url": url, "sso_region": region}
    account = role["account"] if role else _option(words, "--account", "-A")
    name = role["role"] if role else _option(words, "--role", "-R")
    return found | {"sso_account_id": account, "sso_role_name": name}


def _of_options(words: list[str]) -> dict[str, str]:
    """What the options of ``aws-sso-util credential-process`` say."""
    given = {
        "sso_start_url": _option(words, "--sso-start-url", "--start-url"),
        "sso_region": _option(words, "--sso-region", "--region"),
        "sso_account_id": _option(words, "--account-id"),
        "sso_role_name": _option(words, "--role-name"),
    }
    return {key: value for key, value in given.items() if value}


def _named(words: list[str], profiles: Profiles) -> str:
    """The profile that a command is for: of an option, or a word that is the name of one."""
    given = _option(words, "--profile", "-p")
    return given or next((word for word in words[2:] if word in profiles), "")


def _option(words: list[str], *names: str) -> str:
    for at, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option in names:
            return value if equals else "".join(words[at + 1 : at + 2])
    return ""


def _words(settings: Mapping[str, Any]) -> list[str]:
    """The words of the profile's ``credential_process``."""
    command = settings.get("credential_process")
    if not isinstance(command, str):
        return []
    try:
        return shlex.split(command.replace("\\", "/") if os.name == "nt" else command)
    except ValueError:
        return []
