"""What AWS answers, judged where it arrives.

botocore takes an answer apart unchecked: whatever is wrong with one would surface later, as a
KeyError somewhere, or as a broken header that is quoted with the secret in it. Here each answer
with status 200 is looked at first, and an error can tell which call it belongs to.
"""

import datetime
import os
from collections.abc import Mapping
from typing import Any

from botocore.session import Session

from ssoenv.aws.explain import answered_by
from ssoenv.cache import role_keys
from ssoenv.errors import ConfigError, ServiceError
from ssoenv.system import paths

_END_OF_TIME = 253402300800  # epoch seconds of the year 10000, which ISO 8601 cannot write

# Operation: its service for botocore, the member that holds the credentials, its fields.
_JUDGED = {
    "GetRoleCredentials": (
        "sso",
        "roleCredentials",
        ("accessKeyId", "secretAccessKey", "sessionToken", "expiration"),
    ),
    "AssumeRole": (
        "sts",
        "Credentials",
        ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"),
    ),
    "AssumeRoleWithWebIdentity": (
        "sts",
        "Credentials",
        ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"),
    ),
}


class AnswerCheck:
    """Follows the calls for credentials that a session makes.

    ``operation`` and ``parameters`` are those of the latest call, ``sent`` whether its request
    has left: what goes wrong before that is not the fault of an answer. ``request`` is its URL and
    User-Agent. A bad answer ends the call
    with ``ServiceError``.
    """

    def __init__(self, session: Session) -> None:
        self.operation = ""
        self.parameters: Mapping[str, Any] = {}
        self.sent = False
        self.request = ("", "")
        self._status = 200
        self._content: bytes | None = None
        self._session = session
        for operation, (service, _, _) in _JUDGED.items():
            session.register(f"provide-client-params.{service}.{operation}", self._begin)
            session.register(f"before-send.{service}.{operation}", self._send)
            session.register(f"before-parse.{service}.{operation}", self._receive)
            session.register(f"after-call.{service}.{operation}", self._judge)

    def unreadable(self) -> ServiceError:
        """The error for an answer that botocore itself could not read."""
        if self._status >= 300:
            return ServiceError(
                f"{self.operation} was answered with status {self._status} and nothing readable",
                "Try again in a minute",
            )
        return _unlike(self.operation, self._content, "cannot be understood")

    def _begin(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        self.operation, self.parameters, self.sent = model.name, params, False
        if model.name == "AssumeRoleWithWebIdentity":
            _check_web_identity(str(params.get("WebIdentityToken", "")), self._session)

    def _send(self, request: Any, **_: Any) -> None:
        self.sent = True
        agent = request.headers.get("User-Agent", b"")
        self.request = (request.url, agent.decode() if isinstance(agent, bytes) else agent)
        self._status, self._content = 200, None

    def _receive(self, response_dict: Mapping[str, Any], **_: Any) -> None:
        self._status, self._content = response_dict["status_code"], response_dict["body"]

    def _judge(self, http_response: Any, parsed: Mapping[str, Any], model: Any, **_: Any) -> None:
        if http_response.status_code < 300:
            check_answer(model.name, parsed, http_response.content)


def _check_web_identity(text: str, session: Session) -> None:
    """Raise ``ConfigError`` for a token file that holds none, which is how CI systems leave it
    when a job does not ask for a token."""
    if not text.strip():
        path = session.get_scoped_config().get("web_identity_token_file") or os.environ.get(
            "AWS_WEB_IDENTITY_TOKEN_FILE", ""
        )
        raise ConfigError(
            f"the file with the web identity token, {paths.display(str(path))}, is empty",
            "Let the CI job write its OIDC token there (GitLab: id_tokens; docs/ci.md)",
        )


def check_answer(operation: str, parsed: Mapping[str, Any], content: bytes) -> None:
    """Raise ``ServiceError`` unless ``parsed``, botocore's reading of ``content``, holds whole
    credentials. Expired ones are whole."""
    _, member, (*texts, end) = _JUDGED[operation]
    fields = parsed.get(member)
    if not isinstance(fields, Mapping) or not fields:
        raise _unlike(operation, content, "holds no credentials")
    for name in (*texts, end):
        if fields.get(name) in (None, ""):
            raise ServiceError(f"the answer to {operation} lacks {name}", answered_by(operation))
    for name in texts:
        if not isinstance(fields[name], str):
            raise ServiceError(
                f"in the answer to {operation}, {name} is not a string", answered_by(operation)
            )
        if role_keys.has_control_character(fields[name]):
            raise ServiceError(
                f"in the answer to {operation}, {name} holds control characters",
                answered_by(operation),
            )
    if not _is_moment(fields[end]):
        raise ServiceError(
            f"in the answer to {operation}, {end} is not a valid time", answered_by(operation)
        )


def _unlike(operation: str, content: bytes | None, otherwise: str) -> ServiceError:
    """The error for an answer with status 200 that is nothing like credentials (``content``: if
    known). Its words are not repeated: nobody knows what they are."""
    text = b"{" if content is None else content.strip()
    if not text:
        what = "is empty"
    elif text.startswith(b"<") and f"<{operation}Re".encode() not in text:
        what = "is a web page"
    elif text.startswith((b"{", b"<")):
        what = otherwise
    else:
        what = "is not one that AWS gives"
    return ServiceError(f"the answer to {operation} {what}", answered_by(operation))


def _is_moment(value: object) -> bool:
    """Whether it is one of the two forms in use: milliseconds since the epoch (Identity Center)
    or what botocore read as a date (STS)."""
    if isinstance(value, datetime.datetime):
        return True
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return 0 <= value / 1000 < _END_OF_TIME  # false for NaN as well
