"""A server on 127.0.0.1 with one thread for each connection.

The sign-in's callback, the console's one-time address, the endpoint of ``exec --endpoint`` and the
demo are such servers; each has a handler of its own for what is said on a connection.
"""

import os
import socket
import socketserver
import threading
from typing import Any


class Server(socketserver.ThreadingTCPServer):
    """Listens from the moment it is made, and answers after ``start``.

    ``handler``: one is made for each connection, in the connection's thread. ``port``: 0 takes a
    free one; ``self.port`` is the one taken. Raises ``OSError`` if it cannot listen.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    poll_seconds = 0.05  # how long ``stop`` may take

    def __init__(self, handler: type[socketserver.BaseRequestHandler], port: int = 0) -> None:
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._dropping = False
        # A port that was ours a moment ago can be taken again. (On Windows this would let another
        # program share the port.)
        self.allow_reuse_address = port != 0 and os.name != "nt"
        super().__init__(("127.0.0.1", port), handler)
        self.port: int = self.server_address[1]

    def start(self) -> None:
        """Answer from a thread."""
        threading.Thread(target=self.serve_forever, args=(self.poll_seconds,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening. Connections that are open go on."""
        self.shutdown()
        self.server_close()

    def drop_connections(self) -> None:
        """Close every connection, also those that are just being accepted."""
        with self._lock:
            self._dropping = True
            connections = list(self._connections)
        for connection in connections:
            drop(connection)

    def server_bind(self) -> None:
        exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)  # Windows, see above
        if exclusive is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, exclusive, 1)
        super().server_bind()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
            dropping = self._dropping
        try:
            if dropping:
                self.shutdown_request(request)
            else:
                super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._connections.discard(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks is not an error of the program; stderr is not ours to use."""


def drop(connection: socket.socket) -> None:
    """Make the thread that reads from ``connection`` see its end, from another thread."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it has ended by itself
