"""The accounts and roles that a sign-in may use: everything its portal lists.

One call lists a hundred accounts, but each account's roles take a call of their own. They are
made side by side, eight at a time; when the portal asks to slow down, all of them pause.
"""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any

from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError
from botocore.session import Session

from ssoenv.aws import clients, explain
from ssoenv.cache import tokens
from ssoenv.cache.tokens import SignIn
from ssoenv.errors import AccessDenied, NetworkError, ServiceError, SignInNeeded
from ssoenv.signin.refresh import sign_in_needed, tell_if_lent, usable
from ssoenv.system.deadline import Deadline
from ssoenv.terminal import messages

_AT_ONCE = 8
_PAGE = 100  # the most that the portal gives at once
_TRIES = 3  # … of a call that fails for a reason that may pass
_PATIENCE_SECONDS = 60.0  # … with a portal that asks to slow down and lets nothing through
_LONGEST_PAUSE = 20.0

Report = Callable[[int, int], None]


class Account:
    """An account and the names of the roles in it, as the portal tells them: ``name`` and
    ``email`` may be any text, or empty. ``refused``: the portal does not tell its roles."""

    __slots__ = ("account_id", "email", "name", "refused", "roles")

    def __init__(self, account_id: str, name: str, email: str, roles: list[str]) -> None:
        self.account_id = account_id
        self.name = name
        self.email = email
        self.roles = roles
        self.refused = False


def list_all(
    sign_in: SignIn, session: Session, report: Report = lambda done, all: None
) -> list[Account]:
    """All accounts of ``sign_in``, by name, each with its roles, by name. If the portal refuses the
    roles of some accounts (403 or 404), these are ``refused``; if it refuses all, that is raised.

    ``report`` is told how many accounts are done, of how many known so far.
    Raises ``SignInNeeded``, ``AccessDenied``, ``NetworkError``, ``ServiceError``, and
    ``ConfigError`` for a region or endpoint that is none.
    """
    portal = _Portal(sign_in, session)
    pool = ThreadPoolExecutor(_AT_ONCE, "portal")
    try:
        found = _gather(portal, pool, report)
        portal.tell_if_lent()
    finally:
        portal.over.set()
        pool.shutdown(wait=False, cancel_futures=True)
    return sorted(found, key=lambda account: (account.name.casefold(), account.account_id))


def names(sign_in: SignIn, session: Session) -> list[Account]:
    """All accounts of ``sign_in``, without their roles. Raises as ``list_all`` does."""
    portal = _Portal(sign_in, session)
    found: list[Account] = []
    page: str | None = None
    seen = set[str]()
    while True:
        listed, following = portal.accounts(page)
        found += listed
        if following is None:
            portal.tell_if_lent()
            return found
        page = _new_page(following, seen)


def accepts(token: tokens.AccessToken, sign_in: SignIn, session: Session) -> bool:
    """Whether the portal of ``sign_in`` does not refuse ``token``. True where it cannot be asked.
    Raises ``ConfigError`` for a region or endpoint that is none."""
    try:
        with explain.explained("ListAccounts"):
            portal = clients.client(session, "sso", sign_in.region)
            Deadline().run(partial(portal.list_accounts, accessToken=token.text, maxResults=1))
    except SignInNeeded:
        return False
    except (AccessDenied, NetworkError, ServiceError):
        pass  # of this, whoever uses the token will hear
    return True


def _gather(portal: "_Portal", pool: ThreadPoolExecutor, report: Report) -> list[Account]:
    found: dict[str, Account] = {}
    pages: dict[Future[Any], set[str]] = {pool.submit(portal.accounts, None): set()}
    roles: dict[Future[list[str]], Account] = {}
    done = 0
    refusal: AccessDenied | None = None
    while pages or roles:
        ready, _ = wait([*pages, *roles], timeout=0.5, return_when=FIRST_COMPLETED)
        if not ready:
            portal.check_life()
        for future in ready:
            if future in roles:
                account = roles.pop(future)
                try:
                    names = set(future.result())
                except AccessDenied as problem:  # of one account: the others can be listed
                    account.refused, names, refusal = True, set(), problem
                account.roles = sorted(names, key=lambda name: (name.casefold(), name))
                done += 1
                continue
            seen = pages.pop(future)
            accounts, following = future.result()
            for account in accounts:
                if account.account_id not in found:
                    found[account.account_id] = account
                    roles[pool.submit(portal.roles, account.account_id)] = account
            if following:
                pages[pool.submit(portal.accounts, _new_page(following, seen))] = seen
        report(done, len(found))
    if refusal is not None and all(account.refused for account in found.values()):
        raise refusal
    return list(found.values())


class _Portal:
    """The calls, with a token and a pace that all threads share. ``over`` ends their waiting."""

    def __init__(self, sign_in: SignIn, session: Session) -> None:
        self.over = threading.Event()
        self._sign_in = sign_in
        self._session = session
        self._lock = threading.Lock()
        self._token = usable(sign_in, session)
        self._renewed = False
        self._deadline = Deadline()
        self._good_at = time.monotonic()
        self._open_at = 0.0
        self._pause = 0.5
        with explain.explained("ListAccounts"):
            self._client = session.create_client(
                "sso",
                config=Config(
                    signature_version=UNSIGNED,
                    region_name=sign_in.region,
                    max_pool_connections=_AT_ONCE,
                    # Tried again below: botocore would do it without telling the other threads.
                    retries={"mode": "standard", "total_max_attempts": 1},
                ),
            )

    def accounts(self, page: str | None) -> tuple[list[Account], str | None]:
        """A page of accounts without their roles, and the token of the next page."""
        answer = self._call("list_accounts", page)
        found = []
        for item in _items(answer, "accountList", "ListAccounts"):
            account_id = _text(item, "accountId")
            if not (len(account_id) == 12 and account_id.isascii() and account_id.isdecimal()):
                raise explain.bad_answer("ListAccounts")
            found.append(
                Account(account_id, _text(item, "accountName"), _text(item, "emailAddress"), [])
            )
        return found, _text(answer, "nextToken") or None

    def roles(self, account_id: str) -> list[str]:
        """The names of the roles in an account."""
        found: list[str] = []
        page, seen = None, set[str]()
        while True:
            answer = self._call("list_account_roles", page, accountId=account_id)
            items = _items(answer, "roleList", "ListAccountRoles")
            found += [name for item in items if (name := _text(item, "roleName"))]
            following = _text(answer, "nextToken")
            if not following:
                return found
            page = _new_page(following, seen)

    def tell_if_lent(self) -> None:
        """That the token is that of another name, if it is."""
        tell_if_lent(self._token)

    def check_life(self) -> None:
        """Raises ``NetworkError`` when no call has come back for as long as a command may take."""
        since = max(self._good_at, self._open_at)
        if time.monotonic() - since > self._deadline.seconds:
            raise self._deadline.over()

    def _call(self, operation: str, page: str | None, **parameters: Any) -> Mapping[str, Any]:
        if page is not None:
            parameters["nextToken"] = page
        call = getattr(self._client, operation)
        name = self._client.meta.method_to_api_mapping[operation]
        failures = 0
        while True:
            self._wait_for_turn()
            token = self._token
            with explain.explained(name):
                try:
                    answer = call(accessToken=token.text, maxResults=_PAGE, **parameters)
                except ClientError as error:
                    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
                    if status == 401:
                        self._renew(token)
                    elif status == 429:
                        self._slow_down(error)
                    else:
                        failures += 1
                        if failures == _TRIES or not isinstance(status, int) or status < 500:
                            raise
                        self.over.wait(0.3 * 2**failures)
                    continue
                except (ConnectionError, HTTPClientError):
                    failures += 1
                    if failures == _TRIES:
                        raise
                    self.over.wait(0.3 * 2**failures)
                    continue
            if not isinstance(answer, Mapping):
                raise explain.bad_answer(name)
            self._good_at = time.monotonic()
            self._pause = 0.5
            return answer

    def _wait_for_turn(self) -> None:
        while not self.over.is_set() and (left := self._open_at - time.monotonic()) > 0:
            self.over.wait(left)
        if self.over.is_set():
            raise ServiceError("the listing was given up")

    def _slow_down(self, error: ClientError) -> None:
        """Let all calls pause for as long as the portal says, else longer and longer."""
        with self._lock:
            now = time.monotonic()
            if now - self._good_at > _PATIENCE_SECONDS:
                raise error
            if self._open_at > now:
                return  # another thread has been told the same
            pause = _retry_after(error) or self._pause
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            self._open_at = now + min(pause, _LONGEST_PAUSE)
        messages.detail(f"the portal asks to slow down: waiting {pause:g} s")

    def _renew(self, refused: tokens.AccessToken) -> None:
        """Get a token in place of one that the portal has refused: once. Raises what
        ``refresh.usable`` does."""
        with self._lock:
            if self._token is not refused:
                return  # another thread was quicker
            if self._renewed:
                raise sign_in_needed(refused, self._sign_in)
            messages.detail("the portal refused the access token")
            self._token = usable(self._sign_in, self._session, refused.text)
            self._renewed = True


def _items(answer: Mapping[str, Any], name: str, operation: str) -> list[Mapping[str, Any]]:
    items = answer.get(name)
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise explain.bad_answer(operation)
    return items


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""


def _new_page(page: str, seen: set[str]) -> str:
    """``page``, the first time. A portal that names a page twice would never come to an end."""
    if page in seen:
        raise explain.bad_answer("ListAccounts")
    seen.add(page)
    return page


def _retry_after(error: ClientError) -> float:
    """Seconds that the answer asks to wait, 0 if it does not say."""
    text = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("retry-after", "")
    return float(text) if text.isdecimal() and len(text) < 6 else 0.0
