"""Signing out: the token, and all that came from it, here and at Identity Center."""

import contextlib
import os
from collections.abc import Container, Mapping
from functools import partial
from typing import Any

from botocore.session import Session

from ssoenv.aws import cache_key, clients, explain, profile, sign_in_settings
from ssoenv.cache import entries, index, role_keys, stores, tokens
from ssoenv.cache.entries import Entry
from ssoenv.cache.tokens import SignIn
from ssoenv.errors import (
    KeychainError,
    LocalFileError,
    NetworkError,
    ServiceError,
    SignInNeeded,
    SsoenvError,
)
from ssoenv.signin.oidc import is_registration, registration_entry
from ssoenv.signin.stored import is_ours
from ssoenv.system import paths
from ssoenv.system.deadline import Deadline

_LOCK_SECONDS = 5.0


def sign_out(sign_in: SignIn, session: Session) -> list[SignIn]:
    """End one sign-in under all its names; those under which there was one. Its results are
    forgotten: every token that ``sign_in`` could use, the credentials of every profile in the
    config that rests on one of them, and those of roles that no profile names.

    Raises ``NetworkError`` or ``ServiceError`` if Identity Center could not be told, when all
    that is here has already been removed; ``LocalFileError`` if something could not be.
    """
    others = sign_in_settings.alike(sign_in, session.full_config) if is_ours(sign_in) else []
    names = {tokens.entry_of(one): one for one in (sign_in, *filter(is_ours, others))}
    keys = _roles_of(session, names) + _roles_of_no_profile(session, sign_in.store)
    ended = _end(list(names), keys, session, sign_in.region)
    if sign_in.store != entries.FILES:
        with contextlib.suppress(FileNotFoundError):
            registration_entry(sign_in).delete()  # the AWS CLI does not use it
    return [names[entry] for entry in ended]


def sign_out_everywhere(session: Session) -> int:
    """End every sign-in, as ``aws sso logout`` does; how many there were. Other credentials that
    came from them are forgotten too: those of roles assumed by profiles of the config; and the
    registrations, so that the next sign-in begins anew.

    Raises as ``sign_out`` does.
    """
    in_files, in_keychain = entries.FILES, entries.KEYRING
    held = [one for one in _in(in_files, entries.TOKEN) if "accessToken" in one.read_object()]
    keys = _roles_of(session, None)
    for one in _in(in_files, entries.ROLE):
        keys += [one] if one.read_object().get("ProviderType") == "sso" else []
    keys += [one for one in _in(in_files, entries.TOKEN) if is_registration(one)]
    held += _in(in_keychain, entries.TOKEN)
    keys += _in(in_keychain, entries.ROLE)
    return len(_end(held, keys, session, None))


def remove_from_files(sign_in: SignIn, session: Session) -> bool:
    """Remove what the files hold under the name of ``sign_in``, which another store keeps: token,
    registration, and keys of the profiles that rest on it. Returns whether there was anything.
    Raises ``LocalFileError``."""
    found = left_in_files(sign_in, session)
    _, failed = _forget(
        [entry for entry in found if entry.kind == entries.TOKEN],
        [entry for entry in found if entry.kind == entries.ROLE],
    )
    if failed is not None:
        raise _not_removed(failed)
    return bool(found)


def left_in_files(sign_in: SignIn, session: Session) -> list[Entry]:
    """What ``remove_from_files`` would remove."""
    names = {tokens.entry_of(sign_in): sign_in}
    kept = [*names, registration_entry(sign_in), *_roles_of(session, names)]
    in_files = [stores.entry(entries.FILES, entry.kind, entry.key) for entry in kept]
    return [entry for entry in in_files if os.path.lexists(entry.path)]


def _roles_of(session: Session, token_entries: Container[Entry] | None) -> list[Entry]:
    """The keys of all profiles that rest on one of ``token_entries`` (None: on any)."""
    config = profile.full_config(session)
    keys = []
    for name in config["profiles"]:
        found = profile.describe(name, config, session)
        if found.sign_in is None or not stores.are_known(found.store, found.sign_in.store):
            continue  # a store that there is not keeps nothing
        if token_entries is not None and tokens.entry_of(found.sign_in) not in token_entries:
            continue
        key = cache_key.key_of(found, config["profiles"][name])
        if key is not None:
            keys.append(role_keys.entry_of(key, found.store))
    return keys


def _roles_of_no_profile(session: Session, store: str) -> list[Entry]:
    """The keys of roles that options named. From which sign-in they came is not in them, so those
    of all go: another one, which holds, gives new ones."""
    of_profiles = set(_roles_of(session, None))
    others = [one for one in _in(store, entries.ROLE) if one not in of_profiles]
    if store != entries.FILES:
        return others  # nobody else keeps any there
    return [one for one in others if one.read_object().get("ProviderType") == "sso"]


def _end(
    token_entries: list[Entry], role_entries: list[Entry], session: Session, region: str | None
) -> list[Entry]:
    """Remove the entries and tell Identity Center; those that held a token. Whatever cannot be
    removed here, the sessions there end. Raises as ``sign_out`` does."""
    removed, failed = _forget(token_entries, role_entries)
    if region is None:
        known = sign_in_settings.sign_ins(session.full_config)
        named = {tokens.entry_of(one): one for one in known}
    else:
        named = {}  # ``session`` is for the sign-in that is ended
    try:
        _tell(removed, session, region, named)
    finally:  # what is left here weighs more than what is left there
        if failed is not None:
            raise _not_removed(failed)
    return [entry for entry, _ in removed]


def _not_removed(failed: OSError | KeychainError) -> SsoenvError:
    if isinstance(failed, KeychainError):
        return failed
    return LocalFileError(
        f"{paths.display(failed.filename or tokens.folder())} could not be removed: "
        f"{failed.strerror or failed}",
        "Remove it by hand: it lets programs act as you",
    )


_Held = list[tuple[Entry, dict[str, Any]]]


def _forget(
    token_entries: list[Entry], role_entries: list[Entry]
) -> tuple[_Held, OSError | KeychainError | None]:
    """Remove the entries; those that held a token with what was in them, and why one could not be
    removed."""
    removed: _Held = []
    failed: OSError | KeychainError | None = None
    for entry in token_entries:
        try:
            _remove_token(entry, removed)
        except entries.FAILURES as error:
            failed = error
    for entry in role_entries:
        try:
            entry.delete()
        except FileNotFoundError:
            continue
        except entries.FAILURES as error:
            failed = error
    index.forget_all()
    return removed, failed


def _remove_token(entry: Entry, removed: _Held) -> None:
    """Remove a token in our turn, lest somebody's refresh bring it back; it joins those that were
    ``removed``. Raises ``OSError``, ``KeychainError``."""
    with contextlib.ExitStack() as stack:
        if entry.store != entries.FILES or os.path.isdir(os.path.dirname(entry.path)):
            with contextlib.suppress(OSError):  # without a lock, sign out all the same
                stack.enter_context(entry.lock(_LOCK_SECONDS))
        fields = entry.read_object()
        if "accessToken" in fields:
            removed.append((entry, fields))
        with contextlib.suppress(FileNotFoundError):
            entry.delete()


def _tell(
    removed: _Held,
    session: Session,
    region: str | None,
    named: Mapping[Entry, SignIn],
) -> None:
    """End the sessions at Identity Center, with the network settings of the profiles of those that
    the config ``named`` by their entries. Raises ``NetworkError``, ``ServiceError``."""
    problem: SsoenvError | None = None
    for entry, fields in removed:
        where, text = fields.get("region") or region, fields.get("accessToken")
        if not isinstance(where, str) or not isinstance(text, str):
            continue
        if entry in named:
            sign_in_settings.apply(session, named[entry], session.full_config)
        elif named:
            session.settings = {}
        try:
            with explain.explained("Logout"):
                portal = clients.client(session, "sso", where)
                Deadline().run(partial(portal.logout, accessToken=text))
        except SignInNeeded:
            continue  # it has ended already
        except SsoenvError as error:
            problem = error
    if problem is not None:
        kind = NetworkError if isinstance(problem, NetworkError) else ServiceError
        raise kind(
            f"signed out on this machine, but Identity Center could not be told: {problem.message}",
            "Sessions there end by themselves; to end one now, sign out in the AWS access portal",
        )


def _in(store: str, kind: str) -> list[Entry]:
    return [stores.entry(store, kind, key) for key in sorted(stores.keys(store, kind))]
