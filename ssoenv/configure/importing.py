"""SSO profiles out of those of other tools, with the same names."""

from collections.abc import Callable, Mapping
from typing import Any

from ssoenv.aws import other_tools, profile
from ssoenv.config import other_profiles
from ssoenv.config.editor import Document, profile_header, sso_session_header
from ssoenv.configure import naming, renaming
from ssoenv.errors import ConfigError
from ssoenv.system import urls

_PROCESS = "credential_process"
_REST = ("region", "output")  # what a profile may have from one that it includes
_ELSEWHERE = "its section is not in the config file"

Config = Mapping[str, Any]


class Imported:
    """What a run does to the config: ``profiles`` become SSO profiles, and ``left`` stay as they
    are, each with the reason."""

    def __init__(self) -> None:
        self.profiles: list[str] = []
        self.left: list[tuple[str, str]] = []
        self.new_sessions: dict[str, dict[str, str]] = {}
        self.values: dict[str, dict[str, str]] = {}

    def apply(self, document: Document) -> None:
        """Make the change. Raises ``ConfigError``."""
        sections = {renaming.header_of(section): section for section in document.sections}
        for name in self.profiles:
            section = sections.get(profile_header(name))
            if section is None:
                raise ConfigError(f'profile "{name}" cannot be changed: {_ELSEWHERE}')
            values = self.values[name]
            old = [key for key in section.settings() if other_profiles.is_theirs(key)]
            if "sso_session" in values:
                old += ["sso_start_url", "sso_region", "sso_registration_scopes"]
            if _PROCESS not in values:
                old.append(_PROCESS)
            # In place of what they say now, so that comments stay beside it.
            section.remove_keys(old)
            section.set(values)
        for name, settings in self.new_sessions.items():
            document.add_section(sso_session_header(name)).set(settings)


def find(
    config: Config,
    fits: Callable[[str, str, str], bool],
    session: str | None,
    credential_process: bool,
) -> Imported:
    """The profiles of ``config`` that are other tools'. ``fits``: whether a role (account id,
    account name, role name) is wanted. ``session``: the name of the SSO session to use, or to
    make, where several sign in there. ``credential_process``: whether they get one of ssoenv.
    """
    found = Imported()
    profiles, sessions = config["profiles"], config.get("sso_sessions", {})
    for name, settings in profiles.items():
        if not other_profiles.tool_of(settings):
            continue
        try:
            role = other_profiles.role_of(name, profiles, sessions)
        except ConfigError as problem:
            found.left.append((name, problem.message))
            continue
        account, role_name = role["sso_account_id"], role["sso_role_name"]
        if not fits(account, role.get("sso_account_name", ""), role_name):
            continue
        values = {}
        if not other_profiles.is_complete(settings):
            values = {
                "sso_session": _session(role, sessions, session, found.new_sessions),
                "sso_account_id": account,
                "sso_role_name": role_name,
                **{key: role[key] for key in _REST if key in role and key not in settings},
            }
        if credential_process:
            values[_PROCESS] = other_tools.ask_ssoenv_for(name)
        found.profiles.append(name)
        found.values[name] = values
    return found


def _session(
    role: Mapping[str, str],
    sessions: Mapping[str, Mapping[str, Any]],
    wanted: str | None,
    new: dict[str, dict[str, str]],
) -> str:
    """The session of the config, or of ``new``, that signs in where ``role`` is; made if there is
    none."""
    url, region = urls.plain(role["sso_start_url"]), role["sso_region"]
    alike = [
        name
        for name, settings in {**sessions, **new}.items()
        if settings.get("sso_region") == region
        and urls.same(str(settings.get("sso_start_url", "")), url)
    ]
    if alike:
        return wanted if wanted in alike else alike[0]
    taken = {*sessions, *new}
    name = wanted if wanted and wanted not in taken else naming.of_session(url, taken)
    scopes = role.get("sso_registration_scopes", ",".join(profile.DEFAULT_SCOPES))
    new[name] = {"sso_start_url": url, "sso_region": region, "sso_registration_scopes": scopes}
    return name
