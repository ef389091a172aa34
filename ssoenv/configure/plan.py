"""Profiles from accounts and roles: what is to be added to the config, and what is to go.

A profile that is there is not changed, whoever made it: whatever it contains now is somebody's
wish. Its name is, if that is asked for. Those that were made here carry a setting that says so; a
comment would be lost where a program rewrites the file.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ssoenv.aws import other_tools, profile
from ssoenv.cache import entries, stores
from ssoenv.cache.tokens import SignIn
from ssoenv.config import narrowing
from ssoenv.config.editor import Document, profile_header, sso_session_header
from ssoenv.config.listing import Listed
from ssoenv.configure import naming, renaming
from ssoenv.signin.accounts import Account
from ssoenv.system import urls

MARK = "ssoenv_generated"
_APART = "-keys"

_ROLE = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)  # what IAM allows

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Narrowing:
    """Which roles a run is about, by patterns (see ``narrowing``): of ``accounts``, ``roles``, and
    none that is ``excluded``."""

    accounts: Collection[str] = ()
    roles: Collection[str] = ()
    excluded: Collection[str] = ()

    def fits(self, account_id: str, account_name: str, role: str) -> bool:
        """Whether a run is about a role."""
        return narrowing.fits(
            account_id, account_name, role, self.accounts, self.roles
        ) and not narrowing.excluded(account_id, account_name, role, self.excluded)


@dataclass
class Options:
    """What a run is about, and what the new profiles are to hold beside their role.

    ``template``: see ``template``. ``rename``: whether profiles that configure made are to be
    called as it says.
    """

    template: str
    narrowing: Narrowing = Narrowing()
    region: str | None = None
    output: str | None = None
    credential_process: bool = False
    rename: bool = False


class Plan:
    """What a run does to the config of ``sign_in``, whose session is added if it is not there.

    ``there`` counts the roles that have a profile already, ``unusable`` holds names that no role
    can have. ``new``: the roles that have none, each as a profile to be. ``gone``: profiles made
    by an earlier run whose role is no longer listed; ``kept``: those of them that others have as
    their source_profile. ``none_left``: whether no role of such a profile is listed any more.
    ``renamed``: profiles made by an earlier run that the template names otherwise, old → new;
    ``fixed``: those that keep their name, since the credentials file has it too.

    Raises ``ConfigError``, and ``UsageError`` for a wrong template.
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
        usable = {(account.account_id, role) for account, role in listed}
        fits = wishes.narrowing.fits
        listed = [(a, role) for a, role in listed if fits(a.account_id, a.name, role)]
        self.unusable = [
            role
            for account, role in every
            if not _ROLE.fullmatch(role) and fits(account.account_id, account.name, role)
        ]
        missing = [(a, role) for a, role in listed if (a.account_id, role) not in known]
        self.there = len(listed) - len(missing)
        made = {
            name: settings
            for name, settings in config["profiles"].items()
            if settings.get(MARK) == "true" and settings.get("sso_session") == sign_in.session_name
        }
        old = self._named_otherwise(listed, made)
        self._name(missing, old, config)
        refused = {account.account_id for account in accounts if account.refused}
        lost = [
            name
            for name, settings in made.items()
            if settings.get("sso_account_id") not in refused and _role_of(settings) not in usable
        ]
        self.none_left = bool(made) and len(lost) == len(made)
        sources = {str(settings.get("source_profile")) for settings in config["profiles"].values()}
        lost = [name for name in lost if self._fits(made[name])]
        self.gone = [name for name in lost if name not in sources]
        self._gone_for_aws = [
            f"{name}{_APART}"
            for name in self.gone
            if _is_apart(config["profiles"].get(f"{name}{_APART}", {}), name)
        ]
        self.kept = [name for name in lost if name in sources]

    def _fits(self, settings: Mapping[str, Any]) -> bool:
        """Whether the run is about the role of a profile."""
        account_id, role = _role_of(settings)
        name = str(settings.get("sso_account_name", ""))
        return self._wishes.narrowing.fits(account_id, name, role)

    def _named_otherwise(
        self, listed: list[naming.Role], made: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, naming.Role]:
        """Those profiles of ``made`` that the template does not name so, with their roles: the
        first of each role that has none with a name of the template."""
        roles = {(account.account_id, role): (account, role) for account, role in listed}
        template, session = self._wishes.template, self._sign_in.session_name or ""
        named: set[tuple[str, str]] = set()  # roles that have a profile with the right name
        seen: set[tuple[str, str]] = set()
        found: dict[str, naming.Role] = {}
        for name, settings in made.items():
            key = _role_of(settings)
            role = roles.get(key)
            if role is None:
                continue
            if naming.is_of(name, template, session, role):
                named.add(key)
            elif key not in seen:
                seen.add(key)
                found[name] = role
        return {
            name: one for name, one in found.items() if (one[0].account_id, one[1]) not in named
        }

    def _name(
        self, missing: list[naming.Role], old: Mapping[str, naming.Role], config: Config
    ) -> None:
        """Name the profiles to be, and those that are to be called otherwise."""
        wishes, session = self._wishes, self._sign_in.session_name or ""
        fixed = renaming.in_credentials() & old.keys() if old else set()
        old = {name: role for name, role in old.items() if name not in fixed}
        taken = config["profiles"].keys() - (old if wishes.rename else ())
        both = [*missing, *old.values()] if wishes.rename else missing
        names = naming.names(wishes.template, session, both, taken)
        others = (
            names if wishes.rename else naming.names(wishes.template, session, old.values(), taken)
        )
        self.fixed = sorted(fixed)
        self.renamed = {
            name: others[account.account_id, role] for name, (account, role) in old.items()
        }
        self._roles = {names[a.account_id, role]: self._settings(a, role) for a, role in missing}
        self.new = [Listed(name, settings) for name, settings in self._roles.items()]
        self._name_for_aws(config)

    def _name_for_aws(self, config: Config) -> None:
        """Name the profiles beside those, for the AWS CLI. It takes a profile's SSO role before its
        credential_process, and does not see a sign-in that is not in its files: it needs a
        profile that has nothing but the command."""
        sections = config["profiles"]
        taken = {*sections, *self._roles, *self.renamed.values()}
        apart = self._wishes.credential_process and self._sign_in.store != entries.FILES
        self._for_aws = {
            name: f"{name}{_APART}"
            for name in (self._roles if apart else ())
            if f"{name}{_APART}" not in taken
        }
        self._renamed_for_aws = {
            f"{old}{_APART}": f"{new}{_APART}"
            for old, new in self.renamed.items()
            if _is_apart(sections.get(f"{old}{_APART}", {}), old) and f"{new}{_APART}" not in taken
        }

    def apply(self, document: Document, chosen: Collection[str], prune: bool) -> None:
        """Add the profiles ``chosen`` of ``new`` to ``document``, take out what is ``gone`` if
        ``prune``, and give those that are ``renamed`` their names if the options say so.

        Raises ``ConfigError``.
        """
        if prune and self.gone:
            going = {profile_header(name) for name in (*self.gone, *self._gone_for_aws)}
            for section in [s for s in document.sections if renaming.header_of(s) in going]:
                document.remove_section(section)
        if self._wishes.rename:
            renaming.apply(document, {**self.renamed, **self._renamed_for_aws})
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
            found["credential_process"] = other_tools.ask_ssoenv_for(name)
        return found


def _is_apart(settings: Mapping[str, Any], name: str) -> bool:
    """Whether a profile is one that was made for the AWS CLI beside ``name``."""
    command = other_tools.ask_ssoenv_for(name)
    return settings.get(MARK) == "true" and settings.get("credential_process") == command


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


def _role_of(settings: Mapping[str, Any]) -> tuple[str, str]:
    """The account's id and the role of a profile."""
    return str(settings.get("sso_account_id", "")), str(settings.get("sso_role_name", ""))
