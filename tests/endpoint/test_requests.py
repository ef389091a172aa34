"""The endpoint answers only requests with its token and address, and cannot be blocked."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from ssoenv.endpoint.server import Reply, Server
from ssoenv.system import clock
from tests.conftest import World
from tests.endpoint.conftest import TOKEN, WaitingCommand, ask, keys

Serve = Callable[..., str]


def connect(url: str) -> socket.socket:
    return socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), 30)


def raw(url: str, request: bytes) -> bytes:
    """The whole answer to these bytes."""
    with connect(url) as client:
        client.sendall(request)
        answer = b""
        while part := client.recv(4096):
            answer += part
    return answer


def well_formed(url: str) -> bytes:
    return (
        f"GET {urlsplit(url).path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n"
        f"Authorization: {TOKEN}\r\n\r\n"
    ).encode()


def test_the_answer_is_the_one_that_containers_get(serve: Serve) -> None:
    """As botocore's ContainerMetadataFetcher and JavaScript's fromHttp read it."""
    given = keys("AKIA1")
    status, headers, fields = ask(serve(given))
    assert status == 200
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "no-store"
    end = fields.pop("Expiration")
    assert end.endswith("Z") and clock.epoch(end) == given.expiration
    assert fields == {
        "AccessKeyId": "AKIA1",
        "SecretAccessKey": "secret",
        "Token": "session",
        "AccountId": "1",
    }


def test_keys_that_do_not_expire_are_served_with_an_hour(serve: Serve) -> None:
    """SDKs require an expiration, and a string as the session token."""
    first = keys("AKIA1", lifetime=None, account=None)
    first.session_token = None
    _, _, fields = ask(serve(first))
    assert fields["Token"] == "" and "AccountId" not in fields
    assert 3500 < clock.epoch(fields["Expiration"]) - time.time() <= 3600


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"token": None}, 403),
        ({"token": TOKEN[:-1]}, 403),
        ({"token": TOKEN + "x"}, 403),
        ({"token": TOKEN.upper()}, 403),
        ({"token": "Bearer " + TOKEN}, 403),
        ({"token": "tökén"}, 403),
        ({"Host": ""}, 403),
        ({"Host": "localhost"}, 403),
        ({"Host": "evil.example:PORT"}, 403),
        ({"Host": "127.0.0.1.evil.example:PORT"}, 403),
        ({"Host": "127.0.0.1:PORT@evil.example"}, 403),
        ({"Host": "127.0.0.2:PORT"}, 403),
        ({"Host": "LOCALHOST:PORT"}, 200),
        ({"Host": "localhost:PORT"}, 200),
        ({"method": "POST"}, 405),
        ({"method": "HEAD"}, 405),
        ({"method": "get"}, 405),
        ({"method": "OPTIONS", "Origin": "https://evil.example"}, 405),
        ({"path": "/"}, 404),
        ({"path": "/credentials/"}, 404),
        ({"path": "/credentials?x=1"}, 404),
        ({"path": "//credentials"}, 404),
        ({"path": "/x/../credentials"}, 404),
        ({"path": "http://127.0.0.1:PORT/credentials"}, 404),
        ({"path": "/nothing", "token": "wrong"}, 403),
        ({"method": "DELETE", "token": "wrong"}, 403),
    ],
)
def test_only_one_request_is_answered(serve: Serve, change: dict[str, str], status: int) -> None:
    """Without the token, all requests get the same status."""
    url = serve(keys("AKIA1"))
    port = str(urlsplit(url).port)
    words = {name: value and value.replace("PORT", port) for name, value in change.items()}
    got, headers, fields = ask(url, **words) if change.get("method") != "HEAD" else head(url)
    assert got == status
    assert ("AccessKeyId" in fields) == (status == 200)
    assert status == 200 or not fields or fields.keys() == {"Code", "Message"}
    assert (headers.get("Allow") == "GET") == (status == 405)
    if status != 200:
        assert "AKIA1" not in json.dumps(fields)


def head(url: str) -> tuple[int, dict[str, str], dict[str, str]]:
    lines = raw(url, well_formed(url).replace(b"GET", b"HEAD")).split(b"\r\n")
    allow = {"Allow": "GET"} if b"Allow: GET" in lines else {}
    return int(lines[0].split()[1]), allow, {}


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (b"HTTP/1.1", b"HTTP/2.0", 400),
        (b" HTTP/1.1", b"", 400),
        (b"GET ", b"GET  ", 400),
        (b"Host:", b"Host :", 400),
        (b"Host:", b" Host:", 400),
        (b"Host:", b"Host", 400),
        (b"Authorization:", b"Host: evil.example\r\nAuthorization:", 400),
        (b"Authorization:", b"Authorization: other\r\nAuthorization:", 400),
        (b"Authorization:", b"X: " + b"x" * 20000 + b"\r\nAuthorization:", 431),
        (b"GET", b"\0\xff\x16\x03", 405),
        (b"HTTP/1.1", b"HTTP/1.0", 200),
        (b"\r\n\r\n", b"\r\n\r\nGET / HTTP/1.1\r\n\r\n", 200),
    ],
)
def test_malformed_requests_are_refused(serve: Serve, old: bytes, new: bytes, status: int) -> None:
    url = serve(keys("AKIA1"))
    answer = raw(url, well_formed(url).replace(old, new, 1))
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert (b"AKIA1" in answer) == (status == 200)


def test_a_refused_request_with_a_body_gets_its_answer(serve: Serve) -> None:
    """Not a reset connection, which closing with unread bytes would cause."""
    url = serve(keys("AKIA1"))
    request = (
        well_formed(url)
        .replace(b"GET", b"POST")
        .replace(b"\r\n\r\n", b"\r\nContent-Length: 300000\r\n\r\n")
    )
    assert raw(url, request + b"x" * 300000).startswith(b"HTTP/1.1 405 ")


def test_a_request_in_single_bytes_is_answered(serve: Serve) -> None:
    url = serve(keys("AKIA1"))
    with connect(url) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in well_formed(url):
            client.sendall(bytes([byte]))
        assert client.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_it_listens_on_loopback_only(serve: Serve) -> None:
    port = urlsplit(serve(keys("AKIA1"))).port
    for family, address in ((socket.AF_INET, "127.0.0.2"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as client:
            assert client.connect_ex((address, port)) != 0


def test_silent_and_unfinished_requests_do_not_block_others(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow-loris: more connections than are served at once, none of which finishes its request,
    and behind them requests that do, and that do not wait for the slow ones' time to be over."""
    monkeypatch.setattr("ssoenv.endpoint.server._REQUEST_SECONDS", 600)
    url = serve(keys("AKIA1"))
    request = well_formed(url)
    slow = []
    try:
        for number in range(500):
            slow.append(connect(url))
            slow[-1].sendall(request[: number % (len(request) - 1)])
        for _ in range(20):
            assert ask(url)[0] == 200
    finally:
        for one in slow:
            one.close()
    assert ask(url)[0] == 200


def test_too_many_connections_drop_the_oldest_but_not_one_with_the_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ssoenv.endpoint.server._MOST_CONNECTIONS", 3)
    monkeypatch.setattr("ssoenv.endpoint.server._REQUEST_SECONDS", 600)
    accepted, ready = threading.Event(), threading.Event()

    def reply() -> Reply:
        accepted.set()
        assert ready.wait(30)
        return Reply(200, {})

    server = Server(TOKEN, reply)
    server.start()
    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        stack.callback(server.stop)
        waiting = pool.submit(ask, server.url)
        assert accepted.wait(30)
        silent = [stack.enter_context(connect(server.url)) for _ in range(4)]
        assert silent[0].recv(1) == b""
        ready.set()
        assert waiting.result()[0] == 200


def test_a_request_that_does_not_end_is_refused_after_a_time(serve: Serve) -> None:
    url = serve(keys("AKIA1"))
    with connect(url) as silent:
        assert raw(url, well_formed(url)[:-2]).startswith(b"HTTP/1.1 408 ")
        assert silent.recv(1) == b""


def test_a_client_that_does_not_read_does_not_block_others(serve: Serve) -> None:
    url = serve(keys("AKIA1"))
    with connect(url) as deaf:
        deaf.sendall(well_formed(url))
        assert ask(url)[0] == 200


@pytest.mark.parametrize("said", [True, False])
def test_a_client_that_disconnects_before_its_answer_does_no_harm(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, said: bool
) -> None:
    """As a killed one does: its connection is reset before its request was read."""
    begin = Server.start

    def later(server: Server) -> None:
        with connect(server.url) as client:
            client.sendall(well_formed(server.url) if said else b"")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        begin(server)

    monkeypatch.setattr(Server, "start", later)
    assert ask(serve(keys("AKIA1")))[0] == 200


def test_a_thousand_requests_are_answered(
    start_command: Callable[..., WaitingCommand], shared_world: World
) -> None:
    before = shared_world.idc.count("GetRoleCredentials")
    command = start_command()
    barrier = threading.Barrier(20)

    def many() -> list[int]:
        barrier.wait(30)
        return [command.ask()[0] for _ in range(50)]

    with ThreadPoolExecutor(20) as pool:
        running = [pool.submit(many) for _ in range(20)]
    assert [status for one in running for status in one.result()] == [200] * 1000
    assert shared_world.idc.count("GetRoleCredentials") == before + 1


def test_the_token_is_new_each_time_and_hard_to_guess(
    start_command: Callable[..., WaitingCommand],
) -> None:
    tokens = {start_command().token for _ in range(2)}
    assert len(tokens) == 2
    assert all(len(bytes.fromhex(token)) == 32 for token in tokens)


def test_a_request_from_a_web_page_is_refused_even_with_the_token(serve: Serve) -> None:
    url = serve(keys("AKIA1"))
    request = well_formed(url)
    assert b" 200 " in raw(url, request)
    for origin in (b"https://example.com", b"null", b""):
        answer = raw(url, request.replace(b"\r\n\r\n", b"\r\nOrigin: " + origin + b"\r\n\r\n"))
        assert b" 403 " in answer and b"AKIA1" not in answer, answer
