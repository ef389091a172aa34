"""Sending a refresh token and saving the answer, in a process that nothing interrupts.

A refresh token is good for one use: if the answer gets lost between Identity Center and the disk,
the sign-in is lost. So the request is sent once, by a process of its own (see
``isolated.start_detached``) that no terminal, signal or deadline of the command reaches. Room for
the answer is made sure of before, the answer is waited for longer than a command would, and the
lock beside the entry, which this process inherits, is held until it is saved.
"""

import contextlib
import json
import os
import sys
from typing import Any

from botocore.exceptions import ClientError

from ssoenv.aws import clients, explain
from ssoenv.cache import entries, stores, tokens
from ssoenv.cache.entries import Entry, Pending
from ssoenv.cache.tokens import AccessToken
from ssoenv.errors import SsoenvError
from ssoenv.signin import oidc
from ssoenv.system.deadline import Deadline
from ssoenv.system.paths import display

ANSWER_SECONDS = 60.0

_INVALID_CLIENT = "InvalidClientException"
_REFUSALS = (
    "InvalidGrantException",
    "ExpiredTokenException",
    _INVALID_CLIENT,
    "UnauthorizedClientException",
    "InvalidRequestException",
    "AccessDeniedException",
)


def main(order: dict[str, Any]) -> None:
    """Refresh, tell the command if it is still there, end the process."""
    try:
        with contextlib.ExitStack() as stack:
            if os.name == "nt":  # where a lock cannot be inherited
                entry = stores.entry(*order["entry"])
                stack.enter_context(entry.lock(ANSWER_SECONDS))
            outcome = refresh(order)
    except Exception as error:
        outcome = {"bug": f"{type(error).__name__}: {error}"}
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps(outcome))
        sys.stdout.flush()
    os._exit(0)  # a call that was given up may still hang in a thread


def refresh(order: dict[str, Any]) -> dict[str, Any]:
    """Refresh the token in the ``entry`` (packed), whose lock is held, if its refresh token is
    still the one with the digest ``refresh_digest``.

    ``region``, ``endpoint``, ``ca_bundle``: where Identity Center is asked, as botocore resolved
    them for the profile. ``registration``: the entry of the client registration.

    Returns one of: the ``fields`` and the ``expiration`` of the new token, with a ``warning`` or
    none; ``changed``, if somebody else has replaced or removed the token; ``unsaved``, why it
    could not be saved, in which case nothing was sent; ``refused``; or a ``problem``: the name of
    one of ``errors``, its message and hint.
    """
    entry = stores.entry(*order["entry"])
    try:
        token = tokens.read(entry)
    except SsoenvError as problem:
        return _reported(problem)
    if token is None or tokens.refresh_digest(token) != order["refresh_digest"]:
        return {"changed": True}
    loose = entry.is_open_to_others()
    try:
        pending = entry.pending(tokens.ROOM)
    except OSError as error:
        return {"unsaved": str(error.strerror or error)}
    except SsoenvError as problem:
        return _reported(problem)
    with pending:
        try:
            answer = Deadline(ANSWER_SECONDS).run(lambda: _send(token, order))
            renewed = _understood(answer, token, pending)
        except SsoenvError as problem:
            return _reported(problem)
        if renewed is None:
            tokens.note_refusal(entry, token, refresh=True)
            if answer == _INVALID_CLIENT:
                registration = stores.entry(*order["registration"])
                oidc.forget_registration(registration, token.fields["clientId"])
            return {"refused": True}
        if _is_replaced(entry, token):
            return {"changed": True}
        outcome = {"fields": renewed.fields, "expiration": renewed.expiration, "warning": ""}
        try:
            pending.commit(tokens.content(renewed.fields))
        except entries.FAILURES as error:
            lost = "; the next command will need a new sign-in"
            why = getattr(error, "message", "") or getattr(error, "strerror", "") or str(error)
            outcome["warning"] = unsaved(entry, why) + lost
        else:
            if loose:
                outcome["warning"] = (
                    f"{display(entry.where)} was readable by others; it is now private (0600)"
                )
    return outcome


def _is_replaced(entry: Entry, token: AccessToken) -> bool:
    """Whether somebody has signed out, or in again, while Identity Center was asked: these do not
    wait for long, and what they did must stay."""
    try:
        entry.read()
        now = tokens.read(entry)
    except FileNotFoundError:
        return True
    except entries.FAILURES:
        return False
    # Half of a file is not another one: AWS's own tools write theirs in place.
    return now is not None and tokens.refresh_digest(now) != tokens.refresh_digest(token)


def _reported(problem: SsoenvError) -> dict[str, Any]:
    return {"problem": [type(problem).__name__, problem.message, problem.hint]}


def unsaved(entry: Entry, why: str) -> str:
    """The sentence for a token that could not be written."""
    return f"a refreshed sign-in could not be saved in {entry.place}: {why}"


def _send(token: AccessToken, order: dict[str, Any]) -> Any:
    """The answer to CreateToken, or AWS's name for why it refuses. Raises one of ``errors``."""
    session = clients.open_session()
    for name in ("config_file", "credentials_file"):  # what they say has been resolved
        session.set_config_variable(name, os.devnull)
    with explain.explained("CreateToken"):
        client = clients.client(
            session,
            "sso-oidc",
            order["region"],
            ANSWER_SECONDS,
            endpoint_url=order["endpoint"],
            verify=order["ca_bundle"],
        )
        bodies: list[bytes] = []  # botocore raises for an answer of a wrong type, and drops it
        client.meta.events.register(
            "before-parse.sso-oidc.CreateToken",
            lambda response_dict, **_: bodies.append(response_dict["body"]),
        )
        try:
            return client.create_token(
                grantType="refresh_token",
                clientId=token.fields["clientId"],
                clientSecret=token.fields["clientSecret"],
                refreshToken=token.fields["refreshToken"],
            )
        except ClientError as error:
            code = error.response["Error"].get("Code")
            if code not in _REFUSALS:
                raise
            return code
        except (ValueError, TypeError):
            answer = json.loads(bodies[-1]) if bodies else None
            if not isinstance(answer, dict):
                raise
            return answer


def _understood(answer: Any, token: AccessToken, pending: Pending) -> AccessToken | None:
    """The new token in ``answer``, None for a refusal. Raises ``ServiceError`` for an answer
    that cannot be used; a refresh token in it is saved even so."""
    if isinstance(answer, str):
        return None
    with explain.explained("CreateToken"):
        try:
            return tokens.from_answer(answer, token.fields)
        except (ValueError, TypeError, AttributeError):
            fields = tokens.with_new_refresh_token(answer, token.fields)
            if fields is not None:
                with contextlib.suppress(*entries.FAILURES):
                    pending.commit(tokens.content(fields))
            raise
