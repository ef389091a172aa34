"""The keychain of this system, by the library ``keyring``: which one it is, and is it unlocked.

Only keychains of the system are used. ``keyring`` knows backends that write files, and ones that
forget: what PYTHON_KEYRING_BACKEND or another package chooses is refused if it is none of ours.
"""

import functools
import importlib.util
import os
import sys
from typing import Any

from ssoenv.cache.keychain_items import WINDOWS_LIMIT, Items
from ssoenv.errors import KeychainError, KeychainLocked

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
    if chosen == _KWALLET or (not chosen and not _has_secret_service() and _has_kwallet()):
        from keyring.backends import kwallet

        wallet: Any = kwallet.DBusKeyring
        return Items(wallet())
    if not _has_secret_service():
        raise _no_keychain()
    return Items(_secret_service())


def unlock() -> None:
    """Let the keychain ask the person for its password. Raises ``KeychainError`` if it is still
    locked in the end."""
    items()
    if sys.platform in _BY_SYSTEM:
        return  # these ask by themselves when an item is read
    import secretstorage

    bus = secretstorage.dbus_init()
    try:
        dismissed = _default_collection(bus).unlock()
    finally:
        bus.close()
    if dismissed:
        raise _locked()


def how_to_help() -> str:
    """What to do where a keychain fails."""
    if sys.platform == "darwin":
        return "Unlock it: security unlock-keychain"
    if sys.platform == "win32":
        return "Sign in to Windows again, and try again"
    return "Make sure that it runs and is unlocked, as it is where you sign in to the desktop"


def _has_secret_service() -> bool:
    """Whether the session bus has, or can start, a Secret Service. Raises ``KeychainError`` where
    there is no bus."""
    import secretstorage

    try:
        bus = secretstorage.dbus_init()
    except (secretstorage.exceptions.SecretServiceNotAvailableException, OSError):
        raise KeychainError(
            "there is no keychain here: no D-Bus session runs (DBUS_SESSION_BUS_ADDRESS)",
            "Run it in a desktop session, or in: dbus-run-session; or keep nothing: "
            "SSOENV_STORE=none",
        ) from None
    try:
        return bool(secretstorage.check_service_availability(bus))
    finally:
        bus.close()


def _has_kwallet() -> bool:
    from keyring.backends import kwallet

    return bool(kwallet.DBusKeyring.viable)


def _no_keychain() -> KeychainError:
    return KeychainError(
        "there is no keychain here: no Secret Service answers on the D-Bus session",
        "Install one, such as gnome-keyring or KWallet; or keep nothing: SSOENV_STORE=none",
    )


def _locked() -> KeychainLocked:
    return KeychainLocked(
        "the keychain is locked",
        "Unlock it: sign in to the desktop, or run on a terminal there: ssoenv login; where nobody "
        "can, SSOENV_STORE=none keeps nothing",
    )


def _default_collection(bus: Any) -> Any:
    import secretstorage

    try:
        return secretstorage.Collection(bus)
    except secretstorage.exceptions.ItemNotFoundException:
        raise KeychainError(
            "the keychain has no default collection, where secrets are kept",
            "Make one: sign in to the desktop, or use a program such as Seahorse",
        ) from None


def _secret_service() -> Any:
    """``keyring``'s backend, without what it does unasked: to make a collection, and to open a
    window that waits for a password where nobody may be."""
    import secretstorage
    from keyring.backends import SecretService

    class DefaultCollection(SecretService.Keyring):  # type: ignore[misc,unused-ignore]
        def get_preferred_collection(self) -> Any:
            bus = secretstorage.dbus_init()
            collection = _default_collection(bus)
            if collection.is_locked():
                raise _locked()
            return collection

        def unlock(self, item: Any) -> None:
            if item.is_locked():
                raise _locked()

    collection: Any = DefaultCollection
    return collection()
