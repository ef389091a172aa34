"""Ways to break a scene, by name. Paths are relative to the home folder."""

import functools
import json
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import need
from tests.faults.scene import KEY, TOKEN, Do, Scene, empty

Serve = Callable[[socket.socket], object]

# Files


def all_of(*steps: Do) -> Do:
    def do(scene: Scene) -> None:
        for step in steps:
            step(scene)

    return do


def gone(path: str) -> Do:
    """Whatever was there is not."""

    def do(scene: Scene) -> None:
        target = scene.home / path
        if target.is_dir() and not target.is_symlink():
            empty(target)
            target.rmdir()
        else:
            target.unlink(missing_ok=True)

    return do


def _in_place(make: Callable[[Path], object]) -> Callable[[str], Do]:
    """Something else stands in place of ``path``."""

    def of(path: str) -> Do:
        def do(scene: Scene) -> None:
            gone(path)(scene)
            target = scene.home / path
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            make(target)

        return do

    return of


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(path.parent)  # such names are short
        try:
            listener.bind(path.name)
        finally:
            os.chdir(here)


folder = _in_place(Path.mkdir)
fifo = _in_place(os.mkfifo)
unix_socket = _in_place(_socket)
looping_link = _in_place(lambda path: path.symlink_to(path))
dangling_link = _in_place(lambda path: path.symlink_to(path.parent / "nowhere"))
link_to_folder = _in_place(lambda path: path.symlink_to(path.parent))
link_to_zero = _in_place(lambda path: path.symlink_to("/dev/zero"))
link_to_null = _in_place(lambda path: path.symlink_to("/dev/null"))

THINGS = {
    "a folder": folder,
    "a FIFO": fifo,
    "a socket": unix_socket,
    "a looping link": looping_link,
    "a dangling link": dangling_link,
    "a link to a folder": link_to_folder,
    "a link to /dev/zero": link_to_zero,
    "a link to /dev/null": link_to_null,
}


def holds(path: str, content: bytes | str) -> Do:
    """The file at ``path`` holds just that."""
    raw = content if isinstance(content, bytes) else content.encode()
    return _in_place(lambda target: target.write_bytes(raw))(path)


def huge(path: str) -> Do:
    """A file of 5 GB, all of it zeros and none of it on the disk."""
    return _in_place(lambda target: (target.touch(), os.truncate(target, 5 << 30)))(path)


def more(path: str, text: str) -> Do:
    """``text`` has been added to the file."""

    def do(scene: Scene) -> None:
        with (scene.home / path).open("a") as file:
            file.write(text)

    return do


def replaced(path: str, old: str, new: str) -> Do:
    """``old`` has become ``new`` all over the file."""

    def do(scene: Scene) -> None:
        target = scene.home / path
        target.write_text(target.read_text().replace(old, new))

    return do


def mode(bits: int, path: str) -> Do:
    """It has those permissions, and they bind root as well."""

    def do(scene: Scene) -> None:
        target = scene.home / path
        if not target.exists():
            target.mkdir(parents=True)
        target.chmod(bits)
        scene.modes_bind = True
        scene.cleanup.callback(target.chmod, 0o700)

    return do


def refuses(error: str, calls: str, path: str = "") -> Do:
    """The system answers ``calls`` (on ``path`` only, if given) with ``error``."""

    def do(scene: Scene) -> None:
        scene.before = [need("strace", "strace"), "-f", "-qq", "-o", "/dev/null"]
        scene.before += ["-P", str(scene.home / path)] if path else []
        scene.before += ["-e", f"trace={calls}", "-e", f"inject={calls}:error={error}"]

    return do


# Caches and sign-ins


def warmed(scene: Scene) -> None:
    """The keys of dev are cached, and the index knows them."""
    result = scene.world.run("dev")
    assert result.code == 0, result


def keys_left(seconds: float, **changes: Any) -> Do:
    """The cached keys of dev have that long left (and ``changes`` made to their fields)."""

    def do(scene: Scene) -> None:
        warmed(scene)
        path = scene.home / KEY
        entry = json.loads(path.read_text())
        end = time.gmtime(time.time() + seconds)
        entry["Credentials"]["Expiration"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", end)
        entry["Credentials"].update(changes)
        path.write_text(json.dumps(entry))

    return do


def token_left(seconds: float, refreshable: bool = True, **changes: Any) -> Do:
    """The sign-in has that long left (and ``changes`` made to its file; None: taken away)."""

    def do(scene: Scene) -> None:
        token = scene.idc.issue_token(lifetime=seconds, refreshable=refreshable)
        fields = {**token, **changes}
        kept = {name: value for name, value in fields.items() if value is not None}
        (scene.home / TOKEN).write_text(json.dumps(kept))

    return do


EXPIRED = token_left(-60)
DUE = token_left(600)


def clock_off(hours: float) -> Do:
    """This machine's clock is that much ahead (behind: a negative number)."""
    return lambda scene: setattr(scene, "skew", hours * 3600)


# Answers and the network


def answers(operation: str, **fault: Any) -> Do:
    """The service answers so. See ``IdentityCenter.fault``."""
    return lambda scene: scene.idc.fault(operation, **fault)


def setting(name: str, value: Any) -> Do:
    """The service is set up so."""

    def do(scene: Scene) -> None:
        scene.cleanup.callback(setattr, scene.idc, name, getattr(scene.idc, name))
        setattr(scene.idc, name, value)

    return do


def variable(**changes: str | None) -> Do:
    """The environment has these variables; None: not this one. ``{home}``: the home folder;
    ``{url}``: where the service is."""

    def do(scene: Scene) -> None:
        for name, value in changes.items():
            if value is not None:
                value = value.replace("{home}", str(scene.home)).replace("{url}", scene.idc.url)
                value = value.replace("{tls}", scene.idc.url.replace("http:", "https:"))
            scene.environment[name] = value
            if name.startswith(("LANG", "LC_", "PYTHON")):
                scene.before = ["env"]  # read by Python when it starts: a new one, then

    return do


def portal(serve: Serve, scheme: str = "http") -> Do:
    """In the portal's place there is a server that treats each connection as told."""
    return lambda scene: scene.environment.update(
        AWS_ENDPOINT_URL_SSO=f"{scheme}://{_listen(scene, serve)}"
    )


def proxy(serve: Serve, variable: str = "HTTP_PROXY") -> Do:
    """There is a proxy, with a password, that treats each connection as told."""
    return lambda scene: scene.environment.update(
        {variable: f"http://ana:hunter2@{_listen(scene, serve)}"}
    )


def _listen(scene: Scene, serve: Serve) -> str:
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    serve(connection)
                except OSError:
                    pass  # the client was quicker

    def stop() -> None:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()

    threading.Thread(target=run, daemon=True).start()
    scene.cleanup.callback(stop)
    return f"127.0.0.1:{listener.getsockname()[1]}"


def says(text: bytes) -> Serve:
    """Whatever is asked, it says ``text`` and hangs up."""

    def serve(connection: socket.socket) -> None:
        connection.recv(9999)
        connection.sendall(text)

    return serve


def page(status: str, *headers: str, body: bytes = b"<html>Welcome! Log in here.</html>") -> Serve:
    """It answers with a web page."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: text/html", f"Content-Length: {len(body)}"]
    return says("\r\n".join([*lines, *headers, "", ""]).encode() + body)


def drips(connection: socket.socket) -> None:
    """It begins to answer, and never comes to an end."""
    connection.recv(9999)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.2)


def endless(connection: socket.socket) -> None:
    """Its answer has no end."""
    connection.recv(9999)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def resets(connection: socket.socket) -> None:
    """It resets the connection."""
    connection.recv(9999)
    linger = b"\1\0\0\0\0\0\0\0"
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def stays_silent(connection: socket.socket) -> None:
    """It says nothing, until the client gives up."""
    while connection.recv(9999):
        pass


def wants_tls(connection: socket.socket) -> None:
    """It has a certificate that nobody vouches for."""
    _tls().wrap_socket(connection, server_side=True).recv(9999)


@functools.cache
def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as place:
        key, certificate = f"{place}/key", f"{place}/certificate"
        command = [need("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes"]
        command += ["-subj", "/CN=127.0.0.1", "-keyout", key, "-out", certificate]
        subprocess.run(command, check=True, capture_output=True)
        context.load_cert_chain(certificate, key)
    return context
