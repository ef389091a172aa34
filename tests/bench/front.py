"""HTTPS in front of the miniature, with an authority of its own: at an address of its own, and as a
proxy that takes the place of every host it is asked for. So tools are measured, too, that
know AWS's own addresses only."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import trustme

_HEAD = 4096


class Front:
    """``url``: of the miniature's portal behind TLS. ``proxy``: for HTTPS_PROXY. ``ca``: the
    file with the authority's certificate."""

    def __init__(self, port: int, folder: Path) -> None:
        self._port = port
        self._authority = trustme.CA()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.ca = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(str(self.ca))
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        number = self._listener.getsockname()[1]
        self.url = f"https://127.0.0.1:{number}"
        self.proxy = f"http://127.0.0.1:{number}"
        self._context("127.0.0.1")
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _context(self, host: str) -> ssl.SSLContext:
        if host not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._authority.issue_cert(host).configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            host = "127.0.0.1"
            if connection.recv(1, socket.MSG_PEEK) == b"C":
                head = connection.recv(_HEAD)
                host = head.split()[1].decode().rpartition(":")[0]
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            outer = self._context(host).wrap_socket(connection, server_side=True)
            with outer, socket.create_connection(("127.0.0.1", self._port)) as inner:
                inner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                back = threading.Thread(target=_copy, args=(inner, outer), daemon=True)
                back.start()
                _copy(outer, inner)
                back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(1 << 16):
            target.sendall(part)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def front(url: str, folder: Path) -> Iterator[Front]:
    """In front of the miniature at ``url``."""
    made = Front(int(url.rpartition(":")[2]), folder)
    try:
        yield made
    finally:
        made.close()
