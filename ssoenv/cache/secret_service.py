"""The Secret Service of a Linux desktop (GNOME, KDE, KeePassXC), by the library SecretStorage.

``keyring`` has a backend for it, which takes 80 ms more to import, makes a collection where there
is none, and opens a window that waits for a password where nobody may be. The items here are those
of that backend, so that ``keyring get`` and ``keyring del`` find them. All but ``is_there`` may
raise what SecretStorage does.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from ssoenv.errors import KeychainError, KeychainLocked

_APPLICATION = "Python keyring library"


class DefaultCollection:
    """The person's default collection as a ``keychain_items.Backend``."""

    def get_password(self, service: str, username: str) -> str | None:
        with _unlocked() as collection:
            for item in collection.search_items({"service": service, "username": username}):
                return str(item.get_secret().decode())
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        attributes = {"service": service, "username": username, "application": _APPLICATION}
        with _unlocked() as collection:
            collection.create_item(service, attributes, password.encode(), replace=True)

    def delete_password(self, service: str, username: str) -> None:
        with _unlocked() as collection:
            for item in collection.search_items({"service": service, "username": username}):
                item.delete()


def is_there() -> bool:
    """Whether the session bus has, or can start, a Secret Service. Raises ``KeychainError`` where
    there is no bus."""
    import secretstorage

    with _bus() as bus:
        return bool(secretstorage.check_service_availability(bus))


def unlock() -> None:
    """Let the service ask the person for the password. Raises ``KeychainError`` if the collection
    is still locked in the end."""
    with _bus() as bus:
        if _default(bus).unlock():  # it was dismissed
            raise _locked()


@contextlib.contextmanager
def _unlocked() -> Iterator[Any]:
    """The default collection. Raises ``KeychainError`` if there is none, or it is locked."""
    with _bus() as bus:
        collection = _default(bus)
        if collection.is_locked():
            raise _locked()
        yield collection


@contextlib.contextmanager
def _bus() -> Iterator[Any]:
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
        yield bus
    finally:
        bus.close()


def _default(bus: Any) -> Any:
    import secretstorage

    try:
        return secretstorage.Collection(bus)
    except secretstorage.exceptions.SecretServiceNotAvailableException:
        raise KeychainError(
            "there is no keychain here: no Secret Service answers on the D-Bus session",
            "Install one, such as gnome-keyring or KWallet; or keep nothing: SSOENV_STORE=none",
        ) from None
    except secretstorage.exceptions.ItemNotFoundException:
        raise KeychainError(
            "the keychain has no default collection, where secrets are kept",
            "Make one: sign in to the desktop, or use a program such as Seahorse",
        ) from None


def _locked() -> KeychainLocked:
    return KeychainLocked(
        "the keychain is locked",
        "Unlock it: sign in to the desktop, or run on a terminal there: ssoenv login; where nobody "
        "can, SSOENV_STORE=none keeps nothing",
    )
