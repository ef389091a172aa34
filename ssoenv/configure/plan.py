"""Profiles from accounts and roles: what is to be added to the config, and what is to go.

A profile that is there is never changed, whoever made it: whatever it contains now is somebody's
wish. Those that were made here carry a setting that says so; a comment would be lost where a
program rewrites the file.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from botocore.configloader import build_profile_map

from ssoenv.aws import profile
from ssoenv.cache import entries, stores
from ssoenv.cache.tokens import SignIn
from ssoenv.config.editor import Document, Section, profile_header, sso_session_header
from ssoenv.config.listing import Listed
from ssoenv.configure import naming
from ssoenv.signin.accounts import Account
from ssoenv.system import urls

MARK = "ssoenv_generated"
_APART = "-keys"

_ROLE = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)  # what IAM allows

Config = Mapping[str, Any]


class Options:
    """What the new profiles are to hold beside their role. ``template``: see ``naming``."""

    __slots__ = ("credential_process", "output", "region", "template")

    def __init__(
        self, template: str, region: str | None, output: str | None, credential_process: bool
    ) -> None:
        self.template = template
        self.region = region
        self.output = output
        self.credential_process = credential_process


class Plan:
    """What a run does to the config of ``sign_in``, whose session is added if it is not there.

    ``there`` counts the roles that have a profile already, ``unusable`` holds names that no role
    can have. ``new``: the roles that have none, each as a profile to be. ``gone``: profiles made
    by an earlier run whose role is no longer listed; ``kept``: those of them that others have as
    their source_profile. ``none_left``: whether no role of such a profile is listed any more.
    """

    def __init__(
        self, sign_in: SignIn, accounts: list[Account], config: Config, wishes: Options
    ) -> None:
        self._sign_in = sign_in
        self._wishes = wishes
        self._has_session = sign_in.session_name in config.get("sso_sessions", {})
        known = _known(sign_in, config)
        every = [(account, role) for account in accounts for role in account.roles]
        listed = [(account, role) for account, role in every if _ROLE.fullmatch(role)]
        self.unusable = [role for _, role in every if not _ROLE.fullmatch(role)]
        missing = [(a, role) for a, role in listed if (a.account_id, role) not in known]
        session = sign_in.session_name or ""
        names = naming.names(wishes.template, session, missing, config["profiles"])
        self.there = len(listed) - len(missing)
        self._roles = {names[a.account_id, role]: self._settings(a, role) for a, role in missing}
        taken = {*config["profiles"], *self._roles}
        # The AWS CLI takes a profile's SSO role before its credential_process, and does not see a
        # sign-in that is not in its files: it needs a profile that has nothing but the command.
        apart = wishes.credential_process and sign_in.store != entries.FILES
        self._for_aws = {
            name: f"{name}{_APART}"
            for name in (self._roles if apart else ())
            if f"{name}{_APART}" not in taken
        }
        self.new = [Listed(name, settings) for name, settings in self._roles.items()]
        made = [
            (name, settings)
            for name, settings in config["profiles"].items()
            if settings.get(MARK) == "true" and settings.get("sso_session") == sign_in.session_name
        ]
        usable = {(account.account_id, role) for account, role in listed}
        refused = {account.account_id for account in accounts if account.refused}
        lost = [
            name
            for name, settings in made
            if settings.get("sso_account_id") not in refused
            and (settings.get("sso_account_id"), settings.get("sso_role_name")) not in usable
        ]
        sources = {str(settings.get("source_profile")) for settings in config["profiles"].values()}
        self.gone = [name for name in lost if name not in sources]
        self._gone_for_aws = [
            f"{name}{_APART}"
            for name in self.gone
            if _is_apart(config["profiles"].get(f"{name}{_APART}", {}), name)
        ]
        self.kept = [name for name in lost if name in sources]
        self.none_left = bool(made) and len(lost) == len(made)

    def apply(self, document: Document, chosen: Collection[str], prune: bool) -> None:
        """Add the profiles ``chosen`` of ``new`` to ``document``, take out what is ``gone``.

        Raises ``ConfigError``.
        """
        if prune and self.gone:
            going = {profile_header(name) for name in (*self.gone, *self._gone_for_aws)}
            for section in [s for s in document.sections if _header(s) in going]:
                document.remove_section(section)
        if chosen and not self._has_session:
            self._add_session(document)
        for name, settings in self._roles.items():
            if name in chosen:
                section = document.add_section(profile_header(name))
                section.set({**settings, **self._defaults(name), MARK: "true"})
                if name in self._for_aws:
                    section = document.add_section(profile_header(self._for_aws[name]))
                    section.set({**self._defaults(name), MARK: "true"})

    def _add_session(self, document: Document) -> None:
        sign_in = self._sign_in
        document.add_section(sso_session_header(sign_in.session_name or "")).set(
            {
                "sso_start_url": sign_in.start_url,
                "sso_region": sign_in.region,
                "sso_registration_scopes": ",".join(sign_in.scopes or profile.DEFAULT_SCOPES),
                **({} if sign_in.store == entries.FILES else {stores.SETTING: sign_in.store}),
            }
        )

    def _settings(self, account: Account, role: str) -> dict[str, str]:
        name = naming.shown(account.name)
        return {
            "sso_session": self._sign_in.session_name or "",
            "sso_account_id": account.account_id,
            **({"sso_account_name": name} if name else {}),
            "sso_role_name": role,
        }

    def _defaults(self, name: str) -> dict[str, str]:
        wishes = self._wishes
        found = {}
        if wishes.region:
            found["region"] = wishes.region
        if wishes.output:
            found["output"] = wishes.output
        if wishes.credential_process:
            found["credential_process"] = _command(name)
        return found


def _command(name: str) -> str:
    return f"ssoenv credential-process {name}"


def _is_apart(settings: Mapping[str, Any], name: str) -> bool:
    """Whether a profile is one that was made for the AWS CLI beside ``name``."""
    return settings.get(MARK) == "true" and settings.get("credential_process") == _command(name)


def _known(sign_in: SignIn, config: Config) -> set[tuple[str, str]]:
    """The roles of the portal that a profile is for, by account id and name."""
    found = set()
    for name in config["profiles"]:
        one = profile.describe(name, config)
        if (
            one.kind == "sso"
            and one.sign_in
            and urls.same(one.sign_in.start_url, sign_in.start_url)
        ):
            found.add((one.account_id or "", one.role_name or ""))
    return found


def _header(section: Section) -> str:
    """The header of ``section``, as ssoenv would write it."""
    names = list(build_profile_map({section.name: {}})["profiles"])
    return profile_header(names[0]) if names else ""
