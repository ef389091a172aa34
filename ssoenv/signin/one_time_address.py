"""An address on this machine that leads the person's browser on, once.

What a browser is started with is in an argument list, which everybody on the machine can read; the
address of a console session is as good as a sign-in. So the browser gets an address of ours, and
asks for the other one there.
"""

import hmac
import secrets
import threading
from urllib.parse import urlsplit

from ssoenv.signin.pages import PageHandler, page
from ssoenv.system import loopback


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


class _Handler(PageHandler):
    server: _Listener

    def do_GET(self) -> None:
        hosts = self.headers.get_all("Host", [])
        status, target, content = self.server.address.answer(self.path, hosts)
        self.send_page(status, content, target)
        if target:
            self.server.address.sent()
