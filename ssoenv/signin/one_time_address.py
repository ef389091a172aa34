"""An address on this machine that leads the person's browser on, once.

What a browser is started with is in an argument list, which everybody on the machine can read; the
address of a console session is as good as a sign-in. So the browser gets an address of ours, and
asks for the other one there.
"""

import hmac
import http.server
import secrets
import threading
from urllib.parse import urlsplit

from ssoenv.signin.callback import HEADERS, page
from ssoenv.system import loopback

_PATIENCE = 10.0  # seconds that a connection may take to say what it wants


class OneTimeAddress:
    """Leads whoever first opens ``url`` to ``target``, while the ``with`` block lasts.

    Raises ``OSError`` if this machine lets nobody listen.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._path = f"/{secrets.token_urlsafe(32)}"
        self._lock = threading.Lock()
        self._taken = False
        self._sent = threading.Event()
        self._listener = _Listener(self)
        self.url = f"http://127.0.0.1:{self._listener.port}{self._path}"

    def __enter__(self) -> "OneTimeAddress":
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.stop()

    def wait(self, seconds: float) -> bool:
        """Whether a browser has been led on, after at most ``seconds``."""
        return self._sent.wait(seconds)

    def sent(self) -> None:
        """The answer that leads on has been sent."""
        self._sent.set()

    def answer(self, path: str, hosts: list[str]) -> tuple[int, str, bytes]:
        """Status, where to go and page for a request of ``path`` with these Host headers."""
        if not hmac.compare_digest(path.encode("utf-8", "replace"), self._path.encode()):
            return 404, "", page("Nothing here", "This address belongs to ssoenv.", good=False)
        if hosts != [urlsplit(self.url).netloc]:
            text = "This request was meant for somebody else."
            return 400, "", page("Not for us", text, good=False)
        with self._lock:
            if self._taken:
                text = "This address has been opened before. Run ssoenv console again."
                return 410, "", page("Already used", text, good=False)
            self._taken = True
        return 303, self._target, page("AWS console", "The console opens.", good=True)


class _Listener(loopback.Server):
    def __init__(self, address: OneTimeAddress) -> None:
        self.address = address
        super().__init__(_Handler)


class _Handler(http.server.BaseHTTPRequestHandler):
    timeout = _PATIENCE
    wbufsize = -1  # headers and page leave in one packet
    server: _Listener

    def do_GET(self) -> None:
        hosts = self.headers.get_all("Host", [])
        status, target, content = self.server.address.answer(self.path, hosts)
        self._send(status, content, target)
        if target:
            self.server.address.sent()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server does for anything that is not a GET; without its echo of the request."""
        self._send(code, page("Nothing here", "ssoenv expects something else.", good=False))

    def version_string(self) -> str:
        return "ssoenv"

    def log_message(self, *_: object) -> None:
        """The addresses are written nowhere."""

    def _send(self, status: int, content: bytes, target: str = "") -> None:
        self.close_connection = True
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        if target:
            self.send_header("Location", target)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()
