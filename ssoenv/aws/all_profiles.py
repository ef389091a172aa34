"""What every profile of the config means, for lists: the config is read once, and nobody asked."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ssoenv.aws import cache_key, chain, clients, other_tools, profile, sign_in_settings
from ssoenv.aws.chain import Section
from ssoenv.aws.profile import Profile
from ssoenv.cache import stores
from ssoenv.cache.overview import Meaning, Overview
from ssoenv.config import confirmation, values


def read() -> Overview:
    """botocore's reading of the files. Raises ``ConfigError``."""
    config = profile.full_config(clients.open_session())
    sections: Mapping[str, Section] = config["profiles"]
    return Overview(
        [_meaning(name, section, config) for name, section in sections.items()],
        lambda sign_in: sign_in_settings.alike(sign_in, config),
    )


def _meaning(name: str, section: Section, config: Mapping[str, Any]) -> Meaning:
    described = _who_is_asked(profile.describe(name, config), config)
    sign_in = described.sign_in
    # In a store that there is not, nothing can be looked up.
    is_known = stores.are_known(described.store, *([sign_in.store] if sign_in else []))
    return Meaning(
        name=name,
        kind=described.kind,
        region=described.region,
        account_id=described.account_id,
        account_name=str(section.get("sso_account_name") or ""),
        role_name=described.role_name,
        key=cache_key.key_of(described, section) if is_known else None,
        store=described.store,
        complete=is_known and is_complete(described, config),
        confirm=confirmation.by_setting(section.get(confirmation.SETTING)),
        sign_in=sign_in if is_known else None,
    )


def _who_is_asked(one: Profile, config: Mapping[str, Any]) -> Profile:
    """``one``; if its credential_process asks ssoenv for another profile, with what that one is."""
    lender = other_tools.lender_of(one.name, config["profiles"])
    if lender is None:
        return one
    other = profile.describe(lender, config)
    return replace(
        one, account_id=other.account_id, role_name=other.role_name, sign_in=other.sign_in
    )


def is_complete(described: Profile, config: Mapping[str, Any]) -> bool:
    """Whether the config has all that it takes to ask somebody for credentials of a
    profile, down to the profile that a chain rests on."""
    names, end = chain.follow(described.name, config["profiles"])
    if end != chain.COMPLETE:
        return False
    sections = [config["profiles"][one] for one in names]
    if any("role_arn" in one and values.role_arn(str(one["role_arn"])) for one in sections):
        return False
    section: Section = sections[-1]
    kind = "keys" if len(names) > 1 and chain.has_keys(section) else chain.kind_of(section)
    if kind == "sso":
        session = config.get("sso_sessions", {}).get(section.get("sso_session"), {})
        return (
            described.sign_in is not None
            and bool(section.get("sso_role_name"))
            and not values.account(str(section.get("sso_account_id", "")))
            and all(section.get(key, value) == value for key, value in session.items())
        )
    if kind == "web-identity":
        return "role_arn" in section
    if kind == "keys":
        return "aws_secret_access_key" in section
    return kind != "none"
