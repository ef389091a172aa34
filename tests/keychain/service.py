"""A real Secret Service: gnome-keyring on a D-Bus session of its own, in a home of its own."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conftest import need

PASSWORD = "the-password-of-the-test"

_START = """\
echo "$DBUS_SESSION_BUS_ADDRESS"
printf %s "$1" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
pidof -s gnome-keyring-daemon >/dev/null
echo unlocked
cat >/dev/null
"""


class Service:
    """The daemons. ``environ``: what lets a process use them."""

    def __init__(self, home: Path, runtime: Path) -> None:
        need("gnome-keyring-daemon", "gnome-keyring")
        need("dbus-run-session", "dbus")
        self.environ = {
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_DATA_HOME": str(home / ".local/share"),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_CACHE_HOME": str(home / ".cache"),
        }
        runtime.mkdir(mode=0o700)
        self._session = subprocess.Popen(
            ["dbus-run-session", "--", "sh", "-c", _START, "sh", PASSWORD],
            env={"PATH": os.environ["PATH"], **self.environ},
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._session.stdout is not None
        self.environ["DBUS_SESSION_BUS_ADDRESS"] = self._session.stdout.readline().strip()
        assert self._session.stdout.readline() == "unlocked\n"
        with self.collection() as collection:
            assert not collection.is_locked()

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError, AssertionError):
            os.kill(self.pid, signal.SIGKILL)
        self._session.communicate("")
        self._session.wait(30)

    @property
    def pid(self) -> int:
        """The process that owns the name of the Secret Service."""
        import secretstorage

        with self._bus() as bus:
            address = secretstorage.util.DBusAddress(
                "/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus"
            )
            message = secretstorage.util.new_method_call(
                address,
                "GetConnectionUnixProcessID",
                "s",
                ("org.freedesktop.secrets",),
            )
            (pid,) = bus.send_and_get_reply(message).body
            assert isinstance(pid, int)
            return pid

    @contextlib.contextmanager
    def collection(self) -> Iterator[Any]:
        """The person's default collection, as SecretStorage's ``Collection``."""
        import secretstorage

        with self._bus() as bus:
            yield secretstorage.Collection(bus)

    def lock(self) -> None:
        with self.collection() as collection:
            collection.lock()
            assert collection.is_locked()

    def items(self) -> dict[str, str]:
        """What is in the collection: by the service of each item, its secret."""
        with self.collection() as collection:
            return {
                item.get_attributes()["service"]: item.get_secret().decode()
                for item in collection.get_all_items()
            }

    @contextlib.contextmanager
    def _bus(self) -> Iterator[Any]:
        from jeepney.io.blocking import open_dbus_connection

        with open_dbus_connection(self.environ["DBUS_SESSION_BUS_ADDRESS"]) as bus:
            yield bus
