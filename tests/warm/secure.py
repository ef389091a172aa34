"""A portal behind TLS, with certificates of its own, that gives the answers it is told to give."""

import datetime
import json
import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

Behaviour = Callable[[BaseHTTPRequestHandler], None]


def keys(number: int, seconds: float = 3600) -> bytes:
    """A good body: the ``number``-th keys, good for ``seconds``."""
    return json.dumps(
        {
            "roleCredentials": {
                "accessKeyId": f"ASIA{number}",
                "secretAccessKey": f"secret-{number}",
                "sessionToken": f"token-{number}",
                "expiration": int(time.time() + seconds) * 1000,
            }
        }
    ).encode()


def reply(status: int, body: bytes, **headers: str) -> Behaviour:
    def behave(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return behave


def endless(request: BaseHTTPRequestHandler) -> None:
    """An answer that never stops, until nobody reads it any more."""
    request.send_response(200)
    request.end_headers()
    try:
        while True:
            request.wfile.write(b" " * 65536)
    except OSError:
        pass


def cut(request: BaseHTTPRequestHandler) -> None:
    """An answer that ends before its stated length."""
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'{"roleCredentials": {')


class Portal:
    """``url`` and ``ca`` (a file) to reach it; ``behaviour`` is what the next requests meet;
    ``requests`` are the headers and paths that came."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        self.ca = folder / "ca.pem"
        self.authority.cert_pem.write_to_path(str(self.ca))
        self.behaviour: Behaviour = reply(200, keys(1))
        self.requests: list[dict[str, str]] = []
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                portal.requests.append({"path": self.path, **dict(self.headers.items())})
                self.close_connection = True
                portal.behaviour(self)

            def log_message(self, *_: object) -> None: ...

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None: ...

        self._server = Server(("127.0.0.1", 0), Handler)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.show_certificate(self.authority.issue_cert("127.0.0.1"))
        self._server.socket = self.context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.url = f"https://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def show_certificate(self, certificate: trustme.LeafCert) -> None:
        """Show another certificate from the next connection on."""
        certificate.configure_cert(self.context)

    def show_another_name(self) -> None:
        self.show_certificate(self.authority.issue_cert("portal.invalid"))

    def show_an_expired_one(self) -> None:
        then = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
        self.show_certificate(self.authority.issue_cert("127.0.0.1", not_after=then))

    def show_one_of_an_unknown_authority(self) -> None:
        self.show_certificate(trustme.CA().issue_cert("127.0.0.1"))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
