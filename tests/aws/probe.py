"""Which entry of the role cache ssoenv lets botocore ask for, learned without calling AWS."""

from botocore.exceptions import BotoCoreError, ClientError

from ssoenv.aws.profile import Profile
from ssoenv.credentials import providers
from ssoenv.credentials.botocore_caches import RoleCache, TokenCache
from ssoenv.errors import SsoenvError
from ssoenv.signin.refresh import usable
from ssoenv.system.deadline import Deadline


def key_of(profile: Profile) -> str | None:
    """The key under which the role cache keeps the credentials of ``profile``; None for a profile
    that rests on no sign-in, and for a config that botocore refuses."""
    if profile.sign_in is None:
        return None
    try:
        chain = providers.chain(profile, _Probe(), TokenCache(profile, usable), Deadline(1))
        found = chain.load_credentials()
        if found is not None:
            found.get_frozen_credentials()
    except _Asked as asked:
        return asked.key
    except (BotoCoreError, ClientError, SsoenvError, OSError, ValueError):
        return None
    return None


class _Asked(BaseException):
    """botocore has named the key. Not an error, so nothing on the way may handle it as one."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class _Probe(RoleCache):
    """A role cache that only wants to know what it is asked for. The first question is for the
    profile's own credentials; what they are made from would be asked for later."""

    def __init__(self) -> None:
        super().__init__(None, use_cached=True)

    def __contains__(self, key: str) -> bool:
        raise _Asked(key)
