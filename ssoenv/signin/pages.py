"""Pages that the person's browser shows, and how a server of ours on loopback sends them."""

import base64
import hashlib
import html
import http.server

_PATIENCE = 10.0  # seconds that a connection may take to say what it wants

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


class PageHandler(http.server.BaseHTTPRequestHandler):
    """What is the same for each connection that gets a page. A subclass answers with ``send_page``.

    ``nothing``: the title of the page for a request that is not understood.
    """

    timeout = _PATIENCE
    wbufsize = -1  # headers and page leave in one packet
    nothing = "Nothing here"

    def send_page(self, status: int, content: bytes, target: str = "") -> None:
        """Send a page, and close the connection. ``target``: where the browser goes instead."""
        self.close_connection = True
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if target:
            self.send_header("Location", target)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server does for anything that is not a GET; without its echo of the request."""
        self.send_page(code, page(self.nothing, "ssoenv expects something else.", good=False))

    def version_string(self) -> str:
        return "ssoenv"

    def log_message(self, *_: object) -> None:
        """The address of a request may hold a secret; it is written nowhere."""
