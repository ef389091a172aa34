"""Role credentials, and the AWS CLI's cache of them in ``~/.aws/cli/cache``.

One JSON file an identity, named and filled as the AWS CLI v2 does it, so that ``aws`` and
ssoenv warm each other:

    {"ProviderType": "sso", "Credentials": {"AccessKeyId": …, "SecretAccessKey": …,
     "SessionToken": …, "Expiration": "2026-11-20T16:06:04Z", "AccountId": …}}

Chained roles hold STS's whole AssumeRole answer instead, with the same ``Credentials``. Another
store has the same content under the same key (see ``stores``, which a warm answer from the files
does not load).
"""

import os

from ssoenv.system import clock, files, paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssoenv.cache.entries import Entry

REUSE_SECONDS = 15 * 60  # the AWS CLI, too, does not reuse credentials with less time left


class Credentials:
    """What a tool needs to act as a profile. It holds secrets; its ``repr`` does not.

    ``expiration`` is in epoch seconds, or None for keys that do not expire, which have no
    ``session_token`` either. ``profile`` and ``region`` say whose they are (see ``named``):
    ``region`` is the profile's own, None if it names none. ``role``: all that is to be known of a
    role that no profile names, see ``aws.roles``; None for a profile. ``guarded``: whether a
    person is asked before the profile is used. ``of_variables``: whether
    only the environment knows whose they are (``selection.identity``).
    """

    __slots__ = (
        "access_key_id",
        "account_id",
        "expiration",
        "guarded",
        "of_variables",
        "profile",
        "region",
        "role",
        "secret_access_key",
        "session_token",
    )

    def __init__(
        self,
        access_key_id: str,
        secret_access_key: str,
        session_token: str | None,
        expiration: int | None,
        account_id: str | None,
    ) -> None:
        for name, value in (
            ("an access key id", access_key_id),
            ("a secret access key", secret_access_key),
            ("a session token", session_token or "-"),
            ("an account id", account_id or "-"),
        ):
            if not isinstance(value, str) or not value or has_control_character(value):
                raise ValueError(f"{name} that is missing or holds control characters")
        self.access_key_id = access_key_id
        self.secret_access_key = secret_access_key
        self.session_token = session_token
        self.expiration = expiration
        self.account_id = account_id
        self.profile = ""
        self.region: str | None = None
        self.role: str | None = None
        self.guarded = False
        self.of_variables = False

    def __repr__(self) -> str:
        return f"<ssoenv.Credentials of {self.profile!r}, expiration={self.expiration}>"

    def named(self, profile: str, region: str | None) -> "Credentials":
        """The same, with the profile that they belong to."""
        self.profile = profile
        self.region = region
        return self

    def seconds_left(self) -> float:
        """Seconds until they expire, negative afterwards; infinite for keys that do not."""
        return float("inf") if self.expiration is None else self.expiration - clock.now()


def has_control_character(value: str) -> bool:
    """Whether ``value`` holds what no key or token does: NUL, line breaks, escapes, … or an
    unpaired surrogate (JSON can hold one, no environment can)."""
    if value.isprintable():  # nearly always, and quick
        return False
    return any(c < " " or "\x7f" <= c < "\xa0" or "\ud800" <= c <= "\udfff" for c in value)


FILES = "files"
"""The store that is read without loading ``stores``."""


def folder() -> str:
    """The AWS CLI's folder for role credentials; AWS has no variable that moves it."""
    return paths.aws("cli", "cache")


def path_of(key: str) -> str:
    """The file of the cache entry ``key`` (40 hexadecimal digits, as botocore makes them)."""
    return os.path.join(folder(), key + ".json")


def entry_of(key: str, store: str) -> "Entry":
    """The entry ``key`` in a store. Raises ``ConfigError`` for a store that there is not."""
    from ssoenv.cache import entries, stores

    return stores.entry(store, entries.ROLE, key)


def can_write(key: str, store: str) -> bool:
    """Whether an entry can probably be written: nothing but a file is in its way."""
    if store != FILES:
        return True
    missing = not os.path.lexists(folder())  # writing makes it
    return (missing or os.access(folder(), os.W_OK)) and not os.path.isdir(path_of(key))


def read(key: str, store: str) -> Credentials | None:
    """The credentials in the cache under ``key``, or None for an entry that is missing or holds
    anything else: whatever is wrong with it, fetching again repairs it. Raises
    ``KeychainError``."""
    return parse(read_object(key, store))


def read_object(key: str, store: str) -> dict[str, object]:
    """The entry ``key`` as it is, empty for anything but a JSON object. Raises
    ``KeychainError``."""
    if store == FILES:
        return files.read_object(path_of(key))
    return entry_of(key, store).read_object()


def parse(entry: dict[str, object]) -> Credentials | None:
    """The credentials in a cache entry, or None if they are not whole."""
    fields = entry.get("Credentials")
    if not isinstance(fields, dict) or not fields.get("SessionToken"):  # a role's keys have one
        return None
    try:
        return Credentials(
            fields["AccessKeyId"],
            fields["SecretAccessKey"],
            fields["SessionToken"],
            clock.epoch(fields["Expiration"]),
            fields.get("AccountId") or None,
        )
    except (KeyError, ValueError, TypeError):
        return None
