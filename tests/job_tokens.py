"""GitHub's token service, as a runner offers it to a job."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit


class TokenService(HTTPServer):
    """Gives ``token`` for the audience ``audience`` to who shows ``secret``; ``answers`` come
    before that: a status and a body each. ``asked`` counts the requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.secret = "request-secret"
        self.token = "job-token"
        self.audience = "sts.amazonaws.com"
        self.answers: list[tuple[int, bytes]] = []
        self.asked = 0

    def variables(self) -> dict[str, str]:
        """What the runner sets for a job with the permission ``id-token: write``."""
        address = f"http://127.0.0.1:{self.server_port}/idtoken/1?api-version=2.0"
        return {
            "GITHUB_ACTIONS": "true",
            "ACTIONS_ID_TOKEN_REQUEST_URL": address,
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.secret,
        }


class _Handler(BaseHTTPRequestHandler):
    server: TokenService

    def do_GET(self) -> None:
        self.server.asked += 1
        query = parse_qs(urlsplit(self.path).query)
        if self.server.answers:
            status, body = self.server.answers.pop(0)
        elif self.headers["Authorization"] != f"bearer {self.server.secret}":
            status, body = 401, b"{}"
        elif query != {"api-version": ["2.0"], "audience": [self.server.audience]}:
            status, body = 400, b"{}"
        else:
            status, body = 200, json.dumps({"count": 1, "value": self.server.token}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass
