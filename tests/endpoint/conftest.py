"""Commands with an endpoint that wait until a test ends them, and requests to that endpoint."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ssoenv.cache.role_keys import Credentials
from ssoenv.endpoint.renewal import Renewal
from ssoenv.endpoint.server import Server
from tests.conftest import SSOENV, World

TOKEN = "the-token"
_SHOW_AND_WAIT = """
import json, os, sys
print(json.dumps(dict(os.environ)), flush=True)
sys.stdin.read()
"""


def eventually(what: Callable[[], object], seconds: float = 30) -> None:
    """Wait until ``what()`` is true; fail if it never is."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def ask(
    url: str,
    token: str | None = TOKEN,
    method: str = "GET",
    path: str | None = None,
    **headers: str,
) -> tuple[int, dict[str, str], dict[str, str]]:
    """Status, headers and JSON of one request. A header given as empty is left out."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.putrequest(method, parts.path if path is None else path, skip_host=True)
        sent = {"Host": parts.netloc, "Authorization": token or "", **headers}
        for name, value in sent.items():
            if value:
                connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        return response.status, dict(response.headers), json.loads(response.read() or b"{}")
    finally:
        connection.close()


def refused(url: str) -> bool:
    """Whether connections to ``url`` are refused."""
    try:
        socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), 5).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # it is ending
        return False
    return False


class WaitingCommand:
    """``ssoenv exec --endpoint PROFILE`` with a command that shows its environment and waits."""

    def __init__(self, world: World, *options: str, **changes: str | None) -> None:
        command = [sys.executable, "-c", _SHOW_AND_WAIT]
        self.process = subprocess.Popen(
            [SSOENV, "exec", "--endpoint", *(options or ("dev",)), "--", *command],
            env=world.environment(**changes),
            cwd=world.home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.environ: dict[str, str] = json.loads(self.process.stdout.readline())
        self.url = self.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        self.token = self.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        self.folder = Path(self.environ["SSOENV_ENDPOINT"])

    def ask(self) -> tuple[int, dict[str, str]]:
        """Status and JSON of a request as an SDK makes it."""
        status, _, fields = ask(self.url, self.token)
        return status, fields

    def key_id(self) -> str:
        """The access key id that is served; fails if there is none."""
        status, fields = self.ask()
        assert status == 200, fields
        return fields["AccessKeyId"]

    def finish(self) -> int:
        """Let the command end. Returns its exit status."""
        self.process.communicate()
        return self.process.returncode


@pytest.fixture
def start_command(shared_world: World) -> Iterator[Callable[..., WaitingCommand]]:
    """``start_command()`` starts a command with an endpoint in ``shared_world``, until the test
    ends."""
    started: list[WaitingCommand] = []

    def start(*options: str, **changes: str | None) -> WaitingCommand:
        started.append(WaitingCommand(shared_world, *options, **changes))
        return started[-1]

    yield start
    shared_world.idc.role_lifetime = 3600
    for command in started:
        if command.process.poll() is None:
            command.finish()
        eventually(lambda command=command: refused(command.url))
    eventually(lambda: not refreshing(shared_world))  # a refresh ends by itself


def keys(name: str, lifetime: float | None = 3600, account: str | None = "1") -> Credentials:
    """Made-up keys with ``lifetime`` seconds left."""
    end = None if lifetime is None else int(time.time() + lifetime)
    return Credentials(name, "secret", "session", end, account)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """``serve(keys, fetch, ahead)`` serves them from threads of ours and returns the URL."""
    monkeypatch.setattr(Server, "poll_seconds", 0.02)
    running: list[Server] = []

    def start(
        first: Credentials,
        fetch: Callable[[], Credentials] = lambda: pytest.fail("nothing is due"),
        ahead: float = 900,
    ) -> str:
        renewal = Renewal(first, fetch, ahead)
        renewal.start()
        running.append(Server(TOKEN, renewal.reply))
        running[-1].start()
        return running[-1].url

    yield start
    for server in running:
        assert not refused(server.url), "the server died"
        server.stop()
        assert refused(server.url)


def refreshing(shared_world: World) -> bool:
    """Whether a process that fetches keys for an endpoint of ``shared_world`` is alive."""
    home = b"HOME=%s\0" % os.fsencode(shared_world.home)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = (process / "cmdline").read_bytes().endswith(b"\0ssoenv-refresh\0")
            if ours and home in (process / "environ").read_bytes():
                return True
        except OSError:
            continue  # it has just ended
    return False


def server_of(url: str) -> int:
    """The process that listens at ``url``, so that tests send signals only to their own."""
    port = f":{urlsplit(url).port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    (inode,) = {line[9] for line in lines if line[1].endswith(port) and line[3] == "0A"}
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(descriptor) == f"socket:[{inode}]":
                return int(descriptor.parts[2])
        except OSError:
            continue  # it has just ended, or is not ours
    raise AssertionError(f"no process listens at {url}")


needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="needs /proc: Linux")
