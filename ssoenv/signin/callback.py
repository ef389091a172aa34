"""The place on this machine where the browser brings the authorization code.

Sources: RFC 6749 section 4.1.2, RFC 8252 section 7.3. Anybody on this machine, and any page in
the person's browser, can send requests here; only one that knows the state is heard.
"""

import hmac
import threading
from urllib.parse import parse_qsl, urlsplit

from ssoenv.signin.pages import PageHandler, page
from ssoenv.system import loopback

PATH = "/oauth/callback"

_EXCHANGE = 60.0  # seconds that the browser waits to learn how it ended


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


class _Listener(loopback.Server):
    def __init__(self, callback: Callback) -> None:
        self.callback = callback
        super().__init__(_Handler)


class _Handler(PageHandler):
    server: _Listener
    nothing = "Not an answer"

    def do_GET(self) -> None:
        callback = self.server.callback
        try:
            status, content = callback.answer(self.path, self.headers.get_all("Host", []))
        except ValueError:  # a target that is not a URL, or has too many parameters
            status, content = 400, page("Not an answer", "This is not an address.", good=False)
        try:
            self.send_page(status, content)
        finally:
            if status == 200:
                callback.page_sent()
