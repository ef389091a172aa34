"""A credential endpoint on loopback, such as ECS and EKS give their containers.

An SDK that finds ``AWS_CONTAINER_CREDENTIALS_FULL_URI`` asks there for keys, shows the token of
``AWS_CONTAINER_AUTHORIZATION_TOKEN``, and asks again before the keys end. SDKs wait 1 s (the
JavaScript one) or 2 s (botocore) and try a few times, so every answer comes within a second.

One thread serves everybody, without blocking. Each connection has one request and little time;
when there are too many, the oldest unfinished one makes room. So nobody who is slow, or opens a
hundred connections and says nothing, keeps another waiting.
"""

import json
import selectors
import socket
import time
from collections.abc import Callable
from hmac import compare_digest

from ssoenv.endpoint.watch import Cord, Lifeline

PATH = "/credentials"

_MOST_CONNECTIONS = 200
_MOST_AT_ONCE = 64  # then those are heard that are there, before more make them go
_MOST_BYTES = 16 << 10
_REQUEST_SECONDS = 3.0  # for a whole request, which on loopback takes a millisecond
_HOLD_SECONDS = 0.8  # how long a request waits for keys that are just being fetched
_SEND_SECONDS = 2.0  # until a client has read its answer and closed the connection
_END = b"\r\n\r\n"
_REASONS = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}
_REFUSALS = {
    400: ("BadRequest", "This is not a request that can be understood"),
    403: ("Forbidden", "Only the command that ssoenv started may ask here"),
    404: ("NotFound", "There is nothing at this path"),
    405: ("MethodNotAllowed", "Ask with GET"),
    408: ("RequestTimeout", "The request did not come in time"),
    431: ("RequestTooLarge", "The request is too large"),
}

_READING, _HELD, _SENDING, _LINGERING = range(4)


class Reply:
    """An answer: the HTTP ``status`` and the fields of its JSON body."""

    __slots__ = ("fields", "status")

    def __init__(self, status: int, fields: dict[str, str]) -> None:
        self.status = status
        self.fields = fields


class _Connection:
    __slots__ = ("deadline", "received", "socket", "state", "to_send")

    def __init__(self, accepted: socket.socket) -> None:
        self.socket = accepted
        self.state = _READING
        self.deadline = time.monotonic() + _REQUEST_SECONDS
        self.received = b""
        self.to_send = b""


class Server:
    """The endpoint: listens on 127.0.0.1 from the moment it is made, answers while ``serve`` runs.

    ``token``: what a client has to show. ``reply(last)``: asked for every client that has shown
    it; None means that the answer will be there in a moment, unless it is asked for the ``last``
    time. ``tick()``: called at each turn; says after how many seconds to call it again.
    """

    def __init__(
        self,
        token: str,
        reply: Callable[[bool], Reply | None],
        tick: Callable[[], float],
    ) -> None:
        self._token = token.encode()
        self._reply = reply
        self._tick = tick
        self._listener = _listen()
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}{PATH}"
        self._hosts = (b"127.0.0.1:%d" % self.port, b"localhost:%d" % self.port)
        self._alarm, self._bell = socket.socketpair()
        for end in (self._alarm, self._bell):
            end.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._alarm, selectors.EVENT_READ, self._silence)
        self._connections: dict[_Connection, None] = {}  # the oldest first

    def wake(self) -> None:
        """Make ``serve`` take a turn at once. May be called from any thread."""
        try:
            self._bell.send(b"!")
        except OSError:
            pass  # it has been rung often enough

    def serve(self, until: Lifeline | Cord) -> None:
        """Answer until ``until`` has ended, then close."""
        if until.fileno() >= 0:
            self._selector.register(until.fileno(), selectors.EVENT_READ, lambda: None)
        while not until.ended():
            next_tick = self._tick()
            self._answer_held()
            self._drop_late()
            soonest = min(next_tick, until.patience, self._time_to_next_deadline())
            for key, _ in self._selector.select(soonest):
                key.data()
        self.close()

    def close(self) -> None:
        """Stop listening and drop every connection."""
        for connection in list(self._connections):
            self._drop(connection)
        self._selector.close()
        for one in (self._listener, self._alarm, self._bell):
            one.close()

    # A connection's way: accepted, read, perhaps held, answered, closed

    def _accept(self) -> None:
        for _ in range(_MOST_AT_ONCE):
            if len(self._connections) >= _MOST_CONNECTIONS:
                self._make_room()
            try:
                accepted, _ = self._listener.accept()
            except BlockingIOError:
                return
            except OSError:  # the client has gone again, or there are too many open files
                self._make_room()
                return
            accepted.setblocking(False)
            connection = _Connection(accepted)
            self._connections[connection] = None
            self._selector.register(
                accepted, selectors.EVENT_READ, lambda one=connection: self._receive(one)
            )

    def _receive(self, connection: _Connection) -> None:
        if connection not in self._connections:
            return  # dropped a moment ago, to make room
        try:
            part = connection.socket.recv(_MOST_BYTES)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part:
            self._drop(connection)
        elif connection.state == _READING:
            connection.received += part
            head, end, _ = connection.received.partition(_END)
            if len(head) > _MOST_BYTES:
                self._refuse(connection, 431)
            elif end:
                self._judge(connection, head)

    def _judge(self, connection: _Connection, head: bytes) -> None:
        connection.received = b""
        refusal = self._refusal(head)
        if refusal:
            self._refuse(connection, refusal)
            return
        reply = self._reply(False)
        if reply is not None:
            self._send(connection, reply)
        else:
            connection.state = _HELD
            connection.deadline = time.monotonic() + _HOLD_SECONDS

    def _refusal(self, head: bytes) -> int:
        """The HTTP status that refuses a request, or 0. A name that leads to 127.0.0.1 is no
        proof of anything (a web page can have one): the Host must be the address that we gave."""
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
        return 0 if words[1] == PATH.encode() else 404

    def _refuse(self, connection: _Connection, status: int) -> None:
        code, message = _REFUSALS[status]
        self._send(connection, Reply(status, {"Code": code, "Message": message}))

    def _send(self, connection: _Connection, reply: Reply) -> None:
        connection.state = _SENDING
        connection.deadline = time.monotonic() + _SEND_SECONDS
        connection.to_send = _response(reply)
        self._send_on(connection)

    def _send_on(self, connection: _Connection) -> None:
        if connection not in self._connections:
            return
        try:
            sent = connection.socket.send(connection.to_send)
            connection.to_send = connection.to_send[sent:]
            if not connection.to_send:
                # Closing at once, with words of the client unread, would reset the connection
                # and might take the answer from it: wait until it has hung up.
                connection.socket.shutdown(socket.SHUT_WR)
                connection.state = _LINGERING
        except BlockingIOError:
            pass
        except OSError:
            self._drop(connection)
            return
        if connection.to_send:
            wanted, handler = selectors.EVENT_WRITE, self._send_on
        else:
            wanted, handler = selectors.EVENT_READ, self._receive
        self._selector.modify(connection.socket, wanted, lambda: handler(connection))

    def _answer_held(self) -> None:
        now = time.monotonic()
        for connection in [one for one in self._connections if one.state == _HELD]:
            reply = self._reply(connection.deadline <= now)
            if reply is not None:
                self._send(connection, reply)

    def _drop_late(self) -> None:
        now = time.monotonic()
        for connection in [one for one in self._connections if one.deadline <= now]:
            if connection.state == _READING and connection.received:
                self._refuse(connection, 408)
            else:
                self._drop(connection)

    def _make_room(self) -> None:
        waiting = [one for one in self._connections if one.state != _HELD]
        for connection in waiting[:1] or list(self._connections)[:1]:
            self._drop(connection)

    def _drop(self, connection: _Connection) -> None:
        del self._connections[connection]
        self._selector.unregister(connection.socket)
        connection.socket.close()

    def _time_to_next_deadline(self) -> float:
        if not self._connections:
            return float("inf")
        soonest = min(one.deadline for one in self._connections)
        return max(0.0, soonest - time.monotonic())

    def _silence(self) -> None:
        try:
            self._alarm.recv(4096)
        except OSError:
            pass


def _listen() -> socket.socket:
    """A socket that nobody else can be reached instead of: no address is shared or reused."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)  # Windows lets others in without it
    if exclusive is not None:
        listener.setsockopt(socket.SOL_SOCKET, exclusive, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    listener.setblocking(False)
    return listener


def _response(reply: Reply) -> bytes:
    body = json.dumps(reply.fields).encode()
    lines = [
        f"HTTP/1.1 {reply.status} {_REASONS[reply.status]}",
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
