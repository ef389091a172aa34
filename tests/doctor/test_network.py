"""The doctor on the way to AWS: portals, clocks, proxies."""

import email.utils
import http.server
import json
import socket
import threading
import time
from contextlib import contextmanager

import pytest

SECRET = "hunter2hunter2"


def findings(world, code=1, **changes):
    result = world.run("doctor", "--json", **changes)
    assert result.code == code, result
    assert SECRET not in result.out + result.err
    return json.loads(result.out)["findings"]


@contextmanager
def portal(seconds, status=401, body=b'{"message": "no"}'):
    """A portal whose clock is ``seconds`` ahead of ours."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            assert self.headers["x-amz-sso_bearer_token"] == "doctor"
            self.send_response_only(status)
            self.send_header("Date", email.utils.formatdate(time.time() + seconds, usegmt=True))
            self.send_header("x-amzn-ErrorType", "UnauthorizedException")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Quiet."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def closed_port():
    """A port of this machine at which nobody answers, and nobody will."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_a_portal_that_answers_is_fine_and_learns_nothing(signed_in):
    assert findings(signed_in, code=0) == []
    (call,) = signed_in.idc.calls
    assert call.operation == "ListAccounts"
    assert call.headers["x-amz-sso_bearer_token"] == "doctor"


@pytest.mark.parametrize(
    ("seconds", "words"), [(3600, "1h behind"), (-7200, "2h ahead of"), (200, None)]
)
def test_a_clock_that_is_off_is_found(world, seconds, words):
    with portal(seconds) as url:
        found = findings(world, code=1 if words else 0, AWS_ENDPOINT_URL_SSO=url)
    assert [one["check"] for one in found] == (["clock-skew"] if words else [])
    if words:
        assert words in found[0]["message"] or words.replace("1h", "59m") in found[0]["message"]


def test_a_page_in_place_of_the_portal_is_found(world):
    with portal(0, 200, b"<html>please log in to the wifi</html>") as url:
        (found,) = findings(world, AWS_ENDPOINT_URL_SSO=url)
    assert found["check"] == "network"


def test_a_portal_that_cannot_be_reached_is_found(world):
    world.idc.stop()
    (found,) = findings(world)
    assert found["check"] == "network"
    assert "us-east-1" in found["message"]


def test_a_portal_that_never_answers_is_found(world):
    world.idc.fault("ListAccounts", hang=True)
    (found,) = findings(world, SSOENV_TIMEOUT="1")
    assert found["check"] == "network"


def test_a_timeout_that_is_none_is_to_be_corrected(world):
    (found,) = findings(world, SSOENV_TIMEOUT="soon")
    assert found["fix"] == "Correct SSOENV_TIMEOUT, or unset it"


def test_a_dead_proxy_is_found_without_its_password(world, closed_port):
    proxy = f"http://me:{SECRET}@127.0.0.1:{closed_port}"
    found = findings(world, HTTPS_PROXY=proxy)
    assert [one["check"] for one in found] == ["proxy"]
    assert f"127.0.0.1:{closed_port}" in found[0]["message"]
    found = findings(world, http_proxy=proxy, https_proxy=proxy)
    assert [one["check"] for one in found] == ["proxy", "network"]


def test_a_proxy_that_is_no_address_is_found(world):
    found = findings(world, HTTPS_PROXY=f"http://me:{SECRET}@:80")
    assert [one["check"] for one in found] == ["proxy"]
