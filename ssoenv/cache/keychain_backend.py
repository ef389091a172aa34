"""The keychain of this system, by the library ``keyring``, or what that brings along.

Only keychains of the system are used. ``keyring`` knows backends that write files, and ones that
forget: what PYTHON_KEYRING_BACKEND or another package chooses is refused if it is none of ours.
"""

import functools
import importlib.util
import os
import sys
from typing import Any

from ssoenv.cache import secret_service
from ssoenv.cache.keychain_items import WINDOWS_LIMIT, Items
from ssoenv.errors import KeychainError

_CHOICE = "PYTHON_KEYRING_BACKEND"
_DBUS = "keyring.backends.SecretService.Keyring"
_KWALLET = "keyring.backends.kwallet.DBusKeyring"
_BY_SYSTEM = {
    "darwin": ("keyring.backends.macOS.Keyring",),
    "win32": ("keyring.backends.Windows.WinVaultKeyring",),
}


@functools.cache
def items() -> Items:
    """The keychain's items. Raises ``KeychainError`` if there is no keychain."""
    if importlib.util.find_spec("keyring") is None:
        raise KeychainError(
            "sign-ins are to be kept in the keychain, but the Python library keyring is missing",
            "Install it beside ssoenv: pip install 'ssoenv[keyring]' (or: pipx inject ssoenv "
            "keyring)",
        )
    known = _BY_SYSTEM.get(sys.platform, (_DBUS, _KWALLET))
    chosen = os.environ.get(_CHOICE)
    if chosen and chosen not in known:
        raise KeychainError(
            f"{_CHOICE} names {chosen}, which is not a keychain of this system",
            f"Unset it, or set it to {' or '.join(known)}",
        )
    if sys.platform == "darwin":
        from keyring.backends import macOS

        return Items(macOS.Keyring())
    if sys.platform == "win32":
        from keyring.backends import Windows

        locker: Any = Windows.WinVaultKeyring()
        locker.persist = "local machine"  # a sign-in does not roam to other machines
        return Items(locker, WINDOWS_LIMIT)
    if chosen == _KWALLET or (not chosen and not secret_service.is_there() and _has_kwallet()):
        from keyring.backends import kwallet

        wallet: Any = kwallet.DBusKeyring
        return Items(wallet())
    return Items(secret_service.DefaultCollection())


def unlock() -> None:
    """Let the keychain ask the person for its password. Raises ``KeychainError`` if it is still
    locked in the end."""
    items()
    if sys.platform in _BY_SYSTEM:
        return  # these ask by themselves when an item is read
    secret_service.unlock()


def how_to_help() -> str:
    """What to do where a keychain fails."""
    if sys.platform == "darwin":
        return "Unlock it: security unlock-keychain"
    if sys.platform == "win32":
        return "Sign in to Windows again, and try again"
    return "Make sure that it runs and is unlocked, as it is where you sign in to the desktop"


def _has_kwallet() -> bool:
    from keyring.backends import kwallet

    return bool(kwallet.DBusKeyring.viable)
