"""The two caches that ssoenv gives to botocore, as the mappings that botocore expects.

One holds role credentials in the profile's store. The other returns access tokens, and refreshes
one that needs it at the moment when botocore asks.
"""

import contextlib
import json
import os
from typing import Any

from ssoenv.aws import explain
from ssoenv.aws.profile import Profile
from ssoenv.cache import entries, role_keys, tokens
from ssoenv.cache.role_keys import Credentials
from ssoenv.errors import SignInNeeded
from ssoenv.signin.refresh import Usable
from ssoenv.system import clock
from ssoenv.terminal import messages


class RoleCache:
    """The role cache of a ``store`` as a mapping for botocore, while it gets the credentials of the
    entry ``key`` (None: such that are not kept).

    That entry has been looked up before, so botocore never finds it, only saves it; other entries
    are those of source profiles. ``saved`` is what it saved. ``keeps``: whether it is saved.
    """

    def __init__(
        self, key: str | None, use_cached: bool, keeps: bool = True, *, store: str = entries.FILES
    ) -> None:
        self._keeps = keeps
        self._store = store
        self.saved: Credentials | None = None
        self._key = key
        self._use_cached = use_cached
        self._used = False

    def __contains__(self, key: str) -> bool:
        if not self._use_cached or key == self._key:
            return False
        return role_keys.read(key, self._store) is not None

    def __getitem__(self, key: str) -> dict[str, Any]:
        self._used = True
        entry = role_keys.read_object(key, self._store)
        if role_keys.parse(entry) is None:  # it was there when botocore looked, and has gone since
            raise KeyError(key)
        return entry

    def __setitem__(self, key: str, entry: dict[str, Any]) -> None:
        if not self._keeps:
            return
        entry = _plain(entry)
        credentials = role_keys.parse(entry)
        if key == self._key:
            self.saved = credentials
        if credentials is None or credentials.seconds_left() <= 0:
            return  # what cannot be used is not kept; the caller will say what is wrong with it
        kept = role_keys.entry_of(key, self._store)
        try:
            if self._store == entries.FILES and _is_folder(kept.path):
                _move_away(kept.path)
            kept.write(json.dumps(entry).encode())
        except entries.FAILURES as error:
            why = getattr(error, "message", "") or getattr(error, "strerror", "") or str(error)
            messages.warn(
                f"role credentials could not be kept in {kept.place} ({why}), so every call asks "
                "AWS again"
            )

    def distrust(self) -> bool:
        """Find nothing from now on. Returns whether a source profile's entry was used before."""
        used, self._used, self._use_cached = self._used, False, False
        return used


class TokenCache:
    """The token cache as a mapping for botocore, which asks by the AWS CLI's key.

    The entry that it returns holds no refresh token: ssoenv refreshes, under a lock. ``last`` is
    the token that was returned last.
    """

    def __init__(self, profile: Profile, usable: Usable) -> None:
        self.last: tokens.AccessToken | None = None
        self._profile = profile
        self._usable = usable
        self._rejected: str | None = None

    def reject(self) -> bool:
        """Never return the last token again. Returns whether there was one to reject, and it is
        the first one."""
        if self.last is None or self._rejected is not None:
            return False
        self._rejected = self.last.text
        return True

    def __contains__(self, key: str) -> bool:
        return True

    def __getitem__(self, key: str) -> dict[str, str]:
        sign_in = self._profile.sign_in
        if sign_in is None:
            raise SignInNeeded("there is no sign-in", explain.login_hint(self._profile))
        self.last = self._usable(sign_in, self._profile.session, self._rejected)
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
    """Rename a folder that is where a cache file should be."""
    with contextlib.suppress(FileNotFoundError):
        os.rename(path, f"{path}.{os.urandom(4).hex()}.not-a-file")
