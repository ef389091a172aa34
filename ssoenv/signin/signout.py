"""Signing out: the token, and all that came from it, here and at Identity Center."""

import contextlib
import os
from functools import partial
from typing import Any

from botocore.session import Session

from ssoenv.aws import cache_key, clients, explain, profile
from ssoenv.cache import index, role_keys, tokens
from ssoenv.cache.tokens import SignIn
from ssoenv.errors import LocalFileError, NetworkError, ServiceError, SignInNeeded, SsoenvError
from ssoenv.system import files, paths
from ssoenv.system.deadline import Deadline

_LOCK_SECONDS = 5.0


def sign_out(wanted: SignIn, session: Session) -> bool:
    """End one sign-in; whether there was one. What it brought is forgotten: the token, and the
    credentials of every profile in the config that rests on it.

    Raises ``NetworkError`` or ``ServiceError`` if Identity Center could not be told, when all
    that is here has already been removed; ``LocalFileError`` if something could not be.
    """
    path = tokens.path_of(wanted)
    keys = _keys_of(session, path)
    return bool(_end([path], [role_keys.path_of(key) for key in keys], session, wanted.region))


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
    return _end(token_files, role_files, session, None)


def _keys_of(session: Session, path: str | None) -> list[str]:
    """The role cache's keys of all profiles that rest on the token at ``path`` (None: on any)."""
    config = profile.full_config(session)
    keys = []
    for name in config["profiles"]:
        found = profile.describe(name, config, session)
        if found.sign_in is None or path not in (None, tokens.path_of(found.sign_in)):
            continue
        key = cache_key.key_of(found, config["profiles"][name])
        if key is not None:
            keys.append(key)
    return keys


def _end(
    token_files: list[str], role_files: list[str], session: Session, region: str | None
) -> int:
    """Remove the files and tell Identity Center; how many sign-ins there were. Whatever cannot be
    removed here, the sessions there end. Raises as ``sign_out`` does."""
    held, failed = _forget(token_files, role_files)
    try:
        _tell(held, session, region)
    finally:  # what is left here weighs more than what is left there
        if failed is not None:
            raise LocalFileError(
                f"{paths.display(failed.filename or tokens.folder())} could not be removed: "
                f"{failed.strerror or failed}",
                "Remove it by hand: it lets programs act as you",
            )
    return len(held)


def _forget(
    token_files: list[str], role_files: list[str]
) -> tuple[list[dict[str, Any]], OSError | None]:
    """Remove the files; what the token files held, and why one could not be removed."""
    held: list[dict[str, Any]] = []
    failed: OSError | None = None
    for path in token_files:
        try:
            _remove_token(path, held)
        except OSError as error:
            failed = error
    for path in role_files:
        try:
            os.unlink(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            failed = error
    index.forget_all()
    return held, failed


def _remove_token(path: str, held: list[dict[str, Any]]) -> None:
    """Remove a token file in our turn, lest somebody's refresh bring it back, when its token has
    joined those that were ``held``. Raises ``OSError``."""
    with contextlib.ExitStack() as stack:
        if os.path.isdir(os.path.dirname(path)):
            with contextlib.suppress(OSError):  # no lock is no reason to stay signed in
                stack.enter_context(tokens.lock(path, _LOCK_SECONDS))
        entry = files.read_object(path)
        if "accessToken" in entry:
            held.append(entry)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.realpath(path))
            if os.path.islink(path):
                os.unlink(path)
        with contextlib.suppress(FileNotFoundError):
            files.sweep(path)  # what a killed save left behind is a token, too


def _tell(tokens: list[dict[str, Any]], session: Session, region: str | None) -> None:
    """End the sessions at Identity Center. Raises ``NetworkError``, ``ServiceError``."""
    problem: SsoenvError | None = None
    for held in tokens:
        where, text = held.get("region") or region, held.get("accessToken")
        if not isinstance(where, str) or not isinstance(text, str):
            continue
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
