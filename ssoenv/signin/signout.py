"""Signing out: the token, and all that came from it, here and at Identity Center."""

import contextlib
import os
from collections.abc import Container, Mapping
from functools import partial
from typing import Any

from botocore.session import Session

from ssoenv.aws import cache_key, clients, explain, profile, sign_in_settings
from ssoenv.cache import index, role_keys, tokens
from ssoenv.cache.tokens import SignIn
from ssoenv.errors import LocalFileError, NetworkError, ServiceError, SignInNeeded, SsoenvError
from ssoenv.signin.stored import is_ours
from ssoenv.system import files, paths
from ssoenv.system.deadline import Deadline

_LOCK_SECONDS = 5.0


def sign_out(sign_in: SignIn, session: Session) -> list[SignIn]:
    """End one sign-in under all its names; those under which there was one. Its results are
    forgotten: every token that ``sign_in`` could use, and the credentials of every profile in the
    config that rests on one of them.

    Raises ``NetworkError`` or ``ServiceError`` if Identity Center could not be told, when all
    that is here has already been removed; ``LocalFileError`` if something could not be.
    """
    others = sign_in_settings.alike(sign_in, session.full_config) if is_ours(sign_in) else []
    names = {tokens.path_of(one): one for one in (sign_in, *filter(is_ours, others))}
    role_files = [role_keys.path_of(key) for key in _keys_of(session, names)]
    return [names[path] for path in _end(list(names), role_files, session, sign_in.region)]


def sign_out_everywhere(session: Session) -> int:
    """End every sign-in, as ``aws sso logout`` does; how many there were. Other credentials that
    came from them are forgotten too: those of roles assumed by profiles of the config.

    Raises as ``sign_out`` does.
    """
    token_files = [
        path for path in _in(tokens.folder()) if "accessToken" in files.read_object(path)
    ]
    role_files = [role_keys.path_of(key) for key in _keys_of(session, None)]
    role_files += [
        path
        for path in _in(role_keys.folder())
        if files.read_object(path).get("ProviderType") == "sso"
    ]
    return len(_end(token_files, role_files, session, None))


def _keys_of(session: Session, token_files: Container[str] | None) -> list[str]:
    """The role cache's keys of all profiles that rest on one of ``token_files`` (None: on any)."""
    config = profile.full_config(session)
    keys = []
    for name in config["profiles"]:
        found = profile.describe(name, config, session)
        if found.sign_in is None:
            continue
        if token_files is not None and tokens.path_of(found.sign_in) not in token_files:
            continue
        key = cache_key.key_of(found, config["profiles"][name])
        if key is not None:
            keys.append(key)
    return keys


def _end(
    token_files: list[str], role_files: list[str], session: Session, region: str | None
) -> list[str]:
    """Remove the files and tell Identity Center; the files that held a token. Whatever cannot be
    removed here, the sessions there end. Raises as ``sign_out`` does."""
    removed, failed = _forget(token_files, role_files)
    if region is None:
        named = {tokens.path_of(one): one for one in sign_in_settings.sign_ins(session.full_config)}
    else:
        named = {}  # ``session`` is for the sign-in that is ended
    try:
        _tell(removed, session, region, named)
    finally:  # what is left here weighs more than what is left there
        if failed is not None:
            raise LocalFileError(
                f"{paths.display(failed.filename or tokens.folder())} could not be removed: "
                f"{failed.strerror or failed}",
                "Remove it by hand: it lets programs act as you",
            )
    return [path for path, _ in removed]


def _forget(
    token_files: list[str], role_files: list[str]
) -> tuple[list[tuple[str, dict[str, Any]]], OSError | None]:
    """Remove the files; the token files with what they held, and why one could not be removed."""
    removed: list[tuple[str, dict[str, Any]]] = []
    failed: OSError | None = None
    for path in token_files:
        try:
            _remove_token(path, removed)
        except OSError as error:
            failed = error
    for path in role_files:
        try:
            files.remove(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            failed = error
    index.forget_all()
    return removed, failed


def _remove_token(path: str, removed: list[tuple[str, dict[str, Any]]]) -> None:
    """Remove a token file in our turn, lest somebody's refresh bring it back, when its token has
    joined those that were ``removed``. Raises ``OSError``."""
    with contextlib.ExitStack() as stack:
        if os.path.isdir(os.path.dirname(path)):
            with contextlib.suppress(OSError):  # without a lock, sign out all the same
                stack.enter_context(tokens.lock(path, _LOCK_SECONDS))
        entry = files.read_object(path)
        if "accessToken" in entry:
            removed.append((path, entry))
        with contextlib.suppress(FileNotFoundError):
            files.remove(os.path.realpath(path))
            if os.path.islink(path):
                os.unlink(path)
        with contextlib.suppress(FileNotFoundError):
            files.sweep(path, in_turn=True)  # what a killed save left behind is a token, too


def _tell(
    removed: list[tuple[str, dict[str, Any]]],
    session: Session,
    region: str | None,
    named: Mapping[str, SignIn],
) -> None:
    """End the sessions at Identity Center, with the network settings of the profiles of those that
    the config ``named`` by their files. Raises ``NetworkError``, ``ServiceError``."""
    problem: SsoenvError | None = None
    for path, entry in removed:
        where, text = entry.get("region") or region, entry.get("accessToken")
        if not isinstance(where, str) or not isinstance(text, str):
            continue
        if path in named:
            sign_in_settings.apply(session, named[path], session.full_config)
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


def _in(folder: str) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [os.path.join(folder, name) for name in names if name.endswith(".json")]
