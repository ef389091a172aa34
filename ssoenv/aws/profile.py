"""What a profile name means: an SSO role, a chain on top of one, or anything else that botocore
resolves. The truth about config files is always botocore's; this module asks it and puts the
answer, or what is wrong with it, into ssoenv's words.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ConfigParseError
from botocore.session import Session

from ssoenv.aws import (
    advice,
    chain,
    clients,
    from_variables,
    lines,
    store_setting,
    unknown_profile,
)
from ssoenv.aws.chain import Section
from ssoenv.cache import entries, stores
from ssoenv.cache.tokens import SignIn
from ssoenv.config import confirmation, marks, other_profiles, selection, values
from ssoenv.config.editor import profile_header, sso_session_header
from ssoenv.config.scan import why_unreadable
from ssoenv.config.text import content_of
from ssoenv.errors import ConfigError
from ssoenv.hints import nearest
from ssoenv.system import paths

_SIGN_IN = ("sso_start_url", "sso_region")

DEFAULT_SCOPES = ("sso:account:access",)

# Settings that are one text, and those of them that mean something else if they are empty.
_TEXTS = (
    "region",
    "external_id",
    "mfa_serial",
    "duration_seconds",
    "role_session_name",
    "web_identity_token_file",
    "endpoint_url",
    "services",
    "ca_bundle",
    "max_attempts",
    "retry_mode",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
)
_NEVER_EMPTY = (
    "sso_session",
    "sso_start_url",
    "sso_region",
    "sso_account_id",
    "sso_role_name",
    "role_arn",
    "source_profile",
    "credential_source",
    "credential_process",
)


@dataclass(frozen=True)
class Profile:
    """A profile as its config means it.

    ``kind``: see ``chain.kind_of``; or ``container``. ``account_id`` and
    ``role_name`` are those of the SSO role or of the chained role's ARN, where known.
    ``sign_in`` is the one that its credentials rest on, if any. ``in_config`` is False for what
    options or variables describe without any config. ``confirm``: whether a person is asked before
    it is used. ``store``: which of ``stores`` keeps its keys.
    """

    name: str
    kind: str
    region: str | None = None
    account_id: str | None = None
    role_name: str | None = None
    sign_in: SignIn | None = None
    session: Session = field(default=None, compare=False, repr=False)
    in_config: bool = True
    confirm: bool = False
    store: str = entries.FILES


def load(name: str, beside: Session | None = None) -> Profile:
    """The meaning of profile ``name``, or of the identity in the environment that is called so
    (``selection.identity``). ``beside``: a session that has read the files before.

    Raises ``ConfigError`` for a config that cannot be read, a profile that is not in it, and a
    setting without a value.
    """
    session = clients.open_session(name, beside)
    config = full_config(session) if beside is None else beside.full_config
    if name not in config["profiles"]:
        settings = from_variables.settings(name)
        if settings is None:
            raise unknown_profile.problem(name, config)
        return _of_environment(name, settings, config, session)
    _check_settings(name, config)
    clients.set_patience(session)
    return describe(name, config, session)


def name_of_default() -> str | None:
    """What is used where nothing names a profile: ``default``; where the config gives that no
    credentials, the identity in the environment; None if there is neither. Raises
    ``ConfigError``."""
    profiles = full_config(clients.open_session())["profiles"]
    found = selection.identity(os.environ)
    default: Section = profiles.get("default", {})
    if found is not None and chain.kind_of(default) == "none" and "default" not in marks.marks():
        return found[0]
    return "default" if "default" in profiles else None


def _of_environment(
    name: str, settings: dict[str, str], config: dict[str, Any], session: Session
) -> Profile:
    """The identity in the environment as a profile."""
    region = from_variables.region(_text(config["profiles"].get("default", {}), "region"))
    config["profiles"][name] = settings
    chain.prepare(config["profiles"])
    clients.set_patience(session)
    found = describe(name, config, session)
    kind = "container" if "credential_source" in settings else found.kind
    account_id, role_name = selection.arn_parts(settings.get("role_arn", ""))
    return replace(
        found,
        kind=kind,
        region=region,
        account_id=account_id,
        role_name=role_name,
        in_config=False,
    )


def names() -> list[str]:
    """The profiles of the config, in its order. Raises ``ConfigError``."""
    return list(full_config(clients.open_session())["profiles"])


def full_config(session: Session) -> dict[str, Any]:
    """botocore's reading of the config and credentials files. Raises ``ConfigError``."""
    for path in (paths.config(), paths.credentials()):
        content_of(path)  # botocore takes a file that it cannot read for a missing one
    try:
        config: dict[str, Any] = session.full_config
        marks.forget(config["profiles"])
        chain.prepare(config["profiles"])
    except ConfigParseError as error:
        raise why_unreadable(str(error.kwargs.get("path", "")), error) from error
    except (OSError, UnicodeError, BotoCoreError) as error:
        raise ConfigError(
            f"the AWS config cannot be read: {error}", "Correct it and try again"
        ) from error
    return config


def session_sign_in(name: str, config: Mapping[str, Any]) -> SignIn:
    """The sign-in of ``[sso-session NAME]``. Raises ``ConfigError``."""
    sessions: Mapping[str, Section] = config.get("sso_sessions", {})
    path = paths.display(paths.config())
    if name not in sessions:
        near = nearest(name, sessions)
        known = f"Available: {', '.join(sessions)}" if sessions else "It has none"
        raise ConfigError(
            f"there is no [{sso_session_header(name)}] in {path}",
            advice.missing_session(lines.File(paths.config()), name)
            or (f'Did you mean "{near}"?' if near else known),
        )
    return _complete(sign_in_of({"sso_session": name}, config), f"[{sso_session_header(name)}]")


def login_of(name: str, config: Mapping[str, Any]) -> SignIn:
    """The sign-in that profile ``name`` rests on or, since the AWS CLI signs in for these too,
    that it names without naming a role. Raises ``ConfigError``."""
    found = describe(name, config).sign_in
    names, end = chain.follow(name, config["profiles"])
    if found is None and end == chain.COMPLETE and len(names) > 1:
        source: Section = config["profiles"][names[-1]]
        if chain.kind_of(source) == "sso" and not chain.has_keys(source):
            name = names[-1]  # what it lacks is to be said
    section: Section = config["profiles"][name]
    if found is None and chain.kind_of(section) != "chain":
        found = sign_in_of(section, config, name)
    shown = f"[{profile_header(name)}]"
    if found is None and not {"sso_session", "sso_start_url"} & section.keys():
        raise other_profiles.why_no_sign_in(name, config) or ConfigError(
            f'profile "{name}" does not sign in through Identity Center',
            f"Give {shown} in {paths.display(paths.config())} an sso_session",
        )
    session_name = _text(section, "sso_session")
    if found is None and session_name is not None:
        return session_sign_in(session_name, config)
    return _complete(found, shown)


def _complete(found: SignIn | None, section: str) -> SignIn:
    if found is None:
        raise ConfigError(
            f"{section} in {paths.display(paths.config())} does not say where to sign in",
            "Give it sso_start_url and sso_region",
        )
    settings = {"sso_start_url": found.start_url, "sso_region": found.region}
    stores.entry(found.store, entries.TOKEN, "")
    if found.session_name is not None:
        _check_values("sso_sessions", found.session_name, settings, settings)
    else:
        _check_values("profiles", found.profile, settings, settings)
    return found


def describe(name: str, config: Mapping[str, Any], session: Session = None) -> Profile:
    """The meaning of profile ``name`` in ``config``, botocore's ``full_config``; asks no one."""
    profiles: Mapping[str, Section] = config["profiles"]
    section = profiles[name]
    region = _text(section, "region")
    kind = chain.kind_of(section)
    account_id = role_name = sign_in = None
    if kind == "chain":
        account_id, role_name = selection.arn_parts(str(section["role_arn"]))
        sign_in = _sign_in_below(name, config)
    elif kind == "sso":
        account_id, role_name = _text(section, "sso_account_id"), _text(section, "sso_role_name")
        sign_in = sign_in_of(section, config, name)
    confirm = confirmation.by_setting(section.get(confirmation.SETTING))
    confirm = confirm or confirmation.by_variable(name, os.environ)
    store = store_setting.of_profile(name, config)
    return Profile(
        name, kind, region, account_id, role_name, sign_in, session, confirm=confirm, store=store
    )


def _text(section: Section, key: str) -> str | None:
    """A setting, or None if it is missing, empty or (in botocore's reading) a nested block."""
    value = section.get(key)
    return value if isinstance(value, str) and value else None


def _check_settings(name: str, config: Mapping[str, Any]) -> None:
    """Raise ``ConfigError`` for a setting without a value in the profile or what it rests on.

    botocore takes indented lines below ``key =`` for a block, and fails with one later.
    """
    for one in chain.follow(name, config["profiles"])[0]:
        section: Section = config["profiles"][one]
        _check_section(section, f'profile "{one}"')
        used = _values_used(section, first=one == name)
        longest = longest_duration(section, config["profiles"])
        _check_values("profiles", one, section, used, longest)
        session = section.get("sso_session", "")
        if session in config.get("sso_sessions", {}):
            _check_section(config["sso_sessions"][session], f'sso-session "{session}"')
            if "sso_account_id" in used:
                _check_values("sso_sessions", session, config["sso_sessions"][session], _SIGN_IN)
            _check_store("sso_sessions", session, config)
        _check_store("profiles", one, config)
    _check_store("profiles", "default", config)


def _check_store(kind: str, name: str, config: Mapping[str, Any]) -> None:
    """Raise ``ConfigError`` for a store that there is not."""
    _check_values(kind, name, config[kind].get(name, {}), (stores.SETTING,))


def _check_section(section: Section, where: str) -> None:
    file = paths.display(paths.config())
    for key in (*_TEXTS, *_NEVER_EMPTY):
        value = section.get(key, "-")
        if not isinstance(value, str):
            raise ConfigError(
                f"{key} of {where} has its value on indented lines below it",
                f"Write {key} = … on one line in {file}",
            )
        if not value and key in _NEVER_EMPTY:
            raise ConfigError(
                f"{key} of {where} is empty", f"Write {key} = … in {file}, or remove the line"
            )


def _values_used(section: Section, first: bool) -> tuple[str, ...]:
    """The settings of known shape that botocore uses for a profile. ``first``: it is the one that
    was asked for, not a source of its role."""
    used: tuple[str, ...] = ("region",) if first else ()
    if "role_arn" in section and (first or not chain.has_keys(section)):
        in_a_chain = chain.kind_of(section) == "chain"
        used += ("role_arn", "role_session_name")
        used += ("duration_seconds", "external_id", "mfa_serial") if in_a_chain else ()
    elif chain.kind_of(section) == "sso":
        used += (*_SIGN_IN, "sso_account_id", "sso_role_name")
    return used


def longest_duration(section: Section, profiles: Mapping[str, Section]) -> int:
    """The most seconds that ``duration_seconds`` of a role may ask for. Keys of a role get
    another role for an hour at most (IAM User Guide, "role chaining")."""
    source = profiles.get(_text(section, "source_profile") or "", {})
    if not chain.has_keys(source) and ("role_arn" in source or chain.kind_of(source) == "sso"):
        return values.LONGEST_IN_A_CHAIN
    return values.LONGEST


def _check_values(
    kind: str,
    name: str,
    section: Section,
    keys: Iterable[str],
    longest: int = values.LONGEST,
) -> None:
    """Raise ``ConfigError`` for a value that cannot be what it should be, with its line."""
    for key in keys:
        value = _text(section, key)
        if value is not None and (why := values.problem(key, value, longest)):
            header = profile_header(name) if kind == "profiles" else sso_session_header(name)
            raise values.error(key, value, header, lines.place(kind, name, key), why, longest)


def sign_in_of(section: Section, config: Mapping[str, Any], profile: str = "") -> SignIn | None:
    """The sign-in of an SSO profile's section; None if its config is incomplete, which botocore
    will say better when the credentials are asked for."""
    session_name = _text(section, "sso_session")
    store = store_setting.of_section(section, config)
    if session_name is not None:
        section = config.get("sso_sessions", {}).get(session_name, {})
    start_url, region = _text(section, "sso_start_url"), _text(section, "sso_region")
    if not start_url or not region:
        return None
    scopes = _scopes(section, session_name)
    return SignIn(session_name, start_url, region, scopes, profile, store=store)


def _scopes(section: Section, session_name: str | None) -> tuple[str, ...] | None:
    """As the AWS CLI reads them: a legacy profile has none, and an empty list is not none."""
    listed = section.get("sso_registration_scopes")
    if session_name is None or not isinstance(listed, str):
        return None
    return tuple(scope.strip() for scope in listed.split(",") if scope.strip())


def _sign_in_below(name: str, config: Mapping[str, Any]) -> SignIn | None:
    """The sign-in that the chain of profile ``name`` rests on, if it ends at one."""
    names, end = chain.follow(name, config["profiles"])
    section: Section = config["profiles"][names[-1]]
    if end == chain.COMPLETE and chain.kind_of(section) == "sso":
        return sign_in_of(section, config, name)
    return None
