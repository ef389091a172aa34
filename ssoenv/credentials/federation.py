"""The web console for a role: an address that signs a browser in.

AWS's federation endpoint takes the role's credentials and gives a sign-in token; an address with
the token opens the console. Source: "Enable custom identity broker access to the AWS console",
AWS Identity and Access Management User Guide. The credentials go in the body of a POST, as AWS's
own toolkits send them, so that no log of addresses holds them.
"""

import json
import os
import re
from typing import Any
from urllib.parse import urlencode

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.session import Session
from botocore.utils import get_environ_proxies

from ssoenv import __version__
from ssoenv.aws import explain, transport
from ssoenv.aws.profile import Profile
from ssoenv.cache.role_keys import Credentials
from ssoenv.errors import AccessDenied, ConfigError, ServiceError, UsageError
from ssoenv.system import urls
from ssoenv.system.deadline import Deadline

SHORTEST, LONGEST = 900, 43200  # seconds of a console session

_TIMEOUT = (5, 10)

# Partition: the host that signs in, the host of the console.
_HOSTS = {
    "aws": ("signin.aws.amazon.com", "console.aws.amazon.com"),
    "aws-cn": ("signin.amazonaws.cn", "console.amazonaws.cn"),
    "aws-us-gov": ("signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com"),
    "aws-eusc": ("{region}.signin.amazonaws-eusc.eu", "console.amazonaws-eusc.eu"),
}


def sign_in_url(
    loaded: Profile,
    keys: Credentials,
    region: str | None,
    service: str = "",
    seconds: int | None = None,
) -> str:
    """The address that opens the console as the role that ``keys`` are for.

    ``region``: where the console opens, by default where the profile is at home. ``service``: its
    page, as it is called in the console's addresses (``s3``, ``cloudwatch``). ``seconds``: how
    long the console session lasts, by default as long as the credentials.
    Raises ``UsageError``, ``ConfigError``, ``AccessDenied``, ``NetworkError``, ``ServiceError``.
    """
    if not re.fullmatch(r"[a-z0-9]+([/-][a-z0-9]+)*", service or "console"):
        raise UsageError(f'"{service}" is not a console service', "Name one such as s3 or ec2")
    if keys.session_token is None:
        raise ConfigError(
            f'profile "{loaded.name}" has keys that do not expire, with which nobody can sign in '
            "to the console",
            "Use a profile with a role",
        )
    home = loaded.sign_in.region if loaded.sign_in else None
    region = region or loaded.region or home or "us-east-1"
    sign_in_host, console_host = _hosts(_partition(loaded, home or region), home or region)
    endpoint = os.environ.get("SSOENV_SIGNIN_ENDPOINT") or f"https://{sign_in_host}/federation"
    _check(endpoint)
    token = Deadline().run(lambda: _sign_in_token(endpoint, keys, seconds, loaded.session))
    page = f"{service or 'console'}/home"
    query = {
        "Action": "login",
        "Destination": f"https://{console_host}/{page}?{urlencode({'region': region})}",
        "SigninToken": token,
    }
    if loaded.sign_in and loaded.sign_in.start_url.startswith("https://"):
        query["Issuer"] = loaded.sign_in.start_url  # where AWS sends people when the session ends
    return f"{endpoint}?{urlencode(query)}"


def _partition(loaded: Profile, region: str) -> str:
    """The partition of the role's ARN, else of the region by botocore's own rules."""
    arn = str(loaded.session.full_config["profiles"].get(loaded.name, {}).get("role_arn", ""))
    if loaded.kind == "chain" and arn.startswith("arn:"):
        return arn.split(":")[1]
    loader = loaded.session.get_component("data_loader")
    for partition in loader.load_data("partitions")["partitions"]:
        if re.match(partition["regionRegex"], region):
            name: str = partition["id"]
            return name
    return "aws"


def _hosts(partition: str, region: str) -> tuple[str, str]:
    if partition not in _HOSTS:
        raise ConfigError(f"ssoenv does not know the console of partition {partition}")
    sign_in, console = _HOSTS[partition]
    return sign_in.format(region=region), console


def _check(endpoint: str) -> None:
    """Credentials go there: https, or this machine."""
    if not urls.is_private(endpoint):
        raise UsageError("SSOENV_SIGNIN_ENDPOINT must be an https address")
    transport.check_private(endpoint, "SSOENV_SIGNIN_ENDPOINT")
    transport.check_proxy(endpoint)


def _sign_in_token(endpoint: str, keys: Credentials, seconds: int | None, session: Session) -> str:
    session_keys = {
        "sessionId": keys.access_key_id,
        "sessionKey": keys.secret_access_key,
        "sessionToken": keys.session_token,
    }
    form = {"Action": "getSigninToken", "SessionType": "json", "Session": json.dumps(session_keys)}
    if seconds is not None:
        form["SessionDuration"] = str(seconds)
    status, content = _post(endpoint, form, session)
    if status in (400, 401, 403):
        hint = "Get new ones with: --refresh"
        if seconds is not None:
            hint = (
                "Get new ones with --refresh, or leave out --duration: some roles do not allow it"
            )
        raise AccessDenied("the console's sign-in refused these credentials", hint)
    if status != 200:
        raise ServiceError(
            f"the console's sign-in answered with status {status}", "Try again in a minute"
        )
    try:
        token = json.loads(content)["SigninToken"]
    except (ValueError, TypeError, KeyError, RecursionError):
        token = None
    if not isinstance(token, str) or not token or not token.isprintable():
        raise ServiceError(
            "the answer of the console's sign-in holds no token", explain.ANSWERED_BY_ANOTHER
        )
    return token


def _post(endpoint: str, form: dict[str, str], session: Session) -> tuple[int, bytes]:
    """Status and content of the answer; a redirection is not followed. By botocore's means, so
    that its proxies and certificates hold here too."""
    bundle: Any = session.get_config_variable("ca_bundle")
    try:
        connections = URLLib3Session(
            verify=bundle or True,
            proxies=get_environ_proxies(endpoint),
            timeout=_TIMEOUT,
        )
        http = transport.Http(connections, "", session)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "User-Agent": f"ssoenv/{__version__}",
        }
        request = AWSRequest("POST", endpoint, headers, data=urlencode(form))
        answer = http.send(request.prepare())
        content: bytes = answer.content
    except BotoCoreError as error:
        raise explain.botocore_error(error) from error
    return answer.status_code, content
