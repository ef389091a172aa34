"""What every profile of the config means, kept for lists.

botocore takes a second and more to read 10,000 profiles. So the outcome of one reading is kept,
without secrets, for as long as the config and credentials files stay what they are (see
``index.Snapshot``). Anything odd about it is "I do not know" (None), and botocore reads them again.
"""

import json
from collections.abc import Callable, Sequence

from ssoenv.cache import index
from ssoenv.cache.tokens import SignIn
from ssoenv.system import files, paths

_MOST_BYTES = 64 << 20
_MOST_SIGN_INS = 50  # each costs a look at every profile for its other names


class Meaning:
    """What a profile means by the files alone.

    ``kind``: see ``chain.kind_of``. ``account_id``, ``role_name`` and ``sign_in``: see
    ``aws.profile.Profile``. ``account_name``: as its section says it, or an empty text. ``key``:
    of its credentials in the cache, None if it can have none there. ``store``: where they are
    kept. ``complete``: whether
    the config has all that it takes to ask for credentials. ``confirm``: whether its setting
    has a person asked before it is used.
    """

    __slots__ = (
        "account_id",
        "account_name",
        "complete",
        "confirm",
        "key",
        "kind",
        "name",
        "region",
        "role_name",
        "sign_in",
        "store",
    )

    def __init__(
        self,
        name: str,
        kind: str,
        region: str | None,
        account_id: str | None,
        account_name: str,
        role_name: str | None,
        key: str | None,
        store: str,
        complete: bool,
        confirm: bool,
        sign_in: SignIn | None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.region = region
        self.account_id = account_id
        self.account_name = account_name
        self.role_name = role_name
        self.key = key
        self.store = store
        self.complete = complete
        self.confirm = confirm
        self.sign_in = sign_in


_TEXTS = ("name", "kind", "region", "account_id", "account_name", "role_name", "key", "store")


class Overview:
    """``meanings`` of all profiles, in the order of the config. ``others`` gives the other names
    of a sign-in (see ``sign_in_settings.alike``)."""

    __slots__ = ("meanings", "others")

    def __init__(
        self, meanings: list[Meaning], others: Callable[[SignIn], Sequence[SignIn]]
    ) -> None:
        self.meanings = meanings
        self.others = others


def read() -> Overview | None:
    """What is kept, if the files are still as they were."""
    path = _path()
    try:
        if not index.only_ours(path):
            return None
        kept = json.loads(files.read(path, _MOST_BYTES))
        if kept["fingerprint"] != index.Snapshot().fingerprint:
            return None
        names = [
            SignIn(session, url, region, None if scopes is None else tuple(scopes), store=store)
            for session, url, region, scopes, store in kept["names"]
        ]
        others = {names[own]: [names[n] for n in alike] for own, alike in kept["others"]}
        for fields in kept["meanings"]:
            fields[-1] = None if fields[-1] is None else names[fields[-1]]
        meanings = [Meaning(*fields) for fields in kept["meanings"]]
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None
    return Overview(meanings, others.__getitem__)


def remember(found: Overview, seen: index.Snapshot) -> None:
    """Keep ``found``, unless the files have changed since they were ``seen``, or so shortly
    before that a further change might not show."""
    own = dict.fromkeys(one.sign_in for one in found.meanings if one.sign_in is not None)
    if len(own) > _MOST_SIGN_INS or not seen.settled:
        return
    if seen.fingerprint != index.Snapshot().fingerprint:
        return
    others = {one: found.others(one) for one in own}
    numbers: dict[SignIn, int] = {}
    for one in [*own, *(other for some in others.values() for other in some)]:
        numbers.setdefault(one, len(numbers))
    kept = {
        "fingerprint": seen.fingerprint,
        "names": [
            (one.session_name, one.start_url, one.region, one.scopes, one.store) for one in numbers
        ],
        "others": [(numbers[one], [numbers[n] for n in some]) for one, some in others.items()],
        "meanings": [
            (
                *(getattr(one, field) for field in _TEXTS),
                one.complete,
                one.confirm,
                None if one.sign_in is None else numbers[one.sign_in],
            )
            for one in found.meanings
        ],
    }
    try:
        files.write_private(_path(), json.dumps(kept, separators=(",", ":")).encode())
    except OSError:
        pass  # only slower


def _path() -> str:
    return paths.ours("index", "overview.json")  # no profile's entry: those have no dot
