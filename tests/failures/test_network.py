"""No answer at all: exit 6, and a sentence that tells one cause from another."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import World, assert_fails, need

ONCE = {"AWS_MAX_ATTEMPTS": "1"}

Serve = Callable[[socket.socket], None]


@pytest.fixture
def serving() -> Iterator[Callable[[Serve], str]]:
    """Start a TCP server on loopback that treats each connection as told; its host and port."""
    listeners = []

    def start(serve: Serve) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                try:
                    serve(connection)
                except OSError:
                    pass  # the client was quicker
                connection.close()

        threading.Thread(target=run, daemon=True).start()
        return f"127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def test_connection_refused(town: World) -> None:
    nobody = {"AWS_ENDPOINT_URL_SSO": "http://127.0.0.1:1"}
    assert_fails(town.run("dev", **nobody), 6, "could not connect to http://127.0.0.1:1")
    nobody = {"AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1"}
    assert_fails(town.run("prod", **nobody), 6, "could not connect to http://127.0.0.1:1")


def test_a_host_that_does_not_exist(town: World) -> None:
    nowhere = {"AWS_ENDPOINT_URL_SSO": "http://no-such-host.invalid"}
    assert_fails(town.run("dev", **nowhere, **ONCE), 6, "could not connect to", ".invalid")


@pytest.mark.parametrize("profile", ["dev", "prod"])
def test_a_server_that_hangs_is_given_up(town: World, profile: str) -> None:
    town.idc.fault("GetRoleCredentials" if profile == "dev" else "AssumeRole", hang=True)
    failed = town.run(profile, SSOENV_TIMEOUT="2")
    assert_fails(failed, 6, "did not answer within 2 seconds", "SSOENV_TIMEOUT")


def test_a_server_that_drips_is_given_up(town: World, serving: Callable[[Serve], str]) -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(9999)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.2)

    url = {"AWS_ENDPOINT_URL_SSO": "http://" + serving(drip)}
    assert_fails(town.run("dev", **url, SSOENV_TIMEOUT="1.5"), 6, "within 1.5 seconds")


def test_a_server_that_hangs_up(town: World) -> None:
    town.idc.fault("GetRoleCredentials", hang_up=True)
    assert_fails(town.run("dev", **ONCE), 6, "closed the connection without an answer")


def test_a_server_of_another_kind(town: World, serving: Callable[[Serve], str]) -> None:
    url = {"AWS_ENDPOINT_URL_SSO": "http://" + serving(lambda c: c.sendall(b"SSH-2.0-x\r\n" * 9))}
    assert_fails(town.run("dev", **url, **ONCE), 6, "closed the connection")


def test_https_to_a_plain_port(town: World) -> None:
    url = {"AWS_ENDPOINT_URL_SSO": town.idc.url.replace("http:", "https:")}
    assert_fails(town.run("dev", **url, **ONCE), 6, "no trusted connection", "SSL")


def test_a_certificate_that_nobody_vouches_for(
    town: World, serving: Callable[[Serve], str], tmp_path: Path
) -> None:
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    command = [need("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes"]
    command += ["-subj", "/CN=127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def shake_hands(connection: socket.socket) -> None:
        context.wrap_socket(connection, server_side=True).recv(9999)

    url = {"AWS_ENDPOINT_URL_SSO": "https://" + serving(shake_hands)}
    assert_fails(
        town.run("dev", **url, **ONCE), 6, "no trusted connection", "certificate", "AWS_CA_BUNDLE"
    )


@pytest.mark.parametrize("bundle", ["missing", "junk", "folder"])
def test_a_certificate_bundle_that_cannot_be_used(town: World, bundle: str) -> None:
    (town.home / "junk").write_text("junk")
    (town.home / "folder").mkdir()
    environment = {
        "AWS_ENDPOINT_URL_SSO": town.idc.url.replace("http:", "https:"),
        "AWS_CA_BUNDLE": str(town.home / bundle),
    }
    assert_fails(town.run("dev", **environment, **ONCE), 6, "no trusted", "AWS_CA_BUNDLE")


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("http://ana:hunter2@127.0.0.1:1", "could not connect to the proxy http://127.0.0.1:1"),
        ("http://ana:hunter2@h:99999", "the connection failed"),
        ("::::", "the connection failed"),
    ],
)
def test_a_proxy_that_is_not_there_and_its_password(town: World, proxy: str, words: str) -> None:
    failed = town.run("dev", HTTP_PROXY=proxy, **ONCE)
    assert_fails(failed, 6, words)
    assert "hunter2" not in failed.err


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("AWS_ENDPOINT_URL_SSO", "not a URL", 3),
        ("AWS_ENDPOINT_URL_SSO", "http://", 3),
        ("AWS_ENDPOINT_URL_SSO", "http://[::1", 3),
        ("AWS_ENDPOINT_URL_SSO", "http://127.0.0.1:99999", 6),
        ("AWS_ENDPOINT_URL_SSO", "ftp://127.0.0.1", 6),
        ("AWS_MAX_ATTEMPTS", "many", 3),
        ("AWS_MAX_ATTEMPTS", "0", 3),
        ("AWS_RETRY_MODE", "hard", 3),
        ("AWS_DEFAULTS_MODE", "none", 3),
        ("SSOENV_TIMEOUT", "soon", 2),
        ("SSOENV_TIMEOUT", "-1", 2),
        ("SSOENV_TIMEOUT", "nan", 2),
    ],
)
def test_a_variable_that_makes_no_sense(town: World, name: str, value: str, code: int) -> None:
    assert_fails(town.run("dev", **{name: value}), code)
