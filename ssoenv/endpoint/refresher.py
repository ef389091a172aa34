"""New keys for an endpoint, fetched in a process of its own.

botocore and what it loads take 30 MB and a good part of a second, once an hour: in a process
that ends, so that the endpoint stays small and answers meanwhile. It is never killed, since it may
have just used a refresh token and must save the answer.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from ssoenv.cache import stores
from ssoenv.cache.role_keys import Credentials
from ssoenv.endpoint.renewal import Refused
from ssoenv.errors import NetworkError, ServiceError, SsoenvError, printable
from ssoenv.system import isolated


def fetch(
    source: Mapping[str, object],
    account_id: str | None,
    min_ttl: float,
    memory: dict[str, str] | None = None,
) -> Credentials:
    """Keys from ``source``, if possible with ``min_ttl`` seconds left.

    ``source``: the name of the ``profile``, its ``identity`` (see
    ``fingerprint.fingerprint``), the ``role`` if no profile names it (a line of ``aws.roles``),
    the ``region`` if one was asked for. ``memory``: what the store ``none`` holds for this command;
    it is brought up to date. Raises ``Refused``, also if the profile is no longer of
    that identity or its keys are not for that account: no keys are better than wrong ones.
    """
    order = isolated.order(
        "ssoenv.endpoint.refresher", source=source, min_ttl=min_ttl, memory=memory or {}
    )
    try:
        finished = subprocess.run(
            isolated.command("ssoenv-refresh"),
            input=order,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        answer = json.loads(finished.stdout)
        if memory is not None:
            memory.update(answer["memory"])
        if "keys" in answer:
            keys = unpacked(answer["keys"])
        else:
            raise Refused(answer["code"], answer["message"], answer["lasting"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Refused("NotReady", "new keys could not be fetched", lasting=False) from error
    if account_id and keys.account_id and keys.account_id != account_id:
        raise _changed(source)
    return keys


def main(order: dict[str, Any]) -> None:
    """Fetch, print the outcome as JSON, end the process: runs in a clean Python."""
    stores.take_over(order["memory"])
    try:
        keys = _obtain(order["source"], order["min_ttl"])
        answer: dict[str, object] = {"keys": packed(keys)}
    except Refused as problem:
        answer = {"code": problem.code, "message": problem.message, "lasting": problem.lasting}
    answer["memory"] = stores.in_memory()  # a refresh token may have been spent in any case
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)  # a thread that nobody waits for any more may still be blocked


def _obtain(source: Mapping[str, Any], min_ttl: float) -> Credentials:
    from ssoenv.aws import roles
    from ssoenv.credentials import fetch
    from ssoenv.endpoint import fingerprint

    try:
        loaded = roles.load(source["role"] or source["profile"])
        if fingerprint.of(loaded) != source["identity"]:
            raise _changed(source)
        return fetch.credentials(loaded, min_ttl, region=source["region"]).credentials
    except SsoenvError as error:
        lasting = not isinstance(error, NetworkError | ServiceError)
        raise Refused(type(error).__name__, printable(str(error)), lasting) from error


def _changed(source: Mapping[str, object]) -> Refused:
    what = f'profile "{source["profile"]}" has changed since this command started'
    return Refused("ProfileChanged", printable(f"{what}. Start it again"), lasting=True)


def packed(keys: Credentials) -> list[object]:
    """``keys`` as JSON can carry them."""
    return [
        keys.access_key_id,
        keys.secret_access_key,
        keys.session_token,
        keys.expiration,
        keys.account_id,
    ]


def unpacked(fields: list[object]) -> Credentials:
    """Keys that were ``packed``. Raises ``ValueError``, ``TypeError`` for anything else."""
    return Credentials(*fields)  # type: ignore[arg-type]
