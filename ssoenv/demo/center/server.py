"""A threaded HTTP server on 127.0.0.1 that is quick to answer and quick to stop."""

import http.server
import re
import socket
import threading
from collections.abc import Callable

from ssoenv.demo.center.wire import Request, Response

LARGEST_BODY = 1 << 20

Answer = Callable[[Request], Response | None]
"""What decides: an answer, or None to close the connection without one."""


class Server:
    """``answer`` is called for each well-formed request, in a thread of its connection."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.stopping = threading.Event()
        self.port = 0
        self._listener: _Listener | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen. The first start takes any free port, a later one the same port again."""
        if self._listener is not None:
            return
        self.stopping.clear()
        self._listener = _Listener(self, self.port)
        self.port = self._listener.server_address[1]
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.02,), name="demo", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and drop every connection, held requests included."""
        if self._listener is None or self._thread is None:
            return
        self.stopping.set()
        self._listener.shutdown()
        self._listener.server_close()
        self._listener.drop_connections()
        self._thread.join()
        self._listener = self._thread = None


class _Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, owner: Server, port: int) -> None:
        self.owner = owner
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer would look up the host's name, which can take seconds where DNS is slow.
        super(http.server.HTTPServer, self).server_bind()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request_thread(self, request, client_address) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        with self._lock:
            self._connections.add(request)
        try:
            if self.owner.stopping.is_set():
                self.shutdown_request(request)
            else:
                super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._connections.discard(request)

    def drop_connections(self) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was quicker

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is no news."""


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
        """stderr belongs to whoever runs us."""

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
        except ValueError:  # a target that is no URL
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
