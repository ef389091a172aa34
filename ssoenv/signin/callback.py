"""The place on this machine where the browser brings the authorization code.

Sources: RFC 6749 section 4.1.2, RFC 8252 section 7.3. Anybody on this machine, and any page in
the person's browser, can send requests here; only one that knows the state is heard.
"""

import base64
import hashlib
import hmac
import html
import http.server
import threading
from urllib.parse import parse_qsl, urlsplit

from ssoenv.system import loopback

PATH = "/oauth/callback"

_PATIENCE = 10.0  # seconds that a connection may take to say what it wants
_EXCHANGE = 60.0  # seconds that the browser waits to learn how it ended

_STYLE = """
body { margin: 0; min-height: 100vh; display: grid; place-items: center;
       font: 17px/1.5 system-ui, sans-serif; color: #1c2733; background: #f4f6f8 }
main { max-width: 26rem; margin: 1rem; padding: 2.4rem 2.6rem; border-radius: 1rem;
       background: #fff; box-shadow: 0 1px 3px #0002, 0 12px 32px #0001; text-align: center }
.mark { width: 3.4rem; height: 3.4rem; margin: 0 auto; border-radius: 50%; color: #fff;
        background: #15803d; font-size: 1.9rem; line-height: 3.4rem }
.no { background: #b45309 }
h1 { margin: 1.1rem 0 .3rem; font-size: 1.5rem } p { margin: .3rem 0; color: #52606d }
small { display: block; margin-top: 1.6rem; color: #7b8794 }
@media (prefers-color-scheme: dark) {
  body { color: #e6eaee; background: #11161c } p { color: #a7b3bf }
  main { background: #1b232c; box-shadow: none } }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Connection": "close",
}


class Callback:
    """A server on 127.0.0.1 that waits for one answer to the request whose state is ``state``.

    Raises ``OSError`` if it cannot listen. After ``wait`` has returned True, ``code`` or
    ``error`` (with ``description``) is set, and the browser waits for ``conclude``.
    """

    def __init__(self, state: str) -> None:
        self.code = ""
        self.error = ""
        self.description = ""
        self._state = state.encode()
        self._lock = threading.Lock()
        self._taken = False
        self._arrived = threading.Event()
        self._concluded = threading.Event()
        self._page_sent = threading.Event()
        self._page = b""
        self._listener = _Listener(self)
        self.uri = f"http://127.0.0.1:{self._listener.port}{PATH}"

    def __enter__(self) -> "Callback":
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.conclude("Not signed in", "The sign-in was given up in the terminal.", good=False)
        self._listener.stop()

    def wait(self, seconds: float) -> bool:
        """Whether the answer has arrived, after at most ``seconds``."""
        return self._arrived.wait(seconds)

    def conclude(self, title: str, text: str, *, good: bool) -> None:
        """Tell the person in the browser how it ended; the first word counts."""
        if not self._concluded.is_set():
            self._page = page(title, text, good=good)
            self._concluded.set()
        if self._arrived.is_set():
            self._page_sent.wait(2)

    def answer(self, target: str, hosts: list[str]) -> tuple[int, bytes]:
        """Status and page for a request of ``target`` with these Host headers."""
        parts = urlsplit(target)
        if target.partition("?")[0] != PATH:
            return 404, page("Nothing here", "This address belongs to ssoenv.", good=False)
        if hosts != [urlsplit(self.uri).netloc]:
            return 400, page("Not for us", "This request was meant for somebody else.", good=False)
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True, max_num_fields=32):
            values.setdefault(name, []).append(value)
        states = values.get("state", [])
        state = states[0].encode("utf-8", "surrogatepass") if len(states) == 1 else b""
        if not hmac.compare_digest(state, self._state):
            return 400, page(
                "Not this sign-in",
                "This answer belongs to another sign-in, or to none. Nothing was changed.",
                good=False,
            )
        code, error = values.get("code", []), values.get("error", [])
        if len(code) + len(error) != 1 or not (code + error)[0]:
            return 400, page("Not an answer", "There is no code in this address.", good=False)
        with self._lock:
            if self._taken:
                return 410, page("Already used", "This sign-in has had its answer.", good=False)
            self._taken = True
        self.code, self.error = "".join(code), "".join(error)
        self.description = " ".join(values.get("error_description", []))
        self._arrived.set()
        self._concluded.wait(_EXCHANGE)
        return 200, self._page or page("Not signed in", "See the terminal.", good=False)

    def page_sent(self) -> None:
        """The page that ``conclude`` made has been sent."""
        if self._concluded.is_set():
            self._page_sent.set()


def page(title: str, text: str, *, good: bool) -> bytes:
    """A whole page that needs nothing else from anywhere."""
    mark = '<div class="mark">✓</div>' if good else '<div class="mark no">!</div>'
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)} · ssoenv</title><style>{_STYLE}</style></head>\n"
        f"<body><main>{mark}<h1>{html.escape(title)}</h1><p>{html.escape(text)}</p>"
        "<small>ssoenv</small></main></body></html>\n"
    ).encode("utf-8", "replace")


class _Listener(loopback.Server):
    def __init__(self, callback: Callback) -> None:
        self.callback = callback
        super().__init__(_Handler)


class _Handler(http.server.BaseHTTPRequestHandler):
    timeout = _PATIENCE
    wbufsize = -1  # headers and page leave in one packet
    server: _Listener

    def do_GET(self) -> None:
        callback = self.server.callback
        try:
            status, content = callback.answer(self.path, self.headers.get_all("Host", []))
        except ValueError:  # a target that is not a URL, or has too many parameters
            status, content = 400, page("Not an answer", "This is not an address.", good=False)
        try:
            self._send(status, content)
        finally:
            if status == 200:
                callback.page_sent()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server does for anything that is not a GET; without its echo of the request."""
        self._send(code, page("Not an answer", "ssoenv expects something else.", good=False))

    def version_string(self) -> str:
        return "ssoenv"

    def log_message(self, *_: object) -> None:
        """The address of a request holds the code; it is written nowhere."""

    def _send(self, status: int, content: bytes) -> None:
        self.close_connection = True
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()
