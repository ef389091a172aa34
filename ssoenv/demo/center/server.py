"""The HTTP side of Identity Center in miniature: requests are read, answers are written."""

import http.server
import re
import threading
from collections.abc import Callable

from ssoenv.demo.center.wire import Request, Response
from ssoenv.system import loopback

LARGEST_BODY = 1 << 20

Answer = Callable[[Request], Response | None]
"""From a request to the answer, or to None, which closes the connection without one."""


class Server:
    """``answer`` is called for each well-formed request, in the thread of its connection."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.stopping = threading.Event()
        self.port = 0
        self._listener: _Listener | None = None

    def start(self) -> None:
        """Listen. The first start takes any free port, a later one the same port again."""
        if self._listener is None:
            self.stopping.clear()
            self._listener = _Listener(self)
            self.port = self._listener.port
            self._listener.start()

    def stop(self) -> None:
        """Stop listening and drop every connection, also those that a fault holds open."""
        if self._listener is not None:
            self.stopping.set()
            self._listener.stop()
            self._listener.drop_connections()
            self._listener = None


class _Listener(loopback.Server):
    poll_seconds = 0.005  # tests start and stop hundreds of them

    def __init__(self, owner: Server) -> None:
        self.owner = owner
        super().__init__(_Handler, owner.port)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120
    wbufsize = -1  # headers and body leave in one packet
    server: _Listener

    def version_string(self) -> str:
        return "IdentityCenterInMiniature"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """stderr belongs to the program that runs us."""

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not re.fullmatch(r"\d{1,12}", length, re.ASCII):
            return self._refuse(400)
        if int(length) > LARGEST_BODY:
            return self._refuse(413)
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            return self._send(None)
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            request = Request(self.command, self.path, headers, body)
        except ValueError:  # a target that is not a URL
            return self._refuse(400)
        return self._send(self.server.owner.answer(request))

    def _refuse(self, status: int) -> None:
        self.close_connection = True
        self._send(Response(status))

    def _send(self, response: Response | None) -> None:
        if response is None or self.server.owner.stopping.is_set():
            self.close_connection = True
            return
        headers = dict(response.headers)
        # A fault may lie about its length; the connection is of no use after that.
        if "content-length" in {name.lower() for name in headers}:
            self.close_connection = True
        else:
            headers["Content-Length"] = str(len(response.body))
        self.send_response(response.status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
