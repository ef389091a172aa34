"""The two caches that ssoenv lends botocore, as the mappings that botocore expects.

One holds role credentials in the AWS CLI's folder. The other hands out access tokens, and makes
sure of a fresh one only in the moment that botocore asks.
"""

import contextlib
import json
import os
from typing import Any

from ssoenv.aws import explain
from ssoenv.aws.profile import Profile
from ssoenv.cache import role_keys, tokens
from ssoenv.cache.role_keys import RoleCredentials
from ssoenv.errors import SignInNeeded
from ssoenv.signin.refresh import Usable, usable
from ssoenv.system import clock, files, paths
from ssoenv.terminal import messages


class RoleCache:
    """The AWS CLI's role cache as a mapping for botocore.

    The first entry that botocore asks for is the answer itself; later ones are those of source
    profiles. If the answer is there and good, ``Found`` ends botocore's search on the spot: the
    rule of what is good, and the reading of the entry, are then ssoenv's for warm and cold alike.
    """

    def __init__(self, min_ttl: float, refresh: bool) -> None:
        self.key: str | None = None
        self.answer: RoleCredentials | None = None
        self._min_ttl = min_ttl
        self._refresh = refresh
        self._lent = False

    def __contains__(self, key: str) -> bool:
        if self.key is None:
            self.key = key
            held = None if self._refresh else role_keys.read(key)
            if held is not None and held.seconds_left() >= self._min_ttl:
                raise Found(held)
            return False
        return key != self.key and not self._refresh and role_keys.read(key) is not None

    def __getitem__(self, key: str) -> dict[str, Any]:
        self._lent = True
        entry = files.read_object(role_keys.path_of(key))
        if role_keys.parse(entry) is None:  # it was there when botocore looked, and has gone since
            raise KeyError(key)
        return entry

    def __setitem__(self, key: str, entry: dict[str, Any]) -> None:
        path = role_keys.path_of(key)
        entry = _plain(entry)
        credentials = role_keys.parse(entry)
        if key == self.key:
            self.answer = credentials
        if credentials is None or credentials.seconds_left() <= 0:
            return  # what cannot be used is not kept; the caller will say what is wrong with it
        try:
            if _is_folder(path):
                _move_away(path)
            files.write_private(path, json.dumps(entry).encode())
        except OSError as error:
            messages.warn(
                f"role credentials could not be kept in {paths.display(role_keys.folder())} "
                f"({error.strerror or error}), so every call asks AWS anew"
            )

    def distrust(self) -> bool:
        """Lend nothing from now on. Returns whether something was lent before."""
        lent, self._lent, self._refresh = self._lent, False, True
        return lent

    def leftover(self) -> RoleCredentials | None:
        """The cached answer if it has not expired, however little it has left."""
        held = role_keys.read(self.key) if self.key else None
        return held if held is not None and held.seconds_left() > 0 else None


class Found(BaseException):
    """The role cache holds the answer. Not an error, so nothing on the way may handle it as one."""

    def __init__(self, credentials: RoleCredentials) -> None:
        super().__init__("found")
        self.credentials = credentials


class TokenCache:
    """The token cache as a mapping for botocore, which asks by the AWS CLI's key.

    The entry handed out holds no refresh token: refreshing is done here, under a lock.
    """

    def __init__(self, profile: Profile, rejected: str | None, usable: Usable = usable) -> None:
        self._profile = profile
        self._rejected = rejected
        self._usable = usable
        self.last: tokens.AccessToken | None = None

    def __contains__(self, key: str) -> bool:
        return True

    def __getitem__(self, key: str) -> dict[str, str]:
        sign_in = self._profile.sign_in
        if sign_in is None:
            raise SignInNeeded("there is no sign-in", explain.login_hint(self._profile))
        path = tokens.path_of_key(key)
        self.last = self._usable(sign_in, path, self._profile.session, self._rejected)
        end = min(self.last.expiration, clock.now() + 365 * 86400)
        return {
            "startUrl": sign_in.start_url,
            "region": sign_in.region,
            "accessToken": self.last.text,
            "expiresAt": clock.zulu(end),
        }

    def __setitem__(self, key: str, entry: object) -> None:
        """botocore saves what it refreshed; it gets nothing here that it could refresh."""


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    """``entry`` with its moments as text: STS's answers hold datetimes."""
    return json.loads(json.dumps(entry, default=lambda moment: moment.isoformat()))  # type: ignore[no-any-return]


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _move_away(path: str) -> None:
    """Make room where a folder stands in place of a cache file."""
    with contextlib.suppress(FileNotFoundError):
        os.rename(path, f"{path}.{os.urandom(4).hex()}.not-a-file")
