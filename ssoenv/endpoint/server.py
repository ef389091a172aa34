"""A credential endpoint on loopback, such as ECS and EKS give their containers.

An SDK that finds ``AWS_CONTAINER_CREDENTIALS_FULL_URI`` asks there for keys, sends the token of
``AWS_CONTAINER_AUTHORIZATION_TOKEN``, and asks again before the keys expire. SDKs wait 1 s (the
JavaScript one) or 2 s (botocore) and try a few times, so every answer comes within a second.

Each connection has a thread, one request and little time. When there are too many connections,
the oldest one whose request was not accepted yet is dropped, so that a client that is slow, or
opens hundreds of connections and sends nothing, does not keep others waiting.
"""

import json
import socket
import socketserver
import time
from collections.abc import Callable
from hmac import compare_digest
from http import HTTPStatus
from typing import Any

from ssoenv.system import loopback

PATH = "/credentials"

_MOST_CONNECTIONS = 200
_MOST_BYTES = 16 << 10
_REQUEST_SECONDS = 3.0  # for a whole request, which on loopback takes a millisecond
_SEND_SECONDS = 2.0  # until a client has read its answer and closed the connection
_END = b"\r\n\r\n"
_REFUSALS = {
    400: ("BadRequest", "This is not a request that can be understood"),
    403: ("Forbidden", "Only the command that ssoenv started may ask here"),
    404: ("NotFound", "There is nothing at this path"),
    405: ("MethodNotAllowed", "Ask with GET"),
    408: ("RequestTimeout", "The request did not come in time"),
    431: ("RequestTooLarge", "The request is too large"),
}


class Reply:
    """An answer: the HTTP ``status`` and the fields of its JSON body."""

    __slots__ = ("fields", "status")

    def __init__(self, status: int, fields: dict[str, str]) -> None:
        self.status = status
        self.fields = fields


class Server(loopback.Server):
    """The endpoint. ``token``: what a client must send. ``reply()``: called for each client that
    has sent it, in the thread of its connection; returns within a second."""

    poll_seconds = 1.0  # it runs for hours and should cost nothing

    def __init__(self, token: str, reply: Callable[[], Reply]) -> None:
        self._token = token.encode()
        self.reply = reply
        self._droppable: dict[socket.socket, None] = {}  # the oldest first
        super().__init__(_Handler)
        self.url = f"http://127.0.0.1:{self.port}{PATH}"
        self._hosts = (b"127.0.0.1:%d" % self.port, b"localhost:%d" % self.port)

    def refusal(self, head: bytes) -> int:
        """The HTTP status that refuses a request with this head, or 0. A host name that resolves
        to 127.0.0.1 proves nothing (a web page can have one): Host must be the address that we
        gave."""
        request, *lines = head.split(b"\r\n")
        words = request.split(b" ")
        headers: dict[bytes, bytes] = {}
        for line in lines:
            name, colon, value = line.partition(b":")
            name = name.lower()
            if not colon or name.split() != [name] or name in headers:
                return 400
            headers[name] = value.strip(b" \t")
        if len(words) != 3 or words[2] not in (b"HTTP/1.1", b"HTTP/1.0"):
            return 400
        if headers.get(b"host", b"").lower() not in self._hosts:
            return 403
        if not compare_digest(headers.get(b"authorization", b""), self._token):
            return 403
        if words[0] != b"GET":
            return 405
        if b"origin" in headers:  # a web page asks; no SDK sends it
            return 403
        return 0 if words[1] == PATH.encode() else 404

    # Which connections may be dropped

    def get_request(self) -> tuple[socket.socket, Any]:
        try:
            return super().get_request()
        except OSError:  # the client has gone again, or there are too many open files
            self._drop_oldest()
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            full = len(self._droppable) >= _MOST_CONNECTIONS
        if full:
            self._drop_oldest()
        with self._lock:
            self._droppable[request] = None
        super().process_request(request, client_address)

    def keep(self, connection: socket.socket) -> None:
        """Do not drop this connection any more: it has ended, or has sent the token."""
        with self._lock:
            self._droppable.pop(connection, None)

    def shutdown_request(self, request: Any) -> None:
        self.keep(request)
        super().shutdown_request(request)

    def _drop_oldest(self) -> None:
        with self._lock:
            oldest = next(iter(self._droppable), None)
            if oldest is not None:
                del self._droppable[oldest]
                loopback.drop(oldest)


class _Handler(socketserver.BaseRequestHandler):
    """One connection, from its request to its end. An ``OSError`` ends it."""

    request: socket.socket
    server: Server

    def handle(self) -> None:
        status, head = self._read_head()
        if status == 0:
            status = self.server.refusal(head)
        if status == 0:
            self.server.keep(self.request)
            self._send(self.server.reply())
        else:
            code, message = _REFUSALS[status]
            self._send(Reply(status, {"Code": code, "Message": message}))

    def _read_head(self) -> tuple[int, bytes]:
        """0 and the request up to its empty line, or the HTTP status that refuses it."""
        deadline = time.monotonic() + _REQUEST_SECONDS
        received = b""
        while True:
            head, end, _ = received.partition(_END)
            if len(head) > _MOST_BYTES:
                return 431, b""
            if end:
                return 0, head
            try:
                received += self._receive(deadline)
            except TimeoutError:
                if not received:
                    raise
                return 408, b""

    def _receive(self, deadline: float) -> bytes:
        """What comes next. Raises ``TimeoutError`` after the ``deadline`` (of the monotonic
        clock), ``ConnectionError`` if the client has hung up."""
        self.request.settimeout(max(deadline - time.monotonic(), 0.001))
        part = self.request.recv(_MOST_BYTES)
        if not part:
            raise ConnectionError
        return part

    def _send(self, reply: Reply) -> None:
        deadline = time.monotonic() + _SEND_SECONDS
        self.request.settimeout(_SEND_SECONDS)
        self.request.sendall(_response(reply))
        # Closing at once, with bytes of the client unread, would reset the connection and might
        # take the answer from it: wait until it has hung up.
        self.request.shutdown(socket.SHUT_WR)
        while True:
            self._receive(deadline)


def _response(reply: Reply) -> bytes:
    body = json.dumps(reply.fields).encode()
    lines = [
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Connection: close",
    ]
    if reply.status == 405:
        lines.append("Allow: GET")
    if reply.status == 503:
        lines.append("Retry-After: 1")
    return "\r\n".join(lines).encode() + _END + body
