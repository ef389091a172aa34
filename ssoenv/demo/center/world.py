"""The state of Identity Center in miniature: accounts, tokens, keys, and its settings."""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

SCOPE = "sso:account:access"
_KEY_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass
class Account:
    """An AWS account and the roles in it that the signed-in person may use."""

    account_id: str
    name: str
    roles: list[str]
    email: str = ""


@dataclass
class Session:
    """An access token that was issued. ``expires_at``: epoch seconds."""

    access_token: str
    expires_at: float
    refresh_token: str | None
    client_id: str


@dataclass
class Keys:
    """A set of AWS keys that was issued. ``expires_at``: epoch seconds, None for the keys of
    an IAM user, which have no session token either."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None
    expires_at: float | None
    account_id: str
    arn: str
    user_id: str


@dataclass
class Trust:
    """A role that may be assumed. ``max_duration``: seconds."""

    external_id: str | None
    max_duration: int


def default_accounts() -> list[Account]:
    """The accounts of the demonstration."""
    return [
        Account("111122223333", "dev", ["Developer", "ReadOnly"], "aws+dev@example.com"),
        Account("444455556666", "production", ["ReadOnly"], "aws+prod@example.com"),
        Account("777788889999", "sandbox", ["Administrator"], "aws+sandbox@example.com"),
    ]


@dataclass
class World:
    """Settings and state. Settings may be changed while the server runs. Lifetimes are in seconds;
    a negative one issues something that has already expired."""

    accounts: list[Account] = field(default_factory=default_accounts)
    token_lifetime: float = 8 * 3600
    role_lifetime: float = 3600
    registration_lifetime: float = 90 * 86400
    code_lifetime: float = 600
    device_code_lifetime: float = 600
    device_interval: int = 1
    page_size: int = 100
    approval: str = "page"
    user: str = "ana@example.com"
    region: str = "us-east-1"
    start_url: str = "https://demo.awsapps.com/start"
    send_refresh_token: bool = True

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.sessions: dict[str, Session] = {}
        self.refreshable: dict[str, Session] = {}
        self.keys: dict[str, Keys] = {}
        self.trusts: dict[str, Trust] = {}
        self.web_identities: set[str] = set()

    # Tokens

    def open_session(self, client_id: str, lifetime: float, refreshable: bool) -> Session:
        """A new access token, and a refresh token if ``refreshable``."""
        refresh_token = "aorAAAAAG" + secrets.token_urlsafe(150) if refreshable else None
        session = Session(
            "aoaAAAAAG" + secrets.token_urlsafe(150),
            time.time() + lifetime,
            refresh_token,
            client_id,
        )
        with self.lock:
            self.sessions[session.access_token] = session
            if refresh_token:
                self.refreshable[refresh_token] = session
        return session

    def use_refresh_token(self, refresh_token: str, client_id: str) -> bool:
        """Whether the refresh token is valid; it is not valid again after this call."""
        with self.lock:
            session = self.refreshable.get(refresh_token)
            if session is None or session.client_id != client_id:
                return False
            del self.refreshable[refresh_token]
            return True

    def live_session(self, access_token: str) -> Session | None:
        """The session of a token that was issued, has not expired and was not revoked."""
        with self.lock:
            session = self.sessions.get(access_token)
        return session if session and session.expires_at > time.time() else None

    def revoke(self, access_token: str, *, refresh_token_too: bool = False) -> None:
        """The portal answers 401 for the token from now on. Its refresh token still works unless
        ``refresh_token_too``."""
        with self.lock:
            session = self.sessions.pop(access_token, None)
            if session and session.refresh_token and refresh_token_too:
                self.refreshable.pop(session.refresh_token, None)

    # Keys

    def assigned(self, account_id: str, role_name: str) -> bool:
        """Whether the signed-in person may use the role."""
        return any(a.account_id == account_id and role_name in a.roles for a in self.accounts)

    def issue_role_keys(
        self, account_id: str, role: str, session_name: str, lifetime: float
    ) -> Keys:
        """New, unique keys of an assumed role. ``role``: its name without path."""
        # Every secret has both characters that wrong quoting and decoding change.
        secret = secrets.token_urlsafe(29)[:36].replace("-", "+").replace("_", "/") + "/x+Y"
        token = "IQoJb3JpZ2luX2VjE" + base64.b64encode(secrets.token_bytes(579)).decode() + "/+="
        role_id = "AROA" + _letters(f"{account_id}/{role}")
        return self._remember(
            Keys(
                _new_key_id("ASIA"),
                secret,
                token,
                int(time.time() + lifetime),
                account_id,
                f"arn:aws:sts::{account_id}:assumed-role/{role}/{session_name}",
                f"{role_id}:{session_name}",
            )
        )

    def issue_static_keys(self, account_id: str = "111122223333", user: str = "robot") -> Keys:
        """The long-lived keys of an IAM user."""
        secret = secrets.token_urlsafe(29)[:36].replace("-", "+").replace("_", "/") + "+z/Q"
        arn = f"arn:aws:iam::{account_id}:user/{user}"
        return self._remember(
            Keys(_new_key_id("AKIA"), secret, None, None, account_id, arn, "AIDA" + _letters(user))
        )

    def allow_role(
        self, role_arn: str, *, external_id: str | None = None, max_duration: int = 12 * 3600
    ) -> None:
        """The role may be assumed; with ``external_id`` only with this one."""
        with self.lock:
            self.trusts[role_arn] = Trust(external_id, max_duration)

    def trust_web_identity(self, token: str) -> None:
        """AssumeRoleWithWebIdentity accepts this token."""
        with self.lock:
            self.web_identities.add(token)

    def _remember(self, keys: Keys) -> Keys:
        with self.lock:
            self.keys[keys.access_key_id] = keys
        return keys


def permission_set_role(account_id: str, role_name: str) -> str:
    """The name of the IAM role behind a permission set in an account."""
    digest = hashlib.sha256(f"{account_id}/{role_name}".encode()).hexdigest()
    return f"AWSReservedSSO_{role_name}_{digest[:16]}"


def page_of(items: Sequence[object], start: int, size: int) -> tuple[list[object], int | None]:
    """The items from ``start``, at most ``size`` of them, and where the next page starts."""
    end = start + size
    return list(items[start:end]), end if end < len(items) else None


def _new_key_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(_KEY_LETTERS) for _ in range(16))


def _letters(seed: str) -> str:
    return base64.b32encode(hashlib.sha256(seed.encode()).digest()).decode()[:17]
