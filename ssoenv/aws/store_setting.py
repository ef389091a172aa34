"""Which store the config chooses: SSOENV_STORE, else the setting that is nearest to the profile."""

from collections.abc import Mapping
from typing import Any

from ssoenv.aws import chain
from ssoenv.aws.chain import Section
from ssoenv.cache import entries, stores

_NOTHING: Section = {}


def of_section(section: Section, config: Mapping[str, Any]) -> str:
    """That of a profile's ``section``: its own setting, else that of its session, else that of
    ``[default]``, else ``files``. It is returned as it is written: see ``stores.entry``. Raises
    ``UsageError`` for a SSOENV_STORE that is none."""
    session = section.get("sso_session")
    known = config.get("sso_sessions", {})
    below = known.get(session, _NOTHING) if isinstance(session, str) else _NOTHING
    by_variable = stores.by_variable()
    if by_variable is not None:
        return by_variable
    for one in (section, below, config.get("profiles", {}).get("default", _NOTHING)):
        if stores.SETTING in one:
            return str(one[stores.SETTING]).strip()
    return entries.FILES


def of_profile(name: str, config: Mapping[str, Any]) -> str:
    """Where the keys of profile ``name`` are kept. Those of a chain are where the strictest of its
    profiles wants them: the keys in between are kept with them."""
    profiles = config["profiles"]
    names, _ = chain.follow(name, profiles)
    return stores.strictest({of_section(profiles[one], config) for one in names})
