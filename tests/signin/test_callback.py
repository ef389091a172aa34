"""The place where the browser brings the code, under abuse."""

import http.client
import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssoenv.signin.callback import PATH, Callback
from tests.thorough import examples

STATE = "the-state-nobody-else-knows"
GOOD = f"{PATH}?code=abc&state={STATE}"


@pytest.fixture
def callback() -> Iterator[Callback]:
    with Callback(STATE) as waiting:
        yield waiting


def port(callback: Callback) -> int:
    return int(callback.uri.removeprefix("http://127.0.0.1:").removesuffix(PATH))


def ask(
    callback: Callback, target: str, method: str = "GET", **headers: str
) -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port(callback), timeout=20)
    connection.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), dict(answer.getheaders())


def come_back(callback: Callback) -> tuple[int, str, dict[str, str]]:
    """The browser's visit with the right answer, as ``signin`` takes it."""
    answers = []
    visit = threading.Thread(target=lambda: answers.append(ask(callback, GOOD)))
    visit.start()
    assert callback.wait(20)
    callback.conclude("Signed in", "You can close this tab.", good=True)
    visit.join()
    return answers[0]


def test_the_right_answer_is_taken_and_the_page_says_how_it_ended(callback: Callback) -> None:
    status, page, headers = come_back(callback)
    assert (status, callback.code, callback.error) == (200, "abc", "")
    assert "Signed in" in page
    assert "You can close this tab." in page
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "http" not in page  # nothing is loaded from anywhere
    assert "<script" not in page
    assert "abc" not in page
    assert STATE not in page


def test_it_listens_on_loopback_only(callback: Callback) -> None:
    with socket.socket() as elsewhere:
        elsewhere.settimeout(5)
        assert callback._listener.server_address[0] == "127.0.0.1"
        with pytest.raises(OSError):
            elsewhere.connect(("127.0.0.2", port(callback)))


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/favicon.ico",
        PATH + "/",
        "/" + PATH,
        PATH.upper() + f"?code=abc&state={STATE}",
        f"{PATH}/../callback?code=abc&state={STATE}",
        f"/x{PATH}?code=abc&state={STATE}",
        f"{PATH};x?code=abc&state={STATE}",
        f"http://127.0.0.1{PATH}?code=abc&state={STATE}",
        f"//evil{PATH}?code=abc&state={STATE}",
        PATH,
        f"{PATH}?",
        f"{PATH}?code=abc",
        f"{PATH}?state={STATE}",
        f"{PATH}?code=&state={STATE}",
        f"{PATH}?code=abc&state=",
        f"{PATH}?code=abc&state=wrong",
        f"{PATH}?code=abc&state={STATE}x",
        f"{PATH}?code=abc&state={STATE[:-1]}",
        f"{PATH}?code=abc&state={STATE}&state={STATE}",
        f"{PATH}?code=abc&state=wrong&state={STATE}",
        f"{PATH}?code=abc&code=def&state={STATE}",
        f"{PATH}?code=abc&error=access_denied&state={STATE}",
        f"{PATH}?error=access_denied",
        f"{PATH}?error=access_denied&state=wrong",
        f"{PATH}?error=access_denied&error=x&state={STATE}",
        f"{PATH}?code=abc&state=%ff%fe",
        f"{PATH}?code=abc&state={'x' * 30_000}",
        f"{PATH}?" + "&".join(f"a{n}=b" for n in range(100)) + f"&code=abc&state={STATE}",
    ],
)
def test_anything_else_is_refused_and_changes_nothing(callback: Callback, target: str) -> None:
    """An ``error=`` with a wrong state is ignored like the rest; the true answer still counts."""
    status, _, _ = ask(callback, target)
    assert 400 <= status < 500
    assert not callback.wait(0)
    assert come_back(callback)[0] == 200
    assert callback.code == "abc"


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "OPTIONS", "GARBAGE"])
def test_only_get_is_heard(callback: Callback, method: str) -> None:
    assert ask(callback, GOOD, method)[0] == 501
    assert not callback.wait(0)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "evil.example", "127.0.0.1:1", ""])
def test_a_request_for_another_host_is_refused(callback: Callback, host: str) -> None:
    """A page of somebody else's whose name was bound to 127.0.0.1 (DNS rebinding) gets nothing."""
    assert ask(callback, GOOD, Host=host)[0] == 400
    assert not callback.wait(0)


def test_two_host_headers_are_refused(callback: Callback) -> None:
    with socket.create_connection(("127.0.0.1", port(callback)), 10) as connection:
        ours = f"Host: 127.0.0.1:{port(callback)}\r\n"
        connection.sendall(f"GET {GOOD} HTTP/1.1\r\n{ours}Host: evil\r\n\r\n".encode())
        assert b" 400 " in connection.recv(1000)
    assert not callback.wait(0)


def test_an_error_with_the_right_state_is_taken(callback: Callback) -> None:
    target = f"{PATH}?error=access_denied&error_description=No+way%0a&state={STATE}"
    visit = threading.Thread(target=ask, args=(callback, target))
    visit.start()
    assert callback.wait(20)
    callback.conclude("Not signed in", "<b>no</b>", good=False)
    visit.join()
    assert (callback.code, callback.error) == ("", "access_denied")
    assert callback.description == "No way\n"


def test_the_answer_is_taken_once(callback: Callback) -> None:
    """Whoever replays the address, or comes first and second at once, gets nothing new."""
    assert come_back(callback)[0] == 200
    status, page, _ = ask(callback, f"{PATH}?code=other&state={STATE}")
    assert status == 410
    assert "Already used" in page
    assert callback.code == "abc"


def test_of_many_at_once_one_is_taken(callback: Callback) -> None:
    statuses: list[int] = []

    def visit(number: int) -> None:
        statuses.append(ask(callback, f"{PATH}?code=c{number}&state={STATE}")[0])

    visits = [threading.Thread(target=visit, args=(number,)) for number in range(20)]
    for one in visits:
        one.start()
    assert callback.wait(20)
    callback.conclude("Signed in", "", good=True)
    for one in visits:
        one.join()
    assert sorted(statuses) == [200] + [410] * 19


def test_slow_silent_and_broken_connections_do_not_hold_it_up(callback: Callback) -> None:
    """A browser opens connections that it may never use."""
    held = [socket.create_connection(("127.0.0.1", port(callback)), 10) for _ in range(30)]
    for number, connection in enumerate(held):
        if number % 3 == 0:
            connection.sendall(b"GET /oauth/call")
        elif number % 3 == 1:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow:")
    assert come_back(callback)[0] == 200
    for connection in held:  # they are still there: the answer did not wait for them to go
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)
        connection.close()


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=st.binary(min_size=1, max_size=300))
def test_garbage_does_not_hurt_it(callback: Callback, garbage: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port(callback)), 10) as connection:
        connection.sendall(garbage + b"\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    assert not callback.wait(0)
    assert ask(callback, "/")[0] == 404


def test_a_browser_left_waiting_learns_that_the_sign_in_was_given_up() -> None:
    pages = []
    with Callback(STATE) as waiting:
        visit = threading.Thread(target=lambda: pages.append(ask(waiting, GOOD)[1]))
        visit.start()
        assert waiting.wait(20)
    visit.join()
    assert "given up" in pages[0]
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port(waiting)), 5)
