"""The OIDC token that a CI system gives to a job, for profiles with ``ssoenv_oidc``.

GitHub hands it out at an address, for one audience at a time
(https://docs.github.com/en/actions/reference/security/oidc); the others put it into a variable.
"""

import json
import os
import time
from typing import Any
from urllib.parse import quote

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.session import Session
from botocore.utils import FileWebIdentityTokenLoader, get_environ_proxies

from ssoenv import __version__
from ssoenv.aws import chain, explain, transport
from ssoenv.config import selection
from ssoenv.errors import ConfigError, NetworkError, ServiceError, SsoenvError
from ssoenv.terminal import foreign

_GITHUB_URL, _GITHUB_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
_TIMEOUT = (5, 10)  # seconds to connect, to read
_PAUSES = (0.5, 1.0)  # seconds before the second and the third attempt

_HOW = {
    "github": "Give the job the permission: id-token: write",
    "gitlab": "Give the job this token under id_tokens:, with aud: sts.amazonaws.com",
    "circleci": "Let the job use a context: without one CircleCI gives no token",
}


class Loader:
    """For botocore, in place of its reader of token files: returns the token for what a profile
    has as ``web_identity_token_file`` (see ``chain.prepare``)."""

    def __init__(self, place: str, session: Session) -> None:
        self._place = place
        self._session = session

    def __call__(self) -> str:
        """The token. Raises one of ``errors``, and ``OSError`` for a file that cannot be read."""
        found = chain.job_token(self._place)
        if found is None:
            text: str = FileWebIdentityTokenLoader(self._place)()
            return text
        system, audience = found
        if system not in selection.JOB_TOKENS:
            known = ", ".join(selection.JOB_TOKENS)
            raise ConfigError(
                f'ssoenv_oidc is "{foreign.clean(system, 40)}", a CI system that ssoenv does not '
                "know",
                f"Available: {known}",
            )
        variables = selection.JOB_TOKENS[system]
        value = next((os.environ[name] for name in variables if os.environ.get(name)), "")
        if not value:
            raise ConfigError(f"this job has no token: {variables[0]} is not set", _HOW[system])
        token = _from_github(value, audience, self._session) if system == "github" else value
        foreign.remember_secret(token)
        return token


def _from_github(url: str, audience: str, session: Session) -> str:
    """The job's token for ``audience``, from the address ``url``. Raises one of ``errors``."""
    secret = os.environ.get(_GITHUB_TOKEN, "")
    if not secret:
        raise ConfigError(f"this job has no token: {_GITHUB_TOKEN} is not set", _HOW["github"])
    foreign.remember_secret(secret)
    transport.check_private(url, _GITHUB_URL)
    url = f"{url}{'&' if '?' in url else '?'}audience={quote(audience, safe='')}"
    for pause in (*_PAUSES, None):
        try:
            return _ask_github(url, secret, session)
        except (NetworkError, ServiceError):
            if pause is None:
                raise
            time.sleep(pause)
    raise AssertionError  # the last attempt returns or raises


def _ask_github(url: str, secret: str, session: Session) -> str:
    bundle: Any = session.get_config_variable("ca_bundle")
    headers = {
        "Authorization": f"bearer {secret}",
        "Accept": "application/json; api-version=2.0",
        "User-Agent": f"ssoenv/{__version__}",
    }
    try:
        connections = URLLib3Session(
            verify=bundle or True, proxies=get_environ_proxies(url), timeout=_TIMEOUT
        )
        http = transport.Http(connections, "", session)
        answer = http.send(AWSRequest("GET", url, headers).prepare())
    except BotoCoreError as error:
        raise explain.botocore_error(error) from error
    if answer.status_code != 200:
        raise _refused(answer.status_code)
    try:
        token = json.loads(answer.content)["value"]
    except (ValueError, TypeError, KeyError, RecursionError):
        token = None
    if not isinstance(token, str) or not token or not token.isprintable():
        raise ServiceError("the answer of GitHub's token service holds no token", "Try again")
    return token


def _refused(status: int) -> SsoenvError:
    what = f"GitHub's token service refused the job's request with status {status}"
    if status in (400, 401, 403):
        return ConfigError(what, _HOW["github"])
    return ServiceError(what, "Try again in a minute")
